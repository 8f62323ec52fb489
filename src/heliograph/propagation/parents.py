"""Which of the contexts that an invocation comes with is its parent, and who samples it.

Loaded where the environment's header does not say all: by settings that are not the default, and by
the first event with a context of its own. Rules: triggers spec 4.
"""

from __future__ import annotations

from .. import _notice
from ..journal import recording, state
from ..journal.entry import Remote, Trace
from . import baggage, w3c, xray

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..develop.development import SdkObjects
    from ..journal.entry import Link
    from ..settings.config import Config
    from .messages import Message

CONTEXT, HEADERS, XRAY_HEADERS = "w3c.context", "w3c.headers", "xray.headers"
ENVIRONMENT, ROOT, MESSAGE = "xray.env", "root", "message"
"""The candidates: W, H, X', E, R and M of the spec, the first four by what a link says of them."""
AUTHORIZER = "authorizer"
"""What an authorizer handed on: only ever a link, since its answer may be of another request."""

UNDER_XRAY = (ENVIRONMENT, CONTEXT, HEADERS, XRAY_HEADERS, ROOT)
ELSEWHERE = (CONTEXT, HEADERS, XRAY_HEADERS, ENVIRONMENT, ROOT)
ORDERS = {
    "xray": (ENVIRONMENT, ROOT, CONTEXT, HEADERS, XRAY_HEADERS),
    "event": (CONTEXT, HEADERS, MESSAGE, XRAY_HEADERS, ENVIRONMENT, ROOT),
    "link": (),
}
"""The order of choice of each policy; `auto` has one of the two above (triggers spec 4.1)."""

XRAY_EXPORTERS = ("xray", "xray-otlp")
MAX_DECLINED = 128
"""More invocations than can wait for their development."""


class Policy:
    """What the settings say of parents and sampling.

    Args:
        config: The settings.
        sdk_objects: What code adds to them.

    Attributes:
        xray: Whether one of X-Ray's exporters gets the spans.
        others: Whether anything else does, which X-Ray's `Sampled=0` does not bind. A processor
            that code adds counts: nobody but itself knows what it does with a span.
        order: The candidates, in the order of choice.
    """

    def __init__(self, config: Config, sdk_objects: SdkObjects | None = None) -> None:
        named = [name for name in config.traces_exporters if name != "none"]
        given = sdk_objects.span_exporters if sdk_objects is not None else []
        theirs = [exporter for exporter in given if not getattr(exporter, "is_xray", False)]
        processors = sdk_objects.span_processors if sdk_objects is not None else []
        self.xray = len(theirs) < len(given) or any(name in XRAY_EXPORTERS for name in named)
        self.others = bool(theirs or processors) or any(n not in XRAY_EXPORTERS for n in named)
        formats = set(config.propagators)
        self.reads_w3c = "tracecontext" in formats
        self.reads_baggage = "baggage" in formats
        self.reads_xray = bool(formats & {"xray", "xray-lambda"})
        kind = config.parent
        if kind == "auto" and "xray-lambda" in formats:
            kind = "xray"
        usual = UNDER_XRAY if self.xray else ELSEWHERE
        self.order = ORDERS.get(kind, usual)


class Choice:
    """How an invocation begins.

    Attributes:
        parent: The parent of its span, if it has one.
        trace: The trace of its span, with the decision to record it.
        links: What was not chosen: (remote span, attributes) each; None if nothing.
        baggage: What came with the event.
    """

    __slots__ = ("baggage", "links", "parent", "trace")

    def __init__(self, parent: Remote | None, trace: Trace) -> None:
        self.parent = parent
        self.trace = trace
        self.links: list[Link] | None = None
        self.baggage: dict[str, object] = {}


class Candidate:
    """A context that the invocation comes with.

    Attributes:
        source: Which carrier it came in.
        remote: The span; its id is 0 for a Root alone.
        flag: Its sampled flag; None if it leaves the decision to us.
        w3c: Whether it is W3C's, whose flag the sampler is given.
    """

    __slots__ = ("flag", "remote", "source", "w3c")

    def __init__(
        self, source: str, trace: Trace, span_id: int, flag: bool | None, *, w3c: bool = False
    ) -> None:
        self.source = source
        self.w3c = w3c
        self.remote = Remote(trace, span_id, lambda_segment=source == ENVIRONMENT)
        self.flag = flag

    @property
    def ids(self) -> tuple[int, int]:
        """Trace id and span id: what makes two of them the same."""
        return self.remote.trace.id, self.remote.span_id


def choose(
    policy: Policy,
    header: str,
    context: dict[str, object] | None,
    headers: dict[str, str] | None,
    request_id: str | None,
    message: Message | None = None,
    authorizer: tuple[str, bool | None] | None = None,
) -> Choice:
    """Choose an invocation's parent and decide whether it is recorded.

    Args:
        policy: What the settings say.
        header: The environment's X-Ray header.
        context: What `context.w3c()` returned, or its like.
        headers: The event's headers by lower-case name, if they carry a context.
        request_id: Of the invocation.
        message: What the only record of a message's trigger carries.
        authorizer: The `traceparent` that an authorizer handed on, and whether it was cached.
    """
    found, header_rest = _candidates(policy, header, context or {}, headers or {})
    if message is not None and MESSAGE in policy.order:
        _add_message(found, policy, message)
    chosen = next((found[source] for source in policy.order if source in found), None)
    if chosen is None:
        choice = Choice(None, recording.new_trace())
    else:
        trace = chosen.remote.trace
        trace.sampled = _sampled(policy, chosen)
        choice = Choice(chosen.remote if chosen.remote.span_id else None, trace)
    choice.trace.header_rest, choice.trace.request_id = header_rest, request_id
    choice.links = _links(found, chosen)
    if authorizer is not None and policy.reads_w3c:
        _link_authorizer(choice.links, authorizer)
    choice.links = choice.links or None
    if policy.reads_baggage:
        text: object = (context or {}).get("baggage") or (headers or {}).get("baggage")
        if not text and MESSAGE in found and message is not None:
            from . import messages

            text = messages.text_of(message[3])
        choice.baggage = baggage.read(text)
    return choice


