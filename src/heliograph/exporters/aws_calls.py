"""Calls of our own to AWS: nothing records them, and what fails has one name."""

from __future__ import annotations

from contextvars import Context
from typing import TYPE_CHECKING, TypeVar

from ..journal.current import QUIET, here

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


class UnreadyError(ConnectionError):
    """What a request needs is not there: it cannot be sent now, and perhaps later.

    A `ConnectionError`, for to the exporter it is one: what was to be sent is kept, and the
    endpoint is tried again after a pause.
    """


def quietly(call: Callable[[], Result]) -> Result:
    """Return what a call returns; neither we nor an official instrumentor record what it does.

    It runs in a context of its own, so no span of the function is its parent.

    Args:
        call: Without arguments.
    """

    def run() -> Result:
        from opentelemetry.instrumentation.utils import suppress_instrumentation

        here.set(QUIET)
        with suppress_instrumentation():
            return call()

    return Context().run(run)
