"""Before the response: facts are written down, nothing else. Standard library only.

The journal holds the facts of the running invocation: spans (`entry.py`) and measurements. `state`
is all else that is known of the running process: each of its parts is set in one place.
"""

from __future__ import annotations

from time import time_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from types import ModuleType
    from typing import Any, TypeAlias

    from typing_extensions import Unpack

    from ..blackbox import Box
    from ..deadline import Watcher
    from ..develop.development import Development, SdkObjects
    from ..runtime.invocation import Invocation
    from ..settings.config import Config
    from .entry import Attributes, Entry, Remote
    from .instrument import Instrument

    Span: TypeAlias = Entry | Remote | None
    Decide: TypeAlias = Callable[[bool | None, int], bool]
    """From the parent's flag, None for a root, and the trace id."""
    Writer: TypeAlias = Callable[[Entry | Remote, MutableMapping[str, str]], None]

    Measured: TypeAlias = tuple[Instrument, int | float, Attributes, Entry | Remote | None]
    Measurement: TypeAlias = tuple[Instrument, int | float, Attributes, Entry | Remote | None, int]
    """Instrument, value, attributes, the span that was current, time."""


# What keeps a function's memory bounded whatever it does: bounded copies, never a live reference.
MAX_STRING = 2048
"""Characters kept of a string."""
MAX_ITEMS = 32
"""Entries kept of a list, tuple, set or mapping."""
MAX_DEPTH = 6
"""Levels kept of nested containers."""
MAX_NODES = 512
"""Containers visited for one copy: bounds the time of a copy as well as its size."""
MAX_FRAMES = 50
"""Frames kept of an exception's stack; the innermost and the outermost ones win."""
MAX_CHAIN = 8
"""Exceptions kept of a chain of causes."""
MAX_ENTRIES = 2000
"""Entries of a journal before it is developed early, in line."""
MAX_OPS = 1000
"""Calls recorded on one span (attributes, events, links ...) before the rest is counted only."""
MAX_MEASUREMENTS = 10_000
"""Measurements of a journal before it is developed early, in line."""


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
        most_spans, most_measurements: Its bounds.
    """

    most_spans, most_measurements = MAX_ENTRIES, MAX_MEASUREMENTS

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.measurements: list[Measurement] = []
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

    def measure(self, *measured: Unpack[Measured]) -> None:
        """Write a measurement down, with its time; at the bound, develop early."""
        self.measurements.append((*measured, time_ns()))
        if len(self.measurements) >= self._due_measurements:
            self._overflow()

    def is_full(self) -> bool:
        """Tell whether it is time to develop early."""
        spans, measurements = len(self.entries), len(self.measurements)
        return spans >= self._due or measurements >= self._due_measurements

    def _overflow(self) -> None:
        """Develop early; where that cannot be done now, not at the very next fact again."""
        if self.overflow is not None:
            self.overflow()
        if self.is_full():
            from . import full  # loaded where a development could not be done

            self._due, self._due_measurements = full.bounded(self)

    def take(self) -> tuple[list[Entry], list[Measurement]]:
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

    def put_back(self, entries: list[Entry], measurements: list[Measurement]) -> None:
        """Return what could not be developed now; it comes first at the next turn."""
        self.entries[:0] = entries
        self.measurements[:0] = measurements

    def drop(self) -> None:
        """Forget everything: in a forked child, which the parent's facts do not belong to."""
        self.entries, self.measurements = [], []
        self._due, self._due_measurements = MAX_ENTRIES, MAX_MEASUREMENTS


journal = Journal()
"""The process's journal. Spans know their trace, so that a late one never changes owner."""


def parentbased_always_on(parent: bool | None, trace_id: int) -> bool:  # noqa: ARG001 - a sampler's
    """Decide as the default sampler does; `propagation/sampling.py` has the others."""
    return parent is not False


