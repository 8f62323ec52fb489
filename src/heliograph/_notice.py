"""Lines of ours in the function's log, each told once.

A function may run a million times: what is worth saying about a setting, a limit or a failure is
said by the first invocation that meets it, and counted from then on. A line holds what users and
backends say only within a bound, in one piece, and without what a terminal would obey.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger
    from typing import Any

    def shown(value: object, limit: int = 100) -> str: ...
    def type_name(value: object) -> str: ...


INFO, WARNING = 20, 30

counts: dict[str | tuple[str, str], int] = {}
"""How often each topic came up in this process."""

MAX_NAMES = 64
"""Names told of a family of topics. Names may come from events: without a bound they would fill the
memory, and with one for all families they would silence lines that hold no name."""
MAX_LINE = 4096
"""Characters of a line."""

least = [0]
"""The level that `AWS_LAMBDA_LOG_LEVEL` asks for; 0 where it says nothing."""


def logger() -> Logger:
    """Return the logger of all our lines; in Lambda the runtime's own handler prints them."""
    import logging  # loaded by the runtime already; a plain `import heliograph` has no need of it

    return logging.getLogger("heliograph")


def warn(topic: str | tuple[str, object], message: str | Callable[[], str]) -> None:
    """Log a warning the first time its topic comes up, count it every time.

    Args:
        topic: What the line is about, for example `"setting OTEL_PROPAGATORS"`; where it is about
            something with a name of the user's, that name beside it: `("annotation", key)`.
        message: The line, or what makes it, which is called only if it is written. It names the
            thing, its value (by `shown`) and what would be right.
    """
    known: Any = topic
    if type(topic) is tuple:
        from ._shown import named

        known = named(topic, counts, MAX_NAMES)
    seen = counts[known] = counts.get(known, 0) + 1
    if seen == 1:
        _log(WARNING, message)


def __getattr__(name: str) -> Any:
    """Load `shown` and `type_name`, for users' values in lines, when one is first needed."""
    from . import _shown

    return getattr(_shown, name)


def inform(message: str, topic: str = "") -> None:
    """Log a line that is no complaint, such as the one at start.

    Args:
        message: The line.
        topic: If given, the line is logged the first time this topic comes up.
    """
    if topic:
        counts[topic] = counts.get(topic, 0) + 1
        if counts[topic] > 1:
            return
    _log(INFO, message)


def debug(message: str) -> None:
    """Log a line that shows only where the function logs at level DEBUG: each time, for each event.

    Args:
        message: The line.
    """
    _log(10, message)


def _log(level: int, message: str | Callable[[], str]) -> None:
    """Log a line as the function's own logging is set up; whatever that raises, it goes on."""
    try:
        log = logger()
        if level < _level_of(log) or log.manager.disable >= level:
            return
        text = message if isinstance(message, str) else message()
        text = text[:MAX_LINE]
        if ("=" in text or "@" in text or "%" in text) and ("/" in text or "&" in text):
            from . import _redaction  # users and backends say URLs

            text = _redaction.text(text)
        if not text.isprintable():
            from ._shown import clean

            text = clean(text)
        record = log.makeRecord(log.name, level, __file__, 0, "heliograph: %s", (text,), None)
        if level < WARNING:
            log.handle(record)
            return
        from ._interrupts import signals_later  # not for the line at start

        with signals_later():
            log.handle(record)
    except Exception as error:
        from ._interrupts import passes

        if passes(error):
            raise
        counts["log"] = counts.get("log", 0) + 1


def _level_of(log: Logger) -> int:
    """Return the level from which lines are wanted.

    The runtime leaves the root logger at WARNING, whatever the function wants; our few lines at
    INFO are written there too. Any other level was chosen by somebody.
    """
    level = log.getEffectiveLevel()
    if level == WARNING and not log.level:
        level = INFO
    return max(level, *least)
