"""The black box: facts of the running invocation in a file that outlives the process.

A ring of pages in `/tmp`, written with `pwrite` (lifecycle spec 3): the kernel has what was
written, whatever becomes of the process. The next process of the environment reads it. What is
needed before a response is in this one file, and imports nothing that Python has not loaded.
"""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock
from marshal import dumps
from time import time_ns

from .. import _notice
from ..journal import state
from ..settings.seldom import tmp
from .looking import look

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..journal.entry import Entry
    from ..journal.recording import Recorder
    from ..runtime.invocation import Invocation
    from ..settings.config import Config

FOLDER = "/.heliograph"
MAGIC, PAGE, HEAD = b"HGB1", 4096, 512
INIT, IDLE, INVOKING, POSTED, DEVELOPING = 1, 2, 3, 4, 5
"""States of the process."""
DEADLINE, SIGTERM, ATEXIT, REFUSED, EARLY = 1, 2, 4, 8, 16
"""Marks: what has happened to the invocation."""
SAMPLED, RESOLVED, DECLINED, NO_ROOT, LAMBDA_SEGMENT, COLD = 1, 2, 4, 8, 16, 32
"""Flags beside the ids: of the trace, of the handler's span, of the environment."""
OPEN, END, NOTE, ALIVE, EXPORTED = 1, 2, 3, 4, 5
"""Kinds of records."""
INIT_TYPES = ("on-demand", "provisioned-concurrency", "snap-start", "lambda-managed-instances")
MAX_RECORD, MAX_TEXT = 4000, 256
DESCRIPTOR = 960
PATIENCE = 0.005
"""Seconds that a writer waits for another: a signal handler may interrupt its own thread's."""


