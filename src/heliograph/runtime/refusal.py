"""What makes a failure of an invocation after its handler returned: its deadline, the runtime.

Loaded by the first one.
"""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING

from .._limits import MAX_RESPONSE_BYTES
from ..journal import state

if TYPE_CHECKING:
    from .invocation import Invocation


REFUSED = 8
"""`blackbox.REFUSED`."""


def past_deadline(invocation: Invocation, now: int) -> None:
    """Note that an invocation was over only after its deadline.

    Args:
        invocation: The invocation.
        now: When it was over, epoch nanoseconds.
    """
    invocation.late = True
    due = invocation.deadline_ns or now
    allowed = max(0, due - invocation.entry.start) // 1_000_000
    late_ms = (now - due) // 1_000_000
    invocation.entry.op(("set_attribute", "heliograph.late_ms", late_ms))
    invocation.mark_failed("timeout", f"timed out after {allowed} ms")


def refused(invocation: Invocation, data: object) -> None:
    """Note that the Runtime API refused the response.

    The status is not visible from Python: clock and size tell 410 and 413 from others
    (lifecycle spec 2.6).

    Args:
        invocation: The invocation.
        data: What was posted, as text or bytes.
    """
    box = state.box
    if box is not None:
        box.mark(REFUSED)  # first: what follows may be the end of the process
    now = time_ns() or 1
    text = data if isinstance(data, bytes) else str(data).encode("utf-8", "surrogatepass")
    size = len(text)
    end, invocation.entry.end = invocation.entry.end, 0
    if invocation.deadline_ns is not None and now >= invocation.deadline_ns:
        if not invocation.late:
            past_deadline(invocation, now)
    elif size > MAX_RESPONSE_BYTES:
        invocation.mark_failed("response_too_large", f"the response of {size} bytes was refused")
    else:
        invocation.mark_failed("response_refused", f"the response of {size} bytes was refused")
    invocation.entry.end = end or now
    if box is not None:
        box.ended_root()


def reported(invocation: Invocation, error: object) -> None:
    """Note that the runtime reports an invocation as failed whose handler returned.

    Such as one whose result is no JSON: `Runtime.MarshalError` (lifecycle spec 1.4).

    Args:
        invocation: The invocation.
        error: The report that the runtime posts, as JSON text.
    """
    import json

    found = json.loads(error) if isinstance(error, (str, bytes)) else {}
    kind, message = (str(found.get(key) or "") for key in ("errorType", "errorMessage"))
    end, invocation.entry.end = invocation.entry.end, 0
    invocation.mark_failed(kind or "Error", f"{kind or 'Error'}: {message}"[:MAX_MESSAGE])
    invocation.entry.end = end


MAX_MESSAGE = 2048
