"""The public API on an open span of the SDK: what it says is told to that span at once.

Annotations and metadata are attributes in which every exporter of ours finds them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .. import _notice
from ..journal.entry import Remote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..journal.entry import Op, Trace

ANNOTATIONS = "aws.xray.annotations"
"""Attribute that lists the keys of attributes that are annotations (xray spec 11.1)."""
METADATA = "aws.xray.metadata."
"""Prefix of attributes that hold a metadata namespace as a JSON object (xray spec 11.2)."""


class LiveSpan(Remote):
    """An open span of a provider that is not the journal's, as the parent of what we record.

    Args:
        trace: Its trace.
        span_id: Its id.
        span: The span itself.
    """

    __slots__ = ("_span",)

    def __init__(self, trace: Trace, span_id: int, span: Any) -> None:
        super().__init__(trace, span_id, is_remote=False)
        self._span = span

    def op(self, call: Op) -> None:
        """Make a call of the public API on the span, at once."""
        args: Any
        name, *args = call
        if name == "annotate":
            self._span.set_attribute(*args)
            annotate(self._span, [args[0]])
        elif name == "metadata":
            namespace, key, value = args
            add_metadata(self._span, namespace, {key: value})
        else:
            getattr(self._span, name)(*args)


def annotate(span: Any, keys: Iterable[str]) -> None:
    """Mark attributes of a span as annotations."""
    given = (getattr(span, "attributes", None) or {}).get(ANNOTATIONS) or ()
    present = list(given) if isinstance(given, (list, tuple)) else []
    span.set_attribute(ANNOTATIONS, list(dict.fromkeys([*present, *keys])))


def add_metadata(span: Any, namespace: str, members: Mapping[str, object]) -> None:
    """Add members to a metadata namespace of a span."""
    key = METADATA + namespace
    present = (getattr(span, "attributes", None) or {}).get(key)
    if isinstance(present, str):
        try:
            members = {**json.loads(present), **members}
        except (ValueError, TypeError):
            _notice.warn(
                ("metadata", namespace),
                f"attribute {key} was no JSON object ({present!r:.100}): replaced.",
            )
    span.set_attribute(key, json.dumps(members, default=_plain))


def _plain(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
