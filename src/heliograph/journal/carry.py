"""Trace context into outgoing calls: written live, because a header cannot be added later.

X-Ray's header follows triggers spec 3.1 and 8.2, W3C's the Trace Context and Baggage
recommendations. The official propagators are not used here: AWS X-Ray's drops `Lineage`, which
switches off Lambda's loop detection, and all of them need OpenTelemetry loaded.
"""

from __future__ import annotations

from .._guard import guarded
from . import current
from .entry import Entry, Remote, Trace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from typing import Any

XRAY = "X-Amzn-Trace-Id"
MAX_HEADER = 256
"""Characters of an X-Ray header; beyond, unknown parts go first (triggers spec 8.2)."""
MAX_INCOMING = 1024
"""Characters read of an incoming X-Ray header (triggers spec 9)."""

declined: dict[int, None] = {}
"""Traces that are recorded though X-Ray does not want them, the newest last: `Sampled=0` stays what
its header says, and its exporters get nothing of them (`runtime/parents.py`)."""


def parse(header: str) -> tuple[Trace | None, int, bool | None]:
    """Read an X-Ray header: pieces in any order, spaces tolerated, keys in any case.

    Args:
        header: Value of `_X_AMZN_TRACE_ID` or of an `X-Amzn-Trace-Id` header.

    Returns:
        The trace (None without a usable Root), the parent's span id (0 without one), and the
        sampled flag (None unless it is 0 or 1). Parts besides Root, Parent, Sampled and Self are
        kept in `Trace.extras`, verbatim, unless no header could hold them.
    """
    trace_id = parent = 0
    sampled: bool | None = None
    extras = []
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
            extras.append(piece.strip())
    if not trace_id:
        return None, 0, sampled
    return Trace(trace_id, sampled=bool(sampled), extras=";".join(extras)), parent, sampled


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


def xray(span: Entry | Remote) -> str:
    """Return the X-Ray header that makes `span` the parent of what it is sent to."""
    trace = span.trace
    root = trace.text or _text(trace)
    flag = "1" if trace.sampled and not (declined and trace.id in declined) else "0"
    header = f"Root=1-{root[:8]}-{root[8:]};Parent={span.span_id:016x};Sampled={flag}"
    if trace.extras:
        return _with_extras(header, trace.extras)
    return header


def _text(trace: Trace) -> str:
    trace.text = f"{trace.id:032x}"
    return trace.text


def _with_extras(header: str, extras: str) -> str:
    whole = f"{header};{extras}"
    pieces = extras.split(";")
    while len(whole) > MAX_HEADER and pieces:
        known = [i for i, piece in enumerate(pieces) if not piece.lower().startswith("lineage=")]
        del pieces[known[-1] if known else -1]
        whole = ";".join([header, *pieces])
    return whole


Headers = "MutableMapping[str, str]"
"""Any mapping of header names to values, such as that of requests."""


def write_xray(span: Entry | Remote, headers: MutableMapping[str, str]) -> None:
    """Write `X-Amzn-Trace-Id`."""
    headers[XRAY] = xray(span)


def write_tracecontext(span: Entry | Remote, headers: MutableMapping[str, str]) -> None:
    """Write `traceparent`, and `tracestate` if there is one."""
    trace = span.trace
    flags = trace.sampled + 2 * trace.random
    headers["traceparent"] = f"00-{trace.text or _text(trace)}-{span.span_id:016x}-{flags:02x}"
    if trace.state:
        headers["tracestate"] = trace.state


def write_baggage(span: Entry | Remote, headers: MutableMapping[str, str]) -> None:  # noqa: ARG001
    """Write `baggage` as W3C says: at most 180 members, 4,096 characters each, 8,192 in all."""
    members = current.baggage()
    if not members:
        return
    from urllib.parse import quote_plus  # loaded by every HTTP library

    pieces: list[str] = []
    size = -1
    for key, value in members.items():
        piece = f"{quote_plus(str(key))}={quote_plus(str(value))}"
        if len(piece) > 4096:
            continue
        size += 1 + len(piece)
        if len(pieces) == 180 or size > 8192:
            break
        pieces.append(piece)
    if pieces:
        headers["baggage"] = ",".join(pieces)


Writer = "Callable[[Entry | Remote, MutableMapping[str, str]], None]"

NATIVE: dict[str, Callable[[Entry | Remote, MutableMapping[str, str]], None]] = {
    "tracecontext": write_tracecontext,
    "baggage": write_baggage,
    "xray": write_xray,
    "xray-lambda": write_xray,
}
"""Propagators of `OTEL_PROPAGATORS` that are written here; others by their official class."""

writers: list[Callable[[Entry | Remote, MutableMapping[str, str]], None]] = [
    write_tracecontext,
    write_baggage,
    write_xray,
]
"""The configured propagators, for HTTP requests. AWS calls always carry X-Ray's header."""

environment_header = ""
"""`_X_AMZN_TRACE_ID` of the running invocation: what botocore writes by itself inside Lambda."""


def onto_request(span: Entry | Remote, headers: MutableMapping[str, str]) -> None:
    """Write the configured propagators' headers of an HTTP request."""
    for write in writers:  # one that fails is one
        guarded("writing a trace header of an HTTP request", write, span, headers)


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
        headers[XRAY] = xray(span)
    elif isinstance(present, bytes):
        if _is_environments(present.decode("latin-1")):
            headers[XRAY] = xray(span).encode()
    elif _is_environments(present):
        headers[XRAY] = xray(span)


def _is_environments(value: str) -> bool:
    if value == environment_header:
        return True
    if "%" not in value:
        return False
    if value.replace("%7C", "|") == environment_header:  # Lineage's bar: nothing else is quoted
        return True
    from urllib.parse import unquote  # loaded by botocore

    return unquote(value) == environment_header
