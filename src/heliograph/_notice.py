"""Lines of ours in the function's log, each told once.

A function may run a million times: what is worth saying about a setting, a limit or a failure is
said by the first invocation that meets it, and counted from then on.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger

counts: dict[str, int] = {}
"""How often each topic came up in this process; at most `MAX_TOPICS` of them."""

MAX_TOPICS = 256
"""Topics are ours, but some hold a user's name (an attribute key): this bounds the table."""


def logger() -> Logger:
    """Return the logger of all our lines; in Lambda the runtime's own handler prints them."""
    import logging  # loaded by the runtime already; a plain `import heliograph` has no need of it

    return logging.getLogger("heliograph")


def warn(topic: str, message: str) -> None:
    """Log a warning the first time its topic comes up, count it every time.

    Args:
        topic: What the line is about, for example `"setting OTEL_PROPAGATORS"`.
        message: The line. It names the thing, its value and what would be right.
    """
    seen = counts.get(topic, 0)
    if seen or len(counts) < MAX_TOPICS:
        counts[topic] = seen + 1
        if not seen:
            _log(30, message)


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
    log = logger()
    if not log.level:
        log.setLevel("INFO")  # the runtime leaves the root logger at WARNING
    _log(20, message)


def debug(message: str) -> None:
    """Log a line that shows only where the function logs at level DEBUG: each time, for each event.

    Args:
        message: The line.
    """
    _log(10, message)


def _log(level: int, message: str) -> None:
    """Log a line; where stdout is full, closed or gone the function goes on without it."""
    try:
        logger().log(level, "heliograph: %s", message)
    except (OSError, ValueError, AttributeError):
        counts["log"] = counts.get("log", 0) + 1
