"""Propagators by their official classes: for our headers, and for user code's own `inject`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _notice
from ..journal import current, state
from ..propagation import DEFAULT, NATIVE, xray

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from types import ModuleType

    from ..journal import Writer
    from ..journal.entry import Entry, Remote


def provided(name: str) -> Writer | None:
    """Return the writer of a propagator that we do not write ourselves, by its official class.

    Args:
        name: Its entry point in group `opentelemetry_propagator`, such as `b3`.
    """
    made = official(name)
    if made is None:
        return None
    kind = type(made)
    _notice.inform(
        f"propagator {name} is written by {kind.__module__}:{kind.__name__}: OpenTelemetry's API "
        "is imported during init for it (about 20 ms at a full core)."
    )
    return _writer(made)


def official(name: str) -> Any:
    """Return a propagator by its official class; None, and a line, if it is not installed.

    Args:
        name: Its entry point in group `opentelemetry_propagator`, such as `b3`.
    """
    from importlib.metadata import entry_points

    for point in entry_points(group="opentelemetry_propagator", name=name):
        return point.load()()
    from .._unusable import shown

    _notice.warn(
        f"propagator {name}",
        f"OTEL_PROPAGATORS names {shown('', name)}, which is not installed; available: "
        f"{', '.join(NATIVE)}, none, and what packages in the function provide as "
        "opentelemetry_propagator. The others are used.",
    )
    return None


def _writer(propagator: Any) -> Writer:
    from .context import around, context_of
    from .span import span_context

    def write(span: Entry | Remote, headers: MutableMapping[str, str]) -> None:
        from opentelemetry import trace

        context = context_of(around(current.here.get()))
        stands = trace.NonRecordingSpan(span_context(span))
        propagator.inject(headers, trace.set_span_in_context(stands, context))

    return write


def install(module: ModuleType, names: tuple[str, ...]) -> None:
    """Let user code's own `inject` and `extract` speak X-Ray too, unless it configured others.

    Args:
        module: `opentelemetry.propagate`, just imported.
        names: The configured propagators.
    """
    if names != DEFAULT:  # others, OpenTelemetry reads from the environment itself
        return
    from opentelemetry import trace
    from opentelemetry.propagators.aws import AwsXRayPropagator
    from opentelemetry.propagators.composite import CompositePropagator
    from opentelemetry.propagators.textmap import default_setter

    from .context import parent_of

    class XRayPropagator(AwsXRayPropagator):
        """Says `Sampled=0` of a trace that only others than X-Ray get."""

        def inject(self, carrier: Any, context: Any = None, setter: Any = default_setter) -> None:
            super().inject(carrier, context, setter)
            span = parent_of(trace.get_current_span(context))
            if span is not None and span.trace.id in state.declined:
                setter.set(carrier, xray.XRAY, xray.header_of(span))

    present = module.get_global_textmap()
    module.set_global_textmap(CompositePropagator([XRayPropagator(), present]))
