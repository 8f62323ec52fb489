"""AWS calls as the official `BotocoreInstrumentor` describes them."""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

from ...develop.describe import answer, described
from ..official import Official, ReplayMeters
from . import BEDROCK, CARRYING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...develop.describe import Describer, ReplayProvider
    from ...journal.entry import Call, Entry


def describer(provider: ReplayProvider) -> Describer:
    """Build the describer of AWS calls: the official wrapper of `_make_api_call`."""
    official = Official("botocore")
    official.instrument(
        provider,
        "wrap_function_wrapper",
        lambda *_: None,
        response_hook=provider.response_hook,
        meter_provider=ReplayMeters(provider),
    )
    described_by: Callable[..., Any] = official.instrumentor._patched_api_call

    def describe(entry: Entry) -> None:
        call: Any = entry.call
        client = _client(call.subject)
        if call.subject[0] == BEDROCK:
            from .bedrock.describe import describe as describe_bedrock  # by the first such call

            describe_bedrock(entry, client, described_by, provider)
            return

        def answering(*_: Any, **__: Any) -> Any:
            if call.subject[0] in CARRYING:
                _complete(call)
            return answer(entry, lambda response: response)

        described(lambda: described_by(answering, client, call.request, {}))

    return describe


def _complete(call: Call) -> None:
    """Set what the official instrumentor leaves out of a call that sends messages."""
    from .messaging import facts

    span: Any = trace.get_current_span()
    known = getattr(span, "attributes", None) or {}
    for name, value in facts(call).items():
        if name not in known:
            span.set_attribute(name, value)


@lru_cache(maxsize=64)
def _client(subject: tuple[Any, ...]) -> SimpleNamespace:
    """Return what stands for the client of a recorded call; describers read its `meta` only."""
    service, identity, version, region, endpoint = subject
    model = SimpleNamespace(service_name=service, service_id=identity, api_version=version)
    if identity is None:
        del model.service_id
    meta = SimpleNamespace(service_model=model, region_name=region, endpoint_url=endpoint)
    return SimpleNamespace(meta=meta)
