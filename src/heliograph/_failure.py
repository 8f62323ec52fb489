"""A failure of ours: told once, with the place it came from. Loaded by the first one."""

from __future__ import annotations

from . import _notice
from ._shown import message_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_TRACEBACK = BaseException.__dict__["__traceback__"]


def tell(
    doing: str, error: BaseException, observers: list[Callable[[str, BaseException], None]]
) -> None:
    """Tell a failure.

    Args:
        doing: What was being done.
        error: What was raised.
        observers: Called with both.
    """
    for observe in observers:
        observe(doing, error)
    where = ""
    tb = _TRACEBACK.__get__(error)
    while tb is not None:
        where = f" ({tb.tb_frame.f_code.co_filename}:{tb.tb_lineno})"
        tb = tb.tb_next
    name = _notice.type_name(error)
    _notice.warn(
        (f"failure {doing}", name),
        lambda: (
            f"failed while {doing}: {name}: {message_of(error)}{where}. The function goes on; "
            "some of its telemetry may be missing."
        ),
    )
