"""Spans made by hypothesis of what instrumentations write, in any combination."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.collector.comparing import differences
from tests.collector.content_rules import rule
from tests.collector.spans import END, START, documents_of, span
from tests.collector.stacks import DURING, FROM, GROUP, LONG, MARKED, PLAIN, SYNTAX

ADDRESS = st.sampled_from(["10.0.0.1", "192.168.15.32", "2001:db8::1"])
HOST = st.sampled_from(["foo.com", "api.example.com", "db.dev.example.com", "localhost"])
PORT = st.sampled_from([80, 443, 8080, 5432])
METHOD = st.sampled_from(["GET", "POST", "_OTHER"])
STATUS = st.sampled_from([200, 201, 302, 400, 404, 429, 499, 500, 503, 600])
URL = st.sampled_from(
    ["https://foo.com/", "http://api.example.com:8080/v1/a?b=c#d", "https://[2001:db8::1]:8443/x"]
)
SCHEME = st.sampled_from(["http", "https"])
AGENT = st.sampled_from(["curl/8.5", "Mozilla/5.0 (X11; Linux)"])
SYSTEM = st.sampled_from(
    ["mysql", "postgresql", "mssql", "redis", "mongodb", "other_sql", "dynamodb"]
)
WORD = st.text("abcXYZ019 _.:/%&#=+-@", min_size=1, max_size=20).filter(str.strip)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
KNOWN = {
    "http.method": METHOD, "http.request.method": METHOD, "http.status_code": STATUS,
    "http.response.status_code": STATUS, "http.url": URL, "url.full": URL, "http.scheme": SCHEME,
    "url.scheme": SCHEME, "http.host": HOST, "http.target": st.sampled_from(["/", "/a?b=1"]),
    "url.path": st.sampled_from(["/", "/a"]), "url.query": st.just("b=1"),
    "http.user_agent": AGENT, "user_agent.original": AGENT, "http.client_ip": ADDRESS,
    "client.address": ADDRESS, "network.peer.address": ADDRESS, "net.peer.ip": ADDRESS,
    "net.peer.name": HOST, "net.peer.port": PORT, "server.address": HOST, "server.port": PORT,
    "http.server_name": HOST, "net.host.name": HOST, "net.host.port": PORT, "host.name": HOST,
    "http.response.body.size": st.integers(0, 10**6),
    "http.response_content_length": st.integers(0, 9),
    "db.system": SYSTEM, "db.system.name": SYSTEM, "db.name": WORD, "db.namespace": WORD,
    "db.user": WORD, "db.statement": TEXT, "db.query.text": TEXT,
    "db.connection_string": st.sampled_from(["mysql://db.dev.example.com:3306", "Server=a;Uid=b"]),
    "rpc.system": st.sampled_from(["aws-api", "grpc"]), "rpc.service": WORD, "rpc.method": WORD,
    "rpc.system.name": st.just("aws-api"), "aws.operation": WORD, "aws.region": WORD,
    "cloud.region": WORD, "aws.request_id": WORD, "aws.requestId": WORD, "aws.queue_url": URL,
    "aws.queue.url": URL, "messaging.url": URL, "aws.sqs.queue.url": URL, "aws.table_name": WORD,
    "aws.dynamodb.table_names": st.lists(WORD, max_size=3), "aws.s3.bucket": WORD,
    "aws.account_id": WORD, "cloud.account.id": WORD, "aws.service": WORD,
    "peer.service": WORD | TEXT, "aws.local.service": WORD, "aws.remote.service": WORD,
    "enduser.id": WORD, "error.type": WORD, "http.status_text": WORD,
    "order.id": st.integers(-(2**63), 2**63 - 1),
    "aws.xray.annotations": st.lists(st.sampled_from(["own", "order.id", "a@b"])),
    "annotation.a": WORD, "http.route": WORD,
    "own": TEXT | st.integers(-(2**53), 2**53) | st.booleans() | st.lists(WORD, max_size=3),
    "a@b": st.floats(allow_nan=False, allow_infinity=False), "messaging.system": WORD,
}  # fmt: skip
PLACES = {
    "service.name": WORD, "service.version": WORD, "service.namespace": WORD,
    "service.instance.id": st.sampled_from(["32", "x"]),
    "cloud.provider": st.sampled_from(["aws", "gcp"]),
    "cloud.platform": st.sampled_from(
        ["aws_ec2", "aws_ecs", "aws_eks", "aws_elastic_beanstalk", "aws_app_runner", "aws_lambda"]),
    "cloud.account.id": WORD, "cloud.availability_zone": WORD, "host.id": WORD, "host.type": WORD,
    "container.id": WORD, "container.name": WORD, "container.image.tag": WORD,
    "aws.ecs.launchtype": st.sampled_from(["ec2", "fargate"]), "aws.ecs.task.arn": WORD,
    "k8s.cluster.name": WORD, "k8s.pod.name": WORD, "faas.name": WORD, "team.name": WORD,
    "aws.log.group.names": st.lists(WORD, min_size=1, max_size=2), "telemetry.auto.version": WORD,
}  # fmt: skip
STACK = st.sampled_from([PLAIN, DURING, FROM, GROUP, LONG, MARKED, SYNTAX])
EXCEPTION = st.fixed_dictionaries(
    {"exception.type": WORD}, optional={"exception.message": TEXT, "exception.stacktrace": STACK}
)
EVENT = st.tuples(st.just("exception"), EXCEPTION) | st.tuples(
    WORD, st.dictionaries(WORD, st.integers(0, 9), max_size=2)
)


def some(known, most):
    """Dictionaries of up to so many of the known keys, each with a value of its own kind."""
    pairs = [st.tuples(st.just(key), values) for key, values in known.items()]
    return st.lists(st.one_of(pairs), max_size=most).map(dict)


SPANS = st.fixed_dictionaries(
    {
        "name": WORD | TEXT.filter(bool),
        "kind": st.sampled_from(["INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]),
        "attributes": some(KNOWN, 12),
        "parent": st.sampled_from(["remote", "local", None]),
        "resource": some(PLACES, 6),
        "events": st.lists(EVENT, max_size=2),
        "status": st.sampled_from([None, ("OK",), ("ERROR",), ("ERROR", "why")]),
        "links": st.lists(
            st.tuples(st.integers(1, 9), st.integers(1, 9), some({"a": WORD}, 1)), max_size=2
        ),
        "start": st.integers(START, END),
        "end": st.integers(END, END + 10**9),
    }
)


@settings(
    max_examples=150,
    derandomize=True,  # a new combination of old differences is not a failure of the day
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(specs=st.lists(SPANS, min_size=1, max_size=12))
def test_generated(specs, collector):
    """A document differs from the collector's only where the table says so."""
    spans = [span(**one) for one in specs]
    theirs = {}
    for document in collector.documents(spans):
        theirs.setdefault(document["id"], document)
    for one in spans:
        mine = documents_of(one)
        found = differences(mine, [theirs[document["id"]] for document in mine], one)
        assert [str(d) for d in found if not rule.of(d)] == []