class Box:
    """The box of this process.

    Args:
        file: Its descriptor, locked.
        path: Where it is.
        config: The settings.
        found: Names of what was there before.

    Attributes:
        open: Entries of which an open record was written and no end.
        shared: Whether other processes of the environment have boxes there too.
    """

    def __init__(self, file: int, path: str, config: Config, found: list[str]) -> None:
        self.file, self.path, self.found = file, path, found
        self.messages = config.black_box_messages
        self.open: dict[int, Entry] = {}
        self.root: Any = None
        self.epoch = self.state = self.marks = self.dropped = 0
        self._lock = allocate_lock()
        self._ring = config.black_box[0] * 1024 // PAGE - 1
        self._page = self._at = self._room = self._first = self.notes = 0
        self._tag = b""
        self._memory = config.memory_mb.to_bytes(4, "little")
        kind = config.init_type
        self._kind = INIT_TYPES.index(kind) + 1 if kind in INIT_TYPES else 0
        self.shared = kind == "lambda-managed-instances"
        self._version = _text(config.function_version)
        self._start = self._deadline = self._flags = 0
        self._recorders: dict[str, Recorder] = {}
        head = MAGIC + sys.hexversion.to_bytes(4, "little") + PAGE.to_bytes(2, "little")
        head += (self._ring + 1).to_bytes(2, "little") + os.getpid().to_bytes(4, "little")
        self._head = head + bytes(8) + time_ns().to_bytes(8, "little")
        self.state = INIT
        self.write(self._head + self._facts(), 0)

    def _facts(self) -> bytes:
        """Return what the header says from byte 32 on, up to the ids."""
        start = self._start or time_ns()
        times = [n.to_bytes(8, "little") for n in (self.epoch, start, self._deadline, start)]
        told = bytes((self.state, self.marks, self._kind, 0)), self._memory, *times, bytes(4)
        return b"".join((*told, self._first.to_bytes(4, "little")))

    def begin(self, invocation: Invocation, request_id: object, *, cold: bool) -> None:
        """Write the whole header of an invocation, which may be the first of its environment."""
        entry, due = invocation.entry, invocation.deadline_ns or 0
        kept = self.state in {POSTED, DEVELOPING}
        if kept or self.open:
            from . import lasting
        late = lasting.opening(self) if kept else b""
        with self._lock:
            self.epoch += 1
            if not kept:
                self._first = self._page + 1
                self._at = self._room = 0  # its records begin with a page
        self.root, self.state, self.marks, self.notes = entry, INVOKING, 0, 0
        self._flags = (COLD if cold else 0) | (0 if invocation.written else NO_ROOT)
        self._start, self._deadline = entry.start, min(max(due, 0), 2**63)
        ids = self._ids() if entry.put_off is None else self._ids_to_come()
        told = (self._head, self._facts(), ids, _text(request_id), bytes(64), self._version)
        self.write(b"".join(told).ljust(HEAD, b"\0"), 0)
        if late:
            self.put(late)
        if self.open:
            lasting.again(self)

    def _ids(self) -> bytes:
        """Return the ids of the handler's span as they are."""
        entry = self.root
        trace, parent = entry.trace, entry.parent
        flags = RESOLVED + (SAMPLED if trace.sampled else 0) + self._flags
        if trace.id in state.declined:
            flags += DECLINED
        if getattr(parent, "lambda_segment", False):
            flags += LAMBDA_SEGMENT
        above = parent.span_id if parent is not None else 0
        ids: bytes = trace.id.to_bytes(16, "little") + entry.span_id.to_bytes(8, "little")
        return ids + above.to_bytes(8, "little") + bytes((flags,))

    def _ids_to_come(self) -> bytes:
        """Return the ids of Lambda's own segment: of the handler's span nobody has asked yet."""
        told, flags, ids = state.environment_header, self._flags, (0, 0)
        if told[:7] == "Root=1-" and told[40:48] == ";Parent=" and told[64:73] == ";Sampled=":
            try:
                ids = int(told[7:15] + told[16:40], 16), int(told[48:64], 16)
            except ValueError:  # no ids: it will have new ones
                ids = 0, 0
        flags |= (LAMBDA_SEGMENT if ids[1] else 0) | (SAMPLED if told[73:74] != "0" else 0)
        trace, parent = ids[0].to_bytes(16, "little"), ids[1].to_bytes(8, "little")
        return trace + bytes(8) + parent + bytes((flags,))

    def mark(self, what: int) -> None:
        """Note what has happened to the invocation, and that the process is alive."""
        self.marks |= what
        self.write(bytes((self.marks,)), 33)
        self.write(time_ns().to_bytes(8, "little"), 64)

    def alive(self, rss_kb: int) -> None:
        """Note that the process is alive, and how large."""
        now = time_ns()
        self.write(now.to_bytes(8, "little") + rss_kb.to_bytes(4, "little"), 64)
        self.put(dumps((ALIVE, now, rss_kb, len(self.open)), 2))

    def posted(self) -> None:
        """Note that the response is out, and how the handler's span ended."""
        self.state = POSTED
        if self.root is not None and self.root.end:
            self.root.resolve()  # which writes its ids
        self.write(bytes((POSTED,)), 32)
        self.ended_root()

    def ended_root(self) -> None:
        """Write how the handler's span ended."""
        root = self.root
        if root is not None and root.put_off is None and root.end and root.trace.sampled:
            self._end(root, root.end)

    def develops(self) -> None:
        """Note that a development begins."""
        if self.state in {INVOKING, POSTED}:
            self._turn(DEVELOPING)

    def developed(self, kept: bool) -> None:
        """Note that it is over, and whether something is kept for the next one."""
        if not kept or self.state == DEVELOPING:
            self._turn(POSTED if kept else IDLE)

    def _turn(self, to: int) -> None:
        if self.state != to:
            self.state = to
            self.write(bytes((to, self.marks)), 32)

    def opened(self, entry: Entry) -> None:
        """Write that a span has begun."""
        if entry is self.root:
            self.write(self._ids(), 80)
        elif entry is not state.origin:  # else `begin` comes next
            self.open[entry.span_id] = entry
            self.put(self.opening(entry))

    def opening(self, entry: Entry) -> bytes:
        """Return the record of a span that has begun."""
        parent, trace = entry.parent, entry.trace
        above = parent.span_id if parent is not None else 0
        root, call = self.root, entry.call
        same = root is not None and root.put_off is None and root.trace.id == trace.id
        name, library, other = entry.name, "", 0 if same else trace.id
        facts: dict[str, Any] = {}
        if call is not None:
            library = call.library
            known = self._recorders.get(library) or self._recorder(library)
            name, facts = known.brief(call)
        elif entry.scope is not None:
            library = str(entry.scope[0])[:MAX_TEXT]
        if entry.attributes:
            from .scalars import scalars

            facts = scalars(entry.attributes.items(), facts)
        what = (OPEN, entry.span_id, above, entry.start, name_of(name), entry.kind, library)
        return dumps((*what, other, facts) if other or facts else what, 2)

    def _recorder(self, library: str) -> Recorder:
        from ..journal.recording import recorders  # loaded by the call

        return self._recorders.setdefault(library, recorders[library])

    def ended(self, entry: Entry, end: int) -> None:
        """Write that a span has ended, if it is known to have begun."""
        if getattr(entry, "put_off", entry) is None and entry.span_id in self.open:
            del self.open[entry.span_id]
            self._end(entry, end)

    def _end(self, entry: Entry, end: int) -> None:
        if entry.ops is None and (entry.call is None or entry.call.exception is None):
            self.put(dumps((END, entry.span_id, end, 0, "", None), 2))
        else:
            from .scalars import outcome

            self.put(dumps((END, entry.span_id, end, *outcome(entry, messages=self.messages)), 2))

    def noted(self, entry: Entry, call: Any) -> None:
        """Write an annotation of a span, which may never end."""
        if entry.put_off is None and (entry is self.root or entry.span_id in self.open):
            from .scalars import note

            note(self, entry.span_id, call)

    def put(self, body: bytes) -> None:
        """Append a record to the ring."""
        size = len(body)
        if size > MAX_RECORD or not self._lock.acquire(timeout=PATIENCE):
            self.dropped += 1
            if size > MAX_RECORD:
                from .lasting import left_out

                left_out(self)
            return
        try:
            at = self._at
            if at + size + 6 <= self._room:
                self._at = at + size + 6
                data = size.to_bytes(2, "little") + self._tag + body
            else:
                self._page = page = self._page + 1
                self._tag = tag = page.to_bytes(4, "little")
                at = PAGE * (1 + page % self._ring)
                self._room, self._at = at + PAGE, at + 22 + size
                data = b"".join((tag, bytes(12), size.to_bytes(2, "little"), tag, body))
            self.write(data, at)
        finally:
            self._lock.release()

    def write(self, data: bytes, at: int) -> None:
        """Write at a place of the file; where that fails the box is off."""
        try:
            os.pwrite(self.file, data, at)
        except OSError as error:
            self._leave()
            _notice.warn("black box", f"the black box cannot be written ({error}): it is off.")

    def _leave(self) -> None:
        state.box = None
        look(None)

    def close(self, *, keep: bool) -> None:
        """Let go of the file, which is removed or left to the next process."""
        self._leave()
        crashes = sys.modules.get(f"{__name__}.crashes")
        try:
            if crashes is not None:
                crashes.disable(keep=keep)
            if not keep:
                os.unlink(self.path)
            os.close(self.file)
        except OSError:  # the function may have cleaned up, or closed what it found
            return


