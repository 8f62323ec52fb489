"""What is kept of a Bedrock call: what describing needs.

That are numbers, and texts that are names: of models, roles, tools, reasons to stop. Of any other
text, such as a prompt, its length is kept, by which the official instrumentor estimates tokens; the
text itself only where `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` asks for it.
"""

from __future__ import annotations

import json
import sys
from itertools import islice

from ....journal import MAX_DEPTH, MAX_ITEMS, MAX_NODES, MAX_STRING, bounded
from ....settings.seldom import captures_messages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEPTH = MAX_DEPTH + 2
"""Levels: what a tool returned is in a message's list of contents, in a list of messages."""

MAX_BODY = 1 << 20
"""Bytes of a body that is looked into: to read more takes more than a few milliseconds."""

MAX_EVENTS = 64
"""Events kept of a stream, the first half and the last; those that only bring text are not among
them, or are joined."""

NAMES = frozenset({
    "completionReason", "finish_reason", "id", "modelId", "name", "role", "stop",
    "stopReason", "stopSequences", "stop_reason", "stop_sequences", "toolUseId",
    "tool_use_id", "type",
})  # fmt: skip
"""Members whose texts are names."""

MESSAGES = frozenset(("messages", "system"))

MEMBERS = NAMES | {
    "amazon-bedrock-invocationMetrics", "cacheReadInputTokens", "cacheWriteInputTokens",
    "content", "contentBlockStart", "contentBlockStop", "content_block", "delta",
    "generation", "generation_token_count", "generations", "inferenceConfig", "inputText",
    "inputTextTokenCount", "inputTokenCount", "inputTokens", "input_tokens", "maxTokenCount",
    "maxTokens", "max_gen_len", "max_new_tokens", "max_tokens", "message", "messageStart",
    "messageStop", "metadata", "output", "outputText", "outputTokenCount", "outputTokens",
    "outputs", "output_tokens", "p", "prompt", "prompt_token_count", "results", "start",
    "temperature", "text", "textGenerationConfig", "tokenCount", "toolResult", "toolUse",
    "topP", "top_p", "usage",
}  # fmt: skip
"""Members that describing asks for."""

TEXT = ("contentBlockDelta", "content_block_delta")
"""Events of a stream that only bring a piece of the answer, in Converse's words and in Claude's."""
_TEXT_MARKS = tuple(f'"{name}"'.encode() for name in TEXT)

LAST = ("metadata", "amazon-bedrock-invocationMetrics")
"""Members of the event that ends a stream."""

NO_JSON = "{"
"""Kept of a text that is no JSON: another such text."""


class Kept:
    """What is kept of messages.

    Attributes:
        messages: Whether anybody reads the events that are made of them.
        texts: Whether what they say is wanted, too.
    """

    __slots__ = ("messages", "texts")

    def __init__(self, *, messages: bool, texts: bool) -> None:
        self.messages = messages
        self.texts = texts

    @classmethod
    def now(cls) -> Kept:
        """Ask the settings, and whether the function has set a provider of loggers."""
        logs = sys.modules.get("opentelemetry._logs._internal")
        messages = getattr(logs, "_LOGGER_PROVIDER", None) is not None
        return cls(messages=messages, texts=messages and captures_messages())

    def wants(self, name: str) -> bool:
        """Tell whether a member of this name is kept."""
        if name in MESSAGES:
            return self.messages
        return self.texts or name in MEMBERS


def request(params: Any, kept: Kept) -> dict[str, object]:
    """Return the facts of a request."""
    if not isinstance(params, dict):
        return {}
    made = _members(params, DEPTH, [MAX_NODES], kept)
    if "body" in params:
        made["body"] = of_json(params["body"], kept)
    return made


def answer(result: Any, kept: Kept) -> dict[str, object]:
    """Return the facts of a result, without what is still to be read."""
    if not isinstance(result, dict):
        return {}
    made = _members(result, DEPTH, [MAX_NODES], kept)
    for name in ("body", "stream"):
        made.pop(name, None)
    if "ResponseMetadata" in result:
        made["ResponseMetadata"] = bounded.facts(result["ResponseMetadata"])
    return made


