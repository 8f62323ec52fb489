"""A span's context as texts, for what carries it in a call's parameters: a file for each of those.

Parameters are rebuilt, never changed: a carrier returns new objects where something is added, and
those it was given where nothing is (triggers spec 8.1). Loaded by the first such call.
"""

from __future__ import annotations

from .._guard import guarded
from ..journal import state
from ..journal.entry import Remote, Trace
from . import USUAL, w3c, write_baggage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TypeAlias

    from ..journal.entry import Entry

    Carried: TypeAlias = tuple[Any, list[Remote]]
    """The parameters to send, and the contexts that the function itself put into them."""

STATE, BAGGAGE = "tracestate", "baggage"
TRACEPARENT = "traceparent"


def texts(span: Entry | Remote) -> dict[str, str]:
    """Return `traceparent`, then `tracestate` and `baggage` if there are any.

    Only what `OTEL_PROPAGATORS` names; nothing without `tracecontext`, which the others go with.
    """
    writers = USUAL if state.writers is None else state.writers
    found: dict[str, str] = {}
    if w3c.write in writers:
        w3c.write(span, found)
        if write_baggage in writers:
            guarded("writing the baggage of a message", write_baggage, span, found)
    return found


def remote(traceparent: object, tracestate: object = None) -> Remote | None:
    """Return the span that a `traceparent` names; None if it is not valid."""
    ids = w3c.traceparent(traceparent)
    if ids is None:
        return None
    trace_id, span_id, flags = ids
    kept = w3c.tracestate(tracestate)
    trace = Trace(trace_id, sampled=bool(flags & 1), random=bool(flags & 2), state=kept)
    return Remote(trace, span_id)


def distinct(spans: Iterable[Remote | None]) -> list[Remote]:
    """Return each span once, in their order."""
    found = {(one.trace.id, one.span_id): one for one in spans if one is not None}
    return list(found.values())


def lowered(mapping: dict[Any, Any]) -> dict[str, Any]:
    """Return the members of a mapping by their names in lower case: a key in any is the user's."""
    return {key.lower(): value for key, value in dict.items(mapping) if type(key) is str}


def copied(mapping: dict[Any, Any]) -> dict[Any, Any]:
    """Return a plain copy of a mapping, whatever its class has in the place of dict's methods."""
    return dict(dict.items(mapping))


def parsed(text: object) -> Any:
    """Return the value that a JSON text stands for; None if it stands for none."""
    if type(text) is not str:
        return None
    import json  # the runtime client has loaded it

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def spliced(text: str, value: dict[str, Any] | list[Any], members: dict[str, Any]) -> str:
    """Add members to a JSON text, whose other characters stay what they are.

    Args:
        text: An object, or an array, which gets the members as one object at its end.
        value: What it stands for.
        members: What is added.
    """
    import json

    added = json.dumps(members, separators=(",", ":"))
    if type(value) is dict:
        at = text.index("{") + 1
        return f"{text[:at]}{added[1:-1]}{',' if value else ''}{text[at:]}"
    at = text.rindex("]")
    return f"{text[:at]}{',' if value else ''}{added}{text[at:]}"
