"""What a recorded span is by now, for those who read it as the SDK's span while it is open.

The calls on it are made after the response, on the SDK, by whose rules the same comes out here. Its
members are found by the SDK's own names for them, too: methods that the SDK alone has read those.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.trace import Link, SpanContext, Status, StatusCode, TraceState
from opentelemetry.trace import TraceFlags as Flags

from ..journal import state
from ..settings.lending import accepted, lent
from ..version import SCOPE
from . import facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..journal.entry import Entry, Remote
    from ..journal.recorded_exception import RecordedException
    from ..settings.config import Config
    from .span import RecordedSpan

SDK = "opentelemetry.sdk.trace"


def member(span: RecordedSpan, name: str) -> Any:
    """Return a member of the SDK's span.

    Args:
        span: The span.
        name: Of the member; one below a `_` is what the SDK's own methods read.

    Raises:
        AttributeError: It has none of that name, or only where the SDK is imported.
    """
    known = name.removeprefix("_")
    if known in OWN and known != name:
        return getattr(span, known)
    make = MEMBERS.get(known)
    if make is None or (known in SDKS and SDK not in sys.modules):
        raise AttributeError(f"{type(span).__name__!r} object has no attribute {name!r}")
    return make(span.entry)


OWN = ("name", "context", "parent", "kind", "start_time", "end_time", "attributes")
"""Those that the span has by itself."""


def _status(entry: Entry) -> Status:
    """Return its status: one that is OK stays so, and none is unset again."""
    code, text = StatusCode.UNSET, None
    for op in entry.ops or ():
        if op[0] == "set_status" and code is not StatusCode.OK and op[1]:
            code = StatusCode(op[1])
            text = op[2] if code is StatusCode.ERROR else None
    return Status(code, text)


def _links(entry: Entry) -> tuple[Link, ...]:
    added = [(op[1], op[2]) for op in entry.ops or () if op[0] == "add_link"]
    # kept as OpenTelemetry takes them
    return tuple(
        Link(_ids(of), attributes or {})
        for of, attributes in (*(entry.resolve().links or ()), *added)
    )


def _ids(of: Remote) -> SpanContext:
    its = of.trace
    states = TraceState.from_header([its.state]) if its.state else None
    flags = Flags(its.sampled + 2 * its.random)
    return SpanContext(its.id, of.span_id, of.is_remote, flags, states)


def _events(entry: Entry) -> tuple[Any, ...]:
    made = import_module(SDK).Event
    found = []
    for op in entry.ops or ():
        if op[0] == "add_event":
            found.append(made(op[1], op[2] or {}, op[3]))
        elif op[0] == "record_exception":
            whole = {**_exception(op[1]), "exception.escaped": str(op[4]), **(op[2] or {})}
            found.append(made("exception", whole, op[3]))
    return tuple(found)


def _exception(recorded: RecordedException) -> dict[str, Any]:
    """Return an exception's attributes, with its own frames; causes are exported only."""
    from traceback import StackSummary

    module, name = recorded.classes[0]
    kind = name if module in ("", "builtins") else f"{module}.{name}"
    frames = [(file, line, function, None) for file, function, line, *_ in recorded.frames]
    stack = StackSummary.from_list(frames).format()
    heading = "Traceback (most recent call last):\n" if stack else ""
    return {
        "exception.type": kind,
        "exception.message": recorded.text,
        "exception.stacktrace": "".join([heading, *stack, f"{kind}: {recorded.text}\n"]),
    }


def scope(of: tuple[Any, ...] | None) -> Any:
    """Return a scope as the SDK has it, of whatever version."""
    made = import_module("opentelemetry.sdk.util.instrumentation").InstrumentationScope
    name, version, url, attributes = (*(of or SCOPE), None, None)[:4]
    more = (attributes,) if attributes and hasattr(made, "attributes") else ()
    return made(name, version, url, *more)


def _limits(_: Entry) -> Any:
    return import_module(SDK).SpanLimits()


