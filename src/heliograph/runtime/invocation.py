"""One invocation: its span, from the event to the result."""

from __future__ import annotations

import sys
from time import time_ns

from .._guard import guard, guarded
from ..journal import current, journal, parentbased_always_on, state
from ..journal.entry import SERVER, Entry, Remote, Trace, draw_ids, span_id
from ..settings import config as settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextvars import Token
    from typing import Any

    from ..propagation.parents import Choice
    from ..settings.config import Config
    from ..triggers import Request
    from .extras import Extras

    Begun = tuple[Remote | None, Trace, Choice | None, int]

ERROR = 2
"""Number of `opentelemetry.trace.StatusCode.ERROR`."""
EARLY_NS = 10_000_000_000
"""An environment whose init was over so long before its first event was made ahead of a request
(lifecycle spec 1.1)."""
MAX_LEFT_MS = 1e9
"""Eleven days: what a test double may say beyond is no deadline."""

OPENING = frozenset({
    "Records", "requestContext", "detail-type", "eventSource", "awslogs", "DurableExecutionArn",
    "deliveryStreamArn", "applicationArn", "invocationId", "invocationSchemaVersion",
    "xAmzRequestId", "triggerSource", "identityPoolId", "type", "raw_path", "info", "typeName",
    "parentTypeName", "messageVersion", "CodePipeline.job", "invokingEvent", "alarmData",
    "AlarmName", "RequestType", "Step", "DeploymentId", "Details", "widgetContext", "eventType",
    "clickType", "deviceEvent", "protocolData", "claimCertificateId", "serverId", "connection-id",
    "directive", "labelingJobArn", "summaryVersion", "context", "Execution", "Payload", "Context",
    "_datadog", "source", "warmer", "warmup", "headers",
})  # fmt: skip
"""The keys of the rows of `triggers.sources`."""
FEW_KEYS = 16

lambda_traces: dict[int, None] = {}
"""Trace ids of Lambda's own segments, the newest last; X-Ray's exporter looks them up."""

MAX_LAMBDA_TRACES = 128
"""More invocations than can wait for their development."""


