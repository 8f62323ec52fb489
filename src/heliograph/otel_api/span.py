"""OpenTelemetry's span, recorded: each method writes down the call that development makes."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.trace import SpanContext, SpanKind, StatusCode, TraceFlags
from opentelemetry.trace.span import TraceState
from opentelemetry.trace.status import Status

from .. import _notice
from .._guard import guard
from ..journal import bounded
from ..journal.entry import Entry, Remote
from ..journal.recorded_exception import RecordedException
from .context import remote_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from opentelemetry.util.types import Attributes


class RecordedSpan(trace.Span):
    """A span that records what is done to it.

    It has the members of the SDK's span, as they are by now. Those that are seldom read are found
    by `__getattr__`; so are the SDK's own names for them, which its methods read. Where the SDK is
    imported it is a `opentelemetry.sdk.trace.Span` (`trace.install_sdk`).

    Nothing that is passed to it raises: what cannot be recorded is told and left out.

    Attributes:
        entry: The entry it writes to.
    """

    if not TYPE_CHECKING:
        __new__ = object.__new__  # the SDK's takes three times as long, to refuse its own class

    def __init__(
        self, entry: Entry, *, record_exception: bool = True, set_status: bool = True
    ) -> None:
        self.entry = entry
        self._record_exception = record_exception
        self._set_status_on_exception = set_status
        self._ids: SpanContext | None = None

    def __getattr__(self, name: str) -> Any:
        from .readable import member  # rare

        return member(self, name)

    def get_span_context(self) -> SpanContext:
        """Return its ids."""
        if self._ids is None:
            self._ids = span_context(self.entry)
        return self._ids

    context = property(get_span_context)

    @property
    def name(self) -> str:
        """The name it has now."""
        names = [op[1] for op in self.entry.ops or () if op[0] == "update_name"]
        return str(names[-1]) if names else self.entry.describe().name

    @property
    def kind(self) -> SpanKind:
        """Its kind."""
        return SpanKind(self.entry.kind)

    @property
    def parent(self) -> SpanContext | None:
        """Ids of its parent, if it has one."""
        return span_context(self.entry.parent) if self.entry.parent is not None else None

    @property
    def start_time(self) -> int:
        """Epoch nanoseconds."""
        return self.entry.start

    @property
    def end_time(self) -> int | None:
        """Epoch nanoseconds; None while it is open."""
        return self.entry.end or None

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes set so far, as recorded."""
        collected: dict[str, Any] = dict(self.entry.describe().attributes or {})
        for op in self.entry.ops or ():
            if op[0] in ("set_attribute", "annotate"):
                collected[str(op[1])] = op[2]
            elif op[0] == "set_attributes":
                collected.update(op[1])
        return collected

    def is_recording(self) -> bool:
        """Tell whether it is sampled and open."""
        return self.entry.trace.sampled and not self.entry.end

    def end(self, end_time: int | None = None) -> None:
        """End it, now or at the given epoch nanoseconds."""
        if not self.entry.end:
            self.entry.end = moment(end_time) or time_ns() or 1

    def set_attribute(self, key: str, value: Any) -> None:
        """Record an attribute."""
        if self.entry.trace.sampled:
            with guard("setting an attribute"):
                self.entry.op(("set_attribute", usable_key(key), bounded.attribute(key, value)))

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Record several attributes."""
        if self.entry.trace.sampled:
            with guard("setting attributes"):
                self.entry.op(("set_attributes", bounded.attributes(attributes) or {}))

    def add_event(
        self, name: str, attributes: Attributes = None, timestamp: int | None = None
    ) -> None:
        """Record an event, now or at the given epoch nanoseconds."""
        if self.entry.trace.sampled:
            with guard("adding an event to a span"):
                when = moment(timestamp)
                self.entry.op(
                    ("add_event", bounded.text(name), bounded.attributes(attributes), when)
                )

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        """Record a link to another span."""
        if self.entry.trace.sampled and is_link(context):
            with guard("adding a link to a span"):
                self.entry.op(("add_link", remote_of(context), bounded.attributes(attributes)))

    def update_name(self, name: str) -> None:
        """Record a new name."""
        if self.entry.trace.sampled:
            self.entry.op(("update_name", bounded.text(name)))

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Record a status; which of several wins is the SDK's rule, at development."""
        if not self.entry.trace.sampled:
            return
        code: Any = status
        if type(code) is Status or (is_copy(code) and hasattr(code, "status_code")):
            description = code.description
            code = code.status_code
        if type(code) is StatusCode or is_copy(code):
            text = None if description is None else bounded.text(description)
            self.entry.op(("set_status", code.value, text))
        else:
            _notice.warn(
                "status",
                lambda: (
                    f"set_status of span {_notice.shown(self.entry.name)} was given "
                    f"{_notice.shown(status)}, which is no Status or StatusCode: left out."
                ),
            )

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Record an exception by value."""
        if not self.entry.trace.sampled:
            return
        given: Any = exception
        with guard("recording an exception"):
            if not issubclass(type(given), BaseException):
                _notice.warn(
                    "record_exception",
                    lambda: (
                        f"record_exception of span {_notice.shown(self.entry.name)} was given "
                        f"{_notice.shown(given)}, which is no exception: left out."
                    ),
                )
                return
            when = moment(timestamp)
            kept = bounded.attributes(attributes)
            self.entry.op(
                ("record_exception", RecordedException(given), kept, when, escaped is True)
            )

    def fail(self, error: BaseException, *, record: bool, status: bool, escaped: bool) -> None:
        """Record an exception that left the span's block.

        Args:
            error: The exception.
            record: Whether to record it as an event.
            status: Whether to mark the span as failed.
            escaped: The event's `exception.escaped`.
        """
        if not self.is_recording():
            return
        with guard("recording an exception"):
            recorded = RecordedException(error)
            if record:
                self.entry.op(("record_exception", recorded, None, time_ns(), escaped))
            if status:
                self.entry.op(("set_status", StatusCode.ERROR.value, recorded.summary))

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """End it; an exception is recorded as `start_span` was asked to."""
        if exc_val is not None:
            self.fail(
                exc_val,
                record=self._record_exception,
                status=self._set_status_on_exception,
                escaped=True,
            )
        self.end()  # as the API's own; the SDK's would record the exception once more


def moment(given: Any) -> int:
    """Return a given time as epoch nanoseconds, the present where it is None or no number."""
    if given is None:
        return time_ns()
    if issubclass(type(given), int):
        return int.__pos__(given)
    if issubclass(type(given), float) and -1e30 < float.__pos__(given) < 1e30:  # nor NaN
        return int(float.__pos__(given))
    _notice.warn(
        "time",
        lambda: f"{_notice.shown(given)} is no time in epoch nanoseconds: now is used.",
    )
    return time_ns()


def usable_key(key: Any) -> str:
    """Return an attribute's key, empty where it is none: the SDK counts such as dropped."""
    if issubclass(type(key), str) and str.__len__(key):
        return bounded.text(key)
    _notice.warn(
        "key",
        lambda: f"an attribute's key must be a text, not {_notice.shown(key)}: left out.",
    )
    return ""


