"""Facts: an entry is one recorded span; a trace is what spans share, a call what one describes."""

from __future__ import annotations

import os
from time import time_ns

from .. import _notice
from . import MAX_OPS, MAX_STRING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal, Protocol, TypeAlias

    from .recorded_exception import RecordedException

    Attributes: TypeAlias = dict[str, object] | None
    Link: TypeAlias = tuple["Remote", Attributes]
    """Ids of what is linked, and the link's attributes."""
    Op: TypeAlias = (
        tuple[Literal["set_attribute", "annotate"], str, object]
        | tuple[Literal["set_attributes"], Mapping[str, object]]
        | tuple[Literal["metadata"], str, str, object]
        | tuple[Literal["add_event"], str, Attributes, int]
        | tuple[Literal["add_link"], "Remote", Attributes]
        | tuple[Literal["update_name"], str]
        | tuple[Literal["set_status"], int, str | None]
        | tuple[Literal["record_exception"], RecordedException, Attributes, int, bool]
    )
    """A call made on a span: its name, then the arguments. Metadata has a namespace, a key and a
    value; an event name, attributes and time; a status number and description; an exception
    attributes, time and whether it left the span."""

    class Owner(Protocol):
        """Knows what was put off of an entry."""

        def resolve(self, entry: Entry) -> None:
            """Set trace, ids, parent, links and outer."""

        def describe(self, entry: Entry) -> None:
            """Set name and attributes."""


urandom = os.urandom  # the one that init saw

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


class Trace:
    """What all spans of one trace in this process share.

    Attributes:
        id: 128-bit trace id.
        sampled: Whether its spans are recorded.
        random: W3C's flag of a trace id that is random, carried on as it came.
        state: W3C `tracestate`, carried on as it came.
        header_rest: Parts of the X-Ray header besides Root, Parent and Sampled, such as Lineage,
            carried on verbatim (triggers spec 8.2).
        request_id: The invocation it belongs to, if any.
        text: Its id in hexadecimal, or "" until a header is written.
    """

    __slots__ = ("header_rest", "id", "random", "request_id", "sampled", "state", "text")

    def __init__(
        self,
        trace_id: int,
        *,
        sampled: bool = True,
        random: bool = False,
        state: str = "",
        header_rest: str = "",
        request_id: str | None = None,
    ) -> None:
        self.id = trace_id
        self.sampled = sampled
        self.random = random
        self.state = state
        self.header_rest = header_rest
        self.request_id = request_id
        self.text = ""

    def hex(self) -> str:
        """Return its id in hexadecimal, which is kept for the next header."""
        self.text = f"{self.id:032x}"
        return self.text


class Remote:
    """A parent that this process did not record: from a header, or a span of somebody else's.

    Attributes:
        lambda_segment: It is Lambda's own segment, named by the environment's X-Ray header.
        is_remote: It came over a wire, as OpenTelemetry's `SpanContext.is_remote` says.
    """

    __slots__ = ("is_remote", "lambda_segment", "span_id", "trace")

    def __init__(
        self, trace: Trace, span_id: int, *, is_remote: bool = True, lambda_segment: bool = False
    ) -> None:
        self.trace = trace
        self.span_id = span_id
        self.is_remote = is_remote
        self.lambda_segment = lambda_segment


class Call:
    """The facts of a library call: what its describer needs to describe it once more.

    Attributes:
        library: Name of the recorder, such as "botocore".
        subject: What was called on, as names and texts that the library's describer takes.
        request: Bounded facts of the request.
        answer: Bounded facts of the response, if there was one.
        exception: The exception, if it raised.
        answered: How many ops the span had when the call returned; later ones are of hooks.
    """

    __slots__ = ("answer", "answered", "exception", "library", "request", "subject")

    def __init__(self, library: str, subject: tuple[Any, ...], request: object) -> None:
        self.library = library
        self.subject = subject
        self.request = request
        self.answer: object = None
        self.exception: RecordedException | None = None
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
        ops: Calls made on the span, in order.
        call: Facts of a library call, if a describer names and describes this span.
        outer: What was current when it was entered (`current.py`).
        context: The OpenTelemetry context in which it is current, made when asked for.
        otel_span: The OpenTelemetry span that stands for it, made when asked for.
        put_off: Who sets trace, ids, parent, links and outer; None if they are set.
        undescribed: Who sets name and attributes; None if they are set.
    """

    __slots__ = (
        "attributes", "call", "context", "end", "kind", "links", "name", "ops", "otel_span",
        "outer", "parent", "put_off", "scope", "span_id", "start", "trace", "undescribed",
    )  # fmt: skip

    def __init__(
        self, name: str, parent: Entry | Remote | None, trace: Trace, *, kind: int = INTERNAL
    ) -> None:
        if type(name) is not str or len(name) > MAX_STRING:
            from .bounded import text  # loaded where one was needed

            name = text(name)
        self.name = name
        self.parent = parent
        self.trace = trace
        self.kind = kind
        self.span_id = span_id()
        self.start = time_ns()
        self.end = 0
        self.scope: tuple[object, ...] | None = None
        self.attributes: dict[str, object] | None = None
        self.links: list[Link] | None = None
        self.ops: list[Op] | None = None
        self.call: Call | None = None
        self.outer: object = None
        self.context: object = None
        self.otel_span: object = None
        self.put_off: Owner | None = None
        self.undescribed: Owner | None = None

    @classmethod
    def begin(cls, kind: int, owner: Owner) -> Entry:
        """Return an entry that starts now, and learns the rest later: by `resolve`, `describe`.

        Args:
            kind: As for `Tracer.start_span`.
            owner: Knows the rest.
        """
        entry = cls.__new__(cls)
        entry.start = time_ns()
        entry.end = 0
        entry.kind = kind
        entry.name, entry.put_off, entry.undescribed = "", owner, owner
        entry.attributes = entry.scope = entry.ops = entry.call = entry.context = None
        entry.otel_span = None
        return entry

    def resolve(self) -> Entry:
        """Set what was put off, if anything was; returns the entry.

        Whoever reads trace, ids, parent, links or outer of a span that may be the handler's calls
        this first: the caller of the function waits for none of it where nobody does.
        """
        owner = self.put_off  # read once: another thread may be at it
        if owner is not None:
            owner.resolve(self)
            self.put_off = None
        return self

    def describe(self) -> Entry:
        """Set name and attributes, if they were put off; returns the entry, resolved."""
        owner = self.undescribed
        if owner is not None:
            owner.describe(self.resolve())
            self.undescribed = None
        return self

    def op(self, call: Op) -> None:
        """Record a call made on the span; after its end, or past the bound, it is told instead."""
        if self.end:
            _notice.warn(
                "span ended",
                lambda: f"{call[0]} on span {self.describe().name!r:.100} after its end: ignored.",
            )
        elif self.ops is None:
            self.ops = [call]
        elif len(self.ops) < MAX_OPS:
            self.ops.append(call)
        else:
            _notice.warn(
                "span ops",
                lambda: (
                    f"span {self.describe().name!r:.100} has {MAX_OPS} calls recorded; "
                    f"{call[0]} is left out."
                ),
            )
