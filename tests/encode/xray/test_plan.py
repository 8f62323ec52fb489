"""What is found out once for a set of attribute names holds for any values of them."""

import itertools

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind

from heliograph.encode import xray
from heliograph.encode.xray.plan import plan_of

CALL = {"rpc.system": "aws-api", "rpc.service": "S3", "rpc.method": "Get", "http.status_code": 200}


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"rpc.system": "grpc"}, id="another system"),
        pytest.param({"rpc.service": 5}, id="a number for a name"),
        pytest.param({"rpc.method": ""}, id="an empty text"),
        pytest.param({"http.status_code": "503"}, id="a status as text"),
        pytest.param({"http.status_code": "no"}, id="no status"),
    ],
)
def test_same_names_other_values(values, ended, new_id):
    """A span's document is the same whether its names have been seen with other values or not."""
    span = ended(kind="CLIENT", attributes={**CALL, **values})
    options = {"lambda_segment": True, "new_id": new_id, "annotate": xray.AnnotationRule()}
    plan_of.cache_clear()
    fresh = xray.documents(span, **options)
    plan_of.cache_clear()
    before = xray.documents(ended(kind="CLIENT", attributes=CALL), **options)
    assert before != fresh
    assert xray.documents(span, **options) == fresh
    assert plan_of.cache_info().hits == 1


def test_kept_plans_are_bounded(ended, new_id):
    """Names without end do not fill the memory."""
    for number in range(300):
        plan_of((f"name {number}",))
    assert plan_of.cache_info().currsize == plan_of.cache_info().maxsize == 128


class Plain:
    """Attributes that can be read by key, and no more."""

    def keys(self):
        return ["annotation.order", "size"]

    def __getitem__(self, key):
        return {"annotation.order": 7, "size": 3}[key]

    def __len__(self):
        return 2


def test_span_of_another_maker(new_id):
    """Attributes need not be the SDK's own mapping, and there may be none."""
    ids = itertools.count(1)
    for attributes, annotations in ((Plain(), {"order": 7}), (None, None)):
        span = ReadableSpan(
            "work",
            SpanContext(1, next(ids), is_remote=False),
            resource=Resource({}),
            attributes=attributes,
            kind=SpanKind.INTERNAL,
            start_time=1,
            end_time=2,
        )
        (document,) = xray.documents(
            span, lambda_segment=False, new_id=new_id, annotate=xray.AnnotationRule()
        )
        assert document.get("annotations") == annotations
