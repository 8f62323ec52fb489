"""What few functions ask for around the handler: captured headers, hooks, an authorizer's context.

Loaded where a setting or code asks for one of them.
"""

from __future__ import annotations

from .._guard import guard
from ..journal import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..settings.config import Config
    from .invocation import Invocation

HTTP = "http"
STREAMS = ("kinesis", "pipe:kinesis")
AUTHORIZERS = ("authorizer", "appsync_authorizer")


class Extras:
    """What is still to do when the handler has returned.

    Args:
        running: The invocation.
        config: The settings.
        event: The event; kept for the user's hook only.
        context: The handler's second argument.
    """

    def __init__(self, running: Invocation, config: Config, event: object, context: object) -> None:
        self._running = running
        self._config = config
        self._given = (event, context) if state.hooks is not None and state.hooks[1] else None

    def end(self, result: object) -> object:
        """Do it; returns what is to be returned in place of the result, if anything."""
        running, config = self._running, self._config
        if _is_http(running):
            names = config.capture_response_headers
            if names:
                from ..triggers import captured

                hidden = config.sanitize_headers
                kept = captured.response(result, names, hidden)
                if kept:
                    running.entry.op(("set_attributes", kept))
        if self._given is not None and state.hooks is not None:
            with guard("calling the response hook of the handler"):
                state.hooks[1](_handle(running), *self._given, result)
        if running.trigger in AUTHORIZERS and config.authorizer_context:
            from . import handing_on

            return handing_on.answer(running, result)
        return None


def begin(running: Invocation, config: Config, event: Any, context: object) -> Extras:
    """Do what is asked for before the handler; returns what ends it."""
    request = running.request
    if request is not None:
        if running.trigger in STREAMS and config.kinesis_json:
            from ..triggers import kinesis

            kinesis.search(event, request)
        if _is_http(running):
            names = config.capture_request_headers
            if names:
                from ..triggers import captured

                hidden = config.sanitize_headers
                request.attributes.update(captured.request(event, names, hidden))
    if state.hooks is not None and state.hooks[0]:
        with guard("calling the request hook of the handler"):
            state.hooks[0](_handle(running), event, context)
    return Extras(running, config, event, context)


def _is_http(running: Invocation) -> bool:
    from .. import triggers

    return running.trigger not in AUTHORIZERS and triggers.faas_trigger(running.trigger) == HTTP


def _handle(running: Invocation) -> Any:
    """Return the handler's span as `heliograph.span` has it."""
    from ..manual import handle

    return handle(running.entry.resolve())


def told(event: Any) -> str:
    """Return the trigger of an event by the function's own keys: `warmup`, else `direct`."""
    own = state.warmup_keys or frozenset()
    return "warmup" if type(event) is dict and not own.isdisjoint(event) else "direct"


def is_kept(config: Config) -> bool:
    """Tell whether what only keeps an environment warm is recorded."""
    return config.warmup == "keep"