def of_json(text: Any, kept: Kept) -> str | list[object]:
    """Return the facts of a text in JSON, in a list; of another one a text that is none either."""
    if not isinstance(text, (str, bytes, bytearray)):
        return NO_JSON  # a file: it is not read here
    if not text:
        return ""
    if len(text) > MAX_BODY:
        return [{}]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return NO_JSON
    return [_copy(value, "", DEPTH, [MAX_NODES], kept)]


def event(given: Any, kept: Kept) -> tuple[dict[str, object] | None, bool]:
    """Return the facts of a stream's event, None where it needs none; and whether it is the last.

    Those of a chunk, which holds JSON, are in a list under "chunk".
    """
    if not isinstance(given, dict):
        return None, False
    if "chunk" in given:
        return _chunk(given["chunk"], kept)
    if TEXT[0] in given and not kept.texts:
        return None, False
    facts = _members(given, DEPTH, [MAX_NODES], kept)
    whole = all(isinstance(value, dict) for value in facts.values())
    return facts if facts and whole else None, LAST[0] in given


def _chunk(chunk: Any, kept: Kept) -> tuple[dict[str, object] | None, bool]:
    text = chunk.get("bytes") if isinstance(chunk, dict) else None
    if type(text) is not bytes:
        return None, False
    if not kept.texts and any(mark in text for mark in _TEXT_MARKS):
        return None, False
    made = of_json(text, kept)
    facts: Any = made[0] if type(made) is list else None
    if type(facts) is not dict:
        return None, False
    last = any(facts.get(name) is not None for name in LAST)
    if "outputText" in facts and not last and facts.get("completionReason") is None:
        return None, False  # a piece of Titan's answer: the last one is what is told
    return {"chunk": [facts]}, last


def joined(before: dict[str, object], then: dict[str, object]) -> bool:
    """Add a piece of an answer to the piece before it; tells whether both are such."""
    old, new = _piece(before), _piece(then)
    if old is None or new is None or old[1] != new[1]:
        return False
    held, name = old
    held[name] = (held[name] + new[0][name])[:MAX_STRING]
    return True


def _piece(facts: Any) -> tuple[dict[str, Any], str] | None:
    """Return what holds the text of an event that only brings text, and under which name."""
    inner = facts["chunk"][0] if "chunk" in facts else facts
    inner = inner.get(TEXT[0], inner)
    delta = inner.get("delta") if type(inner) is dict else None
    if type(delta) is not dict:
        return None
    tool = delta.get("toolUse")
    if type(tool) is dict and type(tool.get("input")) is str:
        return tool, "input"
    for name in ("text", "partial_json"):
        if type(delta.get(name)) is str:
            return delta, name
    return None


def _members(value: Any, depth: int, left: list[int], kept: Kept) -> dict[str, object]:
    # taken in one step: another thread of the function's may be writing to it
    members = list(islice(dict.items(value), MAX_ITEMS))
    return {
        name[:MAX_STRING]: _copy(member, name, depth - 1, left, kept)
        for name, member in members
        if type(name) is str and kept.wants(name)
    }


def _copy(value: Any, name: str, depth: int, left: list[int], kept: Kept) -> object:
    """Copy a value; a text that is not kept, or cut, is a pair of its length and of what is kept.

    Args:
        value: The value.
        name: Of the member that it is, or that its list is.
        depth: Levels that may still be copied.
        left: Containers that may.
        kept: What is.
    """
    kind = type(value)
    if issubclass(kind, str):
        whole = kept.texts or name in NAMES
        if whole and len(value) <= MAX_STRING:
            return str.__str__(value)
        return len(value), str.__getitem__(value, slice(MAX_STRING)) if whole else ""
    if value is None or kind in (bool, float, int):
        return bounded.facts(value)
    left[0] -= 1
    if depth <= 0 or left[0] < 0:
        return None
    if issubclass(kind, dict):
        return _members(value, depth, left, kept)
    if issubclass(kind, (list, tuple)):
        base: Any = list if issubclass(kind, list) else tuple
        head = base.__getitem__(value, slice(MAX_ITEMS))
        return [_copy(one, name, depth - 1, left, kept) for one in head]
    return None
