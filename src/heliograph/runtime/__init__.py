"""Around the handler: the runtime client's own steps, at which something of ours is done.

What is developed is developed where the response has been posted and the next event is asked for.
The hooks sit on the class that all runtime clients share, so that Managed Instances' client has
them too (lifecycle spec 1.3). A refused POST leaves the loop before the next event is asked for.
"""

from __future__ import annotations

import sys
from time import perf_counter_ns

started_ns = perf_counter_ns()
"""When our part of init began: the clock starts before the imports of this room."""

from .._guard import guard, guarded, unframe  # noqa: E402 # the clock starts before
from ..journal import state  # noqa: E402 - the same
from . import lifecycle  # noqa: E402 # the same

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HOOKED = ("wait_next_invocation", "post_invocation_result", "post_invocation_error")

hooked = False
"""Whether development has its place after the response; else it is done in line."""

_posting: Any = None
"""The response or error that is being posted."""


def hook() -> bool:
    """Hook the runtime client; False if there is none, or one of another shape."""
    global hooked
    module = sys.modules.get("awslambdaric.lambda_runtime_client")
    client: Any = getattr(module, "BaseLambdaRuntimeClient", None) or getattr(
        module, "LambdaRuntimeClient", None
    )
    if hooked or client is None or not all(hasattr(client, name) for name in HOOKED):
        return hooked
    client.wait_next_invocation = _developing_before(client.wait_next_invocation)
    client.post_invocation_result = _seeing_refusal(client.post_invocation_result)
    client.post_invocation_error = _seeing_refusal(client.post_invocation_error, reports=True)
    for kind in client.__subclasses__():
        if "handle_exception" in vars(kind):
            kind.handle_exception = _seeing_swallowed(kind.handle_exception)
    hooked = True
    return True


def _developing_before(original: Any) -> Any:
    def wait_next_invocation(self: Any) -> Any:
        lifecycle.develop()
        try:
            return original(self)
        except BaseException as error:
            unframe(error)
            raise

    # as `functools.wraps` does
    wait_next_invocation.__wrapped__ = original  # type: ignore[attr-defined]
    return wait_next_invocation


def _seeing_refusal(original: Any, *, reports: bool = False) -> Any:
    def post(self: Any, invoke_id: Any, data: Any, *args: Any, **kwargs: Any) -> Any:
        global _posting
        _posting = data
        if reports and state.last is not None and state.last.error is None:
            from .refusal import reported

            last = state.last
            guarded("recording an error that the runtime reports", reported, last, data)
        try:
            result = original(self, invoke_id, data, *args, **kwargs)
        except BaseException as error:
            _refused()
            lifecycle.develop_all()
            unframe(error)
            raise
        else:
            if state.box is not None:
                guarded("writing the black box", state.box.posted)
            return result
        finally:
            _posting = None

    post.__wrapped__ = original  # type: ignore[attr-defined] # the same
    return post


def _seeing_swallowed(original: Any) -> Any:
    """Managed Instances' client logs a refusal and goes on: the POST returns all the same."""

    def handle_exception(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        _refused()
        return result

    handle_exception.__wrapped__ = original  # type: ignore[attr-defined] # the same
    return handle_exception


def _refused() -> None:
    with guard("recording a refused response"):
        data = _posting
        if data is not None and state.last is not None:
            from . import refusal

            refusal.refused(state.last, data)