class State:
    """What is on in this process. `reset` takes back what a test or a second `configure` sets.

    Attributes:
        active: Whether anything is recorded: set by bootstrap, `wrap` in Lambda, `configure`.
        config: The settings in force; None while telemetry is off.
        sdk_objects: Processors, exporters and views that code adds to them.
        added: What code has given to the provider as to the SDK's: span processors, samplers and
            id generators (`otel_api/added.py`); None while nothing was.
        development: Develops the journal, once something was to be developed.
        in_background: Makes that in a process that is no function (`runtime/process.py`).
        running: The invocation whose handler runs.
        last: The invocation that ran last: it pays for the development after it.
        cold, restored: Whether no invocation has begun yet; since a snapshot was restored.
        ready_ns: When init was over, epoch nanoseconds.
        init_ns: What our part of init took.
        origin: The span of the running invocation, or of the last one: new traces belong to it.
        decide: The configured sampler.
        policy: What the settings say of parents; None where all of it is the default.
        writers: The configured propagators of HTTP requests; None for the default ones.
        declined: Traces that are recorded though X-Ray does not want them, the newest last:
            `Sampled=0` stays what their header says, and its exporters get nothing of them.
        environment_header: `_X_AMZN_TRACE_ID` of the running invocation: what botocore writes by
            itself inside Lambda.
        event_carrier: Adds the trace context that the function's own code finds in an event to
            what is known of it (`otel_api/handlers.py`).
        read_context: Reads an OpenTelemetry context: its span as ours, and what is suppressed, "",
            "http" or "all". This and what follows is set once, where OpenTelemetry is imported.
        around: Returns what stands for a value of `current.here` now.
        baggage: Returns the current baggage.
        recorded_span: Returns the OpenTelemetry span that stands for an entry.
        hooks: The user's, called before and after the handler; None without any.
        extras: Whether they, or one of the settings that few have, are asked for around it.
        warmup_keys: Keys of the function's own events that only keep it warm; None without any.
        box: What writes facts where the next process finds them; None while there is none.
        watching: `runtime.watching`, where invocations are written there or their deadline is
            looked at; None without.
        watcher: What does that, from the first invocation on.
        hooked: Whether import hooks are in place, which stay.
    """

    __slots__ = (
        "active", "added", "around", "baggage", "box", "cold", "config", "decide", "declined",
        "development", "environment_header", "event_carrier", "extras", "hooked", "hooks",
        "in_background", "init_ns", "last", "origin", "policy", "read_context", "ready_ns",
        "recorded_span", "restored", "running", "sdk_objects", "warmup_keys", "watcher", "watching",
        "writers",
    )  # fmt: skip

    read_context: Callable[[object], tuple[Span, str]]
    around: Callable[[object], object]
    baggage: Callable[[], dict[str, object]]
    recorded_span: Callable[[Entry], object]

    def __init__(self) -> None:
        self.hooked = False
        self.reset()

    def reset(self) -> None:
        """Record nothing, by the default settings."""
        self.active = False
        self.config: Config | None = None
        self.sdk_objects: SdkObjects | None = None
        self.added: Any = None
        self.development: Development | None = None
        self.in_background: Callable[..., Development] | None = None
        self.running: Invocation | None = None
        self.last: Invocation | None = None
        self.cold, self.restored = True, False
        self.ready_ns, self.init_ns = 0, 3_000_000
        self.origin: Entry | None = None
        self.decide: Decide = parentbased_always_on
        self.policy: Any = None
        self.writers: list[Writer] | None = None
        self.declined: dict[int, None] = {}
        self.environment_header = ""
        self.hooks: tuple[Any, Any] | None = None
        self.warmup_keys: frozenset[str] | None = None
        self.extras = False
        self.event_carrier: Callable[[Any, Any], Any] | None = None
        self.box: Box | None = None
        self.watching: ModuleType | None = None
        self.watcher: Watcher | None = None


state = State()
"""The process's state."""