def is_link(context: object) -> bool:
    """Tell whether a link's context is one, and say it where it is not."""
    if issubclass(type(context), SpanContext):
        return True
    _notice.warn(
        "link",
        lambda: f"a link's context must be a SpanContext, not {_notice.shown(context)}: left out.",
    )
    return False


def is_copy(value: object) -> bool:
    """Tell whether a value is of a class of our own copies (`develop/apart.py`).

    An official instrumentor of theirs describes what is called in line.
    """
    module: object = type.__getattribute__(type(value), "__module__")
    return type(module) is str and module.startswith("_heliograph_apart.")


def span_context(span: Entry | Remote) -> SpanContext:
    """Return the ids of an entry or remote span as OpenTelemetry has them."""
    spans_trace = span.trace
    return SpanContext(
        spans_trace.id,
        span.span_id,
        isinstance(span, Remote) and span.is_remote,
        TraceFlags(spans_trace.sampled + 2 * spans_trace.random),
        TraceState.from_header([spans_trace.state]) if spans_trace.state else None,
    )


def recorded_span(entry: Entry) -> RecordedSpan:
    """Return the span that stands for an entry."""
    span = entry.otel_span
    if not isinstance(span, RecordedSpan):
        span = entry.otel_span = RecordedSpan(entry)
    return span
