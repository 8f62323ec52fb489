"""X-Ray segment documents: one span in, one JSON document out, nothing else touched."""

from __future__ import annotations

from .annotations import AnnotationRule, Budget
from .document import document
from .size import to_bytes
from .split import documents
from .values import span_id, trace_id

__all__ = [
    "AnnotationRule",
    "Budget",
    "document",
    "documents",
    "span_id",
    "to_bytes",
    "trace_id",
]
