"""AWS calls as the official `BotocoreInstrumentor` describes them."""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ...develop.describe import answer, described
from ..official import Official, ReplayMeters
from . import BEDROCK

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...develop.describe import Describer, ReplayProvider
    from ...journal.entry import Entry


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
        # with the entry of this call
        answering = lambda *_, **__: answer(entry, lambda response: response)  # noqa: E731
        described(lambda: described_by(answering, client, call.request, {}))

    return describe


@lru_cache(maxsize=64)
def _client(subject: tuple[Any, ...]) -> SimpleNamespace:
    """Return what stands for the client of a recorded call; describers read its `meta` only."""
    service, identity, version, region, endpoint = subject
    model = SimpleNamespace(service_name=service, service_id=identity, api_version=version)
    if identity is None:
        del model.service_id
    meta = SimpleNamespace(service_model=model, region_name=region, endpoint_url=endpoint)
    return SimpleNamespace(meta=meta)
