"""The black box and the watcher around the steps of the lifecycle: loaded if switched on.

`lifecycle` calls what is here by `state.watching`, which is None in a process without either.
"""

from __future__ import annotations

import sys

from .._guard import guard, guarded
from ..journal import journal, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..settings.config import Config
    from .invocation import Invocation

WRITING = "writing the black box"
RECOVERY = f"{__package__}.recovery"  # loaded where a dead process left something


def switch_on(settings: Config) -> None:
    """Watch invocations from now on, and open the black box if one is asked for."""
    state.watching = sys.modules[__name__]
    if settings.black_box[0] and settings.init_type != "snap-start" and state.box is None:
        with guard("opening the black box"):
            from .. import blackbox

            blackbox.make(settings)


def switch_off() -> None:
    """Let go of both."""
    box, watcher = state.box, state.watcher
    state.box = state.watcher = None
    if box is not None:
        box.close(keep=False)
    if watcher is not None:
        watcher.stop()


def in_child() -> None:
    """Leave both to the parent, which has the thread and the file's lock."""
    state.watcher = None
    if state.box is not None:
        state.box.close(keep=True)


def begin(invocation: Invocation, context: object, *, cold: bool) -> None:
    """Watch an invocation that begins."""
    with guard("watching the invocation"):
        if state.watcher is None and state.config is not None:
            from ..deadline import Watcher

            state.watcher = Watcher(state.config)
        if state.watcher is not None:
            state.watcher.begin(invocation, context, cold=cold)


def over() -> None:
    """Note that its handler has ended."""
    if state.watcher is not None:
        state.watcher.disarm()


def develop(done_by: Callable[[], bool]) -> bool:
    """Develop with notes in the box, and tell of what a dead process left.

    Args:
        done_by: Develops the journal; returns whether nothing is kept for the next time.
    """
    box = state.box if state.running is None else None
    if box is None:
        return done_by()
    guarded(WRITING, box.develops)
    if state.last is not None and (box.found or box.shared or RECOVERY in sys.modules):
        with guard("recovering what a dead process recorded"):
            from . import recovery

            recovery.recover(box)
    done = done_by()
    if RECOVERY in sys.modules:
        guarded("removing a black box", sys.modules[RECOVERY].settle)
    kept = any(entry.end for entry in journal.entries)
    guarded(WRITING, box.developed, kept)
    return done


def ends() -> None:
    """Note that the process ends in an orderly way."""
    if state.box is not None:
        from ..blackbox import ATEXIT

        guarded(WRITING, state.box.mark, ATEXIT)


def ended() -> None:
    """Remove the box, unless something in it is told by nobody yet."""
    if state.box is not None:
        state.box.close(keep=any(entry.end for entry in journal.entries))
