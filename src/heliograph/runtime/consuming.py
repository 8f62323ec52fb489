"""What an event says of its cause: the span that processes messages, the wait before it, its age.

Made after the response, of what was copied before the handler (triggers spec 1.3, 6).
"""

from __future__ import annotations

from ..journal import journal
from ..journal.entry import CONSUMER, INTERNAL, Entry
from . import ages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .. import triggers
    from ..journal.entry import Link
    from ..settings.config import Config
    from .invocation import Invocation

ERROR = 2
"""Number of `opentelemetry.trace.StatusCode.ERROR`."""
AGE = "heliograph.event.age_ms"


def spans(invocation: Invocation, config: Config) -> list[Entry]:
    """Return the spans beside the handler's, ended; measures the event's age where asked for."""
    request, entry = invocation.request, invocation.entry
    if request is None:
        return []
    found: list[Entry] = []
    if request.times is not None:
        oldest = ages.oldest_ns(request.times, entry.start)
        if oldest is not None and config.event_age_metric:
            from ..measuring import metric

            age = (entry.start - oldest) // 1_000_000
            metric(AGE, age, unit="Milliseconds", trigger=invocation.trigger)
        if oldest is not None and config.inferred_spans:
            found.append(_wait(invocation, oldest))
    if request.consumer is not None and config.messaging_span == "child":
        found.append(_consumer(invocation, config))
    return found if entry.trace.sampled else []


def _consumer(invocation: Invocation, config: Config) -> Entry:
    """Return the CONSUMER span: as long as the handler's, with the links."""
    request, above = invocation.request, invocation.entry
    attributes: dict[str, object] = {}
    attributes.update((request.consumer if request is not None else None) or {})
    destination = attributes.get("messaging.destination.name")
    name = f"process {destination}" if destination else "process"
    entry = invocation.consumer or Entry("", above, above.trace, kind=CONSUMER)
    entry.name = name
    entry.start, entry.end = above.start, above.end
    entry.links, dropped = links(request, config)
    if dropped:
        attributes["heliograph.links.dropped"] = dropped
    entry.attributes = attributes
    if invocation.error:
        attributes["error.type"] = invocation.error
        entry.ops = [("set_status", ERROR, None)]
    return entry


def links(request: triggers.Request | None, config: Config) -> tuple[list[Link] | None, int]:
    """Return the links of an event's messages, and how many there is no room for.

    Records that were not looked at count as left out where those that were carry a context.
    """
    if request is None or not request.messages:
        return None, 0
    from ..propagation import messages
    from ..settings.lending import link_limit

    formats = config.propagators
    found, dropped = messages.links(request.messages, formats, link_limit(config))
    if not found and not dropped:
        return None, 0
    return found, dropped + request.unread


def _wait(invocation: Invocation, since: int) -> Entry:
    """Return the span of the wait before the invocation: beside the handler's, or below a root."""
    request, entry = invocation.request, invocation.entry
    consumer = (request.consumer if request is not None else None) or {}
    name = consumer.get("messaging.destination.name") or invocation.trigger
    wait = Entry(f"wait {name}", entry.parent or entry, entry.trace, kind=INTERNAL)
    wait.start, wait.end = since, entry.start
    wait.attributes = {
        "heliograph.inferred": True,
        "heliograph.trigger": invocation.trigger,
        **{key: consumer[key] for key in SHARED if key in consumer},
    }
    return wait


SHARED = ("messaging.system", "messaging.destination.name")


def add(invocation: Invocation, config: Config, *, written: bool) -> None:
    """Write the spans down, or hand them to the function's own provider.

    Args:
        invocation: An invocation that is over.
        config: The settings.
        written: Whether the handler's span is in the journal.
    """
    beside = spans(invocation, config)
    if written:
        for entry in beside:
            journal.add(entry)
    elif beside and not config.leaves_alone("aws-lambda"):
        from . import users_provider

        users_provider.beside(beside)
