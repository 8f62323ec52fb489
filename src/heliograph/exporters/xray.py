"""Spans to the X-Ray daemon: one document, one datagram (xray spec 1)."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from .. import _notice
from .._guard import guard
from .._limits import XRAY_ANNOTATIONS
from ..encode import xray
from ..encode.xray.names import sanitised
from ..encode.xray.values import span_id
from .daemon import Daemon

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

    from . import Setup

SMALL = 8_000
"""Bytes of a document where the system refuses the full size: macOS takes 9,216 (xray spec 14)."""
MAX_TRACES = 64
"""Traces whose annotations are counted; an environment works on one at a time, rarely on more."""


class XRaySpanExporter(SpanExporter):
    """Sends spans as segment documents to the X-Ray daemon.

    Args:
        address: The daemon's, in any form of `AWS_XRAY_DAEMON_ADDRESS`.
        lambda_traces: Ids of traces whose segment is Lambda's own. Read at every export: its owner
            adds and removes ids while it runs.
        annotations: Names and globs of attributes that become annotations, or `all`.
        handler_as_segment: In Lambda's own trace, the handler's span is a segment, as the
            OpenTelemetry collector has it.

    Attributes:
        sent: Documents handed to the socket in this process.
        failed: Documents that were not.
    """

    is_xray = True
    """It gets what X-Ray sampled, and nothing else (`develop/lambda_pipeline.py`)."""

    remote = False
    """It writes to this machine: in line, it cannot wait for anybody."""

    def __init__(
        self,
        address: str = "127.0.0.1:2000",
        *,
        lambda_traces: Container[int] = frozenset(),
        annotations: Sequence[str] = (),
        handler_as_segment: bool = False,
    ) -> None:
        self.sent = 0
        self.failed = 0
        self._daemon = Daemon(address)
        self._lambda_traces = lambda_traces
        self._rule = xray.AnnotationRule(annotations)
        self._as_segment = handler_as_segment
        self._budgets: OrderedDict[int, xray.Budget] = OrderedDict()
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._closed = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send each span; `FAILURE` if any of them could not be sent. Never raises.

        A process's first span of a trace goes first: it is the one whose annotations people search
        by, and the room for them is the trace's.
        """
        if self._closed:
            return SpanExportResult.FAILURE
        if self._process != os.getpid():  # forked: the lock may be held by a thread that is gone
            self._process, self._lock = os.getpid(), threading.Lock()
        with self._lock:
            before = self.failed
            for span in sorted(spans, key=_is_inner):
                self._export(span)
            if not self._daemon.settled():
                return SpanExportResult.FAILURE
            return SpanExportResult.FAILURE if self.failed > before else SpanExportResult.SUCCESS

    def send_open(
        self, ids: tuple[int, int, int], name: str, start_ns: int, *, inner: bool
    ) -> None:
        """Send that a span is in progress; its whole document, which comes later, wins.

        Args:
            ids: Of the trace, of the span, and of what is above it or 0.
            name: Of the span.
            start_ns: When it began.
            inner: Whether what is above it is of this process.
        """
        trace, span, above = ids
        told: dict[str, object] = {
            "name": sanitised(name),
            "id": span_id(span),
            "trace_id": xray.trace_id(trace),
            "start_time": start_ns // 1000 / 1e6,
            "in_progress": True,
        }
        if above:
            told["parent_id"] = span_id(above)
        if above and (inner or (trace in self._lambda_traces and not self._as_segment)):
            told["type"] = "subsegment"
        self._send(told)

    def shutdown(self) -> None:
        """Close the socket; what is exported after this is refused."""
        self._closed = True
        self._daemon.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's name
        """Return True: a datagram is on its way when `export` returns."""
        return True

    def _export(self, span: ReadableSpan) -> None:
        documents: list[dict[str, object]] = []
        with guard("encoding a span for X-Ray"):
            documents = self._documents(span)
        if not documents and _is_sampled(span):
            self.failed += 1
        for document in documents:
            done = False
            with guard("sending a span to X-Ray"):
                done = self._send(document)
            self.sent += done
            self.failed += not done

    def _send(self, document: dict[str, object]) -> bool:
        sent = self._daemon.send(xray.to_bytes(document))
        if sent is None:
            sent = self._daemon.send(xray.to_bytes(document, SMALL))
        return bool(sent)

    def _documents(self, span: ReadableSpan) -> list[dict[str, object]]:
        context = span.get_span_context()
        if context is None or not context.trace_flags.sampled:
            return []
        budget = self._budget(context.trace_id)
        over = budget.over
        documents = xray.documents(
            span,
            lambda_segment=context.trace_id in self._lambda_traces,
            new_id=_new_id,
            annotate=self._rule,
            as_segment=self._as_segment,
            budget=budget,
        )
        if budget.over > over:
            _notice.warn(
                "X-Ray annotations of a trace",
                f"trace {xray.trace_id(context.trace_id)} has more than {XRAY_ANNOTATIONS} "
                "annotations, X-Ray's limit; those over are metadata and cannot be searched for.",
            )
        return documents

    def _budget(self, trace: int) -> xray.Budget:
        budget = self._budgets.get(trace)
        if budget is None:
            budget = self._budgets[trace] = xray.Budget()
            if len(self._budgets) > MAX_TRACES:
                self._budgets.popitem(last=False)
        return budget


def _is_inner(span: ReadableSpan) -> bool:
    return span.parent is not None and not span.parent.is_remote


def _is_sampled(span: ReadableSpan) -> bool:
    """Tell whether a span is sampled: X-Ray gets no others (xray spec 4.4)."""
    context = span.get_span_context()
    return context is not None and context.trace_flags.sampled


def _new_id() -> str:
    return os.urandom(8).hex()


def span_exporter(setup: Setup) -> XRaySpanExporter:
    """Return the exporter as the settings have it."""
    config = setup.config
    return XRaySpanExporter(
        config.daemon_address,
        lambda_traces=setup.lambda_traces,
        annotations=config.annotations,
        handler_as_segment=config.handler_as_segment,
    )
