"""Texts that carry a trace context: W3C's `traceparent`, `tracestate` and `baggage`.

Whatever comes from outside is read to the letter or not at all (triggers spec 3.1); X-Ray's header
is read by `journal/carry.py`. Loaded by the first event that brings one of them.
"""

from __future__ import annotations

HEX = "0123456789abcdef"
MAX_STATE = 512
"""Characters of a `tracestate`; a longer one is dropped."""
MAX_STATE_MEMBERS = 32
MAX_BAGGAGE = 8192
"""Characters of a `baggage`; a longer one is dropped."""
MAX_BAGGAGE_MEMBERS = 180
KEY = "abcdefghijklmnopqrstuvwxyz0123456789_-*/"
"""What keys of a `tracestate` are made of, besides one `@`."""
DELIMITERS = frozenset(' "(),/:;<=>?@[\\]{}')
"""What a baggage key may not hold: it is a token (RFC 9110 5.6.2)."""


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


def baggage(text: object) -> dict[str, object]:
    """Return the members of a `baggage`, decoded; properties are left out.

    A member of a wrong form, or with control characters once decoded, is dropped by itself.
    """
    if type(text) is not str or len(text) > MAX_BAGGAGE:
        return {}
    members: dict[str, object] = {}
    for piece in text.split(",", MAX_BAGGAGE_MEMBERS)[:MAX_BAGGAGE_MEMBERS]:
        key, equals, value = piece.partition(";")[0].partition("=")
        key, value = _decoded(key.strip(" \t")), _decoded(value.strip(" \t"))
        if equals and piece.isascii() and _is_token(key) and not any(map(_is_control, value)):
            members[key] = value
    return members


def _decoded(text: str) -> str:
    """Decode as OpenTelemetry's propagator encodes."""
    if "%" not in text and "+" not in text:
        return text
    from urllib.parse import unquote_plus

    return unquote_plus(text)


def _is_token(key: str) -> bool:
    ascii_ = key.isascii() and key.isprintable()
    return bool(key) and ascii_ and DELIMITERS.isdisjoint(key)


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f" or character in "\u2028\u2029"
