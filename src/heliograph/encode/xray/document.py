"""One span as one X-Ray document: the blocks put together (xray spec 3, 4.4, 6)."""

from __future__ import annotations

from opentelemetry.trace import SpanKind, StatusCode

from ..._limits import XRAY_STRING
from . import host, values
from .annotations import AnnotationRule, Budget, annotations_of
from .attributes import Attributes
from .aws import aws_of
from .http import http_of
from .metadata import metadata_of
from .names import is_aws_service, name_of
from .plan import plan_of
from .resource import service_of
from .role import OUTGOING, Role, role_of
from .sql import sql_of
from .status import flags, http_status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.sdk.trace import ReadableSpan

    from .resource import Service

IN_PROGRESS = "aws.xray.inprogress"
"""Attribute of a span that is sent before it ends (xray spec 6)."""
NOTHING: dict[str, object] = {}


def document(
    span: ReadableSpan,
    *,
    lambda_segment: bool,
    new_id: Callable[[], str],
    annotate: AnnotationRule,
    as_segment: bool = False,
    budget: Budget | None = None,
) -> dict[str, object]:
    """Return a span's segment or independent subsegment.

    Args:
        span: An ended span; one that has not ended is in progress.
        lambda_segment: Lambda has the trace's segment: it is the one of the invocation's header.
        new_id: Gives an exception its id of 16 hex digits.
        annotate: Which attributes become annotations.
        as_segment: In Lambda's trace, the handler's span is a segment of its own.
        budget: Room for annotations in this trace, spent here; the limit of a trace if None.
    """
    attributes = Attributes(span.attributes)
    role = role_of(span, attributes, lambda_segment=lambda_segment, as_segment=as_segment)
    return assemble(span, attributes, role, new_id, annotate, budget or Budget())


def assemble(
    span: ReadableSpan,
    attributes: Attributes,
    role: Role,
    new_id: Callable[[], str],
    annotate: AnnotationRule,
    budget: Budget,
) -> dict[str, object]:
    """Return the document of a span whose part in the trace is decided."""
    service, plan, events = service_of(span), plan_of(tuple(attributes.values)), span.events
    told: dict[str, object] = {"name": name_of(span, attributes, service, role, plan.naming)}
    _add_identity(told, span, attributes, role)
    _add_place(told, span, attributes, service, role)
    status = http_status(attributes) if plan.status else None
    failed = span.status.status_code is StatusCode.ERROR
    if failed or (status is not None and status >= 400):
        told.update(flags(events, attributes, status, failed=failed))
    untold = _add_cause(told, span, attributes, new_id) if failed or events else []
    if plan.http and (http := http_of(span, events, attributes, role, plan.http, status)):
        told["http"] = http
    if plan.sql and not role.segment and (sql := sql_of(span, attributes)):
        told["sql"] = sql
    if aws := aws_of(attributes, service, role, plan.aws):
        told["aws"] = aws
    dropped = 0
    if found := span.links:
        from .links import links_of  # not loaded where no span has any

        links, dropped = links_of(found)
        if links:
            told["links"] = links
    shown = service.shown if role.resource else NOTHING
    if (plan.annotated or not annotate.empty) and (
        annotations := annotations_of(
            span, attributes, shown, annotate, role, budget, plan.prefixed
        )
    ):
        told["annotations"] = annotations
    alone = not role.handler and not dropped
    extra = NOTHING if alone else _extra(attributes, service, role, dropped)
    metadata = metadata_of(attributes, shown, extra, special=plan.special)
    if untold:
        metadata["span_events" if "events" in metadata else "events"] = untold
    if metadata:
        told["metadata"] = metadata
    return told


def _add_identity(
    told: dict[str, object], span: ReadableSpan, attributes: Attributes, role: Role
) -> None:
    """Add ids and times: what a document never loses (xray spec 6, 12)."""
    context = span.get_span_context()
    if context is None or not context.is_valid:
        raise ValueError(f"span {span.name!r} has no valid ids")
    told["id"] = values.span_id(context.span_id)
    told["trace_id"] = values.trace_id(context.trace_id)
    if (parent := span.parent) is not None:
        told["parent_id"] = values.span_id(parent.span_id)
    # a double holds no more than the microseconds of a present time
    told["start_time"] = start = (span.start_time or 0) // 1000 / 1e6
    end = span.end_time
    if end is None or attributes.values.get(IN_PROGRESS) is True:
        told["in_progress"] = True
        attributes.taken.add(IN_PROGRESS)
    else:
        ended = end // 1000 / 1e6
        told["end_time"] = max(start, ended)
    if not role.segment:
        told["type"] = "subsegment"


def _add_place(
    told: dict[str, object],
    span: ReadableSpan,
    attributes: Attributes,
    service: Service,
    role: Role,
) -> None:
    """Add what says on whose side of a call the span is (xray spec 3, 6)."""
    if not role.segment:
        if namespace := _namespace(span, attributes, role):
            told["namespace"] = namespace
        return
    if origin := host.origin_of(service.values, role):
        told["origin"] = origin
    if user := attributes.take("enduser.id"):
        told["user"] = user[:XRAY_STRING]
    if version := host.service_of(service.values):
        told["service"] = version


def _namespace(span: ReadableSpan, attributes: Attributes, role: Role) -> str:
    if attributes.aws_api or is_aws_service(span, attributes, role):
        return "aws"
    if span.kind in OUTGOING:
        return "remote"
    remote = span.kind is SpanKind.CONSUMER and attributes.text("aws.remote.service")
    return "remote" if remote else ""


def _add_cause(
    told: dict[str, object], span: ReadableSpan, attributes: Attributes, new_id: Callable[[], str]
) -> list[object]:
    """Add the exceptions; returns the events that are left to tell (xray spec 9)."""
    from .causes import cause_of  # not loaded where no span has any
    from .events import events_of

    events = span.events
    if cause := cause_of(span, events, attributes, new_id):
        told["cause"] = cause
    return events_of(events, attributes)


def _extra(
    attributes: Attributes, service: Service, role: Role, links_dropped: int
) -> Mapping[str, object]:
    """Return what metadata holds besides attributes."""
    extra: dict[str, object] = {}
    if role.handler:  # Lambda's own segment has the block; here the console shows metadata only
        found = host.lambda_of(attributes, service.values)
        extra = {f"aws.{field}": value for field, value in found.items()}
    if links_dropped:
        extra["xray.links_dropped"] = links_dropped
    return extra
