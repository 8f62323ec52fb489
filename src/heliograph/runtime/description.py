"""What the span of an invocation says of it: name and attributes, made after the response."""

from __future__ import annotations

from .. import triggers
from .._guard import guard, guarded
from ..journal import MAX_STRING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..journal.entry import Entry
    from ..settings.config import Config
    from .invocation import Invocation


def describe(invocation: Invocation, entry: Entry, arn: str | None) -> None:
    """Set name and attributes of an invocation's span.

    Args:
        invocation: The invocation.
        entry: Its span.
        arn: `invoked_function_arn`, or None.
    """
    config, request = invocation.config, invocation.request
    entry.name = name(config, request)
    entry.attributes = attributes(
        config, invocation.trigger, request, entry.trace.request_id, arn, cold=invocation.cold
    )
    if request is not None:
        entry.attributes.update(of_the_event(config, request, entry))
    said = of_the_context, config, invocation.trigger, invocation.context
    entry.attributes.update(guarded("reading the context", *said) or {})


def settle(invocation: Invocation) -> None:
    """Add what is told beside an invocation's span: a message's span, waits, the event's age."""
    request = invocation.request
    if request is not None and (request.consumer or request.times):
        from . import consuming

        with guard("describing an event's cause"):
            consuming.add(invocation, invocation.config, written=invocation.written)


def properties(invocation: Invocation) -> dict[str, object]:
    """Return the EMF properties of what is measured in an invocation (emf spec 6)."""
    trace = invocation.entry.resolve().trace
    if trace.request_id is None:
        return {}
    root = f"{trace.id:032x}"
    return {
        "function_request_id": trace.request_id,
        "xray_trace_id": f"1-{root[:8]}-{root[8:]}",
        **({"cold_start": True} if invocation.cold else {}),
    }


def name(config: Config, request: triggers.Request | None) -> str:
    """Return the span's name: of the route, if the event has one, else of the function."""
    if request is not None and request.route and config.span_name == "auto":
        name = f"{request.method} {request.route}" if request.method else request.route
    else:
        name = config.function_name or config.handler or "function"
    return name[:MAX_STRING]


def attributes(
    config: Config,
    trigger: str,
    request: triggers.Request | None,
    request_id: str | None,
    arn: str | None,
    *,
    cold: bool,
) -> dict[str, object]:
    """Return the attributes of an invocation (triggers spec 1.1, 5.1).

    Args:
        config: The settings.
        trigger: Who sent the event.
        request: What was kept of the event.
        request_id: `aws_request_id`, or None.
        arn: `invoked_function_arn`, or None.
        cold: Whether it was the first of its environment.
    """
    found: dict[str, object] = {
        "faas.trigger": triggers.faas_trigger(trigger),
        "faas.coldstart": cold,
        "heliograph.trigger": trigger,
    }
    if config.handler:
        found["code.function.name"] = config.handler
    if config.init_type != "on-demand":
        found["faas.init.type"] = config.init_type
    if request_id:
        found["faas.invocation_id"] = request_id
    if arn:
        found["aws.lambda.invoked_arn"] = arn
        fields = arn.split(":")
        if len(fields) > 4 and fields[4]:
            found["cloud.account.id"] = fields[4]
        found["cloud.resource_id"] = _resource_id(arn, fields, config.function_version)
    if request is not None:
        found.update(request.attributes)
    return found


def of_the_event(config: Config, request: triggers.Request, entry: Entry) -> dict[str, object]:
    """Return what few events or settings add; merges the span of a message where asked for.

    Args:
        config: The settings.
        request: What was kept of the event.
        entry: The span, whose links may grow.
    """
    found: dict[str, object] = {}
    if request.times is not None:
        from . import ages

        found.update(ages.attributes(request.times, entry.start))
    if request.trigger == "schedule" and (cron := config.faas_cron):
        found["faas.cron"] = cron
    if request.consumer is not None and config.messaging_span == "merge":
        from . import consuming

        found.update(request.consumer)
        links, dropped = consuming.links(request, config)
        if links:
            entry.links = [*(entry.links or ()), *links]
        if dropped:
            found["heliograph.links.dropped"] = dropped
    return found


def of_the_context(config: Config, trigger: str, context: object) -> dict[str, object]:
    """Return what the context says of the caller: that it sent something, or who it is."""
    found: dict[str, object] = {}
    if trigger == triggers.DIRECT and getattr(context, "client_context", None) is not None:
        found["heliograph.invoke.client_context"] = True
    tenant = getattr(context, "tenant_id", None)
    if type(tenant) is str and config.capture_tenant:
        found["heliograph.tenant.id"] = tenant[:MAX_STRING]
    return found


def _resource_id(arn: str, fields: list[str], version: str) -> str:
    """Return the invoked ARN with its alias replaced by the version that runs."""
    if len(fields) != 8 or fields[7] == "$LATEST" or not version:
        return arn
    return ":".join([*fields[:7], version])
