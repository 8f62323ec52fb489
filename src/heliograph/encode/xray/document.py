"""One span as one X-Ray document: the blocks put together (xray spec 3, 4.4, 6)."""

from __future__ import annotations

from opentelemetry.trace import SpanKind

from ..._limits import XRAY_STRING
from . import host, ids
from .annotations import RESOURCE, AnnotationRule, Budget, annotations_of
from .attributes import Attributes, resource_of
from .aws import aws_of, is_aws_api
from .causes import cause_of
from .http import http_of
from .links import links_of
from .metadata import events_of, metadata_of
from .names import is_aws_service, name_of
from .role import OUTGOING, Role, role_of
from .sql import sql_of
from .status import flags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.sdk.trace import ReadableSpan

IN_PROGRESS = "aws.xray.inprogress"
"""Attribute of a span that is sent before it ends (xray spec 6)."""


def document(
    span: ReadableSpan,
    *,
    facade: bool,
    new_id: Callable[[], str],
    annotate: AnnotationRule,
    as_segment: bool = False,
    budget: Budget | None = None,
) -> dict[str, object]:
    """Return a span's segment or independent subsegment.

    Args:
        span: An ended span; one that has not ended is in progress.
        facade: Its trace is the one of the invocation's header, in which Lambda has the segment.
        new_id: Gives an exception its id of 16 hex digits.
        annotate: Which attributes become annotations.
        as_segment: In Lambda's trace, the handler's span is a segment of its own.
        budget: Room for annotations in this trace, spent here; the limit of a trace if None.
    """
    role = role_of(span, facade=facade, as_segment=as_segment)
    attributes = Attributes(span.attributes or {})
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
    resource = resource_of(span)
    told: dict[str, object] = {"name": name_of(span, attributes, resource, role)}
    told.update(_identity(span, attributes, role))
    told.update(_place(span, attributes, resource, role))
    told.update(flags(span, attributes))
    blocks: dict[str, object] = {
        "cause": cause_of(span, attributes, new_id),
        "http": http_of(span, attributes, role),
        "sql": {} if role.segment else sql_of(span, attributes),
        "aws": aws_of(attributes, resource, role),
    }
    links, dropped = links_of(span)
    blocks["links"] = links
    if "in_progress" in told:
        attributes.taken.add(IN_PROGRESS)
    shown = {RESOURCE + key: value for key, value in resource.items()} if role.resource else {}
    blocks["annotations"] = annotations_of(span, attributes, shown, annotate, role, budget)
    blocks["metadata"] = _metadata(span, attributes, shown, role, dropped)
    told.update((field, block) for field, block in blocks.items() if block)
    return told


def _identity(span: ReadableSpan, attributes: Attributes, role: Role) -> dict[str, object]:
    """Return ids and times: what a document never loses (xray spec 6, 12)."""
    context = span.get_span_context()
    if context is None or not context.is_valid:
        raise ValueError(f"span {span.name!r} has no valid ids")
    start = _seconds(span.start_time or 0)
    told: dict[str, object] = {
        "id": ids.span_id(context.span_id),
        "trace_id": ids.trace_id(context.trace_id),
    }
    if span.parent is not None:
        told["parent_id"] = ids.span_id(span.parent.span_id)
    told["start_time"] = start
    if span.end_time is None or attributes.values.get(IN_PROGRESS) is True:
        told["in_progress"] = True
    else:
        told["end_time"] = max(start, _seconds(span.end_time))
    if not role.segment:
        told["type"] = "subsegment"
    return told


def _seconds(nanoseconds: int) -> float:
    """Return epoch seconds to the microsecond; a double holds no more of a present time."""
    return nanoseconds // 1000 / 1e6


def _place(
    span: ReadableSpan, attributes: Attributes, resource: Mapping[str, object], role: Role
) -> dict[str, object]:
    """Return what says on whose side of a call the span is (xray spec 3, 6)."""
    if not role.segment:
        namespace = _namespace(span, attributes, role)
        return {"namespace": namespace} if namespace else {}
    told: dict[str, object] = {}
    if origin := host.origin_of(resource, role):
        told["origin"] = origin
    if user := attributes.take("enduser.id"):
        told["user"] = user[:XRAY_STRING]
    if service := host.service_of(resource):
        told["service"] = service
    return told


def _namespace(span: ReadableSpan, attributes: Attributes, role: Role) -> str:
    if is_aws_api(attributes) or is_aws_service(span, attributes, role):
        return "aws"
    remote_consumer = span.kind is SpanKind.CONSUMER and attributes.text("aws.remote.service")
    return "remote" if span.kind in OUTGOING or remote_consumer else ""


def _metadata(
    span: ReadableSpan,
    attributes: Attributes,
    shown: Mapping[str, object],
    role: Role,
    links_dropped: int,
) -> dict[str, object]:
    extra: dict[str, object] = {}
    if role.handler:  # Lambda's own segment has the block; here the console shows metadata only
        found = host.lambda_of(attributes, resource_of(span))
        extra = {f"aws.{field}": value for field, value in found.items()}
    if links_dropped:
        extra["xray.links_dropped"] = links_dropped
    metadata: dict[str, object] = {**metadata_of(attributes, shown, extra)}
    if events := events_of(span, attributes):
        metadata["span_events" if "events" in metadata else "events"] = events
    return metadata
