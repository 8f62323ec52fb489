"""One invocation: its span, from the event to the result."""

from __future__ import annotations

import sys
from time import time_ns

from .. import config as settings
from .. import triggers
from .._guard import guard
from .._limits import MAX_RESPONSE_BYTES
from ..journal import carry, current, recording
from ..journal.entry import SERVER, Entry, Remote, Trace, journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextvars import Token

    from ..config import Config

ERROR = 2
"""Number of `opentelemetry.trace.StatusCode.ERROR`."""
EARLY_NS = 10_000_000_000
"""An environment whose init was over so long before its first event was made ahead of a request
(lifecycle spec 1.1)."""
MAX_LEFT_MS = 1e9
"""Eleven days: what a test double may say beyond is no deadline."""


class Invocation:
    """The running invocation.

    Args:
        config: The settings.
        event: What the handler is called with.
        context: Its second argument: a LambdaContext, or anything.
        cold: Whether it is the first of this environment.

    Attributes:
        entry: Its span.
        header: The environment's X-Ray header.
        request_id: `aws_request_id`, or None.
        deadline_ns: When it must be over, epoch nanoseconds; None if unknown.
        facade: Whether Lambda's own segment is the span's parent.
        late: Whether it was over only after its deadline: Lambda has told its caller so.
    """

    def __init__(self, config: Config, event: object, context: object, *, cold: bool) -> None:
        self.header = settings.trace_header()
        self.request_id = _text(context, "aws_request_id")
        self.deadline_ns = _deadline(context)
        self.late = False
        carry.environment_header = self.header
        recording.request_id, recording.extras = self.request_id, ""
        parent, trace = _parent(config, self.header, self.request_id)
        recording.extras = trace.extras
        self.facade = parent is not None and trace.sampled
        self.trigger = "direct"
        self.request = triggers.Request()
        with guard("reading the event"):
            self.trigger = triggers.detect(event)
            arn = _text(context, "invoked_function_arn") or ""
            self.request = triggers.request(
                self.trigger, event, function_arn=arn, capture_query=config.capture_query
            )
        self.entry = self._begin(config, parent, trace, context, cold)
        self._token = self._enter(config)

    def _begin(
        self, config: Config, parent: Remote | None, trace: Trace, context: object, cold: bool
    ) -> Entry:
        entry = Entry(
            config.function_name or config.handler or "function", parent, trace, kind=SERVER
        )
        request = self.request
        if request.route and config.span_name == "auto":
            entry.name = f"{request.method} {request.route}" if request.method else request.route
        entry.attributes = _attributes(config, self.trigger, self.request_id, context, cold)
        entry.attributes.update(request.attributes)
        return entry

    def _enter(self, config: Config) -> Token[object] | None:
        """Write the span down and make it current."""
        entry = self.entry
        if "aws-lambda" in config.disabled_instrumentations:
            if entry.parent is None:
                return None
            entry.span_id = entry.parent.span_id  # never written down: stands for Lambda's segment
            return current.enter(entry)
        if "opentelemetry.trace" in sys.modules:
            from . import foreign

            theirs = foreign.provider()
            if theirs is not None:
                with guard("starting the handler's span on the function's own tracer provider"):
                    return current.here.set(foreign.start(theirs, entry))
        if entry.trace.sampled:
            journal.add(entry)
        return current.enter(entry)

    def properties(self) -> dict[str, object]:
        """Return the EMF properties of what is measured in it (emf spec 6)."""
        if self.request_id is None:
            return {}
        root = f"{self.entry.trace.id:032x}"
        return {
            "function_request_id": self.request_id,
            "xray_trace_id": f"1-{root[:8]}-{root[8:]}",
        }

    def returned(self, result: object) -> None:
        """End it with what the handler returned."""
        with guard("reading the result"):
            outcome = triggers.result(self.trigger, result, self.request)
            if outcome.attributes:
                self.entry.op("set_attributes", outcome.attributes)
            if outcome.error_type:
                self._error(outcome.error_type, None)
        self._end()

    def raised(self, error: BaseException) -> None:
        """End it with what the handler raised."""
        with guard("recording the handler's exception"):
            if type(error).__name__ == "SuspendExecution":  # a durable function waits, none failed
                self.entry.op("set_attribute", "heliograph.suspended", True)
            else:
                from ..journal.fault import Fault  # loaded by the first failure

                fault = Fault(error)
                self.entry.op("record_exception", fault, None, time_ns(), True)
                self._error(type(error).__name__, f"{type(error).__name__}: {fault.text}")
        self._end()

    def _end(self) -> None:
        now = time_ns()
        if self.deadline_ns is not None and now >= self.deadline_ns:
            self._late(now)
        self.entry.end = now
        if self._token is not None:
            current.leave(self.entry, self._token)

    def refused(self, size: int) -> None:
        """Note that the Runtime API refused the response of this many bytes.

        The status is not visible from Python: clock and size tell 410 and 413 from others
        (lifecycle spec 2.6).
        """
        now = time_ns()
        end, self.entry.end = self.entry.end, 0
        if self.deadline_ns is not None and now >= self.deadline_ns:
            if not self.late:
                self._late(now)
        elif size > MAX_RESPONSE_BYTES:
            self._error("response_too_large", f"the response of {size} bytes was refused")
        else:
            self._error("response_refused", f"the response of {size} bytes was refused")
        self.entry.end = end or now

    def _late(self, now: int) -> None:
        self.late = True
        due = self.deadline_ns or now
        allowed = max(0, due - self.entry.start) // 1_000_000
        late_ms = (now - due) // 1_000_000
        self.entry.op("set_attribute", "heliograph.late_ms", late_ms)
        self._error("timeout", f"timed out after {allowed} ms")

    def _error(self, error_type: str, description: str | None) -> None:
        self.entry.op("set_attribute", "error.type", error_type)
        self.entry.op("set_status", ERROR, description)


