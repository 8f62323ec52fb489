"""An entry becomes a span of the SDK: the recorded calls are made, with the recorded times."""

from __future__ import annotations

import json
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
from ..journal.entry import Remote
from . import stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opentelemetry.sdk.trace import Span, Tracer

    from ..journal.entry import Entry
    from ..journal.fault import Fault

ANNOTATIONS = "aws.xray.annotations"
"""Attribute that lists the keys of attributes that are annotations (xray spec 11.1)."""
METADATA = "aws.xray.metadata."
"""Prefix of attributes that hold a metadata namespace as a JSON object (xray spec 11.2)."""


def parent_context(entry: Entry) -> Context:
    """Return the context in which the SDK starts the span of an entry."""
    parent = entry.parent
    if parent is None:
        return Context()
    of = parent.trace
    state = TraceState.from_header([of.state]) if of.state else None
    remote = isinstance(parent, Remote) and parent.is_remote
    flags = TraceFlags(TraceFlags.SAMPLED)  # entries of unsampled traces are never written down
    context = SpanContext(of.id, parent.span_id, remote, flags, state)
    return trace.set_span_in_context(NonRecordingSpan(context), Context())


def replay(entry: Entry, tracer: Tracer, finish: Callable[[Span], object] | None = None) -> None:
    """Make one span of an entry.

    Args:
        entry: An ended entry that no describer describes.
        tracer: The SDK's tracer of the entry's scope; its next span id is the entry's.
        finish: Called with the span before it ends.
    """
    links = [Link(context, attributes) for context, attributes in entry.links or ()]  # type: ignore[arg-type]
    span: Any = tracer.start_span(
        entry.name,
        parent_context(entry),
        SpanKind(entry.kind),
        entry.attributes,  # type: ignore[arg-type]
        links,
        entry.start,
    )
    apply(span, entry.ops or ())
    if finish is not None:
        finish(span)
    span.end(entry.end)


def apply(span: Span, ops: Iterable[tuple[Any, ...]]) -> None:
    """Make the recorded calls on a span."""
    metadata: dict[str, dict[str, object]] = {}
    annotated: list[str] = []
    for op, *args in ops:
        if op == "annotate":
            span.set_attribute(*args)
            annotated.append(args[0])
        elif op == "metadata":
            metadata.setdefault(args[0], {})[args[1]] = args[2]
        elif op == "set_status":
            span.set_status(StatusCode(args[0]), args[1])
        elif op == "record_exception":
            record_exception(span, *args)
        else:
            getattr(span, op)(*args)
    if annotated:
        given = (span.attributes or {}).get(ANNOTATIONS) or ()
        present = list(given) if isinstance(given, (list, tuple)) else []
        span.set_attribute(ANNOTATIONS, list(dict.fromkeys([*present, *annotated])))
    for namespace, members in metadata.items():
        span.set_attribute(METADATA + namespace, _merged(span, namespace, members))


def _merged(span: Span, namespace: str, members: dict[str, object]) -> str:
    present = (span.attributes or {}).get(METADATA + namespace)
    if isinstance(present, str):
        try:
            members = {**json.loads(present), **members}
        except (ValueError, TypeError):
            _notice.warn(
                f"metadata {namespace}",
                f"attribute {METADATA}{namespace} was no JSON object ({present!r:.100}): replaced.",
            )
    return json.dumps(members, default=_plain)


def _plain(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def record_exception(
    span: Span,
    fault: Fault,
    attributes: dict[str, Any] | None = None,
    timestamp: int | None = None,
    escaped: bool = False,
) -> None:
    """Add the event that the SDK's `record_exception` adds, from what was kept of the exception."""
    span.add_event(
        "exception",
        {
            "exception.type": stack.type_name(fault),
            "exception.message": fault.text,
            "exception.stacktrace": stack.text(fault),
            "exception.escaped": str(escaped),
            **(attributes or {}),
        },
        timestamp,
    )


def current_context(span: Entry | Remote) -> Context:
    """Return a context in which `span` is current, for the exemplars of a measurement."""
    flags = TraceFlags(int(span.trace.sampled))
    context = SpanContext(span.trace.id, span.span_id, False, flags)
    return trace.set_span_in_context(NonRecordingSpan(context), Context())
