"""An entry becomes a span of the SDK: the recorded calls are made, with the recorded times."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
)
from opentelemetry.trace.span import TraceState

from .. import _notice
from .._guard import guard
from ..journal.entry import Remote
from ..otel_api import live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opentelemetry.sdk.trace import Span, Tracer

    from ..journal.entry import Entry, Op


SPEAKING = (
    "opentelemetry.attributes",
    "opentelemetry.sdk.trace",
    "opentelemetry.trace.span",
    "opentelemetry.trace.status",
    "opentelemetry.sdk.metrics._internal.aggregation",
    "opentelemetry.sdk.metrics._internal.instrument",
    "opentelemetry.sdk.metrics._internal.measurement",
    "opentelemetry.sdk.metrics._internal.metric_reader_storage",
)
"""Loggers on which the SDK says a line for each value that it leaves out."""


def tell_once() -> None:
    """Have what the SDK says of values told once: 2,000 attributes too many are 1,872 lines."""
    for name in SPEAKING:
        logging.getLogger(name).addFilter(_told)


def _told(record: logging.LogRecord) -> bool:
    with guard("reading a line of the SDK's"):
        said = record.getMessage()
        _notice.warn((record.name, said), lambda: f"the OpenTelemetry SDK says: {said}")
    return False


def parent_context(entry: Entry, *, sampled: bool = True) -> Context:
    """Return the context in which the SDK starts the span of an entry.

    Args:
        entry: The entry. One of an unsampled trace is never written down, so its span is sampled.
        sampled: What the parent's flag is to say.
    """
    parent = entry.parent
    if parent is None:
        return Context()
    context = _context_of(parent, sampled)
    return trace.set_span_in_context(NonRecordingSpan(context), Context())


def replay(entry: Entry, tracer: Tracer, finish: Callable[[Span], object] | None = None) -> None:
    """Make one span of an entry.

    Args:
        entry: An ended entry that no describer describes.
        tracer: The SDK's tracer of the entry's scope; its next span id is the entry's.
        finish: Called with the span before it ends.
    """
    links = links_of(entry)
    span: Any = tracer.start_span(
        entry.name,
        parent_context(entry),
        SpanKind(entry.kind),
        entry.attributes,  # type: ignore[arg-type] # kept as OpenTelemetry takes them
        links,
        entry.start,
    )
    own = entry.trace
    if (own.state or own.random) and (entry.parent is None or entry.parent.trace is not own):
        span._context = _ids(entry)  # by what a sampler or an id generator of the function's said
    apply(span, entry.ops or ())
    if finish is not None:
        finish(span)
    span.end(entry.end)


def links_of(entry: Entry) -> list[Link]:
    """Return the links given at its start."""
    # kept as OpenTelemetry takes them
    return [Link(_ids(of), attributes) for of, attributes in entry.links or ()]  # type: ignore[arg-type]


def _ids(of: Entry | Remote) -> SpanContext:
    """Return the ids of a span as OpenTelemetry has them."""
    return _context_of(of, of.trace.sampled)


def _context_of(of: Entry | Remote, sampled: bool) -> SpanContext:
    trace = of.trace
    state = TraceState.from_header([trace.state]) if trace.state else None
    remote = isinstance(of, Remote) and of.is_remote
    return SpanContext(trace.id, of.span_id, remote, TraceFlags(sampled + 2 * trace.random), state)


def apply(span: Span, ops: Iterable[Op]) -> None:
    """Make the recorded calls on a span."""
    metadata: dict[str, dict[str, object]] = {}
    annotated: list[str] = []
    for one in ops:
        args: Any
        op, *args = one
        if op == "annotate":
            span.set_attribute(*args)
            annotated.append(args[0])
        elif op == "metadata":
            metadata.setdefault(args[0], {})[args[1]] = args[2]
        elif op == "set_status":
            span.set_status(StatusCode(args[0]), _described(args[1]))
        elif op == "record_exception":
            from .exception_event import record_exception  # loaded by the first one

            record_exception(span, *args)
        elif op == "add_link":
            span.add_link(_ids(args[0]), args[1])
        else:
            getattr(span, op)(*args)
    if annotated:
        live.annotate(span, annotated)
    for namespace, members in metadata.items():
        live.add_metadata(span, namespace, members)


def _described(status: str | None) -> str | None:
    """Return a status's description without secrets: it may go to a provider of the function's."""
    if not status or not may_hold_secret((status,)):
        return status
    from .redacting import message

    return message(status)


def may_hold_secret(values: Iterable[object]) -> bool:
    """Tell whether one of some values of attributes has what a secret in a URL has."""
    for value in values:
        kind = type(value)
        if kind is str:
            if "=" in value or "@" in value or "%" in value:  # type: ignore[operator] # a str
                return True
        elif kind is tuple or kind is list:
            if may_hold_secret(value):  # type: ignore[arg-type] # one of these
                return True
        elif kind is not int and isinstance(value, (str, dict)):
            return True
    return False


def current_context(span: Entry | Remote) -> Context:
    """Return a context in which `span` is current, for the exemplars of a measurement."""
    flags = TraceFlags(int(span.trace.sampled))
    context = SpanContext(span.trace.id, span.span_id, False, flags)
    return trace.set_span_in_context(NonRecordingSpan(context), Context())
