"""Samplers that are not OpenTelemetry's standard ones: their own code decides, during the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _notice
from .._guard import guard
from .._unusable import shown
from ..propagation.sampling import STANDARD

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def provided(name: str, argument: str) -> Callable[[bool | None, int], bool] | None:
    """Return the decision of a sampler that an installed package provides.

    It is asked as for a span whose name and attributes are not known yet: with the parent's
    sampled flag and the trace id. One that fails decides as the parent did.

    Args:
        name: Its entry point in group `opentelemetry_traces_sampler`.
        argument: `OTEL_TRACES_SAMPLER_ARG`, handed to the entry point as the SDK does.
    """
    sampler = official(name, argument)
    if sampler is None:
        return None
    kind = type(sampler)
    _notice.inform(
        f"sampler {name} is {kind.__module__}:{kind.__name__}: OpenTelemetry's SDK is imported "
        "during init for it."
    )
    return lambda parent, trace_id: _ask(sampler, parent, trace_id)


def official(name: str, argument: str) -> Any:
    """Return a sampler that an installed package provides; None, and a line, if none does.

    Args:
        name: Its entry point in group `opentelemetry_traces_sampler`.
        argument: `OTEL_TRACES_SAMPLER_ARG`, handed to the entry point as the SDK does.
    """
    from importlib.metadata import entry_points

    for point in entry_points(group="opentelemetry_traces_sampler", name=name):
        return point.load()(argument or None)
    _notice.warn(
        f"sampler {name}",
        f"OTEL_TRACES_SAMPLER={shown('', name)} is not installed; available: "
        f"{', '.join(STANDARD)}, and what packages in the function provide as "
        "opentelemetry_traces_sampler. Used instead: parentbased_always_on.",
    )
    return None


def _ask(sampler: Any, parent: bool | None, trace_id: int) -> bool:
    from opentelemetry import trace
    from opentelemetry.context import Context

    context = Context()
    if parent is not None:
        flags = trace.TraceFlags(int(parent))
        parents = trace.SpanContext(trace_id, 1, is_remote=False, trace_flags=flags)
        context = trace.set_span_in_context(trace.NonRecordingSpan(parents), context)
    with guard("asking the sampler"):
        result = sampler.should_sample(context, trace_id, "", trace.SpanKind.INTERNAL)
        return bool(result.decision.is_sampled())
    return parent is not False
