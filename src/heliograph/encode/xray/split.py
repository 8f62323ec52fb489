"""A local root that calls out: two documents, for Application Signals (xray spec 3.1)."""

from __future__ import annotations

from opentelemetry.trace import SpanKind

from .annotations import AnnotationRule, Budget
from .attributes import Attributes
from .document import assemble
from .resource import PREFIX
from .role import INNER, OUTGOING, Role, role_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import ReadableSpan

REMOTE = frozenset({
    "aws.remote.service", "aws.remote.operation", "aws.remote.target", "remoteTarget",
    "K8s.RemoteNamespace",
})  # fmt: skip
"""What the call's document says and the service's does not."""
OF_THE_CALL = frozenset({
    "operation", "account_id", "region", "request_id", "queue_url", "table_name", "table_names",
})  # fmt: skip
"""What the service's `aws` leaves to the call's."""


def documents(
    span: ReadableSpan,
    *,
    lambda_segment: bool,
    new_id: Callable[[], str],
    annotate: AnnotationRule,
    as_segment: bool = False,
    budget: Budget | None = None,
) -> list[dict[str, object]]:
    """Return a span's documents: one, or the call and its service for a marked local root.

    Only a span with the attribute `aws.span.kind` = `LOCAL_ROOT` that calls or consumes is split,
    and never in the trace in which Lambda has the segment.

    Args:
        span: See `document`.
        lambda_segment: See `document`.
        new_id: Also gives the service's segment its id.
        annotate: See `document`.
        as_segment: See `document`.
        budget: See `document`.
    """
    budget = budget or Budget()
    attributes = Attributes(span.attributes)
    if lambda_segment or not _splits(span, attributes):
        role = role_of(span, attributes, lambda_segment=lambda_segment, as_segment=as_segment)
        return [assemble(span, attributes, role, new_id, annotate, budget)]
    service = _service(span, attributes, new_id, annotate, budget)
    return [_call(span, attributes, str(service["id"]), new_id, annotate, budget), service]


def _splits(span: ReadableSpan, attributes: Attributes) -> bool:
    return attributes.values.get("aws.span.kind") == "LOCAL_ROOT" and span.kind in (
        *OUTGOING,
        SpanKind.CONSUMER,
    )


def _call(
    span: ReadableSpan,
    attributes: Attributes,
    parent: str,
    new_id: Callable[[], str],
    annotate: AnnotationRule,
    budget: Budget,
) -> dict[str, object]:
    call = assemble(span, attributes, INNER[False], new_id, annotate, budget)
    call["parent_id"] = parent
    call.setdefault("namespace", "remote")
    if span.kind is SpanKind.CONSUMER:
        call.pop("links", None)
    return call


def _service(
    span: ReadableSpan,
    whole: Attributes,
    new_id: Callable[[], str],
    annotate: AnnotationRule,
    budget: Budget,
) -> dict[str, object]:
    values = {key: value for key, value in whole.values.items() if key not in REMOTE}
    attributes = Attributes(values)
    role = Role(segment=True, root=True, lambda_segment=False)
    service = assemble(span, attributes, role, new_id, annotate, budget)
    service["id"] = new_id()
    if span.kind is not SpanKind.CONSUMER:
        service.pop("links", None)
    service.pop("http", None)
    _leave_to_call(service)
    return service


def _leave_to_call(service: dict[str, object]) -> None:
    """Keep of `aws` and `metadata` what is about the service."""
    aws, metadata = service.get("aws"), service.pop("metadata", None)
    if isinstance(aws, dict):  # absent on another provider's cloud
        service["aws"] = {key: value for key, value in aws.items() if key not in OF_THE_CALL}
    default = metadata.get("default") if isinstance(metadata, dict) else None
    if isinstance(default, dict):
        kept = {key: value for key, value in default.items() if key.startswith(PREFIX)}
        service["metadata"] = {"default": kept}
