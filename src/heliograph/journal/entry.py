"""Facts: an entry is one recorded span, the journal holds those of the invocation."""

from __future__ import annotations

from os import urandom
from time import time_ns

from .. import _notice
from .._guard import guard
from .._limits import MAX_ENTRIES, MAX_MEASUREMENTS, MAX_OPS, MAX_STRING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .fault import Fault
    from .instrument import Instrument

INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = range(5)
"""Span kinds, by the numbers of `opentelemetry.trace.SpanKind`."""


def random_id(size: int) -> int:
    """Return a random id of `size` bytes, never 0.

    From `urandom`: two environments restored from one SnapStart snapshot must not repeat each
    other's ids, as a seeded generator does (lifecycle spec 1.8).
    """
    return int.from_bytes(urandom(size), "big") or 1


_span_ids: list[int] = []
"""Span ids drawn ahead: one of `os.urandom`'s calls into the kernel serves many spans."""

AHEAD = 64


def draw_ids() -> None:
    """Draw span ids for the spans to come, in an environment that no snapshot is taken of any more.

    That is one whose first invocation has begun (lifecycle spec 1.8); done after a response.
    """
    if len(_span_ids) < AHEAD // 2:
        _span_ids.extend(memoryview(urandom(8 * AHEAD)).cast("Q"))


def forget_ids() -> None:
    """Forget the ids drawn ahead: a forked child would repeat its parent's."""
    _span_ids.clear()


def span_id() -> int:
    """Return a random span id, never 0."""
    try:
        return _span_ids.pop() or 1
    except IndexError:
        return random_id(8)


