"""The spans of a process that is dead, made of what its black box says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..blackbox import COLD, DECLINED, INIT, INVOKING, LAMBDA_SEGMENT, NO_ROOT, RESOLVED, SAMPLED
from ..journal import MAX_STRING, state
from ..journal.entry import INTERNAL, SERVER, Entry, Remote, Trace, new_trace_id, span_id
from .invocation import ERROR, lambda_traces

if TYPE_CHECKING:
    from ..blackbox.reader import Dead

STACK = "code.stacktrace"


def entries_of(dead: Dead, death: tuple[str, str], report: str) -> list[Entry]:
    """Return the spans, all ended: those that were open at the last sign of life.

    Args:
        dead: What the process has left.
        death: How it died, and how sure that is.
        report: What Python wrote of a crash.
    """
    return Making(dead, death, report).entries()


class Making:
    """Makes the spans of one box.

    Args:
        dead, death, report: As for `entries_of`.
    """

    def __init__(self, dead: Dead, death: tuple[str, str], report: str) -> None:
        self._dead, self._death, self._report = dead, death, report
        self._died = dead.state in {INIT, INVOKING}
        self._trace = self._header_trace()
        self._traces = {self._trace.id: self._trace}

    def _header_trace(self) -> Trace:
        """Return the trace of the invocation, sampled as it was or would have been."""
        dead = self._dead
        trace_id, told = dead.trace_id or new_trace_id(), bool(dead.flags & SAMPLED)
        declined = bool(dead.flags & DECLINED)
        sampled = told
        if not dead.flags & RESOLVED:
            declined = not told and state.policy is not None
            sampled = state.decide(None if declined or not dead.trace_id else told, trace_id)
        if declined:
            state.declined[trace_id] = None
        if dead.flags & LAMBDA_SEGMENT and sampled:
            lambda_traces[trace_id] = None
        return Trace(trace_id, sampled=sampled, request_id=dead.request_id or None)

    def entries(self) -> list[Entry]:
        """Return them, the handler's first."""
        dead = self._dead
        made = [self._span(one) for one in dead.opened if one not in dead.exported]
        if dead.state == INIT:
            made.append(self._init())
        elif not dead.flags & NO_ROOT and self._trace.sampled and dead.span_id not in dead.exported:
            made.insert(0, self._root())
        return sorted(made, key=lambda entry: entry.start)

    def _made(self, what: tuple[str, int, Trace], parent: int, span: int, start: int) -> Entry:
        name, kind, trace = what
        above = Remote(trace, parent, is_remote=False) if parent else None
        entry = Entry(name, above, trace, kind=kind)
        entry.span_id, entry.start = span or span_id(), start
        entry.ops = [("set_attribute", "heliograph.recovered", True)]
        if not self._died:
            entry.ops.append(("set_attribute", "heliograph.delayed", True))
        return entry

    def _span(self, span: int) -> Entry:
        parent, start, name, kind, library, trace_id, scalars = self._dead.opened[span]
        trace = self._traces.get(trace_id or self._trace.id)
        if trace is None:
            trace = self._traces[trace_id] = Trace(trace_id)
        entry = self._made((str(name), int(kind), trace), parent, span, start)
        if library and not library.startswith("heliograph"):
            scalars = {"heliograph.library": library, **scalars}
        entry.attributes = {str(key): value for key, value in scalars.items()}
        self._finish(entry)
        return entry

    def _root(self) -> Entry:
        from .description import name

        dead, config = self._dead, state.config
        what = (name(config, None) if config is not None else "function", SERVER, self._trace)
        entry = self._made(what, 0, dead.span_id, dead.start)
        if dead.parent_id:
            segment = bool(dead.flags & LAMBDA_SEGMENT)
            entry.parent = Remote(self._trace, dead.parent_id, lambda_segment=segment)
        entry.attributes = {"faas.coldstart": bool(dead.flags & COLD)}
        if config is not None and config.handler:
            entry.attributes["code.function.name"] = config.handler
        if dead.request_id:
            entry.attributes["faas.invocation_id"] = dead.request_id
        self._say_death(entry)
        self._finish(entry)
        return entry

    def _init(self) -> Entry:
        """Return the span of an init that died: nothing is above it."""
        dead = self._dead
        entry = self._made(("init", INTERNAL, Trace(new_trace_id())), 0, 0, dead.created)
        self._say_death(entry)
        self._finish(entry)
        return entry

    def _say_death(self, entry: Entry) -> None:
        if self._died:
            death, sure = self._death
            entry.op(("set_attribute", "heliograph.death", death))
            entry.op(("set_attribute", "heliograph.death.confidence", sure))
            if self._report:
                stack: dict[str, object] = {STACK: self._report[:MAX_STRING]}
                entry.op(("add_event", "heliograph.stack", stack, self._dead.evidence))

    def _finish(self, entry: Entry) -> None:
        """End a span as it ended, or at the last sign of life."""
        dead = self._dead
        notes: dict[str, Any] = dict(dead.notes.get(entry.span_id, {}))
        stack = notes.pop(STACK, None)
        end, status, error, scalars = dead.ended.get(entry.span_id, (0, 0, "", {}))
        message = scalars.pop("exception.message", None)
        for key, value in (notes | scalars).items():
            entry.op(("set_attribute", str(key), value))
        if stack:
            event: dict[str, object] = {STACK: stack}
            entry.op(("add_event", "heliograph.stack", event, dead.evidence))
        refused = entry.span_id == dead.span_id and self._died
        if not end or (refused and not error):
            status, error, message = self._unfinished(entry, finished=bool(end))
        if error:
            entry.op(("set_attribute", "error.type", error))
        if status:
            entry.op(("set_status", status, message))
        entry.end = max(end or dead.evidence, entry.start) or 1

    def _unfinished(self, entry: Entry, *, finished: bool) -> tuple[int, str, str | None]:
        """Return status, type and message of the error of a span that its process has not ended."""
        if not finished:
            entry.op(("set_attribute", "heliograph.unfinished", True))
        if not self._died:
            return 0, "", None
        death, dead = self._death[0], self._dead
        if death in {"timeout", "late_response"}:
            allowed = max(0, dead.deadline - dead.start) // 1_000_000
            return ERROR, "timeout", f"timed out after {allowed} ms"
        return ERROR, death, f"the process ended: {death}"
