"""Annotations, metadata, links and the other fields: nothing recorded is lost."""

import math

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan

from heliograph.encode import xray
from heliograph.encode.xray.values import plain


def made(span, new_id, *patterns, lambda_segment=True, budget=None):
    rule = xray.AnnotationRule(patterns)
    return xray.document(
        span, lambda_segment=lambda_segment, new_id=new_id, annotate=rule, budget=budget
    )


@pytest.mark.parametrize(
    ("patterns", "attributes", "annotations", "default"),
    [
        pytest.param(["order.id"], {"order.id": 7, "x": 1}, {"order.id": 7}, {"x": 1}, id="name"),
        pytest.param(["tenant.*"], {"tenant.id": "a", "tenants": 1}, {"tenant.id": "a"},
                     {"tenants": 1}, id="glob"),
        pytest.param([], {"annotation.user type": True}, {"user_type": True}, None, id="prefix"),
        pytest.param([], {"annotation.": 1}, None, {"annotation.": 1}, id="prefix alone"),
        pytest.param(["a", "b"], {"b": [1, 2], "a": "x" * 1001}, None,
                     {"b": [1, 2], "a": "x" * 1001}, id="what X-Ray does not index"),
        pytest.param(["a"], {"a": math.nan}, {"a": "NaN"}, None, id="no number"),
        pytest.param(["a_b", "a@b"], {"a@b": 1, "a_b": 2}, {"a_b": 2}, {"a@b": 1}, id="same key"),
        pytest.param(["k" * 501], {"k" * 501: 1}, None, {"k" * 501: 1}, id="long key"),
        pytest.param([], {"aws.xray.annotations": "a"}, None, {"aws.xray.annotations": "a"},
                     id="a text is no list"),
        pytest.param([], {"aws.xray.annotations": ["a", 3], "a": 1.5}, {"a": 1.5}, None, id="list"),
        pytest.param(["span.name", "span.kind"], {}, {"span.name": "work", "span.kind": "INTERNAL"},
                     None, id="the span's own"),
        pytest.param(["all"], {"a": 1, "b": [1], "aws.xray.metadata.n": "[]"}, {"a": 1},
                     {"b": [1], "aws.xray.metadata.n": "[]"}, id="all"),
    ],
)  # fmt: skip
def test_annotations(patterns, attributes, annotations, default, ended, new_id):
    """An attribute is an annotation or metadata, one of the two, and never neither."""
    document = made(ended(attributes=attributes), new_id, *patterns)
    assert document.get("annotations") == annotations
    assert document.get("metadata") == (default and {"default": default})


def test_consumed_attribute_can_be_annotated(ended, new_id):
    """An attribute that a block has said is an annotation too where it is asked for by name."""
    span = ended("x", "CLIENT", {"http.request.method": "GET", "http.route": "/a"})
    asked, everything = made(span, new_id, "http.*"), made(span, new_id, "all")
    assert asked["annotations"] == {"http.request.method": "GET", "http.route": "/a"}
    assert everything["annotations"] == {"http.route": "/a"}
    assert asked["http"] == everything["http"] == {"request": {"method": "GET"}}


def test_handler_says_its_request(ended, new_id):
    """X-Ray's http filters see segments only: with `all` a handler's subsegment is annotated."""
    attributes = {"http.method": "GET", "http.status_code": 200, "http.route": "/a"}
    span = ended("x", "SERVER", attributes, parent="remote", resource={"a": 1})
    assert made(span, new_id, "all")["annotations"] == attributes


def test_budget_is_shared_and_order_is_explicit_first(ended, new_id):
    """A trace takes 50: names that are listed come first, the ones over stay metadata."""
    budget = xray.Budget(2)
    span = ended(attributes={"t.1": 1, "annotation.p": 2, "named": 3})
    first = made(span, new_id, "t.*", "named", budget=budget)
    second = made(span, new_id, "named", budget=budget)
    assert first["annotations"] == {"named": 3, "p": 2}
    assert first["metadata"] == {"default": {"t.1": 1}}
    assert "annotations" not in second
    assert second["metadata"] == {"default": {"t.1": 1, "annotation.p": 2, "named": 3}}
    assert (budget.left, budget.over) == (0, 3)


def test_reserved_names_are_renamed(ended, new_id):
    """Namespaces and keys that begin with `AWS.` are X-Ray's own."""
    attributes = {"AWS.a": 1, "aws.xray.metadata.AWS.n": '{"AWS.k": 1e999, "o": {"x": null}}'}
    assert made(ended(attributes=attributes), new_id)["metadata"] == {
        "default": {"AWS_a": 1},
        "AWS_n": {"AWS_k": "Infinity", "o": {}},
    }


def test_resource_once(ended, new_id):
    """In Lambda the handler's subsegment carries the resource, and no other does."""
    resource = {"faas.name": "orders", "cloud.resource_id": "arn"}
    root = made(ended("o", "SERVER", {"faas.invocation_id": "i"}, parent="remote",
                      resource=resource), new_id)  # fmt: skip
    default = root["metadata"]["default"]
    assert default["otel.resource.faas.name"] == "orders"
    assert (default["aws.request_id"], default["aws.function_arn"]) == ("i", "arn")
    assert "metadata" not in made(ended("o", "CLIENT", resource=resource), new_id)


