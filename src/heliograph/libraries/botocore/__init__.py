"""AWS calls through botocore: recorded, and given the call's own X-Ray header."""

from __future__ import annotations

from time import time_ns

from ..._guard import guarded, unframe
from ...journal import bounded, current, state
from ...journal.entry import Entry
from ...journal.recording import Recorder, dress, recorders
from ...propagation import xray
from .. import after_import

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from ...settings.config import Config


class CallRecorder(Recorder):
    """Records AWS calls."""

    def brief(self, call: Any) -> tuple[str, dict[str, Any]]:
        """Return service and operation, and with them the region."""
        service, identity, _, region, _ = call.subject
        name, operation = identity or service, call.request[0]
        facts = {"rpc.system": "aws-api", "rpc.service": name, "rpc.method": operation}
        return f"{name}.{operation}", facts | ({"cloud.region": region} if region else {})


recorder = CallRecorder("botocore", bounded.facts)

BEDROCK = "bedrock-runtime"
"""A service whose answers are streams, and full of what is nobody's business: a folder for it."""

CARRYING = {
    "sqs": "",
    "sns": "",
    "bedrock-agentcore": "",
    "events": "eventbridge_detail",
    "lambda": "client_context",
    "iot-data": "iot_user_properties",
}
"""Services whose calls carry the context in their parameters, and the setting that has them do so;
"" for those that do by themselves."""


def install(module: ModuleType, settings: Config) -> None:
    """Record `BaseClient._make_api_call`, on which every operation of every service runs.

    Args:
        module: `botocore.client`, just imported.
        settings: The settings: whether AWS calls carry the trace on.
    """
    _record(module)
    if settings.aws_header:
        after_import("botocore.endpoint", install_header)


def _record(module: ModuleType) -> None:
    base = module.BaseClient
    original = base._make_api_call

    def _make_api_call(self: Any, operation_name: str, api_params: Any) -> Any:
        before, entry = current.here.get(), None
        try:
            entry = guarded("recording an AWS call", _begin, self, operation_name, api_params)
            if entry is None:
                api_params, _ = carried(None, self, operation_name, api_params)
                return original(self, operation_name, api_params)
            if type(entry) is not Entry:  # of Bedrock: it ends when the answer was read
                answered, entry = entry, None
                return answered(original(self, operation_name, api_params))
            then = None
            if entry.call.subject[0] in CARRYING:  # type: ignore[union-attr] # it was just begun
                api_params, then = carried(entry, self, operation_name, api_params)
            result = original(self, operation_name, api_params)
            if then is not None:
                guarded("linking a call to what it received", then, entry, result)
            service = service_of(self) if recorder.response_hook is not None else ""
            recorder.answer(entry, result, service, operation_name, result)
        except BaseException as error:
            facts = recorder, self, operation_name, error, entry, before
            guarded(f"recording an exception of {recorder.library}", fail, *facts)
            unframe(error)
            raise
        finally:
            if entry is not None:
                current.here.set(before)
                entry.end = entry.end or time_ns() or 1  # what interrupts us may have left it open
        return result

    dress(_make_api_call, original)
    base._make_api_call = _make_api_call
    recorders["botocore"] = recorder


def _begin(client: Any, operation: str, params: Any) -> Any:
    """Begin the entry of a call; returns what takes the answer of one to Bedrock."""
    parent = recorder.parent()
    if parent is None:
        return None
    meta = client.meta
    model = meta.service_model
    service = model.service_name
    if service == BEDROCK:
        from . import bedrock  # by the first of its calls

        return bedrock.begin(recorder, parent, client_facts(meta, service), operation, params)
    try:
        called = service, _ids[service], model.api_version, meta.region_name, meta.endpoint_url
    except (AttributeError, KeyError):
        called = client_facts(meta, service)
    facts = operation, bounded.facts(params) or {}
    entry = recorder.begin(operation, parent, called, facts)
    if recorder.request_hook is not None:
        recorder.ask(entry, service, operation, params)
    return entry


_ids: dict[str, str | None] = {}
"""Ids of services, such as "SQS", by their names."""


def client_facts(meta: Any, service: str) -> tuple[Any, ...]:
    """Return what describers read of a client: service, its id, API version, region, endpoint.

    The first time of each service, and where a client lacks one of them.
    """
    model = meta.service_model
    if service not in _ids:
        identity = guarded("reading the id of an AWS service", getattr, model, "service_id", None)
        _ids[service] = str(identity) if identity is not None else None
    version = getattr(model, "api_version", None)
    region, endpoint = getattr(meta, "region_name", None), getattr(meta, "endpoint_url", None)
    return service, _ids[service], version, region, endpoint


def carried(entry: Entry | None, client: Any, operation: str, params: Any) -> tuple[Any, Any]:
    """Return the parameters that a call is sent with, and what is done with its response then.

    They are others than the function's where they carry the trace context.
    """
    facts = entry, client, operation, params
    return guarded("carrying the trace context in an AWS call", _carry, *facts) or (params, None)


def _carry(entry: Entry | None, client: Any, operation: str, params: Any) -> Any:
    option = CARRYING.get(service_of(client))
    settings = state.config
    if option is None or settings is None or (entry is None and not recorder.recording):
        return None
    if option and getattr(settings, option) in (False, "off"):
        return None
    span = entry or current.span()
    if span is None:
        return None
    from .carrying import carry

    return carry(entry, span, client, operation, params)


def fail(
    recorder: Recorder,
    client: Any,
    operation: str,
    error: BaseException,
    entry: Any,
    before: object,
) -> None:
    """End the entry of a call that raised.

    Args:
        recorder: That began it.
        client: The client.
        operation: Such as `SendMessage`.
        error: What was raised.
        entry: What was begun; None if nothing was, or that was interrupted.
        before: What was current before the call.
    """
    from ...journal import recorded_exception  # by the first failure

    seen: tuple[object, ...] = ()
    if recorder.response_hook is not None:
        seen = service_of(client), operation, recorded_exception.response_of(error)
    recorded_exception.fail(recorder, entry, before, error, *seen)


def service_of(client: Any) -> str:
    """Return the name of a client's service, such as "sqs"."""
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
    write_header(module.Endpoint)


def write_header(endpoint: Any) -> None:
    """Have a class of endpoints do that.

    Args:
        endpoint: The class.
    """
    original = endpoint.prepare_request

    def prepare_request(self: Any, request: Any) -> Any:
        prepared = original(self, request)
        span = current.span()
        if span is not None:
            guarded("writing the X-Ray header of an AWS call", _write, span, prepared)
        return prepared

    dress(prepare_request, original)
    endpoint.prepare_request = prepare_request


def _write(span: Any, prepared: Any) -> None:
    xray.onto_aws_call(span, prepared.headers)
