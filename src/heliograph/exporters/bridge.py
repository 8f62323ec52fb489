"""Between the function's own SDK and the copies that develop (`develop/apart.py`).

What code passes to `heliograph.wrap`, and what a package registers as an exporter, is made for the
classes of the function's own OpenTelemetry: it gets spans and metrics of those classes, made of the
public members of ours. Loaded where the versions differ, and somebody brings such a thing.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Any

import opentelemetry
from opentelemetry.context import Context
from opentelemetry.metrics import Observation
from opentelemetry.sdk import metrics
from opentelemetry.sdk.metrics import export, view
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.trace import SpanContext, get_current_span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.sdk.trace import Span

COPIES = opentelemetry.__name__.removesuffix("opentelemetry")
TRACE, SDK = "opentelemetry.trace", "opentelemetry.sdk.trace"
METRICS, RESOURCES = "opentelemetry.sdk.metrics.export", "opentelemetry.sdk.resources"
SCOPES = "opentelemetry.sdk.util.instrumentation"


class _Bridge:
    """Stands for a thing of the function's, whose other members are read through it.

    Args:
        theirs: The thing.
    """

    _theirs: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self._theirs, name)


def _bridged(kind: type[Any], theirs: Any, *args: Any, **kwargs: Any) -> Any:
    """Make a bridge that is called as what it stands for, in every line of ours."""
    made = type(type(theirs).__name__, (kind,), {"_theirs": theirs})
    return made(*args, **kwargs)


class _Processor(_Bridge, SpanProcessor):
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        parent = get_current_span(parent_context or Context()).get_span_context()
        api: Any = import_module(TRACE)
        theirs: Any = import_module("opentelemetry.context").Context()
        if parent.is_valid:
            theirs = api.set_span_in_context(api.NonRecordingSpan(_ids(parent)), theirs)
        self._theirs.on_start(span, theirs)

    def on_end(self, span: ReadableSpan) -> None:
        self._theirs.on_end(_span(span))

    def shutdown(self) -> None:
        self._theirs.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return bool(self._theirs.force_flush(timeout_millis))


class _SpanExporter(_Bridge, SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> Any:
        return self._theirs.export([_span(span) for span in spans])

    def shutdown(self) -> None:
        self._theirs.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return bool(self._theirs.force_flush(timeout_millis))


class _MetricExporter(_Bridge, export.MetricExporter):
    def export(
        self, metrics_data: export.MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> Any:
        return self._theirs.export(_as_theirs(metrics_data), timeout_millis, **kwargs)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        self._theirs.shutdown(timeout_millis, **kwargs)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return bool(self._theirs.force_flush(timeout_millis))


class _Reader(_Bridge, export.MetricReader):
    def _receive_metrics(
        self, metrics_data: export.MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> None:
        self._theirs._receive_metrics(_as_theirs(metrics_data), timeout_millis, **kwargs)

    def _set_collect_callback(self, func: Any) -> None:  # type: ignore[misc] # the SDK's own step
        super()._set_collect_callback(func)
        self._theirs._set_collect_callback(
            lambda _, timeout_millis: _as_theirs(func(self, timeout_millis=timeout_millis))
        )

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        self._theirs.shutdown(timeout_millis, **kwargs)


def processor(theirs: Any) -> Any:
    """Return what serves a span processor of the function's."""
    return _bridged(_Processor, theirs)


def span_exporter(theirs: Any) -> Any:
    """Return what serves a span exporter of the function's."""
    return _bridged(_SpanExporter, theirs)


def metric_exporter(theirs: Any) -> Any:
    """Return what serves a metric exporter of the function's."""
    return _bridged(
        _MetricExporter,
        theirs,
        preferred_temporality=_by_instrument(getattr(theirs, "_preferred_temporality", None)),
        preferred_aggregation=_by_instrument(getattr(theirs, "_preferred_aggregation", None)),
    )


def reader(theirs: Any) -> Any:
    """Return what serves a metric reader of the function's."""
    return _bridged(
        _Reader,
        theirs,
        preferred_temporality=_by_instrument(theirs._instrument_class_temporality),
        preferred_aggregation=_by_instrument(theirs._instrument_class_aggregation),
    )


def metric_view(theirs: Any) -> Any:
    """Return a view of ours that says what one of the function's does."""
    kind = getattr(theirs, "_instrument_type", None)
    named = {
        name: getattr(theirs, f"_{name}", None)
        for name in (
            "instrument_name", "meter_name", "meter_version", "meter_schema_url", "name",
            "description", "attribute_keys", "instrument_unit",
        )
    }  # fmt: skip
    return view.View(
        instrument_type=None if kind is None else getattr(metrics, kind.__name__.lstrip("_")),
        aggregation=_as_ours(theirs._aggregation),
        **named,
    )


