"""What code adds to the provider as to the SDK's: span processors, samplers, id generators.

Loaded when the first of them is added, or asked for. A processor is told of the start of a span at
once, with the recorded span, to which it may add; of its end it is told after the response, with
the SDK's span. A sampler and an id generator are asked as the SDK asks them, while the span starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from opentelemetry import trace

from .._guard import guard
from ..journal import journal, state
from ..journal.entry import Entry, Remote
from .context import context_of
from .span import recorded_span, span_context

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.context import Context


SDK = "opentelemetry.sdk.trace"
FLUSH_MS = 30_000
"""Time that a flush may take where no deadline is known: the SDK's own default."""


class Told:
    """A span processor that code has added.

    Args:
        processor: The processor.

    Attributes:
        fitted: It, as the SDK that develops takes it; None until it was needed.
        before: The ids of spans that had ended when it was added: it is told of none of them.
    """

    def __init__(self, processor: Any) -> None:
        self.processor = processor
        self.fitted: Any = None
        self.before = {entry.resolve().span_id for entry in journal.entries if entry.end}

    @property
    def name(self) -> str:
        """What it is, in lines."""
        return type(self.processor).__name__


class Added:
    """What was added.

    Attributes:
        processors: The span processors, replaced as a whole.
        given: Samplers and id generators, by tracer or provider, by the name of the member.
    """

    def __init__(self) -> None:
        self.processors: tuple[Told, ...] = ()
        self.given: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
        self._flushed = True

    def tell(self, entry: Entry) -> None:
        """Tell the processors that a span has started."""
        if not self.processors or not entry.resolve().trace.sampled:
            return
        with guard("telling span processors that a span has started"):
            span = recorded_span(entry)
            around = _around(entry)
            for told in self.processors:
                with guard(f"telling {told.name} that a span has started"):
                    told.processor.on_start(span, parent_context=around)

    def ended(self, spans: Sequence[Any], fitted: Callable[[str, Any], Any]) -> None:
        """Tell the processors of the spans of one development.

        Args:
            spans: What the SDK has made of them.
            fitted: Makes of a processor what takes them.
        """
        for told in self.processors:
            if told.fitted is None:
                told.fitted = fitted("processor", told.processor)
            for span in sorted(spans, key=_end):
                if told.before and span.context.span_id in told.before:
                    continue
                self._flushed = False
                with guard(f"telling {told.name} that a span has ended"):
                    told.fitted.on_end(span)

    def flush(self, left_ms: int | None) -> None:
        """Have the processors send what they hold, if they were told of anything since."""
        if self._flushed:
            return
        self._flushed = True
        for told in self.processors:
            told.before = set()
            with guard(f"flushing {told.name}"):
                told.processor.force_flush(FLUSH_MS if left_ms is None else max(0, left_ms))

    def shutdown(self) -> None:
        """Shut the processors down and forget them."""
        processors, self.processors = self.processors, ()
        for told in processors:
            with guard(f"shutting {told.name} down"):
                told.processor.shutdown()


def added() -> Added:
    """Return what was added so far."""
    if state.added is None:
        state.added = Added()
    found: Added = state.added
    return found


def _end(span: Any) -> int:
    end: int = span.end_time or 0
    return end


def add(processor: Any) -> None:
    """Add a span processor."""
    known = added()
    known.processors = (*known.processors, Told(processor))


def _around(entry: Entry) -> Context:
    """Return the context in which a span was started."""
    context, parent = context_of(entry.outer), entry.parent
    if type(parent) is Entry:
        return trace.set_span_in_context(recorded_span(parent), context)
    if isinstance(parent, Remote):
        remote = trace.NonRecordingSpan(span_context(parent))
        return trace.set_span_in_context(remote, context)
    return context
