"""X-Ray's header, read and written: `X-Amzn-Trace-Id` and `_X_AMZN_TRACE_ID`.

Triggers spec 3.1 and 8.2. The official propagator is not used: it drops `Lineage`, which switches
off Lambda's loop detection, and needs OpenTelemetry loaded.
"""

from __future__ import annotations

from ..journal import recording, state
from ..journal.entry import Remote, Trace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

    from ..journal.entry import Entry

XRAY = "X-Amzn-Trace-Id"
MAX_HEADER = 256
"""Characters of a header; beyond, unknown parts go first (triggers spec 8.2)."""
MAX_INCOMING = 1024
"""Characters read of an incoming header (triggers spec 9)."""


def parse(header: str) -> tuple[Trace | None, int, bool | None]:
    """Read an X-Ray header: pieces in any order, spaces tolerated, keys in any case.

    Args:
        header: Value of `_X_AMZN_TRACE_ID` or of an `X-Amzn-Trace-Id` header.

    Returns:
        The trace (None without a usable Root), the parent's span id (0 without one), and the
        sampled flag (None unless it is 0 or 1). Parts besides Root, Parent, Sampled and Self are
        kept in `Trace.header_rest`, verbatim, unless no header could hold them.
    """
    trace_id = parent = 0
    sampled: bool | None = None
    rest = []
    for piece in header[:MAX_INCOMING].split(";"):
        key, equals, value = piece.strip().partition("=")
        name = key.strip().lower()
        if name == "root":
            trace_id = _root(value.strip())
        elif name == "parent":
            parent = _hex(value.strip(), 16)
        elif name == "sampled":
            sampled = {"1": True, "0": False}.get(value.strip())
        elif equals and name != "self" and piece.isascii() and piece.isprintable():
            rest.append(piece.strip())
    if not trace_id:
        return None, 0, sampled
    trace = Trace(trace_id, sampled=bool(sampled), header_rest=";".join(rest))
    return trace, parent, sampled


def _root(value: str) -> int:
    version, _, rest = value.partition("-")
    epoch, _, unique = rest.partition("-")
    if version != "1" or not _hex(epoch + "1", 9) or not _hex(unique + "1", 25):
        return 0
    return int(epoch + unique, 16)


def _hex(value: str, digits: int) -> int:
    """Return the number written in exactly so many hexadecimal digits, else 0."""
    if len(value) != digits or not value.isalnum():
        return 0
    try:
        return int(value, 16)
    except ValueError:
        return 0


def header_of(span: Entry | Remote, flag: str = "") -> str:
    """Return the X-Ray header that makes `span` the parent of what it is sent to.

    Args:
        span: The parent.
        flag: What `Sampled` is to say; "" for the decision about the span.
    """
    trace = span.trace
    root = trace.text or trace.hex()
    if not flag:
        flag = "1" if trace.sampled and not (state.declined and trace.id in state.declined) else "0"
    header = f"Root=1-{root[:8]}-{root[8:]};Parent={span.span_id:016x};Sampled={flag}"
    if trace.header_rest:
        return _with_rest(header, trace.header_rest)
    return header


def _with_rest(header: str, rest: str) -> str:
    whole = f"{header};{rest}"
    pieces = rest.split(";")
    while len(whole) > MAX_HEADER and pieces:
        known = [i for i, piece in enumerate(pieces) if not piece.lower().startswith("lineage=")]
        del pieces[known[-1] if known else -1]
        whole = ";".join([header, *pieces])
    return whole


def write(span: Entry | Remote, headers: MutableMapping[str, str]) -> None:
    """Write `X-Amzn-Trace-Id`."""
    headers[XRAY] = header_of(span)


def onto_aws_call(span: Entry | Remote, headers: MutableMapping[str, Any]) -> None:
    """Write X-Ray's header of an AWS call; one that user code set by itself is left alone.

    Inside Lambda, botocore has already written the environment's header, percent-quoted: that one
    names Lambda's segment and not the call's span, and is replaced (triggers spec 8.1).

    Args:
        span: The span of the call.
        headers: A mapping in which setting a header replaces it; botocore's values are bytes.
    """
    present = headers.get(XRAY)
    if present is None:
        headers[XRAY] = header_of(span, _flag())
    elif isinstance(present, bytes):
        if _is_environments(present.decode("latin-1")):
            headers[XRAY] = header_of(span, _flag()).encode()
    elif _is_environments(present):
        headers[XRAY] = header_of(span, _flag())


def _flag() -> str:
    """Return the flag of Lambda's own header, if AWS calls are to carry that one."""
    if state.config is None or state.config.xray_flag == "own":
        return ""
    flag = parse(state.environment_header)[2]
    return "" if flag is None else str(int(flag))


def _is_environments(value: str) -> bool:
    expected = state.environment_header
    if value == expected:
        return True
    if "%" not in value:
        return False
    if value.replace("%7C", "|") == expected:  # Lineage's bar: nothing else is quoted
        return True
    from urllib.parse import unquote  # loaded by botocore

    return unquote(value) == expected


def environments(header: str, request_id: str | None) -> tuple[Remote | None, Trace]:
    """Return parent and trace by the environment's header, which binds X-Ray (triggers spec 4.2).

    It is all that there is to say if X-Ray alone gets the spans; else `parents.py` chooses.
    """
    trace, parent_id, flag = parse(header)
    if trace is None:
        return None, recording.new_trace(request_id=request_id)
    trace.request_id = request_id
    trace.sampled = is_sampled(flag if parent_id else None, trace.id)
    return (Remote(trace, parent_id, lambda_segment=True) if parent_id else None), trace


def is_sampled(flag: bool | None, trace_id: int) -> bool:
    """Decide whether to record where the flag binds: 0 is no, 1 and none are the sampler's."""
    return flag is not False and state.decide(flag, trace_id)


def brings_more(carried: dict[str, str], header: str) -> bool:
    """Tell whether an event's headers have more of a context than the environment's.

    A gateway's own X-Ray header is of the same trace, or has no parent.
    """
    if "traceparent" in carried or "baggage" in carried:
        return True
    value = carried["x-amzn-trace-id"]
    return header.partition(";")[0] not in value and "parent" in value.lower()
