"""`python -m bench.encoding`: X-Ray documents a second, ours beside the X-Ray SDK's.

The same calls are in both, and every round measures one after the other, so that what the machine
does besides meets both; the best round counts. Three ratios are told, each above 1 where ours is
faster:

- *encoded*: from a finished document, or a finished entity, to bytes.
- *from the call*: from what is at hand when a call has ended, to bytes. The SDK's patch reads
  the call and its answer into X-Ray's words, and serialises; Heliograph maps the ended span to
  them, and serialises. Neither makes its span here, and ours has been given its attributes: an
  instrumentation of OpenTelemetry has read the call.
- *mapped, against encoded*: the second of ours beside the first of theirs: what our mapping costs
  over an entity that is in X-Ray's words already. The SDK has mapped while the caller waited,
  Heliograph does after the response.
"""

from __future__ import annotations

from time import thread_time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from aws_xray_sdk.core.models.facade_segment import FacadeSegment
from aws_xray_sdk.core.models.subsegment import Subsegment
from aws_xray_sdk.ext.boto_utils import aws_meta_processor
from aws_xray_sdk.ext.requests.patch import requests_processor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    TraceFlags,
    set_span_in_context,
)

from bench import encoding_emf
from heliograph.encode import xray

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import ReadableSpan

ROUNDS = 60
SECONDS = 0.02
"""Of the thread's own time, in slices so short that some of them meet no other program."""
ABOVE = SpanContext(0x5759E988BD862E3FE1BE46A994272793, 0x53995C3F42CD8AD8, False, TraceFlags(1))
RULE = xray.AnnotationRule()
BUDGET = xray.Budget(10**9)
"""The exporter has one for each trace."""
RESOURCE = {
    "telemetry.sdk.language": "python", "telemetry.sdk.name": "opentelemetry",
    "telemetry.sdk.version": "1.45.2", "telemetry.distro.name": "heliograph",
    "telemetry.distro.version": "0.1.0", "service.name": "orders", "cloud.provider": "aws",
    "cloud.platform": "aws_lambda", "cloud.region": "us-east-1", "faas.name": "orders",
}  # fmt: skip
OWN, REQUEST, AWS, LARGE = (
    "a span of the function's own", "an HTTP request", "a DynamoDB call", "60 KB of metadata",
)  # fmt: skip
CALLED = {
    "rpc.system": "aws-api", "rpc.service": "DynamoDB", "rpc.method": "GetItem",
    "aws.region": "us-east-1", "server.address": "dynamodb.us-east-1.amazonaws.com",
    "server.port": 443, "db.system": "dynamodb", "db.operation": "GetItem",
    "aws.dynamodb.table_names": ["stock"], "aws.request_id": "rcyY5nb2Ef6wl70qg9y22DWhxQf2qo71",
    "http.status_code": 200, "retry_attempts": 0,
}  # fmt: skip
"""What botocore's instrumentation says of a call."""
ANSWER = {
    "Item": {"id": {"S": "lens"}, "cents": {"N": "1200"}},
    "ResponseMetadata": {
        "RequestId": CALLED["aws.request_id"],
        "HTTPStatusCode": 200,
        "HTTPHeaders": {"content-type": "application/x-amz-json-1.0", "content-length": "50"},
        "RetryAttempts": 0,
    },
}
"""The same as botocore returns it."""
URL = "http://partner.example.com/prices/lens"
PARTS = {f"part {number}": "x" * 3_000 for number in range(20)}


def call(name: str, kind: SpanKind, attributes: dict[str, Any]) -> ReadableSpan:
    """Return an ended span below the handler's, as the official instrumentations leave it."""
    provider = TracerProvider(
        resource=Resource(RESOURCE),
        shutdown_on_exit=False,
        span_limits=SpanLimits(max_attributes=1000),
    )
    context = set_span_in_context(NonRecordingSpan(ABOVE))
    span = provider.get_tracer("bench").start_span(name, context, kind, attributes)
    span.end()
    return span  # type: ignore[return-value]  # the SDK's spans can be read


def spans() -> dict[str, ReadableSpan]:
    """Return the kinds of spans of the orders example, and one of 60 KB."""
    request = {"http.method": "GET", "http.url": URL, "http.status_code": 200}
    return {
        OWN: call("price", SpanKind.INTERNAL, {"annotation.order": 7}),
        REQUEST: call("GET", SpanKind.CLIENT, request),
        AWS: call("DynamoDB.GetItem", SpanKind.CLIENT, CALLED),
        LARGE: call("large", SpanKind.INTERNAL, PARTS),
    }


