"""AWS calls through aiobotocore: recorded as botocore's, in the task that awaits them.

`prepare_request`, where the X-Ray header is written, is botocore's own. Answers that are streams
are left alone: a span ends when the call has returned.
"""

from __future__ import annotations

from time import time_ns

from ..._guard import guarded, unframe
from ...journal import bounded, current
from ...journal.recording import Recorder, dress, recorders
from .. import after_import, botocore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from ...journal.entry import Entry
    from ...settings.config import Config

recorder = Recorder("botocore", bounded.facts)
"""Of its own, for hooks and switching off are aiobotocore's; what it records is botocore's."""

PLAIN = "bedrock"
"""What stands for Bedrock's models, of whose calls the facts of any service are told."""


def install(module: ModuleType, settings: Config) -> None:
    """Record `AioBaseClient._make_api_call`, on which every operation of every service runs.

    Args:
        module: `aiobotocore.client`, just imported.
        settings: The settings: whether AWS calls carry the trace on, and botocore is left alone.
    """
    kind = module.AioBaseClient
    original = kind._make_api_call

    async def _make_api_call(self: Any, operation_name: str, api_params: Any) -> Any:
        before, entry, here = current.here.get(), None, True
        try:
            entry = guarded("recording an AWS call", _begin, self, operation_name, api_params)
            then = None
            if recorder.recording:
                api_params, then = botocore.carried(entry, self, operation_name, api_params)
            result = await original(self, operation_name, api_params)
            if entry is not None:
                if then is not None:
                    guarded("linking a call to what it received", then, entry, result)
                guarded("recording an AWS call", _answer, entry, self, operation_name, result)
        except BaseException as error:
            here = type(error) is not GeneratorExit  # thrown in by whoever finds it given up
            if entry is not None or here:
                facts = recorder, self, operation_name, error, entry, before
                guarded(f"recording an exception of {recorder.library}", botocore.fail, *facts)
            unframe(error)
            raise
        finally:
            if entry is not None:
                if here or current.here.get() is entry:
                    current.here.set(before)
                entry.end = entry.end or time_ns() or 1  # an interrupt may leave it open
        return result

    dress(_make_api_call, original)
    kind._make_api_call = _make_api_call
    recorders["aiobotocore"] = recorder
    if settings.aws_header and settings.leaves_alone("botocore"):
        after_import("aiobotocore.endpoint", _install_header)


def _begin(client: Any, operation: str, params: Any) -> Entry | None:
    """Begin the entry of a call. Of one to Bedrock, nothing of what is asked is kept."""
    parent = recorder.parent()
    if parent is None:
        return None
    service = botocore.service_of(client)
    called = botocore.client_facts(client.meta, service)
    facts = bounded.facts(params) or {}
    if service == botocore.BEDROCK:
        called, facts = (PLAIN, *called[1:]), {}
    entry = recorder.begin(operation, parent, called, (operation, facts))
    if recorder.request_hook is not None:
        recorder.ask(entry, service, operation, params)
    return entry


def _answer(entry: Entry, client: Any, operation: str, result: Any) -> None:
    """End the entry of a call that returned; of a model's answer nothing is kept."""
    service = botocore.service_of(client)
    kept = result
    if service == botocore.BEDROCK:
        kept = {"ResponseMetadata": result.get("ResponseMetadata")}
    recorder.answer(entry, kept, service, operation, result)


def _install_header(module: ModuleType) -> None:
    """Write the X-Ray header of aiobotocore's requests, where botocore's own are left alone."""
    botocore.write_header(module.AioEndpoint)