class Resource:
    """What is known of the function, where the SDK's class is not imported.

    Attributes:
        attributes: As of the SDK's resource, without what says which SDK it is.
        schema_url: None is known.
    """

    schema_url = ""

    def __init__(self, attributes: dict[str, Any]) -> None:
        self.attributes = attributes


_made: list[tuple[object, Any]] = []
"""The last one, and of what."""


def resource() -> Any:
    """Return the function's resource: the SDK's where that is imported, else what it says."""
    config = state.config
    sdk: Any = sys.modules.get("opentelemetry.sdk.resources")
    kind = getattr(sdk, "OTELResourceDetector", None)  # None where it is being imported just now
    made_of = (config, kind)
    if not _made or _made[0][0] != made_of:
        made = _light(config) if kind is None else _of_the_sdk(config, sdk)
        _made[:] = [(made_of, made)]
    return _made[0][1]


def _of_the_sdk(config: Config | None, sdk: Any) -> Any:
    if config is None:
        return sdk.Resource.create({})
    names = ("telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version")
    default = sdk._DEFAULT_RESOURCE.attributes
    told = {name: default[name] for name in names if name in default}
    with lent(config):
        detected = sdk.OTELResourceDetector().detect()
    found = sdk.Resource({**told, **facts(config)}).merge(detected)
    if config.service_name in ("", config.function_name):
        return found
    return found.merge(sdk.Resource({"service.name": config.service_name}))


def _light(config: Config | None) -> Resource:
    if config is None:
        return Resource({"service.name": "unknown_service"})
    from urllib.parse import unquote

    found: dict[str, Any] = facts(config)
    given = accepted(config).get("OTEL_RESOURCE_ATTRIBUTES", "")
    for part in given.split(","):
        key, _, value = part.partition("=")
        if key.strip():
            found[key.strip()] = unquote(value.strip())
    if config.service_name not in ("", config.function_name):
        found["service.name"] = config.service_name
    return Resource(found)


class _Processing:
    """Stands for the processor in which the SDK's provider holds all that were added."""

    @property
    def _span_processors(self) -> tuple[Any, ...]:
        known = state.added.processors if state.added is not None else ()
        return tuple(told.processor for told in known)

    def __getattr__(self, name: str) -> Any:
        if name in ("add_span_processor", "force_flush", "shutdown"):
            return getattr(trace._PROXY_TRACER_PROVIDER, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


MEMBERS = {
    "status": _status,
    "links": _links,
    "events": _events,
    "resource": lambda _: resource(),
    "instrumentation_scope": lambda entry: scope(entry.scope),
    "instrumentation_info": lambda _: None,
    "span_processor": lambda _: _Processing(),
    "limits": _limits,
}
SDKS = frozenset(
    {"events", "instrumentation_scope", "instrumentation_info", "limits", "span_limits"}
)
"""Those of classes that the SDK alone has."""


def member_of(of: Any, name: str) -> Any:
    """Return a member that the SDK's tracer or provider has beside those of ours.

    Raises:
        AttributeError: It has none of that name, or only where the SDK is imported.
    """
    known = PROVIDERS.get(name, name.removeprefix("_"))
    if known in SHARED and (known not in SDKS or SDK in sys.modules):
        return SHARED[known](of)
    raise AttributeError(f"{type(of).__name__!r} object has no attribute {name!r}")


PROVIDERS = {"_active_span_processor": "span_processor"}
SHARED: dict[str, Callable[[Any], Any]] = {
    "resource": lambda _: resource(),
    "span_processor": lambda _: _Processing(),
    "span_limits": lambda _: import_module(SDK).SpanLimits(),
    "instrumentation_info": lambda _: None,
    "instrumentation_scope": lambda tracer: scope(tracer._scope),
    "atexit_handler": lambda _: None,
    "disabled": lambda _: False,
}
"""Those of the SDK's tracer and of its provider."""
