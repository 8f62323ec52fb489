"""From settings to providers and exporters of the official SDK."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.extension.aws.trace import AwsXRayIdGenerator
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Status

from .._guard import guard
from ..exporters import Setup, again, configured, fitted, is_remote
from ..journal import state
from ..journal.entry import new_trace_id, random_id
from ..settings.lending import lent
from ..version import SCOPE
from .replay import may_hold_secret
from .resource import resource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

    from ..delivery.worker import Worker
    from ..delivery.workers import Workers
    from ..settings.config import Config
    from .development import SdkObjects
    from .metering import Metering
    from .time_budget import Deadline

TRIES = 4
"""How often an exporter is made before it is given up: a file descriptor or memory may be missing
at one moment, and a package that is broken stays so."""

MISSED = 4096
"""Spans that are kept meanwhile for an exporter that could not be made."""


class RecordedIds(AwsXRayIdGenerator):
    """Gives the SDK the ids that were recorded, and new ones in X-Ray's form else.

    The new ones are ours: those of the base come from `random`, and repeat after a SnapStart
    restore.
    """

    def __init__(self) -> None:
        self._span_id = self._trace_id = 0

    def force(self, span_id: int, trace_id: int = 0) -> None:
        """Set the ids of the next span; `trace_id` counts for a root."""
        self._span_id, self._trace_id = span_id, trace_id

    def generate_span_id(self) -> int:
        """Return the forced id once, then random ones."""
        span_id, self._span_id = self._span_id, 0
        return span_id or random_id(8)

    def generate_trace_id(self) -> int:
        """Return the forced id once, then random ones."""
        trace_id, self._trace_id = self._trace_id, 0
        return trace_id or new_trace_id()


class Provider(TracerProvider):
    """The SDK's, which does nothing in a forked child: the parent develops what that records.

    The SDK's own step there detects the resource anew, in a pool of threads. Where the function has
    imported `concurrent.futures.thread` later than the provider was made, it waits for ever for a
    lock that this module frees after it.
    """

    def _handle_fork(self) -> None:
        self._tracers_lock = Lock()


class Redacting(SpanProcessor):
    """Takes the secrets out of spans, before the processors that code adds and the exporters.

    Args:
        keeps_queries: Whether queries of calls are kept, without their secrets.
        watched: Whether processors look at spans that have only started.
    """

    def __init__(self, *, keeps_queries: bool, watched: bool) -> None:
        self._always = not keeps_queries
        self._watched = watched

    def on_start(self, span: Any, parent_context: object = None) -> None:  # noqa: ARG002 - the SDK's
        """Take the secrets out of what a span starts with."""
        if self._watched and (self._always or is_suspect(span)):
            self._redact(span)

    def on_end(self, span: Any) -> None:
        """Take the secrets out of a span that has ended; one where that fails leaves empty."""
        if (self._always or is_suspect(span)) and not self._redact(span):
            span._attributes, span._events, span._links = {}, (), ()
            span._name, span._status = "redacted", Status(span._status.status_code)

    @staticmethod
    def _redact(span: Any) -> bool:
        with guard("redacting a span"):
            from .redacting import put_span  # where there is something to look at

            put_span(span)
            return True
        return False


def is_suspect(span: Any) -> bool:
    """Tell whether a span's texts have what a secret in a URL has.

    By the SDK's own members: to ask its mappings and lists takes three times as long.
    """
    status, events, links = span._status._description, span._events._dq, span._links._dq
    if may_hold_secret((span._name, *span._attributes._dict.values())):
        return True
    if status and may_hold_secret((status,)):
        return True
    if events or links:
        return any(map(_is_part_suspect, (*events, *links)))
    return False


def _is_part_suspect(part: Any) -> bool:
    """Tell the same of an event or a link; of an exception of ours what is said is clean."""
    held = getattr(part.attributes, "_dict", None)
    return held is not None and may_hold_secret(held.values())


class Gathering(Redacting):
    """Keeps what has ended until the end of a development, when it is exported at once."""

    def __init__(self, **how: bool) -> None:
        super().__init__(**how)
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: Any) -> None:
        """Keep a span."""
        if self._always or is_suspect(span):
            Redacting.on_end(self, span)
        self.spans.append(span)


class LambdaPipeline:
    """The SDK's providers and the exporters behind them.

    Args:
        config: The settings.
        sdk_objects: What code adds to them.
        lambda_traces: Trace ids of Lambda's own segments; updated by the handler, read by X-Ray's
            exporter.
        properties: Makes the EMF properties of the running invocation.

    Attributes:
        config: The settings.
        metering: The metrics side, made when the first measurement is met.
        local: Exporters of spans that write to this machine.
    """

    def __init__(
        self,
        config: Config,
        sdk_objects: SdkObjects,
        lambda_traces: dict[int, None],
        properties: Callable[[], dict[str, object]],
    ) -> None:
        self.config = config
        self._sdk_objects = sdk_objects
        self.resource = resource(config)
        self.ids = RecordedIds()
        self._gathering = Gathering(
            keeps_queries=config.capture_query, watched=bool(sdk_objects.span_processors)
        )
        # The decision to record was taken when the span started (journal/recording.py).
        self.provider = Provider(
            sampler=ALWAYS_ON, resource=self.resource, id_generator=self.ids, shutdown_on_exit=False
        )
        self.provider.add_span_processor(self._gathering)  # redacted, before the others look
        for processor in sdk_objects.span_processors:
            self.provider.add_span_processor(fitted("processor", processor))
        self.local: list[SpanExporter] = []
        self._workers: Workers | None = None
        self._remote: list[tuple[SpanExporter, Worker]] = []
        self._setup = Setup(config, lambda_traces, properties)
        made = configured("traces", self._setup)
        self._unmade, self._tries, self._meter_tries = made.failed, 1, 0
        self._missed: list[ReadableSpan] = []
        self._add([*made, *(fitted("span_exporter", one) for one in sdk_objects.span_exporters)])
        self._tracers: dict[object, Any] = {}
        self.metering: Metering | None = None

    def _add(self, exporters: Sequence[SpanExporter]) -> None:
        for exporter in exporters:
            if is_remote(exporter):
                self._remote.append((exporter, self.workers().for_spans(exporter)))
            else:
                self.local.append(exporter)

    def tracer(self, *scope: Any) -> Any:
        """Return the SDK's tracer of a scope: name, version, schema URL, attributes."""
        key: object = SCOPE if scope == SCOPE else repr(scope)  # most spans are of ours
        tracer = self._tracers.get(key)
        if tracer is None:
            if len(self._tracers) >= 1000:  # names that hold an id
                self._tracers.clear()
            with lent(self.config):  # a tracer asks for the meter provider that is named there
                tracer = self._tracers[key] = self.provider.get_tracer(*scope)
        return tracer

    def meter(self) -> Metering | None:
        """Return the metrics side; None while none of its exporters could be made."""
        wanting = self.metering is None or self.metering.unmade
        if wanting and self._meter_tries < TRIES:
            self._meter_tries += 1
            with lent(self.config):
                self._make_meter()
        return self.metering

    @property
    def gave_up(self) -> bool:
        """Whether there will be no metrics side."""
        return self.metering is None and self._meter_tries >= TRIES

    def _make_meter(self) -> None:
        from .metering import Metering

        standing = self.metering
        if standing is not None and not again(standing.unmade):
            return
        made = Metering(self._setup, self._sdk_objects, self.resource, self.workers)
        if made.unmade and made.idle and self._meter_tries < TRIES:
            return  # what was measured stays in the journal
        if standing is not None:
            standing.collect_remote(last=True)
        self.metering = made

    def workers(self) -> Workers:
        """Return what delivers to backends; made, and its module loaded, for the first of them."""
        if self._workers is None:
            from ..delivery.workers import Workers

            self._workers = Workers(self.config.flush_timeout / 1000, self.config.flush)
        return self._workers

    def export(self) -> None:
        """Export what was gathered, in line if that is local; the rest waits for `deliver`.

        An exporter that fails does not keep another from working.
        """
        spans, self._gathering.spans = self._gathering.spans, []
        if spans:
            if state.added is not None:
                state.added.ended(spans, fitted)
            self._send(spans, self.local, self._remote)
        if self._unmade:
            self._try_again(spans)

    def _send(
        self,
        spans: list[ReadableSpan],
        local: Sequence[SpanExporter],
        remote: Sequence[tuple[SpanExporter, Worker]],
    ) -> None:
        for exporter in local:
            with guard(f"exporting spans by {type(exporter).__name__}"):
                exporter.export(wanted(exporter, spans))
        for exporter, worker in remote:
            from ..delivery.backlog import Item, size_of_span

            worker.offer(Item(span, size_of_span(span)) for span in wanted(exporter, spans))

    def _try_again(self, spans: list[ReadableSpan]) -> None:
        """Make the exporters that could not be made before; they get what they missed."""
        self._tries += 1
        self._missed += spans[: MISSED - len(self._missed)]
        with lent(self.config):
            made = again(self._unmade)
        local, remote = len(self.local), len(self._remote)
        self._add(made)
        self._send(self._missed, self.local[local:], self._remote[remote:])
        self._unmade = made.failed if self._tries < TRIES else {}
        if not self._unmade:
            self._missed = []

    def deliver(self, deadline: Deadline, *, now: bool = False) -> None:
        """Deliver what waits for backends, if it is time for that.

        Args:
            deadline: Of the invocation that pays for it.
            now: Whatever the interval of `HELIOGRAPH_FLUSH` says.
        """
        if state.added is not None:
            state.added.flush(deadline.left_ms())
        if self._workers is None or not (now or self._workers.due()):
            return
        if self.metering is not None:
            self.metering.collect_remote()
        self._workers.flush(deadline.rest())

    def shutdown(self) -> None:
        """Deliver what waits and shut the exporters down, at the end of the process."""
        if state.added is not None:
            state.added.shutdown()
        if self._workers is not None:
            if self.metering is not None:
                self.metering.collect_remote(last=True)
            self._workers.close()
        for exporter in self.local:
            with guard(f"shutting {type(exporter).__name__} down"):
                exporter.shutdown()


def wanted(exporter: object, spans: list[ReadableSpan]) -> list[ReadableSpan]:
    """Return the spans that an exporter gets: X-Ray's own (`is_xray`) what X-Ray sampled.

    Others get all: Lambda's `Sampled=0` binds X-Ray alone (triggers spec 4.2).
    """
    if not getattr(exporter, "is_xray", False):
        return spans
    return [span for span in spans if not _is_declined(span)]


def _is_declined(span: ReadableSpan) -> bool:
    context = span.get_span_context()
    return context is not None and context.trace_id in state.declined
