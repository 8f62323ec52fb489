"""What a user does with the official instrumentor of Lambda handlers: it is taken as done.

A function that comes from the official instrumentation may keep the call of `instrument()` in its
code. The handler's span is there already: a second one would begin another trace, and import the
SDK before the response. What its `event_context_extractor` finds in an event counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _notice
from ..journal import state

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from opentelemetry.context import Context

    from ..triggers import Request


def adopt(module: ModuleType) -> None:
    """Let the handler's span that is there serve the official instrumentor's users.

    Args:
        module: `opentelemetry.instrumentation.aws_lambda`, just imported.
    """
    instrumentor: Any = module.AwsLambdaInstrumentor

    def _instrument(self: Any, **kwargs: Any) -> None:  # noqa: ARG001 - the official signature
        extractor = kwargs.get("event_context_extractor")
        state.event_carrier = _carrier(extractor) if callable(extractor) else None
        _notice.inform(
            "AwsLambdaInstrumentor().instrument() in the function's code is taken as done: the "
            "handler's span is there already.",
            topic="AwsLambdaInstrumentor",
        )

    def _uninstrument(self: Any, **kwargs: Any) -> None:  # noqa: ARG001 - the official signature
        state.event_carrier = None

    instrumentor._instrument, instrumentor._uninstrument = _instrument, _uninstrument


def _carrier(extractor: Callable[[Any], Context]) -> Callable[[Any, Any], Any]:
    """Return what takes the context that an extractor finds in an event as the event's own."""

    def carry(event: Any, request: Request | None) -> Request | None:
        from opentelemetry.baggage.propagation import W3CBaggagePropagator
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        from ..triggers import Request

        headers: dict[str, str] = {}
        context = extractor(event)
        for propagator in (TraceContextTextMapPropagator(), W3CBaggagePropagator()):
            propagator.inject(headers, context)
        if headers:
            request = request or Request()
            request.carried = headers
        return request

    return carry