class Invocation:
    """The running invocation.

    Before the handler, only what could change meanwhile is taken down. Trace, ids, name and
    attributes of its span are put off until something asks for them, such as a call that carries
    them on, or until the response has been posted: the caller waits for none of it.

    Args:
        config: The settings.
        event: What the handler is called with.
        context: Its second argument: a LambdaContext, or anything.
        cold: Whether it is the first of this environment.

    Attributes:
        entry: Its span.
        consumer: The message's span, where a record's was begun below it.
        trigger: Who sent the event, by the id of `triggers.detect`.
        request: What the event says of the call; None for a few keys of the user's own.
        deadline_ns: When it must be over, epoch nanoseconds; None if unknown.
        late: Whether it was over only after its deadline: Lambda has told its caller so.
        error: The type of what its span has as its error, if it has one.
        settled: Whether what was put off is done.
        written: Whether its span is ours, and no provider's of the function's own.
        config, context, cold: As given; the context until it is settled.
    """

    __slots__ = (
        "_begun", "_extras", "_header", "_token", "cold", "config", "consumer", "context",
        "deadline_ns", "entry", "error", "late", "request", "settled", "trigger", "written",
    )  # fmt: skip

    error: str | None
    consumer: Entry | None
    _extras: Extras | None

    def __init__(self, config: Config, event: object, context: object, *, cold: bool) -> None:
        self.config = config
        self.context = context
        self.cold = cold
        self._begun: dict[str, Begun] = {}
        self._header = state.environment_header = settings.trace_header()
        self.late = self.settled = False
        self.error = self.consumer = self._extras = None
        self.trigger = "direct"
        self.request: Request | None = None
        keys = OPENING if state.warmup_keys is None else OPENING | state.warmup_keys
        if type(event) is not dict or len(event) > FEW_KEYS or not keys.isdisjoint(event):
            self._read(event)
        if state.event_carrier is not None:
            more = state.event_carrier, event, self.request
            self.request = guarded("asking the event context extractor", *more) or self.request
        entry = self.entry = state.origin = Entry.begin(SERVER, self)
        said = guarded("reading the context", _said, context, entry.start)
        self.deadline_ns, client = said if said is not None else (None, None)
        self._token = self._enter(entry, client)
        if state.extras:
            from . import extras

            begun = extras.begin, self, config, event, context
            self._extras = guarded("doing what was asked for before the handler", *begun)

    def _read(self, event: object) -> None:
        with guard("reading the event"):
            from .. import triggers

            self.request = triggers.Request()
            self.trigger = triggers.detect(event)
            if state.warmup_keys is not None and self.trigger == "direct":
                from . import extras

                self.trigger = extras.told(event)
            arn = _text(self.context, "invoked_function_arn") or ""
            self.request = triggers.request(
                self.trigger, event, function_arn=arn, capture_query=self.config.capture_query
            )

    def _enter(self, entry: Entry, client: object) -> Token[object] | None:
        """Make the span current.

        Args:
            entry: The span.
            client: What an invoking client sent: it may hold what is around the span.
        """
        disabled = self.config.leaves_alone("aws-lambda")
        theirs = None if disabled else _users_provider()
        self.written = not disabled and theirs is None
        if (
            client is not None
            or (self.request is not None and self.request.carried is not None)
            or state.decide is not parentbased_always_on  # it may be the user's code
        ):
            entry.resolve()
        if disabled:  # it stands for its parent
            parent = entry.resolve().parent
            if parent is None:
                state.origin = None
                return None
            entry.span_id = parent.span_id
        elif theirs is not None:
            with guard("starting the handler's span on the function's own tracer provider"):
                from . import users_provider

                return current.here.set(users_provider.start(theirs, entry))
            self._write(entry)
        if state.added is not None:
            state.added.tell(entry)
        return current.here.set(entry)

    def resolve(self, entry: Entry) -> None:
        """Set trace, parent and id of its span, and write it down."""
        fresh = (*self._choose(_text(self.context, "aws_request_id")), span_id())
        begun = self._begun.setdefault("", fresh)  # of threads that ask at once, the first
        entry.parent, entry.trace, choice, entry.span_id = begun
        entry.links = choice.links if choice is not None else None
        if self.trigger == "warmup":
            from . import extras

            entry.trace.sampled &= extras.is_kept(self.config)
        members = choice.baggage if choice is not None else None
        entry.outer = current.Received(members) if members else None
        if begun is not fresh:
            return
        if entry.parent is not None and entry.parent.lambda_segment and entry.trace.sampled:
            _add_lambda_trace(entry.trace.id)
        if self.written:
            self._write(entry)

    def _choose(self, request_id: str | None) -> tuple[Remote | None, Trace, Choice | None]:
        """Return parent and trace, and the whole choice where there was one."""
        request = self.request
        carried, handed_on = (request.carried, request.authorizer) if request else (None, None)
        w3c = guarded("reading the context", _w3c, self.context)
        if state.policy is None and w3c is None:
            from ..propagation import xray

            parent, trace = xray.environments(self._header, request_id)
            plain = parent is not None and carried and not xray.brings_more(carried, self._header)
            if (plain or carried is None) and handed_on is None:
                return parent, trace, None
        from ..propagation import parents

        policy = state.policy or parents.Policy(self.config)
        only = request is not None and request.batch_size == 1 and request.messages
        choice = parents.choose(
            policy, self._header, w3c, carried, request_id, only[0] if only else None, handed_on
        )
        return choice.parent, choice.trace, choice

    def _write(self, entry: Entry) -> None:
        if entry.trace.sampled:
            journal.add(entry)

    def describe(self, entry: Entry) -> None:
        """Set name and attributes of its span."""
        from . import description

        description.describe(self, entry, _text(self.context, "invoked_function_arn"))

    def first(self, ready_ns: int, *, restored: bool) -> None:
        """Tell how the environment of a cold start came to be (lifecycle spec 1.1, 1.2)."""
        if restored:
            self.entry.op(("set_attribute", "heliograph.restore", True))
        waited = self.entry.start - ready_ns
        if ready_ns and waited > EARLY_NS:
            self.entry.op(("set_attribute", "heliograph.init.gap_ms", waited // 1_000_000))

    def settle(self) -> None:
        """Do what was put off, after the response."""
        if self.entry.end:
            self.settled = True
            self.entry.describe()
            from . import description

            description.settle(self)
            self.context = None
            draw_ids()

    def returned(self, result: object) -> object:
        """End it with what the handler returned; returns what is to replace that, or None."""
        instead = None
        if self.request is not None:
            with guard("reading the result"):
                from .. import triggers

                outcome = triggers.result(self.trigger, result, self.request)
                if outcome.attributes:
                    self.entry.op(("set_attributes", outcome.attributes))
                if outcome.error_type:
                    self.mark_failed(outcome.error_type, None)
        if self._extras is not None:
            end = self._extras.end, result
            instead = guarded("doing what was asked for after the handler", *end)
        self._end()
        return instead

    def raised(self, error: BaseException) -> None:
        """End it with what the handler raised."""
        with guard("recording the handler's exception"):
            from ..journal.recorded_exception import RecordedException  # by the first failure

            recorded = RecordedException(error)
            if recorded.name == "SuspendExecution":  # a durable function waits, none failed
                self.error = ""
                self.entry.op(("set_attribute", "heliograph.suspended", True))
            else:
                self.entry.op(("record_exception", recorded, None, time_ns(), True))
                self.mark_failed(recorded.name, recorded.summary)
        self._end()

    def _end(self) -> None:
        now = time_ns() or 1  # a clock frozen at 0 must not leave it open
        if self.deadline_ns is not None and now >= self.deadline_ns:
            from .refusal import past_deadline  # rare

            past_deadline(self, now)
        self.entry.end = now
        if self._token is not None:
            current.leave(self.entry, self._token)

    def mark_failed(self, error_type: str, description: str | None) -> None:
        """Mark it as failed."""
        self.error = error_type
        self.entry.op(("set_attribute", "error.type", error_type))
        self.entry.op(("set_status", ERROR, description))


def _w3c(context: Any) -> dict[str, object] | None:
    """Return what an invoking client sent as a W3C context; None if nothing (triggers spec 3.2).

    The runtime client offers it since 4.2.0. OpenTelemetry for JavaScript writes it into the
    client context's `custom`, which is the user's (triggers spec 3.2).
    """
    method = getattr(context, "w3c", None)
    found = method() if callable(method) else None
    if not found or type(found) is not dict:
        client = getattr(context, "client_context", None)
        found = getattr(client, "custom", None) if client is not None else None
        if type(found) is not dict:
            return None
    return found if "traceparent" in found or "baggage" in found else None


def _text(context: object, name: str) -> str | None:
    value = None
    with guard(f"reading {name} of the context"):
        value = getattr(context, name, None)
    return value if type(value) is str else None


def _users_provider() -> Any:
    """Return the tracer provider that the function's own code has set, if any."""
    api = sys.modules.get("opentelemetry.trace")
    if api is None or getattr(api, "_TRACER_PROVIDER", None) is None:
        return None
    from . import users_provider

    return users_provider.provider()


def _said(context: Any, now: int) -> tuple[int | None, object]:
    """Return the deadline in epoch nanoseconds, and what an invoking client sent, or None each."""
    client = getattr(context, "client_context", None)
    due = getattr(context, "_epoch_deadline_time_in_ms", None)  # the runtime's own context
    if type(due) is int:
        return due * 1_000_000, client
    ask = getattr(context, "get_remaining_time_in_millis", None)
    left = ask() if callable(ask) else None
    if not isinstance(left, (int, float)) or isinstance(left, bool) or not 0 <= left < MAX_LEFT_MS:
        return None, client  # NaN and infinity too
    return now + int(left * 1_000_000), client


def _add_lambda_trace(trace_id: int) -> None:
    lambda_traces[trace_id] = None
    if len(lambda_traces) > MAX_LAMBDA_TRACES:
        del lambda_traces[next(iter(lambda_traces))]
