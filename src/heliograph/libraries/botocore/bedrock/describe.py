"""Bedrock's calls as the official instrumentor describes them, with stand-ins for their streams.

The instrumentor reads a body, and wraps a stream of events to look at each that the function reads.
Here it gets a body and a stream of what was noted when the function had read them.
"""

from __future__ import annotations

import json
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.eventstream import EventStream
from botocore.response import StreamingBody

from ....develop.describe import answer, described
from ....journal.instrument import HISTOGRAM, Instrument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ....develop.describe import ReplayProvider
    from ....journal.entry import Entry

FIRST_CHUNK = "gen_ai.client.operation.time_to_first_chunk"
DURATION = "gen_ai.client.operation.duration"
BUCKETS = tuple(0.01 * 2**power for power in range(14))
"""Of both: from 10 ms, doubled, as the conventions for generative AI advise."""

ESTIMATED = "cohere.command", "mistral"
"""Models whose tokens the instrumentor estimates by the length of what was asked and answered."""

ODD = AttributeError, KeyError, IndexError, TypeError, ValueError
"""What the instrumentor raises for an answer of another form than it knows. In line it would raise
it to the reader of the stream."""


def describe(
    entry: Entry, client: Any, described_by: Callable[..., Any], provider: ReplayProvider
) -> None:
    """Make the span of a call.

    Args:
        entry: The recorded call.
        client: What stands for its client.
        described_by: The official wrapper of `_make_api_call`.
        provider: Whose tracer makes the span.
    """
    call: Any = entry.call
    operation, asked = call.request
    padded = any(part in str((asked or {}).get("modelId")) for part in ESTIMATED)
    found: list[Any] = []

    def answering(*_: Any, **__: Any) -> Any:
        found.append(answer(entry, lambda facts: _response(facts, call.answer, padded=padded)))
        return found[0]

    described(
        lambda: described_by(answering, client, (operation, _request(asked, padded=padded)), {})
    )
    read = (call.answer or {}).get("read")
    if found and read is not None:
        _finish(found[0], read, provider)


def _finish(response: dict[str, Any], read: dict[str, Any], provider: ReplayProvider) -> None:
    """Have the instrumentor see what was read, and how that ended."""
    if "events" not in read:
        return  # a body, of which the instrumentor has seen all
    stream, error = response[read["member"]], read.get("error")
    try:
        for _ in stream:
            pass  # it looks at each as it goes by
        if error is not None and hasattr(stream, "_handle_stream_error"):
            from ....develop.stand_in import stand_in  # by the first failure

            stream._handle_stream_error(stand_in(error))
        elif provider.is_open():
            stream.close()
    except ODD:
        provider.end_open()
    _measure_first(read, provider)


def _measure_first(read: dict[str, Any], provider: ReplayProvider) -> None:
    """Measure the time to the first chunk, which the instrumentor does not."""
    entry: Any = provider.entry
    measured = [one for one in provider.measured if one[3] is entry and one[0].name == DURATION]
    if "first" not in read or not measured:
        return
    seconds = max(0, read["first"] - entry.start) / 1e9
    instrument = _first_chunk(measured[0][0].scope)
    provider.measured.append((instrument, seconds, measured[0][2], entry, entry.end))


@lru_cache(maxsize=8)
def _first_chunk(scope: tuple[Any, ...]) -> Instrument:
    about = "Time until the first chunk of a streamed answer"
    return Instrument(scope, HISTOGRAM, FIRST_CHUNK, "s", about, boundaries=BUCKETS)


def _request(asked: dict[str, Any] | None, *, padded: bool) -> dict[str, Any]:
    request: dict[str, Any] = _revived(
        {name: member for name, member in (asked or {}).items() if name != "body"}
    )
    if asked is not None and "body" in asked:
        request["body"] = _text(asked["body"], padded=padded)
    return request


def _response(facts: Any, complete: Any, *, padded: bool) -> Any:
    """Return what stands for a response: of a result with its stream; one of an error as it is."""
    if facts is not complete or facts is None:
        return facts
    read = facts.get("read", {})
    response: dict[str, Any] = _revived({name: facts[name] for name in facts if name != "read"})
    if "events" in read:
        response[read["member"]] = _Recorded(list(read["events"]))
    elif "json" in read:
        text = _text(read["json"], padded=padded).encode()
        response[read["member"]] = StreamingBody(BytesIO(text), len(text))
    return response


def _text(kept: str | list[object], *, padded: bool = False) -> str:
    """Return a text in JSON of its facts."""
    return kept if isinstance(kept, str) else json.dumps(_revived(kept[0], padded=padded))


def _revived(value: Any, *, padded: bool = False) -> Any:
    """Return facts as values.

    Args:
        value: The facts.
        padded: Whether a text of which less was kept is to be as long as it was, or only as true.
    """
    if isinstance(value, tuple):
        length, head = value
        return head.ljust(length) if padded else head or " "[:length]
    if isinstance(value, list):
        return [_revived(one, padded=padded) for one in value]
    if isinstance(value, dict):
        return {name: _revived(member, padded=padded) for name, member in value.items()}
    return value


def _events(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for event in events:
        if "chunk" in event:
            yield {"chunk": {"bytes": _text(event["chunk"]).encode()}}
        else:
            yield _revived(event)


_Recorded: Any = type(
    "_Recorded",
    (EventStream,),
    {
        "__init__": lambda self, events: setattr(self, "events", events),
        "__iter__": lambda self: _events(self.events),
        "close": lambda _: None,
        "__doc__": "Stands for a stream whose events were recorded.",
    },
)