def _candidates(
    policy: Policy, header: str, context: dict[str, object], headers: dict[str, str]
) -> tuple[dict[str, Candidate], str]:
    """Return the contexts by their source, and the parts of X-Ray's header that AWS calls carry on.

    Only formats of `OTEL_PROPAGATORS` count; the environment's counts under an X-Ray exporter too,
    whose traces are made of it.
    """
    found: dict[str, Candidate] = {}
    trace, span_id, flag = xray.parse(header)
    header_rest = trace.header_rest if trace is not None else ""
    if trace is not None and (policy.xray or policy.reads_xray):
        source = ENVIRONMENT if span_id else ROOT
        found[source] = Candidate(source, trace, span_id, flag)
    if policy.reads_w3c:
        for source, carrier in ((CONTEXT, context), (HEADERS, headers)):
            candidate = _w3c(source, carrier)
            if candidate is not None:
                found[source] = candidate
    if policy.reads_xray:
        trace, span_id, flag = xray.parse(headers.get("x-amzn-trace-id", ""))
        if trace is not None and span_id:
            found[XRAY_HEADERS] = Candidate(XRAY_HEADERS, trace, span_id, flag)
    return found, header_rest


def _w3c(source: str, carrier: Mapping[str, object]) -> Candidate | None:
    text = carrier.get("traceparent")
    ids = w3c.traceparent(text)
    if ids is None:
        if type(text) is str:
            _notice.debug(f"traceparent {text!r:.100} ({source}) is not valid: ignored.")
        return None
    trace_id, span_id, flags = ids
    state = w3c.tracestate(carrier.get("tracestate"))
    flag = bool(flags & 1)
    trace = Trace(trace_id, sampled=flag, random=bool(flags & 2), state=state)
    return Candidate(source, trace, span_id, flag, w3c=True)


def _add_message(found: dict[str, Candidate], policy: Policy, message: Message) -> None:
    """Add what a message carries: W3C's context before X-Ray's (triggers spec 3.2)."""
    from . import messages

    _, context, tracestate, _, header, _ = message
    if policy.reads_w3c:
        texts = {
            "traceparent": messages.text_of(context),
            "tracestate": messages.text_of(tracestate),
        }
        candidate = _w3c(MESSAGE, texts)
        if candidate is not None:
            found[MESSAGE] = candidate
            return
    if policy.reads_xray and header:
        trace, span_id, flag = xray.parse(header)
        if trace is not None and span_id:
            trace.header_rest = ""  # of Lineage only the environment's counts
            found[MESSAGE] = Candidate(MESSAGE, trace, span_id, flag)


def _link_authorizer(links: list[Link], handed_on: tuple[str, bool | None]) -> None:
    text, cached = handed_on
    candidate = _w3c(AUTHORIZER, {"traceparent": text})
    if candidate is not None:
        told: dict[str, object] = {"heliograph.link.source": AUTHORIZER}
        if cached is not None:
            told["heliograph.link.cached"] = cached
        links.append((candidate.remote, told))


def _sampled(policy: Policy, chosen: Candidate) -> bool:
    """Decide whether to record, and note it if X-Ray is not to have it (triggers spec 4.2)."""
    trace, flag = chosen.remote.trace, chosen.flag
    state.declined.pop(trace.id, None)
    if chosen.w3c:
        return state.decide(flag, trace.id)
    if chosen.source == ROOT:
        flag = None
    if flag is False and (policy.others or not policy.xray):
        flag = None  # without X-Ray, 0 may only mean that active tracing is off
        if policy.xray:
            state.declined[trace.id] = None
            if len(state.declined) > MAX_DECLINED:
                del state.declined[next(iter(state.declined))]
    return xray.is_sampled(flag, trace.id)


def _links(found: dict[str, Candidate], chosen: Candidate | None) -> list[Link]:
    """Return the losers as links (triggers spec 4.3).

    Lambda's own segment is below whatever the caller sent in the same trace: one of them is enough.
    """
    segment = found.get(ENVIRONMENT)
    trace_id = segment.ids[0] if segment is not None else 0
    known = {chosen.ids} if chosen is not None else set()
    links: list[Link] = []
    for source in (CONTEXT, HEADERS, XRAY_HEADERS, ENVIRONMENT):
        loser = found.get(source)
        if loser is None or loser.ids in known:
            continue
        if source == ENVIRONMENT:
            same = chosen is not None and chosen.ids[0] == trace_id
        else:
            same = loser.ids[0] == trace_id and (chosen is segment or source == XRAY_HEADERS)
        if not same:
            known.add(loser.ids)
            links.append((loser.remote, {"heliograph.link.source": source}))
    return links
