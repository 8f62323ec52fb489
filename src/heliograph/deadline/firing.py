"""What is done shortly before the deadline, in the watcher's thread (lifecycle spec 2.5).

Each step only while there is time for it. The handler is never interrupted, and the SDK never
imported here.
"""

from __future__ import annotations

import sys
from time import sleep, time_ns
from typing import TYPE_CHECKING, Any

from .. import _notice
from .._guard import OWN, guard
from ..blackbox.scalars import write_note
from ..develop.time_budget import Deadline
from ..journal import journal, state

if TYPE_CHECKING:
    from ..journal.entry import Entry
    from . import Watcher

MAX_FRAMES = 20
MAX_STACK = 3000
"""Characters of the stack: it is one record of the box."""
MAX_OPEN = 10
"""Open calls that are named, and sent to X-Ray."""
LEAST_NS = 20_000_000
"""Kept free before the deadline when open spans are sent."""


def fire(watcher: Watcher, number: int) -> None:
    """Do what is to be done for the invocation that comes close to its deadline.

    Where there is no time for more, its stack goes into the box: that takes microseconds.

    Args:
        watcher: Which saw it.
        number: Of the invocation, by the watcher's count.
    """
    if not watcher.runs(number):
        return
    with guard("reading the spans that are open"):
        if state.running is not None:
            state.running.entry.resolve()
    opened = [entry for entry in journal.entries[:] if not entry.end]
    with guard("taking the stack at the deadline"):
        if opened:
            _take_stack(watcher, opened[-1])
    if watcher.brief:
        return
    with guard("telling of the deadline"):
        _tell(watcher, opened)
    with guard("sending open spans to X-Ray"):
        _send_open(opened)
    _develop(watcher, number)


def _left(watcher: Watcher) -> int:
    return watcher.deadline_ns - time_ns()


def _take_stack(watcher: Watcher, innermost: Entry) -> None:
    """Put the stack of the handler's thread on the innermost open span, and into the box."""
    frame = sys._current_frames().get(watcher.thread)  # noqa: SLF001 - the only way there is
    if frame is None:
        return
    text = stack_of(frame)
    remaining = max(0, _left(watcher) // 1_000_000)
    now = time_ns()
    stack: dict[str, object] = {"code.stacktrace": text}
    innermost.op(("add_event", "heliograph.stack", stack, now))
    running = state.running
    if running is not None:
        near: dict[str, object] = {"remaining_ms": remaining}
        running.entry.op(("add_event", "heliograph.deadline_near", near, now))
    if state.box is not None:
        write_note(state.box, innermost.span_id, "code.stacktrace", text)


def stack_of(frame: Any) -> str:
    """Return a stack as Python prints it, the innermost call last, without source lines."""
    lines: list[str] = []
    while frame is not None and len(lines) < MAX_FRAMES:
        code = frame.f_code
        if code.co_filename.startswith(OWN):
            if code.co_name == "invoke":  # above it is the runtime
                break
        else:
            lines.append(f'  File "{code.co_filename}", line {frame.f_lineno}, in {code.co_name}')
        frame = frame.f_back
    return "\n".join(lines[::-1])[-MAX_STACK:]


def name_of(entry: Entry) -> str:
    """Return what a span that is open is called now."""
    call = entry.call
    if call is not None:
        from ..journal.recording import recorders

        return recorders[call.library].brief(call)[0]
    if entry.undescribed is not None and state.config is not None:
        return state.config.function_name or state.config.handler or "handler"
    return entry.name


def _tell(watcher: Watcher, opened: list[Entry]) -> None:
    """Say in the log that the deadline is near, and which calls are open."""
    now = time_ns()
    request = state.running.entry.resolve().trace.request_id if state.running is not None else ""
    names = [
        f"{_notice.shown(name_of(entry), 80)} for {(now - entry.start) // 1_000_000} ms"
        for entry in opened[-MAX_OPEN:]
    ]
    _notice.warn(
        ("deadline", request or str(watcher.number)),
        f"{max(0, _left(watcher) // 1_000_000)} ms are left of the invocation; open: "
        f"{', '.join(names) or 'nothing'}.",
    )


def _send_open(opened: list[Entry]) -> None:
    """Tell X-Ray which spans are in progress, if its encoder is loaded: a later document wins."""
    exporters = state.development.local_exporters() if state.development is not None else []
    for exporter in exporters:
        if not hasattr(exporter, "send_open"):
            continue
        for entry in opened[:MAX_OPEN]:
            trace, parent = entry.trace, entry.parent
            if trace.id not in state.declined:
                ids = trace.id, entry.span_id, parent.span_id if parent is not None else 0
                inner = type(parent) is type(entry)
                exporter.send_open(ids, name_of(entry), entry.start, inner=inner)


def _develop(watcher: Watcher, number: int) -> None:
    """Develop what has ended, and send what is open where the settings ask for that."""
    developing, cost = state.development, watcher.margin.cost_ns
    if developing is None or not developing.loaded:
        return
    until = Deadline(watcher.deadline_ns)
    if _left(watcher) > cost * 3 // 2 and watcher.runs(number):
        with guard("developing before the deadline"):
            developing.run(until)
    if state.config is None or state.config.deadline_open != "send":
        return
    wait = _left(watcher) - max(cost * 3 // 2, LEAST_NS)
    if wait > 0:
        sleep(wait / 1e9)
    if watcher.runs(number):
        with guard("sending open spans before the deadline"):
            _send_as_they_are()
            developing.run(until)


def _send_as_they_are() -> None:
    """Put copies of the open spans into the journal, ended now."""
    now = time_ns() or 1
    copies = []
    for entry in journal.entries[:]:
        if entry.end:
            continue
        entry.describe()
        copy = type(entry).__new__(type(entry))
        for name in type(entry).__slots__:
            setattr(copy, name, getattr(entry, name))
        copy.ops = [
            *(entry.ops or ()),
            ("set_attribute", "heliograph.unfinished", True),
            ("set_attribute", "error.type", "timeout"),
            ("set_status", 2, "near its deadline"),
        ]
        copy.end = now
        copies.append(copy)
    journal.entries += copies