def test_other_events_are_kept(ended, new_id):
    """Events that are no exceptions are metadata, beside a user's namespace of the same name."""
    event = ("cache miss", {"key": "a", "n": math.inf})
    told = [{"name": "cache miss", "time": 1696954761.000001,
             "attributes": {"key": "a", "n": "Infinity"}}]  # fmt: skip
    assert made(ended(events=[event]), new_id)["metadata"] == {"events": told}
    attributes = {"aws.xray.metadata.events": '{"mine": 1}'}
    both = made(ended(attributes=attributes, events=[event]), new_id)["metadata"]
    assert both == {"events": {"mine": 1}, "span_events": told}


def test_links(ended, new_id):
    """Twenty links are written, the rest is counted, an invalid one is dropped."""
    links = [(0, 1, None), *((0xA, number, {"n": number}) for number in range(1, 23))]
    document = made(ended(links=links), new_id)
    trace = "1-00000000-00000000000000000000000a"
    assert document["links"] == [
        {"trace_id": trace, "id": f"{number:016x}", "attributes": {"n": number}}
        for number in range(1, 21)
    ]
    assert document["metadata"] == {"default": {"xray.links_dropped": 2}}


def test_in_progress(ended, new_id):
    """A span that is sent before its end has no end time, and the attribute is not repeated."""
    document = made(ended(attributes={"aws.xray.inprogress": True}), new_id)
    assert document["in_progress"] is True
    assert not {"end_time", "metadata"} & set(document)


def test_end_before_start(ended, new_id):
    """A clock that was set back makes no document that X-Ray refuses."""
    document = made(ended(end=1), new_id)
    assert document["start_time"] == document["end_time"] == 1696954761.000001


def test_user_and_service_are_for_segments(ended, new_id):
    """X-Ray reads `user` and `service` on segments; on a subsegment the user is metadata."""
    resource = {"container.image.tags": ["v2"]}
    span = ended("x", "SERVER", {"enduser.id": "u" * 300}, parent="remote", resource=resource)
    segment, inner = made(span, new_id, lambda_segment=False), made(span, new_id)
    assert (segment["user"], segment["service"]) == ("u" * 250, {"version": "v2"})
    assert not {"user", "service"} & set(inner)
    assert inner["metadata"]["default"]["enduser.id"] == "u" * 300


@pytest.mark.parametrize(
    ("resource", "origin", "aws"),
    [
        pytest.param({"cloud.platform": "aws_ec2", "host.id": "i-1", "host.type": "t3"},
                     "AWS::EC2::Instance", {"ec2": {"instance_id": "i-1", "instance_size": "t3"}},
                     id="ec2"),
        pytest.param({"cloud.platform": "aws_ecs", "container.name": "c",
                      "aws.ecs.launchtype": "FARGATE"}, "AWS::ECS::Fargate",
                     {"ecs": {"container": "c", "launch_type": "FARGATE"}}, id="fargate"),
        pytest.param({"cloud.platform": "aws_ecs"}, "AWS::ECS::Container", {}, id="ecs"),
        pytest.param({"cloud.platform": "aws_elastic_beanstalk", "service.instance.id": "7",
                      "service.namespace": "e"}, "AWS::ElasticBeanstalk::Environment",
                     {"elastic_beanstalk": {"environment_name": "e", "deployment_id": 7}},
                     id="beanstalk"),
        pytest.param({"cloud.platform": "aws_eks", "k8s.pod.name": "p"}, "AWS::EKS::Container",
                     {"eks": {"pod": "p"}}, id="eks"),
        pytest.param({"cloud.platform": "aws_app_runner"}, "AWS::AppRunner::Service", {},
                     id="app runner"),
        pytest.param({"aws.log.group.arns": "arn:aws:logs:r:1:log-group:/g:*&odd"}, None,
                     {"cloudwatch_logs": [
                         {"log_group": "/g", "arn": "arn:aws:logs:r:1:log-group:/g:*"},
                         {"arn": "odd"}]}, id="log groups by arn"),
        pytest.param({"aws.log.group.names": ["/a", "/b"]}, None,
                     {"cloudwatch_logs": [{"log_group": "/a"}, {"log_group": "/b"}]},
                     id="log groups by name"),
    ],
)  # fmt: skip
def test_host(resource, origin, aws, ended, new_id):
    """A segment says where its service runs."""
    document = made(ended(parent="remote", resource=resource), new_id, lambda_segment=False)
    assert document.get("origin") == origin
    del document["aws"]["xray"]
    assert document["aws"] == aws


def test_other_clouds_have_no_aws(ended, new_id):
    """On another provider's cloud there is nothing to say about AWS."""
    resource = {"cloud.provider": "gcp", "cloud.platform": "aws_ec2"}
    document = made(ended(parent="remote", resource=resource), new_id, lambda_segment=False)
    assert not {"aws", "origin"} & set(document)


