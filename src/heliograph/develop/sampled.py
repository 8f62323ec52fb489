"""Which spans an exporter gets: X-Ray's own ones what X-Ray sampled, others all that is recorded.

Lambda's `Sampled=0` says that X-Ray does not want a trace. It says nothing of other backends, whose
sampler is `OTEL_TRACES_SAMPLER` (triggers spec 4.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..journal import carry

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan


def wanted(exporter: object, spans: list[ReadableSpan]) -> list[ReadableSpan]:
    """Return the spans that an exporter gets.

    Args:
        exporter: An exporter; those of X-Ray say so by their attribute `is_xray`.
        spans: What was recorded.
    """
    if not getattr(exporter, "is_xray", False):
        return spans
    return [span for span in spans if not _is_declined(span)]


def _is_declined(span: ReadableSpan) -> bool:
    context = span.get_span_context()
    return context is not None and context.trace_id in carry.declined
