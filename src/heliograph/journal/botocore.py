"""AWS calls through botocore: recorded, and given the call's own X-Ray header."""

from __future__ import annotations

from functools import partial

from .._guard import guarded
from . import carry, current, keep
from .recording import Recorder, recorders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

recorder = Recorder("botocore")

IN_LINE = frozenset({"bedrock-runtime"})
"""Services whose response is a stream that describing consumes: their calls cannot be described
from what is kept, the official wrapper runs around the call itself."""


def _no_wrapper() -> None:
    return None


official_wrapper: Callable[[], Any] = _no_wrapper
"""Makes the official wrapper of a call. Set where hooks are installed."""

_wrapper: Any = None


def install(module: ModuleType) -> None:
    """Record `BaseClient._make_api_call`, on which every operation of every service runs.

    Args:
        module: `botocore.client`, just imported.
    """
    base = module.BaseClient
    original = base._make_api_call

    def _make_api_call(self: Any, operation_name: str, api_params: Any) -> Any:
        begun = guarded("recording an AWS call", _begin, self, operation_name, api_params)
        if begun is None:
            return original(self, operation_name, api_params)
        entry, token = begun
        if entry is None:  # in line: the token is the official wrapper
            return token(partial(original, self), self, (operation_name, api_params), {})
        service = _service(self) if recorder.response_hook is not None else ""
        try:
            result = original(self, operation_name, api_params)
        except BaseException as error:
            from .fault import response_of  # loaded by the first failure

            response = response_of(error)
            recorder.fail(entry, token, error, service, operation_name, response)
            raise
        recorder.answer(entry, token, keep.facts, result, service, operation_name, result)
        return result

    _make_api_call.__doc__ = original.__doc__
    _make_api_call.__wrapped__ = original  # type: ignore[attr-defined]
    base._make_api_call = _make_api_call
    recorders["botocore"] = recorder


def _begin(client: Any, operation: str, params: Any) -> Any:
    """Begin the entry of a call; (None, official wrapper) for one that is described live."""
    global _wrapper
    parent = recorder.parent()
    if parent is None:
        return None
    if _service(client) in IN_LINE:
        _wrapper = _wrapper or official_wrapper()
        if _wrapper is not None:
            return None, _wrapper
    begun = recorder.begin(operation, parent, client.meta, (operation, keep.facts(params) or {}))
    if recorder.request_hook is not None:
        recorder.ask(begun[0], _service(client), operation, params)
    return begun


def _service(client: Any) -> str:
    name: str = client.meta.service_model.service_name
    return name


def install_header(module: ModuleType) -> None:
    """Write the current span's X-Ray header on every request, retries too.

    `prepare_request` runs after botocore's own `before-call` handlers and after signing;
    `X-Amzn-Trace-Id` is never signed (triggers spec 8.1). The request that it returns is the one
    that leaves, made for this attempt.

    Args:
        module: `botocore.endpoint`, just imported.
    """
    endpoint = module.Endpoint
    original = endpoint.prepare_request

    def prepare_request(self: Any, request: Any) -> Any:
        prepared = original(self, request)
        span = current.span()
        if span is not None:
            guarded("writing the X-Ray header of an AWS call", _write, span, prepared)
        return prepared

    prepare_request.__doc__ = original.__doc__
    prepare_request.__wrapped__ = original  # type: ignore[attr-defined]
    endpoint.prepare_request = prepare_request


def _write(span: Any, prepared: Any) -> None:
    carry.onto_aws_call(span, prepared.headers)
