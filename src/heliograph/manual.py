"""Manual spans: written to the journal, without OpenTelemetry.

With no telemetry switched on every one of these is a look at one variable.
"""

from __future__ import annotations

from time import time_ns

from . import _notice
from ._guard import guard
from .journal import bounded, current, recording, state
from .journal.entry import (
    CLIENT,
    CONSUMER,
    INTERNAL,
    PRODUCER,
    SERVER,
    Entry,
    Remote,
)
from .journal.instrument import number
from .journal.recorded_exception import RecordedException
from .propagation import xray  # noqa: F401 - with the name that needs it, undisturbed by signals
from .version import SCOPE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token
    from types import TracebackType
    from typing import Any, TypeVar

    from typing_extensions import Self

    F = TypeVar("F", bound=Callable[..., Any])

KINDS = {
    "internal": INTERNAL,
    "server": SERVER,
    "client": CLIENT,
    "producer": PRODUCER,
    "consumer": CONSUMER,
}
ERROR = 2
"""Number of `opentelemetry.trace.StatusCode.ERROR`."""


class span:  # noqa: N801 - used as a statement and as a decorator
    """A span around a block or a function.

    ```python
    with heliograph.span("price", currency="EUR") as s:
        s.annotate("order.id", order_id)


    @heliograph.span()
    def price(order): ...
    ```

    As a decorator it serves functions, coroutines, generators and async generators, which stay what
    they are to `inspect`; the span of a generator is current while its body runs, and ends with it.
    An exception is recorded and passes through untouched.

    Args:
        name: Name of the span; for a decorated function its qualified name if not given.
        kind: `internal`, `server`, `client`, `producer` or `consumer`.
        attributes: Attributes given at start; names with dots go in a dict: `**{"order.id": 7}`.
    """

    __slots__ = ("_attributes", "_inside", "_kind", "_name", "_token", "entry")

    def __new__(cls, name: Any = None, /, **more: Any) -> Any:
        """Make a span; `@heliograph.span` without its parentheses decorates all the same."""
        made = super().__new__(cls)
        if name is not None and callable(name):
            made.__init__(**more)  # type: ignore[misc] # what `__init__` takes, by name
            return made(name)
        return made

    def __init__(
        self, name: str | None = None, /, *, kind: str = "internal", **attributes: Any
    ) -> None:
        self._name = name
        self._kind = kind
        self._attributes = attributes
        self.entry: Entry | None = None
        self._token: Token[object] | None = None
        self._inside: object = None

    def __enter__(self) -> Self:
        self.resume()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.pause()
        self.end(error)

    def resume(self) -> None:
        """Make the span current, started if it is not: for work that is done in steps."""
        if not state.active or self._token is not None:
            return
        with guard("starting a span"):
            entry = self.entry or self._start()
            if self._inside is None:
                self._token = current.enter(entry)
                if state.added is not None:
                    state.added.tell(entry)
            else:  # what the last step left current, such as a span within this one
                self._token = current.here.set(self._inside)

    def pause(self) -> None:
        """Make current again what was before `resume`."""
        token, self._token = self._token, None
        if self.entry is not None and token is not None:
            self._inside = current.here.get()
            current.leave(self.entry, token)

    def end(self, error: BaseException | None = None) -> None:
        """End the span; an `Exception` is recorded and makes it failed."""
        entry, self.entry, self._inside = self.entry, None, None
        if entry is None:
            return
        self._fail(entry, error)
        entry.end = entry.end or time_ns() or 1

    def _fail(self, entry: Entry, error: BaseException | None) -> None:
        with guard("ending a span"):
            if issubclass(type(error), Exception):
                recorded = RecordedException(error)  # type: ignore[arg-type] # not None, which is no Exception
                entry.op(("record_exception", recorded, None, time_ns(), False))
                entry.op(("set_status", ERROR, recorded.summary))

    def _start(self) -> Entry:
        kind = KINDS.get(self._kind) if type(self._kind) is str else None
        if kind is None:
            _notice.warn(
                ("span kind", self._kind),
                lambda: (
                    f"span kind {_notice.shown(self._kind, 50)} is none of {', '.join(KINDS)}: "
                    "internal is used."
                ),
            )
        attributes = bounded.attributes(self._attributes)
        name = bounded.text(self._name if self._name is not None else "span")
        entry = recording.start(name, current.span(), kind=INTERNAL if kind is None else kind)
        entry.scope = SCOPE
        entry.attributes = attributes
        self.entry = entry
        return entry

    def annotate(self, key: str, value: str | float | bool) -> Self:
        """Set an annotation: an attribute that X-Ray indexes. Returns the span."""
        _annotate(self.entry, key, value)
        return self

    def metadata(self, key: str, value: object, namespace: str = "default") -> Self:
        """Set metadata: any JSON value that is shown and not indexed. Returns the span."""
        _metadata(self.entry, key, value, namespace)
        return self

    def attribute(self, key: str, value: object) -> Self:
        """Set an OpenTelemetry attribute. Returns the span."""
        entry = self.entry
        if entry is not None and _is_key("attribute", key):
            with guard("setting an attribute"):
                entry.op(("set_attribute", bounded.text(key), bounded.attribute(key, value)))
        return self

    def event(self, name: str, /, **attributes: Any) -> Self:
        """Add an event, now. Returns the span."""
        _event(self.entry, name, attributes)
        return self

    def error(self, description: str) -> Self:
        """Mark the span as failed without an exception. Returns the span."""
        entry = self.entry
        if entry is not None:
            with guard("marking a span as failed"):
                entry.op(("set_status", ERROR, bounded.text(description)))
        return self

    def __call__(self, function: F) -> F:
        """Decorate a function: each of its calls is a span."""
        with guard("decorating a function"):
            from .decorating import decorate

            name = self._name or getattr(function, "__qualname__", None)
            # of the function's own type
            return decorate(lambda: span(name, kind=self._kind, **self._attributes), function)  # type: ignore[no-any-return]
        return function


