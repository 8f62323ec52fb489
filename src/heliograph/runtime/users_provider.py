"""A tracer provider that the function's own code has set: theirs wins, we wrap the handler.

The handler's span is started on it live, so that theirs nest below; what is known of the invocation
later - result, error, end - is given to it after the response, as with ours.
"""

from __future__ import annotations

from .._guard import guard
from ..journal.entry import Remote
from ..libraries import TABLE, part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..develop.time_budget import Deadline
    from ..journal.entry import Entry

_open: list[tuple[Any, Entry]] = []
"""Handler spans on their provider that have not been told their end, with what was recorded."""

UNLIMITED_MS = 30_000
"""Time that a flush may take where no deadline is known: the SDK's own default."""

_known: Any = None
"""The provider that they are on."""


def provider() -> Any:
    """Return the tracer provider that the function's own code has set, if any."""
    from ..otel_api.trace import users_provider

    return users_provider()


def start(theirs: Any, entry: Entry) -> object:
    """Start the handler's span on their provider.

    Args:
        theirs: The provider.
        entry: What is recorded of the invocation; it takes over the ids of their span, so that
            what belongs to the invocation names the trace that exists.

    Returns:
        The OpenTelemetry context in which their span is current.
    """
    global _known
    from opentelemetry import trace

    from ..develop.redacting import attributes as without_secrets
    from ..develop.replay import links_of, parent_context
    from ..otel_api.context import context_of
    from ..version import VERSION

    _known = theirs
    entry.describe()
    parent = entry.parent  # Lambda's flag binds X-Ray; that of a caller's context is for all
    sampled = entry.trace.sampled or not isinstance(parent, Remote) or parent.lambda_segment
    for library in TABLE:  # left to its instrumentor
        part(library).recorder.recording = False
    span = theirs.get_tracer("heliograph", VERSION).start_span(
        entry.name,
        parent_context(entry, sampled=sampled),
        trace.SpanKind(entry.kind),
        without_secrets(entry.attributes or {}),
        links_of(entry),
        entry.start,
    )
    ids = span.get_span_context()
    if ids.is_valid:
        entry.trace.id, entry.trace.text, entry.span_id = ids.trace_id, "", ids.span_id
    _open.append((span, entry))
    return trace.set_span_in_context(span, context_of(entry.outer))


def beside(spans: list[Entry]) -> None:
    """Give their provider the spans that stand beside the handler's, or below it.

    Args:
        spans: Ended ones, whose parents have their ids.
    """
    from opentelemetry import trace

    from ..develop.redacting import attributes as without_secrets
    from ..develop.replay import apply, links_of, parent_context
    from ..version import VERSION

    for entry in spans:
        span = _known.get_tracer("heliograph", VERSION).start_span(
            entry.name,
            parent_context(entry),
            trace.SpanKind(entry.kind),
            without_secrets(entry.attributes or {}),
            links_of(entry),
            entry.start,
        )
        apply(span, entry.ops or ())
        span.end(entry.end)


def finish(deadline: Deadline) -> None:
    """Tell their spans how the invocations ended, and flush their provider.

    Args:
        deadline: Of the invocation that pays for it; the flush may take what is left.
    """
    ended = [(span, entry) for span, entry in _open if entry.end]
    if not ended:
        return
    _open[:] = [(span, entry) for span, entry in _open if not entry.end]
    from ..develop.replay import apply

    for span, entry in ended:
        with guard("ending the handler's span on the function's own tracer provider"):
            apply(span, entry.ops or ())
            span.end(entry.end)
    flush = getattr(_known, "force_flush", None)
    if flush is not None and deadline.allows(0):
        with guard("flushing the function's own tracer provider"):
            flush(deadline.left_ms() or UNLIMITED_MS)