def _parent(config: Config, header: str, request_id: str | None) -> tuple[Remote | None, Trace]:
    """Choose parent, trace and sampling by the environment's header (triggers spec 4.2)."""
    trace, parent_id, flag = carry.parse(header)
    if trace is None:
        new = recording.trace_for(None)
        new.request_id = request_id
        return None, new
    trace.request_id = request_id
    if not parent_id or flag is None:
        trace.sampled = recording.decide(None, trace.id)
    elif flag:
        trace.sampled = recording.decide(True, trace.id)
    else:  # Lambda's 0 binds X-Ray; for others it may only mean that active tracing is off
        xray = "xray" in config.traces_exporters
        trace.sampled = not xray and recording.decide(None, trace.id)
    return (Remote(trace, parent_id, facade=True) if parent_id else None), trace


def _attributes(
    config: Config, trigger: str, request_id: str | None, context: object, cold: bool
) -> dict[str, object]:
    """Return the attributes of every invocation (triggers spec 1.1)."""
    attributes: dict[str, object] = {
        "faas.trigger": triggers.faas_trigger(trigger),
        "faas.coldstart": cold,
        "heliograph.trigger": trigger,
    }
    if config.handler:
        attributes["code.function.name"] = config.handler
    if config.init_type != "on-demand":
        attributes["faas.init.type"] = config.init_type
    if request_id:
        attributes["faas.invocation_id"] = request_id
    arn = _text(context, "invoked_function_arn")
    if arn:
        attributes["aws.lambda.invoked_arn"] = arn
        fields = arn.split(":")
        if len(fields) > 4 and fields[4]:
            attributes["cloud.account.id"] = fields[4]
        attributes["cloud.resource_id"] = _resource_id(arn, fields, config.function_version)
    return attributes


def _resource_id(arn: str, fields: list[str], version: str) -> str:
    """Return the invoked ARN with its alias replaced by the version that runs."""
    if len(fields) != 8 or fields[7] == "$LATEST" or not version:
        return arn
    return ":".join([*fields[:7], version])


def _text(context: object, name: str) -> str | None:
    value = None
    with guard(f"reading {name} of the context"):
        value = getattr(context, name, None)
    return value if type(value) is str else None


def _deadline(context: object) -> int | None:
    with guard("reading the remaining time of the context"):
        ask = getattr(context, "get_remaining_time_in_millis", None)
        left = ask() if callable(ask) else None
        if isinstance(left, bool) or not isinstance(left, (int, float)):
            return None
        if 0 <= left < MAX_LEFT_MS:  # no NaN, no infinity
            return time_ns() + int(left * 1_000_000)
    return None
