"""Segment or subsegment: which part of a trace a span's document plays (xray spec 3, 4.4)."""

from __future__ import annotations

from typing import NamedTuple

from opentelemetry.trace import SpanKind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

OUTGOING = frozenset({SpanKind.CLIENT, SpanKind.PRODUCER})
HANDLERS = frozenset({SpanKind.SERVER, SpanKind.CONSUMER})


class Role(NamedTuple):
    """The part of a span's document.

    Attributes:
        segment: It is a segment; otherwise an independent subsegment.
        root: The span is its process's first of the trace.
        facade: The trace's segment belongs to Lambda.
    """

    segment: bool
    root: bool
    facade: bool

    @property
    def resource(self) -> bool:
        """True for a document that carries the resource: segments, and the root once (11.2)."""
        return self.segment or self.root

    @property
    def handler(self) -> bool:
        """True for the handler's span in Lambda's own trace, written as a subsegment."""
        return self.root and self.facade and not self.segment


def role_of(span: ReadableSpan, *, facade: bool, as_segment: bool) -> Role:
    """Decide by the table of xray spec 4.4.

    Args:
        span: The span.
        facade: Its trace is the one of the invocation's header.
        as_segment: The collector's way: the handler's span is a segment all the same.
    """
    root = span.parent is None or span.parent.is_remote
    if not facade:
        return Role(segment=root or _marked_root(span), root=root, facade=False)
    # a subsegment needs a parent (xray spec 0.2): without one a span is kept as a segment
    segment = span.parent is None or (as_segment and root and span.kind in HANDLERS)
    return Role(segment=segment, root=root, facade=True)


def _marked_root(span: ReadableSpan) -> bool:
    """Application Signals marks the local root by attribute (xray spec 3.1, rule 2)."""
    return (
        span.kind in (SpanKind.SERVER, SpanKind.INTERNAL)
        and (span.attributes or {}).get("aws.span.kind") == "LOCAL_ROOT"
    )
