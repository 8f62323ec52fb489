"""What exporters log while a worker delivers: told once by the breaker, not at every invocation.

OpenTelemetry's exporters log a line or more for each failed export. With a backend that is down
these would fill the function's log; the last one is the reason that the breaker's line gives.
"""

from __future__ import annotations

import logging
from _thread import get_ident

LOGGER = "opentelemetry.exporter"
"""Ancestor of the loggers of OpenTelemetry's exporters."""
LONGEST = 300
"""Characters kept of a complaint."""

_heard: dict[int, str] = {}
"""The last complaint by worker's thread, while it delivers."""


class _Listening(logging.Handler):
    """Keeps a worker's records; passes all others on, as if it was not there."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread in _heard:
            if record.levelno >= logging.WARNING:
                _heard[record.thread] = record.getMessage()[:LONGEST]
            return
        above = logging.getLogger(LOGGER).parent
        if above is not None and _propagated:
            above.callHandlers(record)


_listening = _Listening()
_listeners = 0
_propagated = True


def listen() -> None:
    """Hear the exporters' loggers, until as many calls of `leave`."""
    global _listeners, _propagated
    logger = logging.getLogger(LOGGER)
    if not _listeners:
        _propagated = logger.propagate
        logger.addHandler(_listening)
        logger.propagate = False
    _listeners += 1


def leave() -> None:
    """Hear them no more."""
    global _listeners
    _listeners -= 1
    if not _listeners:
        logger = logging.getLogger(LOGGER)
        logger.removeHandler(_listening)
        logger.propagate = _propagated


class Hearing:
    """Keeps what this thread's exporter logs during the block.

    Attributes:
        said: The last complaint, or "".
    """

    said = ""

    def __enter__(self) -> None:
        _heard[get_ident()] = ""

    def __exit__(self, *error: object) -> None:
        self.said = _heard.pop(get_ident(), "")
