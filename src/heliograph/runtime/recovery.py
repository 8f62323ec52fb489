"""What a dead process has left in its black box becomes spans (lifecycle spec 3.4).

After a response: what is found is put into the journal of this process, with the ids that were
recorded, and its file is removed once that is developed. Loaded where a file was found.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from .. import _notice
from .._guard import guard
from ..blackbox import IDLE, crashes
from ..blackbox.death import died
from ..blackbox.reader import UnreadableError, read
from ..journal import journal, state
from .recovered import entries_of

if TYPE_CHECKING:
    from ..blackbox import Box
    from ..journal.entry import Entry

AT_ONCE = 8
"""Boxes that are developed; older ones are counted."""
EVERY = 60.0
"""Seconds after which the folder is looked at again, where processes share one."""


class Claim:
    """A box that this process has taken, and holds the lock of.

    Attributes:
        path: Where it is now.
        file: Its descriptor.
        entries: The spans that it became, until they are developed.
    """

    def __init__(self, path: str, file: int) -> None:
        self.path, self.file = path, file
        self.entries: list[Entry] = []

    @property
    def report(self) -> str:
        """Return where a report of a crash would be."""
        folder, _, name = self.path.rpartition("/")
        return f"{folder}/{crashes.name_of(name)}"

    def remove(self) -> None:
        """Remove it: what it says has been told."""
        for path in (self.report, self.path):
            try:
                os.unlink(path)
            except OSError:  # there is no report, or somebody cleans up
                continue
        os.close(self.file)


_pending: list[Claim] = []
_looked = 0.0


def recover(box: Box) -> None:
    """Take over what the dead processes that are known have left.

    Args:
        box: This process's own.
    """
    global _looked
    folder, _, own = box.path.rpartition("/")
    names, box.found = box.found, []
    managed = state.config is not None and state.config.init_type == "lambda-managed-instances"
    if managed and time.monotonic() - _looked > EVERY:
        _looked = time.monotonic()
        names = os.listdir(folder)
    names = [name for name in names if name.startswith(("box-", "dead-")) and name != own]
    claims = [claim for name in _newest(folder, names) if (claim := _claim(folder, name))]
    for claim in claims[:AT_ONCE]:
        with guard("reading a black box"):
            _take(claim)
    for claim in claims[AT_ONCE:]:
        claim.remove()
    if len(claims) > AT_ONCE:
        _notice.warn(
            "black boxes",
            f"{len(claims) - AT_ONCE} black boxes of dead processes are left out: the newest "
            f"{AT_ONCE} are told of.",
        )
    settle()


def _newest(folder: str, names: list[str]) -> list[str]:
    """Return the names by the time of the last writing, the newest first."""
    times = []
    for name in names:
        try:
            times.append((os.lstat(f"{folder}/{name}").st_mtime_ns, name))
        except OSError:  # somebody else was faster
            continue
    return [name for _, name in sorted(times, reverse=True)]


def _claim(folder: str, name: str) -> Claim | None:
    """Take a box, if it is one whose process is dead and that nobody else has taken."""
    path = f"{folder}/{name}"
    try:
        file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:  # a link, a directory, or gone
        return None
    try:
        os.lockf(file, os.F_TLOCK, 0)
        if not os.fstat(file).st_nlink:  # told of already
            os.close(file)
            return None
        if name.startswith("box-"):
            claimed = f"{folder}/dead-{name[4:]}-{os.getpid()}-{time.time_ns()}"
            os.rename(path, claimed)
            claim = Claim(claimed, file)
            report = f"{folder}/{crashes.name_of(name)}"
            if os.path.lexists(report):
                os.rename(report, claim.report)
            return claim
    except OSError:  # its process lives
        os.close(file)
        return None
    return Claim(path, file)


def _take(claim: Claim) -> None:
    """Put what a box says into the journal."""
    try:
        dead = read(claim.file)
    except UnreadableError as error:
        _notice.warn(
            ("black box", str(error)), f"a black box cannot be read ({error}): it is left out."
        )
        claim.remove()
        return
    if dead.state == IDLE:
        claim.remove()
        return
    report = crashes.read(claim.report)
    death = died(dead, report)
    claim.entries = entries_of(dead, death, report)
    _tell(dead, death, claim.entries)
    _pending.append(claim)
    journal.entries += claim.entries


def _tell(dead: Any, death: tuple[str, str], entries: list[Entry]) -> None:
    from ..blackbox import INIT, INVOKING

    age = max(0, time.time_ns() - dead.evidence) // 1_000_000
    request = dead.request_id or "none"
    if dead.state in {INIT, INVOKING}:
        how = f"ended by {death[0]} ({death[1]})"
    else:
        how = "was answered, and its process ended before all of it was told"
    lost = dead.dropped + sum(one not in dead.opened for one in dead.ended if one != dead.span_id)
    more = (
        f"; {lost} records and {dead.lost_pages} pages had no room"
        if lost or dead.lost_pages
        else ""
    )
    _notice.warn(
        ("recovered", f"{dead.pid} {dead.created}"),
        f"recovered: request {_notice.shown(request)} {how}, {age} ms ago: {len(entries)} spans"
        f"{more}.",
    )


def settle() -> None:
    """Remove the boxes whose spans have been developed."""
    waiting = {id(entry) for entry in journal.entries}
    for claim in _pending[:]:
        if not any(id(entry) in waiting for entry in claim.entries):
            _pending.remove(claim)
            claim.remove()
