"""Spans to Lambda's own X-Ray daemon as OTLP (xray spec 1.3).

An undocumented form that only Lambda's build of the daemon takes: the header line, `T1S` for
sampled spans or `T1U` for others, and the request's protobuf in base64.
"""

from __future__ import annotations

import os
import threading
from binascii import b2a_base64

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from .. import _notice
from .._guard import guard
from .._limits import XRAY_DATAGRAM_BYTES
from ..encode import otlp
from .daemon import HEADER, Daemon

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan

    from . import Setup

SAMPLED, UNSAMPLED = b"T1S", b"T1U"
FULL = (XRAY_DATAGRAM_BYTES - len(HEADER) - len(SAMPLED)) // 4 * 3
"""Bytes of protobuf whose base64 still fits into one datagram."""
SMALL = 6_000
"""Bytes of it where the system refuses the full size: macOS takes 9,216 (xray spec 14)."""


class XRayOtlpSpanExporter(SpanExporter):
    """Sends spans as OTLP to the X-Ray daemon, in as many datagrams as they need.

    Args:
        address: The daemon's, in any form of `AWS_XRAY_DAEMON_ADDRESS`.

    Attributes:
        sent: Spans handed to the socket in this process.
        failed: Spans that were not.
    """

    is_xray = True
    """It gets what X-Ray sampled, and nothing else (`develop/lambda_pipeline.py`)."""

    remote = False
    """It writes to this machine: in line, it cannot wait for anybody."""

    def __init__(self, address: str = "127.0.0.1:2000") -> None:
        self.sent = 0
        self.failed = 0
        self._daemon = Daemon(address)
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._closed = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans, sampled and unsampled apart; `FAILURE` if any could not be. Never raises."""
        if self._closed:
            return SpanExportResult.FAILURE
        if self._process != os.getpid():  # forked: the lock may be held by a thread that is gone
            self._process, self._lock = os.getpid(), threading.Lock()
        with self._lock:
            before = self.sent
            for prefix in (SAMPLED, UNSAMPLED):
                chosen = [span for span in spans if _prefix(span) == prefix]
                with guard("sending spans to X-Ray as OTLP"):
                    self._send(prefix, chosen, FULL)
            done = self.sent - before
            self.failed += len(spans) - done
            whole = done == len(spans) and self._daemon.settled()
        return SpanExportResult.SUCCESS if whole else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        """Close the socket; what is exported after this is refused."""
        self._closed = True
        self._daemon.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's name
        """Return True: a datagram is on its way when `export` returns."""
        return True

    def _send(self, prefix: bytes, spans: Sequence[ReadableSpan], limit: int) -> None:
        for part in otlp.requests(spans, limit):
            done = self._daemon.send(enveloped(prefix, part.payload))
            if done:
                self.sent += len(part.spans)
            elif done is None and limit > SMALL:
                self._send(prefix, part.spans, SMALL)
            elif done is None:
                _notice.warn("X-Ray datagrams", "a span's resource alone exceeds a datagram.")


def enveloped(prefix: bytes, request: bytes) -> bytes:
    """Return what follows a datagram's header line: the prefix, and a request in base64."""
    return prefix + b2a_base64(request, newline=False)


def _prefix(span: ReadableSpan) -> bytes:
    context = span.get_span_context()
    return SAMPLED if context is not None and context.trace_flags.sampled else UNSAMPLED


def span_exporter(setup: Setup) -> XRayOtlpSpanExporter:
    """Return the exporter as the settings have it."""
    return XRayOtlpSpanExporter(setup.config.daemon_address)