def test_method_of_another_rpc_system(ended, new_id):
    """`aws.operation` is for AWS: a gRPC method is metadata, and not lost."""
    attributes = {"rpc.system": "grpc", "rpc.service": "shop.Cart", "rpc.method": "Add"}
    document = made(ended("shop.Cart/Add", "CLIENT", attributes), new_id)
    assert (document["name"], "operation" in document["aws"]) == ("shop.Cart", False)
    assert document["metadata"] == {"default": attributes}


def test_aws_call_says_what_it_acted_on(ended, new_id):
    """What X-Ray's own SDK tells of a call is told under the same names."""
    attributes = {
        "rpc.system": "aws-api",
        "cloud.region": "eu-west-1",
        "aws.s3.bucket": "b",
        "aws.sns.topic.arn": "t",
        "faas.invoked_name": "f",
        "aws.kinesis.stream.name": "s",
        "aws.extended_request_id": "i",
        "aws.table_name": "one",
        "aws.dynamodb.table_names": ["one", "two"],
        "retry_attempts": 2,
        "cloud.account.id": "1",
    }
    aws = made(ended("x", "CLIENT", attributes), new_id)["aws"]
    del aws["xray"]
    assert aws == {
        "account_id": "1", "region": "eu-west-1", "bucket_name": "b", "topic_arn": "t",
        "function_name": "f", "stream_name": "s", "id_2": "i", "table_name": "one",
        "table_names": ["one", "two"], "retries": 2,
    }  # fmt: skip


def test_span_without_ids(ended, new_id):
    """A span that has no valid ids cannot be told to X-Ray."""
    with pytest.raises(ValueError, match="span 'x' has no valid ids"):
        made(ReadableSpan("x", resource=Resource({})), new_id)


@pytest.mark.parametrize("text", ["[1]", "1", "", "{"])
def test_namespace_that_is_no_object(text, ended, new_id):
    """Only a JSON object fills a namespace; anything else is an attribute like others."""
    attributes = {"aws.xray.metadata.n": text, "aws.xray.metadata.m": 1}
    document = made(ended(attributes=attributes), new_id)
    assert document["metadata"] == {"default": attributes}


def test_json_without_end(ended, new_id):
    """A JSON text that is nested beyond what Python reads is kept as the text it is."""
    text = '{"a":' * 100_000
    document = made(ended(attributes={"aws.xray.metadata.n": text}), new_id)
    assert document["metadata"] == {"default": {"aws.xray.metadata.n": text}}


@pytest.mark.parametrize(
    ("kind", "parent", "lambda_segment", "as_segment", "is_segment"),
    [
        pytest.param("SERVER", "remote", True, False, False, id="handler"),
        pytest.param("SERVER", "remote", True, True, True, id="handler as segment"),
        pytest.param("CONSUMER", "remote", True, True, True, id="consuming handler as segment"),
        pytest.param("CLIENT", "remote", True, True, False, id="a call is no handler"),
        pytest.param("SERVER", "local", True, True, False, id="a server inside is no handler"),
        pytest.param("SERVER", "remote", False, False, True, id="another trace"),
        pytest.param("INTERNAL", None, False, False, True, id="no parent"),
        pytest.param("SERVER", "local", False, False, False, id="inside another trace"),
    ],
)
def test_segment_or_subsegment(kind, parent, lambda_segment, as_segment, is_segment, ended, new_id):
    """Lambda has the segment of its trace; in any other the local root is one."""
    document = xray.document(
        ended("x", kind, parent=parent),
        lambda_segment=lambda_segment,
        as_segment=as_segment,
        new_id=new_id,
        annotate=xray.AnnotationRule(),
    )
    assert ("type" not in document) is is_segment


def test_root_of_an_unattached_trace(ended, new_id):
    """A span without a parent is a segment even in Lambda's trace: a subsegment needs one."""
    document = made(ended(parent=None), new_id)
    assert not {"type", "parent_id"} & set(document)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param(b"text", "dGV4dA==", id="bytes of text"),
        pytest.param(b"\xff\xfe", "//4=", id="bytes"),
        pytest.param(-math.inf, "-Infinity", id="minus infinity"),
        pytest.param(2**60, 2**60, id="beyond 53 bits"),
        pytest.param(2**20000, hex(2**20000), id="beyond a double"),
        pytest.param({"a": (1, None, {"b": None})}, {"a": [1, None, {}]}, id="nested"),
        pytest.param(complex(1, 2), "(1+2j)", id="anything else"),
    ],
)
def test_plain(value, written):
    """Whatever an attribute holds becomes JSON that every parser reads."""
    assert plain(value) == written


def test_plain_is_bounded_in_depth():
    """A value that is nested without end does not end us."""
    value = []
    for _ in range(5000):
        value = [value]
    assert str(plain(value)) == "[" * 16 + "'...'" + "]" * 16
