"""A pipeline that runs: a request goes in, and its functions are invoked until nothing waits.

One invocation at a time, so that two runs give the same picture.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import ConfigurationError
from ..daemon import XRayDaemon
from ..invocation import new_request_id
from . import batches, events
from .endpoint import Endpoint
from .environments import Environments, Options, addresses
from .headers import facade
from .partners import Partner
from .services import Delivery, Services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

    from ..session import Outcome
    from .description import Pipeline, QueueSpec
    from .headers import Facade
    from .queues import Message, Queue

MAX_INVOCATIONS = 1000
"""Invocations that one request may lead to, before it counts as a circle."""
TRIES = 3
"""How often Lambda tries an event that nobody waits for."""


@dataclass(frozen=True)
class Step:
    """An invocation, and what led to it."""

    function: str
    source: str
    outcome: Outcome
    documents: list[dict[str, Any]]
    """The segments that Lambda sent of it, and the function's own."""


class Running:
    """The functions and services of a pipeline, from `with` to its end.

    Args:
        pipeline: What there is.
        options: How the functions are run.

    Attributes:
        daemon: Who takes the traces.
        services: What lies between the functions.
        partners: The services of others, by their names.
    """

    def __init__(self, pipeline: Pipeline, options: Options | None = None) -> None:
        self._pipeline, self._options = pipeline, options or Options()
        self.services = Services(pipeline)
        self._closing = ExitStack()
        self._number = 0

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self.daemon = opened.enter_context(XRayDaemon())
            aws = opened.enter_context(Endpoint(self.services))
            self.partners = {
                name: opened.enter_context(Partner(status))
                for name, status in self._pipeline.partners.items()
            }
            partners = {name: partner.url for name, partner in self.partners.items()}
            urls = addresses(self._pipeline, aws.url, partners)
            self._environments = Environments(self._pipeline, self._options, self.daemon, urls)
            opened.callback(self._environments.close)
            self._closing = opened.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.close()

    def request(self, event: Any) -> Iterator[Step]:
        """Send a request through the gateway, and yield every invocation until nothing waits.

        Raises:
            ConfigurationError: It goes round in a circle.
        """
        given = event if isinstance(event, dict) else {}
        yield self._called(given)
        for _ in range(MAX_INVOCATIONS):
            step = self._next()
            if step is None:
                return
            yield step
        raise ConfigurationError(f"the pipeline did not end after {MAX_INVOCATIONS} invocations")

    def _called(self, request: dict[str, Any]) -> Step:
        above = facade(None)
        event = events.of_gateway(request, above.header)
        return self._invoke(self._pipeline.gateway, "gateway", event, above)

    def _next(self) -> Step | None:
        delivery = self.services.next_delivery()
        if delivery is not None:
            return self._deliver(delivery)
        for name, spec in self._pipeline.queues.items():
            queue = self.services.queues[name]
            messages = queue.receive(spec.batch_size) if spec.function else []
            if messages:
                return self._hand_over(queue, spec, messages)
        return None

    def _deliver(self, delivery: Delivery) -> Step:
        delivery.tries += 1
        again = f", try {delivery.tries}" if delivery.tries > 1 else ""
        step = self._invoke(
            delivery.function,
            delivery.source + again,
            delivery.event,
            facade(delivery.header),
            delivery.request_id,
        )
        if step.outcome.failed and delivery.tries < TRIES:
            self.services.deliver(delivery)
        return step

    def _hand_over(self, queue: Queue, spec: QueueSpec, messages: list[Message]) -> Step:
        event = events.of_queue(queue, messages)
        source = f"queue {queue.name}, {_told(messages)}"
        step = self._invoke(spec.function, source, event, facade(None))
        reports = spec.report_batch_item_failures
        for message in batches.done(step.outcome.answer, messages, reports=reports):
            queue.delete(message.receipt)
        queue.release()
        return step

    def _invoke(
        self, name: str, source: str, event: Any, above: Facade, request_id: str | None = None
    ) -> Step:
        self._number += 1
        began = time.time()
        outcome = self._environments.invoke(
            name,
            event,
            header=above.header,
            request_id=request_id or new_request_id(),
            number=self._number,
        )
        ended = time.time()
        own = above.document(name, began, ended, fault=outcome.failed)
        documents = [own, *outcome.documents] if above.sampled else outcome.documents
        return Step(name, source, outcome, documents)


def _told(messages: list[Message]) -> str:
    count = "1 message" if len(messages) == 1 else f"{len(messages)} messages"
    received = max(message.received for message in messages)
    moved = {message.dead_letter_source.rpartition(":")[2] for message in messages} - {""}
    told = [count, f"received {received} times" if received > 1 else ""]
    return ", ".join(filter(None, [*told, *(f"moved from {name}" for name in sorted(moved))]))