def handle(entry: Entry) -> span:
    """Return a recorded span as `heliograph.span` has it: for the hooks around the handler."""
    made: span = span()
    made.entry = entry
    return made


def _is_key(what: str, key: object) -> bool:
    """Tell whether a key can be one, and say it where it cannot."""
    if issubclass(type(key), str) and str.__len__(key):  # type: ignore[arg-type] # it is a str
        return True
    _notice.warn(
        f"{what} key", lambda: f"{what} key {_notice.shown(key, 50)} must be a text: left out."
    )
    return False


def _annotate(entry: Entry | None, key: str, value: object) -> None:
    if entry is None or not _is_key("annotation", key):
        return
    with guard("annotating a span"):
        plain = value if issubclass(type(value), (str, bool)) else number(value)
        if plain is None:
            _notice.warn(
                ("annotation", key),
                lambda: (
                    f"annotation {_notice.shown(key, 50)} is {_notice.shown(value)}; X-Ray indexes "
                    "str, int, float and bool. It is kept as an attribute."
                ),
            )
            entry.op(("set_attribute", bounded.text(key), bounded.attribute(key, value)))
        else:
            entry.op(("annotate", bounded.text(key), bounded.attribute(key, plain)))


def _metadata(entry: Entry | None, key: str, value: object, namespace: str) -> None:
    if entry is not None:
        with guard("adding metadata to a span"):
            entry.op(
                (
                    "metadata",
                    bounded.text(namespace),
                    bounded.text(key),
                    bounded.attribute(key, value),
                )
            )


def _event(entry: Entry | None, name: str, attributes: dict[str, Any]) -> None:
    if entry is not None:
        with guard("adding an event to a span"):
            entry.op(("add_event", bounded.text(name), bounded.attributes(attributes), time_ns()))


def _here() -> Any:
    """Return the current span if it can be told anything: ours, or an open one of the SDK."""
    if not state.active:
        return None
    here = current.span()
    return None if type(here) is Remote else here


def annotate(key: str, value: str | float | bool) -> None:
    """Set an annotation on the current span: an attribute that X-Ray indexes and finds.

    Args:
        key: Its name; in X-Ray letters, digits, `_` and `.` stay, others become `_`.
        value: Text (1,000 characters are indexed), number or boolean.
    """
    _annotate(_here(), key, value)


def metadata(key: str, value: object, namespace: str = "default") -> None:
    """Set metadata on the current span: any JSON value, shown with the span and not indexed.

    Args:
        key: Its name.
        value: Any JSON value, within the journal's bounds (2 KB a text, 32 entries, 6 levels).
        namespace: Its namespace in X-Ray's metadata.
    """
    _metadata(_here(), key, value, namespace)


def event(name: str, /, **attributes: Any) -> None:
    """Add an event to the current span, now.

    Args:
        name: What happened.
        attributes: Attributes of the event.
    """
    _event(_here(), name, attributes)