class Theirs:
    """A call under the X-Ray SDK: what its patch does when the call has ended."""

    def __init__(self, name: str, namespace: str, record: Callable[[Subsegment], object]) -> None:
        trace = xray.trace_id(ABOVE.trace_id)
        self._segment = FacadeSegment("lambda_segment", f"{ABOVE.span_id:016x}", trace, True)
        self._name, self._namespace, self._record = name, namespace, record
        self._entity = self._ended()

    def _ended(self) -> Subsegment:
        entity = Subsegment(self._name, self._namespace, self._segment)
        self._record(entity)
        entity.end_time = entity.start_time + 0.007
        entity.in_progress = False
        return entity

    def mapped(self) -> bytes:
        """Return the document's bytes, from the call."""
        text: str = self._ended().serialize()
        return text.encode()

    def encoded(self) -> bytes:
        """Return the document's bytes, from the entity."""
        text: str = self._entity.serialize()
        return text.encode()


def theirs() -> dict[str, Theirs]:
    """Return the same calls under the X-Ray SDK."""
    client = SimpleNamespace(meta=SimpleNamespace(region_name="us-east-1"))
    ended = {"exception": None, "stack": None, "wrapped": None}

    def own(entity: Subsegment) -> None:
        entity.put_annotation("order", 7)

    def request(entity: Subsegment) -> None:
        answer = SimpleNamespace(status_code=200)
        requests_processor(
            instance=None, args=("GET", URL), kwargs={}, return_value=answer, subsegment=entity,
            **ended,
        )  # fmt: skip

    def aws(entity: Subsegment) -> None:
        parameters = {"TableName": "stock", "Key": {"id": {"S": "lens"}}}
        aws_meta_processor(
            instance=client, args=("GetItem", parameters), kwargs={}, return_value=ANSWER,
            subsegment=entity, **ended,
        )  # fmt: skip

    def large(entity: Subsegment) -> None:
        for key, value in PARTS.items():
            entity.put_metadata(key, value)

    return {
        OWN: Theirs("price", "local", own),
        REQUEST: Theirs("partner.example.com", "remote", request),
        AWS: Theirs("dynamodb", "aws", aws),
        LARGE: Theirs("large", "local", large),
    }


def rate(work: Callable[[], object]) -> float:
    """Return how often a second the work is done."""
    count, start = 0, thread_time()
    end = start + SECONDS
    while thread_time() < end:
        for _ in range(10):
            work()
        count += 10
    return count / (thread_time() - start)


def new_id() -> str:
    """Return what an exception of ours would be called; there is none."""
    return "0" * 16


def documents(span: ReadableSpan) -> dict[str, object]:
    """Return a span's document as our exporter makes it."""
    (document,) = xray.documents(
        span, lambda_segment=True, new_id=new_id, annotate=RULE, budget=BUDGET
    )
    return document


def works(span: ReadableSpan, entity: Theirs) -> tuple[Callable[[], object], ...]:
    """Return what is measured: from a finished document, then from the call; ours first."""
    document = documents(span)
    return (
        lambda: xray.to_bytes(document),
        entity.encoded,
        lambda: xray.to_bytes(documents(span)),
        entity.mapped,
    )


def main() -> None:
    """Print the rates side by side."""
    print(f"{'documents a second':<30}{'encoded':>32}{'from the call':>32}{'mapped,':>16}")
    print(f"{'':<30}" + f"{'Heliograph':>12}{'SDK':>12}{'ratio':>8}" * 2 + f"{'encoded':>16}")
    others = theirs()
    for name, span in spans().items():
        measured = works(span, others[name])
        rows = [[rate(work) for work in measured] for _ in range(ROUNDS)]
        best = [max(column) for column in zip(*rows, strict=True)]
        halves = (best[:2], best[2:])
        told = "".join(f"{a:>12,.0f}{b:>12,.0f}{a / b:>8.2f}" for a, b in halves)
        print(f"{name:<30}{told}{best[2] / best[1]:>16.2f}")


if __name__ == "__main__":
    main()
    print()
    encoding_emf.main()
