"""The decision to record, by the definition of OpenTelemetry's standard samplers.

It is needed while the call is made, for the header that leaves the function; the SDK's samplers
come too late for that and cost an import. The sampler's own code runs for any other name.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

STANDARD = (
    "always_on", "always_off", "traceidratio",
    "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio",
)  # fmt: skip
"""Names of `OTEL_TRACES_SAMPLER` that are evaluated here."""

_TRACE_ID_BITS = (1 << 64) - 1


def decision(name: str, ratio: float) -> Callable[[bool | None, int], bool]:
    """Return the function that decides for a new span.

    Args:
        name: One of `STANDARD`.
        ratio: Argument of the `traceidratio` samplers, 0 to 1.

    Returns:
        A function of the parent's sampled flag (None for a root) and the trace id.
    """
    rest = name.removeprefix("parentbased_")
    bound = {"always_on": _TRACE_ID_BITS + 1, "always_off": 0}.get(rest)
    if bound is None:
        bound = round(ratio * (_TRACE_ID_BITS + 1))
    if rest == name:
        return lambda _parent, trace_id: (trace_id & _TRACE_ID_BITS) < bound
    return lambda parent, trace_id: (
        parent if parent is not None else (trace_id & _TRACE_ID_BITS) < bound
    )


def ratio(argument: str) -> float:
    """Read `OTEL_TRACES_SAMPLER_ARG` of a ratio sampler; a bad one is told and means 1."""
    try:
        value = float(argument or "1")
    except ValueError:
        value = -1.0
    if 0 <= value <= 1:
        return value
    from .._unusable import unusable

    unusable("OTEL_TRACES_SAMPLER_ARG", argument, "a number from 0 to 1", "1")
    return 1.0
