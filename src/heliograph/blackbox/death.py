"""How a process died, by what it has left (lifecycle spec 3.5): a guess, with its confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import ATEXIT, DEADLINE, INIT, REFUSED, SIGTERM

if TYPE_CHECKING:
    from .reader import Dead

SIGNALS = {
    "Segmentation fault": "SIGSEGV",
    "Aborted": "SIGABRT",
    "Floating": "SIGFPE",
    "Bus error": "SIGBUS",
    "Illegal instruction": "SIGILL",
}
NEAR_NS = 2_000_000_000
"""Last signs of life so close to the deadline speak for a timeout."""
INIT_NS = 9_500_000_000
"""Init has ten seconds."""
FULL = 0.95
"""Share of the memory from which it was probably too little."""


def died(dead: Dead, report: str) -> tuple[str, str]:
    """Return what it probably died of, and how sure that is.

    Args:
        dead: What it has left.
        report: What `faulthandler` wrote; "" if nothing.
    """
    if report and not report.startswith("Timeout"):
        first = report.partition("\n")[0]
        found = [signal for text, signal in SIGNALS.items() if text in first]
        return f"signal:{found[0] if found else 'unknown'}", "certain"
    if dead.state == INIT:
        late = dead.alive - dead.created > INIT_NS
        return "init_timeout" if late else "init_crash", "possible"
    if dead.marks & REFUSED:
        return _refused(dead), "certain"
    for mark, death, sure in (
        (ATEXIT, "exit", "certain"),
        (SIGTERM, "shutdown", "certain"),
        (DEADLINE, "timeout", "likely"),
    ):
        if dead.marks & mark:
            return death, sure
    if report or (dead.deadline and dead.evidence >= dead.deadline - NEAR_NS):
        return "timeout", "possible"
    if dead.memory_mb and dead.rss_kb >= dead.memory_mb * 1024 * FULL:
        return "out_of_memory", "likely"
    return "killed", "unknown"


def _refused(dead: Dead) -> str:
    told = dead.ended.get(dead.span_id, (0, 0, ""))[2]
    if told == "timeout" or (dead.deadline and dead.evidence >= dead.deadline):
        return "late_response"
    return told if told == "response_too_large" else "response_refused"