def new_trace_id() -> int:
    """Return a trace id in X-Ray's form: 32 bits of epoch seconds, 96 random bits."""
    return (time_ns() // 1_000_000_000) << 96 | random_id(12)


def short(value: object) -> str:
    """Return a name or description as bounded text, whatever was given."""
    if type(value) is str:
        return value if len(value) <= MAX_STRING else value[:MAX_STRING]
    with guard("taking the text of a name"):
        kind = type(value)
        if issubclass(kind, (list, tuple, dict, set, frozenset)):  # of any size
            return _notice.shown(value)
        text = value if issubclass(kind, str) else str(value)
        return str.__getitem__(text, slice(MAX_STRING))  # type: ignore[index] # it is a str
    return _notice.type_name(value)


class Trace:
    """What all spans of one trace in this process share.

    Attributes:
        id: 128-bit trace id.
        sampled: Whether its spans are recorded.
        random: W3C's flag of a trace id that is random, carried on as it came.
        state: W3C `tracestate`, carried on as it came.
        extras: Parts of the X-Ray header besides Root, Parent and Sampled, such as Lineage,
            carried on verbatim (triggers spec 8.2).
        request_id: The invocation it belongs to, if any.
        text: Its id in hexadecimal, or "" until a header is written.
    """

    __slots__ = ("extras", "id", "random", "request_id", "sampled", "state", "text")

    def __init__(
        self,
        trace_id: int,
        *,
        sampled: bool = True,
        random: bool = False,
        state: str = "",
        extras: str = "",
        request_id: str | None = None,
    ) -> None:
        self.id = trace_id
        self.sampled = sampled
        self.random = random
        self.state = state
        self.extras = extras
        self.request_id = request_id
        self.text = ""


class Remote:
    """A parent that this process did not record: from a header, or a span of somebody else's.

    Attributes:
        facade: It is Lambda's own segment, named by the environment's X-Ray header.
        is_remote: It came over a wire, as OpenTelemetry's `SpanContext.is_remote` says.
    """

    __slots__ = ("facade", "is_remote", "span_id", "trace")

    def __init__(
        self, trace: Trace, span_id: int, *, is_remote: bool = True, facade: bool = False
    ) -> None:
        self.trace = trace
        self.span_id = span_id
        self.is_remote = is_remote
        self.facade = facade


class Call:
    """The facts of a library call: what its describer needs to describe it once more.

    Attributes:
        library: Name of the recorder, such as "botocore".
        subject: What was called, as the library's describer takes it (a client's `meta`).
        request: Bounded facts of the request.
        answer: Bounded facts of the response, if there was one.
        fault: The exception, if it raised.
        answered: How many ops the span had when the call returned; later ones are of hooks.
    """

    __slots__ = ("answer", "answered", "fault", "library", "request", "subject")

    def __init__(self, library: str, subject: object, request: object) -> None:
        self.library = library
        self.subject = subject
        self.request = request
        self.answer: object = None
        self.fault: Fault | None = None
        self.answered = 0


class Entry:
    """One recorded span.

    Attributes:
        trace: Its trace.
        span_id: 64-bit span id, forced on the SDK at development.
        parent: The entry or remote span above it; None for a root.
        name, kind, scope: As for `Tracer.start_span`; scope is (name, version, schema URL,
            attributes).
        start, end: Epoch nanoseconds; end is 0 while the span is open, and
            never 0 after: a clock that was frozen at 1970 ends a span at 1.
        attributes, links: Bounded copies given at start.
        ops: Calls made on the span, in order: (method, arguments ...).
        call: Facts of a library call, if a describer names and describes this span.
        outer: What was current when it was entered (`current.py`).
        context: The OpenTelemetry context in which it is current, made when asked for.
        facade: The OpenTelemetry span that stands for it, made when asked for.
        put_off: Sets what was not set at start, when it is first asked for (`later`).
    """

    __slots__ = (
        "attributes", "call", "context", "end", "facade", "kind", "links", "name", "ops", "outer",
        "parent", "put_off", "scope", "span_id", "start", "trace",
    )  # fmt: skip

    def __init__(
        self, name: str, parent: Entry | Remote | None, trace: Trace, *, kind: int = INTERNAL
    ) -> None:
        self.name = name if type(name) is str and len(name) <= MAX_STRING else short(name)
        self.parent = parent
        self.trace = trace
        self.kind = kind
        self.span_id = span_id()
        self.start = time_ns()
        self.end = 0
        self.scope: tuple[object, ...] | None = None
        self.attributes: dict[str, object] | None = None
        self.links: list[tuple[object, ...]] | None = None
        self.ops: list[tuple[object, ...]] | None = None
        self.call: Call | None = None
        self.outer: object = None
        self.context: object = None
        self.facade: object = None
        self.put_off: Callable[[Entry, str], None] | None = None

    @classmethod
    def later(cls, kind: int, put_off: Callable[[Entry, str], None]) -> Entry:
        """Return an entry that starts now, and learns what is in `PUT_OFF` later.

        Args:
            kind: As for `Tracer.start_span`.
            put_off: Called with the entry and one of the names when that is first read; sets it.
        """
        entry = cls.__new__(cls)
        entry.start = time_ns()
        entry.end = 0
        entry.kind = kind
        entry.scope = entry.ops = entry.call = entry.context = entry.facade = None
        entry.put_off = put_off
        return entry

    def __getattr__(self, name: str) -> Any:
        """Set what was put off: called for a slot that was never set."""
        if name not in PUT_OFF:
            raise AttributeError(name)
        if self.put_off is not None:
            self.put_off(self, name)
        return object.__getattribute__(self, name)

    def op(self, *call: object) -> None:
        """Record a call made on the span; after its end, or past the bound, it is told instead."""
        if self.end:
            _notice.warn(
                "span ended",
                lambda: f"{call[0]} on span {self.name!r:.100} after its end: ignored.",
            )
        elif self.ops is None:
            self.ops = [call]
        elif len(self.ops) < MAX_OPS:
            self.ops.append(call)
        else:
            _notice.warn(
                "span ops",
                lambda: (
                    f"span {self.name!r:.100} has {MAX_OPS} calls recorded; {call[0]} is left out."
                ),
            )


PUT_OFF = ("attributes", "links", "name", "outer", "parent", "span_id", "trace")
"""What an entry of `Entry.later` learns when it is first asked for."""


def _nothing_to_flush() -> bool:
    return True


class Journal:
    """The facts of the running invocation, and of spans that outlive one.

    There is no lock: a signal handler or a finalizer may record while its own thread is in the
    middle of recording, and would wait for itself. Each step is one operation on a list, which
    Python makes whole; facts are only ever added at the end, and one development at a time
    (`develop/development.py`) takes them from the front.

    Attributes:
        entries: Spans in the order of their start.
        measurements: (instrument, value, attributes, entry, time) in the order of their recording.
        observables: Observable instruments, which are collected without any measurement.
        overflow: Called when a bound is reached: develops what has ended, in line.
        flush: Develops and sends what has ended; returns whether all of it was.
        lost: How many facts were left out.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.measurements: list[tuple[object, ...]] = []
        self.observables: list[Instrument] = []
        self.overflow: Callable[[], None] | None = None
        self.flush: Callable[[], bool] = _nothing_to_flush
        self.lost = 0
        self._due = MAX_ENTRIES
        self._due_measurements = MAX_MEASUREMENTS

    def add(self, entry: Entry) -> None:
        """Write an entry down; at the bound, develop early."""
        self.entries.append(entry)
        if len(self.entries) >= self._due:
            self._overflow()

    def measure(self, measurement: tuple[object, ...]) -> None:
        """Write a measurement down, with its time; at the bound, develop early."""
        self.measurements.append((*measurement, time_ns()))
        if len(self.measurements) >= self._due_measurements:
            self._overflow()

    def is_full(self) -> bool:
        """Tell whether it is time to develop early."""
        due = self._due, self._due_measurements
        return len(self.entries) >= due[0] or len(self.measurements) >= due[1]

    def _overflow(self) -> None:
        """Develop early; where that cannot be done now, not at the very next fact again."""
        if self.overflow is not None:
            self.overflow()
        if self.is_full():
            from . import full  # loaded where a development could not be done

            if self.overflow is None:
                full.shorten(self)
            full.refuse(self)
            self._due = (len(self.entries) // MAX_ENTRIES + 1) * MAX_ENTRIES
            measured = len(self.measurements) // MAX_MEASUREMENTS
            self._due_measurements = (measured + 1) * MAX_MEASUREMENTS

    def take(self) -> tuple[list[Entry], list[tuple[object, ...]]]:
        """Take what is ready to be developed; open spans stay until they end."""
        seen = self.entries[:]
        ready: list[Entry] = []
        open_: list[Entry] = []
        for entry in seen:  # one look at `end` each: another thread may set it
            (ready if entry.end else open_).append(entry)
        self.entries[: len(seen)] = open_
        measurements = self.measurements[:]
        del self.measurements[: len(measurements)]
        self._due = len(open_) + MAX_ENTRIES
        self._due_measurements = MAX_MEASUREMENTS
        return ready, measurements

    def put_back(self, entries: list[Entry], measurements: list[tuple[object, ...]]) -> None:
        """Return what could not be developed now; it comes first at the next turn."""
        self.entries[:0] = entries
        self.measurements[:0] = measurements

    def drop(self) -> None:
        """Forget everything: in a forked child, which the parent's facts do not belong to."""
        self.entries, self.measurements = [], []
        self._due, self._due_measurements = MAX_ENTRIES, MAX_MEASUREMENTS


journal = Journal()
"""The process's journal. Spans know their trace, so that a late one never changes owner."""