def callbacks(theirs: Any) -> Any:
    """Return callbacks of an observable instrument whose observations are ours."""
    return [
        _relayed(one) if isinstance(one, Generator) else _observing(one) for one in theirs or ()
    ]


def _observing(theirs: Callable[..., Any]) -> Callable[..., list[Observation]]:
    return lambda options: [_observation(one) for one in theirs(options)]


def _relayed(theirs: Generator[Any, Any, Any]) -> Generator[list[Observation], Any, None]:
    next(theirs)
    options = yield []
    while True:
        try:
            observed = theirs.send(options)
        except StopIteration:
            return
        options = yield [_observation(one) for one in observed]


def _observation(theirs: Any) -> Observation:
    return Observation(theirs.value, theirs.attributes)


def _ids(ours: SpanContext | None) -> Any:
    if ours is None:
        return None
    api: Any = import_module(TRACE)
    state = api.TraceState(list(ours.trace_state.items()))
    return api.SpanContext(
        ours.trace_id, ours.span_id, ours.is_remote, api.TraceFlags(ours.trace_flags), state
    )


def _attributes(ours: Any) -> Any:
    bounded: Any = import_module("opentelemetry.attributes").BoundedAttributes
    made = bounded(attributes=dict(ours or {}))
    made.dropped = getattr(ours, "dropped", 0)
    return made


def _span(ours: ReadableSpan) -> Any:
    """Return a span that has ended, of the function's own SDK."""
    api: Any = import_module(TRACE)
    sdk: Any = import_module(SDK)
    code = api.StatusCode[ours.status.status_code.name]
    return sdk.ReadableSpan(
        ours.name,
        context=_ids(ours.context),
        parent=_ids(ours.parent),
        resource=_as_theirs(ours.resource),
        attributes=_attributes(ours.attributes),
        events=[
            sdk.Event(event.name, _attributes(event.attributes), event.timestamp)
            for event in ours.events
        ],
        links=[api.Link(_ids(link.context), dict(link.attributes or {})) for link in ours.links],
        kind=api.SpanKind[ours.kind.name],
        status=api.Status(code, ours.status.description),
        start_time=ours.start_time,
        end_time=ours.end_time,
        instrumentation_scope=_as_theirs(ours.instrumentation_scope),
    )


def _as_theirs(ours: Any) -> Any:
    """Return metrics, a resource or a scope in the function's own classes."""
    kind: Any = type(ours)
    if not kind.__module__.startswith(COPIES):
        if isinstance(ours, (list, tuple)):
            return [_as_theirs(one) for one in ours]
        return dict(ours) if isinstance(ours, Mapping) else ours
    if kind.__name__ == "Resource":
        return import_module(RESOURCES).Resource(dict(ours.attributes), ours.schema_url)
    if kind.__name__ == "InstrumentationScope":
        made = import_module(SCOPES).InstrumentationScope
        more = (dict(ours.attributes),) if ours.attributes and hasattr(made, "attributes") else ()
        return made(ours.name, ours.version, ours.schema_url, *more)
    if isinstance(ours, Mapping):
        return dict(ours)
    theirs = _class_of_theirs(kind)
    if isinstance(ours, Enum):
        return theirs[ours.name]
    if theirs is None or not is_dataclass(kind):
        return ours
    known = {one.name for one in fields(theirs)}
    return theirs(
        **{
            one.name: _as_theirs(getattr(ours, one.name))
            for one in fields(kind)
            if one.name in known
        }
    )


def _class_of_theirs(kind: type[Any]) -> Any:
    """Return the class of the same name; a distribution of ours is a histogram to all others."""
    places = [import_module(METRICS), import_module(METRICS.rpartition(".")[0])]
    found = (vars(place).get(one.__name__) for one in kind.__mro__[:-1] for place in places)
    return next(filter(None, found), None)


def _by_instrument(theirs: Mapping[Any, Any] | None) -> dict[Any, Any]:
    """Return preferences by class of instrument with our classes."""
    named = {kind.__name__.lstrip("_"): wanted for kind, wanted in (theirs or {}).items()}
    return {
        getattr(metrics, name): _as_ours(wanted)
        for name, wanted in named.items()
        if hasattr(metrics, name)
    }


def _as_ours(theirs: Any) -> Any:
    """Return an aggregation or a temporality of ours that is the function's own."""
    name = type(theirs).__name__
    if isinstance(theirs, Enum):
        return getattr(export, name)[theirs.name]
    kind: Any = getattr(view, name, None)
    if kind is None:  # of a class of the function's own
        return view.DefaultAggregation()
    made = kind()
    vars(made).update({key: value for key, value in vars(theirs).items() if key in vars(made)})
    return made