def _text(value: object) -> bytes:
    """Return a text of the header: its length, then 63 bytes."""
    given = value.encode("ascii", "replace")[:63] if type(value) is str else b""
    return bytes((len(given),)) + given.ljust(63, b"\0")


def name_of(name: str) -> str:
    """Return what may be written of a name: no query."""
    return name.partition("?")[0][:MAX_TEXT]


def make(config: Config) -> None:
    """Open the box of this process; without one nothing else changes, and a line says why."""
    folder = tmp(config) + FOLDER
    try:
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            seen = os.lstat(folder)
            if seen.st_uid != os.geteuid() or seen.st_mode & 0o170077 != 0o040000:
                raise OSError("it is no folder of this user alone") from None
        found, name = os.listdir(folder), f"box-{os.getpid()}"
        if name in found:  # of an earlier process with this number
            found.remove(name)
            found.append(f"dead-{name[4:]}-{time_ns()}")
            os.rename(f"{folder}/{name}", f"{folder}/{found[-1]}")
        path = f"{folder}/{name}"
        state.box = box = Box(_file(path, config), path, config, found)
        look(box)
        if config.black_box[1]:
            from . import crashes

            crashes.enable(folder, found)
    except OSError as error:
        _notice.warn("black box", f"{folder} cannot be used ({error}): the black box is off.")


def _file(path: str, config: Config) -> int:
    """Make the file, whole and locked; returns its descriptor."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(path, flags, 0o600)
    try:
        os.posix_fallocate(file, 0, config.black_box[0] * 1024)
        file = _moved(file)
        os.lockf(file, os.F_TLOCK, 0)  # last: any descriptor that is closed gives it back
    except OSError:
        os.unlink(path)
        os.close(file)
        raise
    return file


def _moved(file: int) -> int:
    """Give it a number that no file of the function's gets, should that close all it finds."""
    try:
        os.fstat(DESCRIPTOR)
    except OSError:  # it is free
        try:
            os.dup2(file, DESCRIPTOR, inheritable=False)
        except OSError:  # this process may not have so many
            return file
        os.close(file)
        return DESCRIPTOR
    return file
