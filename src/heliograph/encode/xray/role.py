"""Segment or subsegment: which part of a trace a span's document plays (xray spec 3, 4.4)."""

from __future__ import annotations

from opentelemetry.trace import SpanKind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from .attributes import Attributes

OUTGOING = (SpanKind.CLIENT, SpanKind.PRODUCER)
HANDLERS = (SpanKind.SERVER, SpanKind.CONSUMER)
"""Tuples: a set would call the hash of an enumeration, which is written in Python."""


class Role:
    """The part of a span's document.

    Attributes:
        segment: It is a segment; otherwise an independent subsegment.
        lambda_segment: The trace's segment belongs to Lambda.
        resource: The document carries the resource: segments, and a process's first span of the
            trace (xray spec 11.2).
        handler: It is the handler's span in Lambda's own trace, written as a subsegment.
    """

    __slots__ = ("handler", "lambda_segment", "resource", "segment")

    def __init__(self, *, segment: bool, root: bool, lambda_segment: bool) -> None:
        self.segment = segment
        self.lambda_segment = lambda_segment
        self.resource = segment or root
        self.handler = root and lambda_segment and not segment


INNER = {
    lambda_segment: Role(segment=False, root=False, lambda_segment=lambda_segment)
    for lambda_segment in (False, True)
}
"""The part of every span but a process's first, in Lambda's trace or another."""


def role_of(
    span: ReadableSpan, attributes: Attributes, *, lambda_segment: bool, as_segment: bool
) -> Role:
    """Decide by the table of xray spec 4.4.

    Args:
        span: The span.
        attributes: Its attributes.
        lambda_segment: Its trace is the one of the invocation's header.
        as_segment: The collector's way: the handler's span is a segment all the same.
    """
    parent = span.parent
    root = parent is None or parent.is_remote
    if not lambda_segment:
        segment = root or _is_marked(span, attributes)
    else:
        # a subsegment needs a parent (xray spec 0.2): without one a span is kept as a segment
        segment = parent is None or (as_segment and root and span.kind in HANDLERS)
    if not segment and not root:
        return INNER[lambda_segment]
    return Role(segment=segment, root=root, lambda_segment=lambda_segment)


def _is_marked(span: ReadableSpan, attributes: Attributes) -> bool:
    """Application Signals marks the local root by attribute (xray spec 3.1, rule 2)."""
    return attributes.values.get("aws.span.kind") == "LOCAL_ROOT" and span.kind in (
        SpanKind.SERVER,
        SpanKind.INTERNAL,
    )
