"""A process that forks: its children find us whole, and what they record is not lost with them.

A child may end by `os._exit`, or by the signal that ends the workers of a pool, and has then no
moment to develop anything. So each span and each measurement goes, when it has ended, to a file in
memory that the children share with the process that runs the function. That one develops it with
its own. Loaded by the first fork.
"""

from __future__ import annotations

import binascii
import os
import pickle
from io import BytesIO
from typing import TYPE_CHECKING, Any

from .. import _notice
from .._guard import guard
from ..journal import journal, state
from ..journal.entry import Entry, Remote

if TYPE_CHECKING:
    from ..develop.development import Development
    from ..journal import Measurement
    from .invocation import Invocation

PUBLIC = ("manual", "measuring")
"""Modules behind the public names, loaded at first use."""

MAX_BYTES = 16 * 1024 * 1024
"""Bound of the shared file, which is memory: some 30,000 spans. A child keeps what is beyond."""


def prepare(running: Invocation | None, development: Development | None, *, share: bool) -> None:
    """Fix the ids that the child's spans hang below; wait for what other threads import of ours.

    In the child these threads are gone, and Python never gives back the lock of a module that one
    of them was importing: the child would wait for it for ever.

    Args:
        running: The invocation that forks, if one does.
        development: The parent's, which may be loading the SDK.
        share: Whether the parent is to develop what its children record: a function does, after
            each invocation. A server that forks its workers may never.
    """
    if running is not None:
        running.entry.resolve()
    for module in PUBLIC:
        __import__(f"heliograph.{module}")
    if development is not None:
        development.wait_loaded()
    if share and (Shared.current is None or not Shared.current.is_there()):
        Shared.current = Shared.make()


def in_child() -> None:
    """Hand over what this process, a forked child, records from now on."""
    shared = Shared.current
    if shared is not None:
        shared.parent = os.getppid()
        Entry.end = HandingOver()  # type: ignore[assignment,misc] # a slot like it
        journal.measurements = Measurements()


def collect() -> None:
    """Take over what forked children have recorded: into the journal of this process."""
    shared = Shared.current
    if shared is not None and shared.owner == os.getpid():
        facts = shared.read()
        spans = [fact for fact in facts if type(fact) is Entry]
        journal.entries += sorted(spans, key=lambda span: span.start)
        journal.measurements += [fact for fact in facts if type(fact) is not Entry]


class Shared:
    """A file in memory: a line for each fact, whole or, if its writer was killed in it, skipped.

    Attributes:
        current: The one of this process, which its children share.
        owner: The process that reads it.
        parent: In a child: the process that forked it.
    """

    current: Shared | None = None

    def __init__(self, file: int) -> None:
        self._file = file
        self._identity = _identity(file)
        self._read = 0
        self.owner = os.getpid()
        self.parent = 0

    @classmethod
    def make(cls) -> Shared | None:
        """Return a new one; None where there is no memory or descriptor for it, or no Linux."""
        try:
            memory = os.memfd_create("heliograph")
            try:  # opened anew: what children append at the same time does not overlap
                flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
                return cls(os.open(f"/proc/self/fd/{memory}", flags))
            finally:
                os.close(memory)
        except (OSError, AttributeError):
            return None

    def is_there(self) -> bool:
        """Tell whether the descriptor is still ours: a function may close all that it finds."""
        try:
            return _identity(self._file) == self._identity
        except OSError:
            return False

    def write(self, fact: Entry | Measurement) -> bool:
        """Hand a fact over; False if this process is to keep it."""
        orphaned = os.getppid() != self.parent  # nobody may read it any more
        if orphaned or not self.is_there() or os.fstat(self._file).st_size > MAX_BYTES:
            return False
        line = _line(fact)
        return os.write(self._file, line) == len(line)

    def read(self) -> list[Any]:
        """Return what was handed over since the last time."""
        if not self.is_there():
            return []
        size = os.fstat(self._file).st_size
        lines = os.pread(self._file, size - self._read, self._read)
        whole = lines.rfind(b"\n") + 1  # the last one may just be written
        self._read += whole
        facts = []
        for line in lines[:whole].split():
            with guard("reading what a forked child handed over"):
                facts.append(_fact(line))
        self._make_room()
        return [fact for fact in facts if fact is not None]

    def _make_room(self) -> None:
        """Begin at the front again when all has been read and no child is left to write."""
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            if self._read == os.fstat(self._file).st_size:
                os.truncate(self._file, 0)
                self._read = 0


class Pickler(pickle.Pickler):
    """Makes bytes of facts; the span above one, which is told by itself, is left as its ids."""

    def reducer_override(self, value: Any) -> Any:
        """Leave out what is of the running process only."""
        if type(value) is not Entry:
            return NotImplemented
        facts = {name: getattr(value, name) for name in Entry.__slots__ if name not in LIVE}
        facts |= dict.fromkeys(LIVE)
        above = value.parent
        if above is not None and type(above) is not Remote:  # of an entry, of a live span
            facts["parent"] = Remote(above.trace, above.span_id, is_remote=False)
        return Entry.__new__, (Entry,), (None, facts)


LIVE = ("context", "otel_span", "outer", "put_off", "undescribed")
"""What an entry has of the running process, and is no fact."""


_END: Any = vars(Entry)["end"]
"""The slot itself: a child of a child puts the same in its place, once."""


class HandingOver:
    """`Entry.end` in a child: a span that ends is handed over at once."""

    def __get__(self, entry: Any, _: object = None) -> Any:
        return _END.__get__(entry)

    def __set__(self, entry: Entry, end: int) -> None:
        _END.__set__(entry, end)
        recorded = end and any(one is entry for one in journal.entries[:])  # else not sampled
        if recorded and _is_handed_over(entry):
            journal.entries.remove(entry)


class Measurements(list["Measurement"]):
    """`journal.measurements` in a child: each is handed over at once."""

    def append(self, measurement: Measurement) -> None:
        """Hand a measurement over, or keep it."""
        if not _is_handed_over(measurement):
            super().append(measurement)


def _is_handed_over(fact: Entry | Measurement) -> bool:
    with guard("handing what a forked child recorded to its parent"):
        if type(fact) is Entry:
            _complete(fact)
        return Shared.current is not None and Shared.current.write(fact)
    return False


def _complete(entry: Entry) -> None:
    """Set what the parent cannot find out."""
    entry.describe()
    wanted = state.config.baggage_attributes if state.config is not None else ()
    if wanted:
        from ..develop.baggage import carry  # only where it is asked for

        carry(entry, wanted)


def _identity(file: int) -> tuple[int, int]:
    status = os.fstat(file)
    return status.st_dev, status.st_ino


def _line(fact: Entry | Measurement) -> bytes:
    """Return a fact as a line, which ends one that was cut off."""
    text = BytesIO()
    Pickler(text, pickle.HIGHEST_PROTOCOL).dump(fact)
    return b"\n" + binascii.b2a_base64(text.getvalue())


def _fact(line: bytes) -> Any:
    try:
        return pickle.loads(binascii.a2b_base64(line))  # noqa: S301 - of our own children
    except (binascii.Error, EOFError, pickle.UnpicklingError):
        _notice.warn(
            "cut off",
            "a forked child was ended while it wrote a span or a measurement: it is lost.",
        )
        return None
