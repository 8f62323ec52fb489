"""W3C's `traceparent` and `tracestate`, read and written (Trace Context, Level 2).

Whatever comes from outside is read to the letter or not at all (triggers spec 3.1).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from ..journal.entry import Entry, Remote

HEX = "0123456789abcdef"
MAX_STATE = 512
"""Characters of a `tracestate`; a longer one is dropped."""
MAX_STATE_MEMBERS = 32
KEY = "abcdefghijklmnopqrstuvwxyz0123456789_-*/"
"""What keys of a `tracestate` are made of, besides one `@`."""


def traceparent(text: object) -> tuple[int, int, int] | None:
    """Return trace id, span id and flags of a `traceparent`; None if it is not valid.

    The flags are those that W3C Trace Context Level 2 knows: 1, sampled, and 2, a random trace id;
    others are not ours to carry on.
    """
    if type(text) is not str or len(text) < 55 or (len(text) > 55 and text[55] != "-"):
        return None
    version, trace, span, flags = text[:2], text[3:35], text[36:52], text[53:55]
    if text[2] + text[35] + text[52] != "---" or (version + trace + span + flags).strip(HEX):
        return None
    if version == "ff" or (version == "00" and len(text) > 55):
        return None
    trace_id, span_id = int(trace, 16), int(span, 16)
    return (trace_id, span_id, int(flags, 16) & 3) if trace_id and span_id else None


def tracestate(text: object) -> str:
    """Return a `tracestate` as it is, or "" if it is none, too long or of a wrong form.

    Its values are opaque, its form is not: what is wrong would be refused, with a line in the log,
    for every span of the trace.
    """
    if type(text) is not str or len(text) > MAX_STATE:
        return ""
    keys = []
    for piece in text.split(","):
        member = piece.strip(" \t")
        if member:
            key, equals, value = member.partition("=")
            if not equals or not _is_state_key(key) or not _is_state_value(value):
                return ""
            keys.append(key)
    return text if len(set(keys)) == len(keys) <= MAX_STATE_MEMBERS else ""


def _is_state_key(key: str) -> bool:
    tenant, at, system = key.partition("@")
    if not tenant or tenant[0] not in KEY[: 36 if at else 26] or (tenant + system).strip(KEY):
        return False
    if not at:
        return len(tenant) <= 256
    return len(tenant) <= 241 and 1 <= len(system) <= 14 and system[0] in KEY[:26]


def _is_state_value(value: str) -> bool:
    printable = value.isascii() and value.isprintable()
    return 1 <= len(value) <= 256 and printable and "=" not in value


def write(span: Entry | Remote, headers: MutableMapping[str, str]) -> None:
    """Write `traceparent`, and `tracestate` if there is one."""
    trace = span.trace
    flags = trace.sampled + 2 * trace.random
    headers["traceparent"] = f"00-{trace.text or trace.hex()}-{span.span_id:016x}-{flags:02x}"
    if trace.state:
        headers["tracestate"] = trace.state
