"""Samplers and id generators that code gives to the provider or to a tracer, as to the SDK's.

They are asked as the SDK asks them, while a span of the OpenTelemetry API starts. Read before any
is given, they are ours: what the settings say, and ids as all recorded spans have.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from opentelemetry import context as contexts
from opentelemetry import trace

from .._guard import guard
from ..journal import bounded, journal, recording, state
from ..journal.entry import Entry, Remote, Trace, new_trace_id, span_id
from .added import SDK, added

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.context import Context
    from opentelemetry.trace import Link, SpanKind
    from opentelemetry.util.types import Attributes

    from .trace import RecordingTracer


def start(
    tracer: RecordingTracer,
    name: str,
    parent: Entry | Remote | None,
    kind: SpanKind,
    attributes: Any,
    links: Sequence[Link] | None,
    context: Context | None,
) -> Entry:
    """Start an entry as `recording.start` does, by the sampler and ids that were given."""
    sampler, ids = found(tracer, "sampler"), found(tracer, "id_generator")
    if sampler is not None or ids is not None:
        with guard("asking the sampler and the id generator of the function's code"):
            begun = _begin(sampler, ids, name, parent, kind, attributes, links, context)
            if begun.trace.sampled:
                journal.add(begun)
            return begun
    begun = recording.start(name, parent, kind=kind.value)
    begun.attributes = attributes
    return begun


def _begin(
    sampler: Any,
    ids: Any,
    name: str,
    parent: Entry | Remote | None,
    kind: SpanKind,
    attributes: Any,
    links: Sequence[Link] | None,
    context: Context | None,
) -> Entry:
    """Return an entry with the ids and the decision that were given."""
    if parent is None:
        above = recording.new_trace(
            request_id=state.origin.resolve().trace.request_id if state.origin else None,
            header_rest=recording.header_rest(),
        )
        if ids is not None:
            above.id = ids.generate_trace_id()
            above.random = bool(getattr(ids, "is_trace_id_random", bool)())
            above.sampled = state.decide(None, above.id)
    else:
        above = recording.trace_for(parent)
    if sampler is not None:
        asked = contexts.get_current() if context is None else context
        said = sampler.should_sample(asked, above.id, name, kind, attributes, links)
        above = _decided(above, said)
        attributes = bounded.attributes(said.attributes)
    entry = Entry(name, parent, above, kind=kind.value)
    entry.attributes = attributes
    if ids is not None:
        entry.span_id = ids.generate_span_id()
    return entry


def _decided(above: Trace, said: Any) -> Trace:
    """Return the trace of a span, by what a sampler said."""
    told = said.trace_state
    sampled, text = bool(said.decision.is_sampled()), told.to_header() if told else ""
    if (sampled, text) == (above.sampled, above.state):
        return above
    return Trace(
        above.id,
        sampled=sampled,
        random=above.random,
        state=text,
        header_rest=above.header_rest,
        request_id=above.request_id,
    )


def found(tracer: Any, name: str) -> Any:
    """Return what was given to a tracer, or to the provider; None if nothing was."""
    given = state.added.given if state.added is not None else {}
    found = given.get(tracer, {}).get(name)
    return found if found is not None else given.get(trace._PROXY_TRACER_PROVIDER, {}).get(name)


def given_to(of: Any, name: str) -> Any:
    """Return the sampler or id generator of a tracer or the provider: ours where none was given.

    Raises:
        AttributeError: Ours is of the SDK's class, which is not imported.
    """
    if of is None:
        return None  # of the class itself
    users = of._users() if hasattr(of, "_users") else None
    if users is not None:
        return getattr(users, name)
    known = found(of, name)
    if known is not None:
        return known
    if SDK not in sys.modules:
        raise AttributeError(f"{type(of).__name__!r} object has no attribute {name!r}")
    return _sampler() if name == "sampler" else _ids()


def give(of: Any, name: str, value: object) -> None:
    """Have a tracer, or all, ask another sampler or id generator."""
    users = of._users() if hasattr(of, "_users") else None
    if users is not None:
        setattr(users, name, value)
    else:
        added().given.setdefault(of, {})[name] = value


def _sampler() -> Any:
    sampling: Any = import_module(f"{SDK}.sampling")

    class ConfiguredSampler(sampling.Sampler):  # type: ignore[misc] # of the SDK's, whichever
        """Decides as the settings say."""

        def should_sample(
            self,
            parent_context: Context | None,
            trace_id: int,
            name: str,  # noqa: ARG002 - the SDK's signature
            kind: SpanKind | None = None,  # noqa: ARG002 - the SDK's signature
            attributes: Attributes = None,
            *_: Any,
            **__: Any,
        ) -> Any:
            parent = trace.get_current_span(parent_context).get_span_context()
            flag = bool(parent.trace_flags & 1) if parent.is_valid else None
            if not state.decide(flag, trace_id):
                return sampling.SamplingResult(sampling.Decision.DROP)
            states = parent.trace_state if parent.is_valid else None
            wanted = sampling.Decision.RECORD_AND_SAMPLE
            return sampling.SamplingResult(wanted, attributes, states)

        def get_description(self) -> str:
            return str(state.config.sampler) if state.config is not None else "always_on"

    return ConfiguredSampler()


def _ids() -> Any:
    base: Any = import_module(f"{SDK}.id_generator").IdGenerator

    class RecordedIds(base):  # type: ignore[misc] # of the SDK's, whichever
        """Makes the ids that recorded spans have."""

        def generate_span_id(self) -> int:
            return span_id()

        def generate_trace_id(self) -> int:
            return new_trace_id()

    return RecordedIds()
