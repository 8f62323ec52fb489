"""AWS calls as the official `BotocoreInstrumentor` describes them."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ...develop.describe import answer, described
from ...settings.lending import lent
from ..official import Official

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.trace import TracerProvider

    from ...develop.describe import Describer, ReplayProvider
    from ...journal.entry import Entry
    from ...settings.config import Config


def describer(provider: ReplayProvider) -> Describer:
    """Build the describer of AWS calls: the official wrapper of `_make_api_call`."""
    described_by = _wrapper(provider, provider.response_hook)

    def describe(entry: Entry) -> None:
        call: Any = entry.call
        client = _client(call.subject)
        # with the entry of this call
        answering = lambda *_, **__: answer(entry, lambda response: response)  # noqa: E731
        described(lambda: described_by(answering, client, call.request, {}))

    return describe


def in_line(settings: Config) -> Callable[[Any, Any, Any, Any], Any]:
    """Return the official wrapper on the recording tracer, for calls that are made within it.

    Args:
        settings: Those in force; their environment is lent.
    """
    with lent(settings):
        # first: its hook is what loads our side of it; the function's own, whatever ours is
        import_module("opentelemetry.trace")
        from ...otel_api.trace import RecordingTracerProvider

        return _wrapper(RecordingTracerProvider())


def _wrapper(
    provider: TracerProvider, response_hook: Callable[..., object] | None = None
) -> Callable[[Any, Any, Any, Any], Any]:
    """Return a function of the wrapped function, the client, its arguments, its keywords."""
    official = Official("botocore")
    official.instrument(
        provider, "wrap_function_wrapper", lambda *_: None, response_hook=response_hook
    )
    wrapper: Callable[[Any, Any, Any, Any], Any] = official.instrumentor._patched_api_call
    return wrapper


@lru_cache(maxsize=64)
def _client(subject: tuple[Any, ...]) -> SimpleNamespace:
    """Return what stands for the client of a recorded call; describers read its `meta` only."""
    service, identity, version, region, endpoint = subject
    model = SimpleNamespace(service_name=service, service_id=identity, api_version=version)
    if identity is None:
        del model.service_id
    meta = SimpleNamespace(service_model=model, region_name=region, endpoint_url=endpoint)
    return SimpleNamespace(meta=meta)
