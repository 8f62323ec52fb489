"""Spans made by hand: at least one for every section of the X-Ray rules."""

from __future__ import annotations

from typing import Any

PLAIN = """Traceback (most recent call last):
  File "main.py", line 14, in <module>
    greet_many(['Chad', 'Dan', 1])
  File "greetings.py", line 12, in greet_many
    print('hello, ' + person)
TypeError: must be str, not int
"""
DURING = """Traceback (most recent call last):
  File "bar.py", line 10, in greet_many
    greet(person)
  File "foo.py", line 5, in greet
    raise ValueError('bad value')
ValueError: bad value
with more on
new lines

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "main.py", line 14, in <module>
    greet_many(['Chad', 'Dan', 1])
TypeError: must be str, not int
"""
FROM = DURING.replace(
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
MARKED = """Traceback (most recent call last):
  File "deep.py", line 2, in down
    return down(n - 1)
           ^^^^^^^^^^^
  [Previous line repeated 40 more times]
  File "a, b.py", line 3, in last
    1 / 0
    ~~^~~
ZeroDivisionError: division by zero
"""
SYNTAX = """Traceback (most recent call last):
  File "main.py", line 1, in <module>
    import broken
  File "broken.py", line 3
    def f(:
          ^
SyntaxError: invalid syntax
"""
GROUP = """  + Exception Group Traceback (most recent call last):
  |   File "main.py", line 5, in <module>
  |     raise ExceptionGroup("two", [one, other])
  | ExceptionGroup: two (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: one
    +---------------- 2 ----------------
    | TypeError: other
    +------------------------------------
"""
LONG = "".join(
    ["Traceback (most recent call last):\n"]
    + [f'  File "deep.py", line {line}, in down\n    down()\n' for line in range(1, 71)]
    + ["RecursionError: maximum recursion depth exceeded\n"]
)
MALFORMED = """Traceback (most recent call last):
  File "main.py", line 14 in <module>
    greet_many(['Chad', 'Dan', 1])
  File "greetings.py", line twelve, in greet_many
    greet(person)
  File "foo.py", line 5, in
    raise ValueError('bad value')
ValueError: bad value
"""
AWS = {"rpc.system": "aws-api", "rpc.service": "DynamoDB", "rpc.method": "GetItem"}
SERVER = {"kind": "SERVER", "parent": "remote", "resource": {"service.name": "signup"}}
CALL = {"kind": "CLIENT", "parent": "local"}
EC2 = {
    "cloud.provider": "aws", "cloud.platform": "aws_ec2", "cloud.account.id": "123456789012",
    "cloud.availability_zone": "us-east-1c", "host.id": "i-00f7c0bcb26da2a99",
    "host.type": "m5.xlarge", "host.image.id": "ami-1",
}  # fmt: skip
ECS = {
    "cloud.provider": "aws", "cloud.platform": "aws_ecs", "cloud.availability_zone": "us-east-1c",
    "container.name": "signup", "container.id": "dcf4d2", "container.image.tags": ["v1.2"],
    "aws.ecs.container.arn": "arn:c", "aws.ecs.cluster.arn": "arn:cl", "aws.ecs.task.arn": "arn:t",
    "aws.ecs.task.family": "family", "aws.ecs.launchtype": "fargate",
}  # fmt: skip
MYSQL = {
    "db.system": "mysql", "db.name": "customers", "db.user": "userprefsw",
    "db.connection_string": "mysql://db.dev.example.com:3306",
    "db.statement": "SELECT * FROM user WHERE user_id = ?", "net.peer.name": "db.dev.example.com",
    "enterprise.app.id": "85AF51",
}  # fmt: skip


def raised(text: str, **more: Any) -> dict[str, Any]:
    """Return a span that failed with a stack."""
    told = {"exception.type": "Failed", "exception.message": "it", "exception.stacktrace": text}
    return {"events": [("exception", told)], **more}


SAMPLES: dict[str, dict[str, Any]] = {
    # 3, 4: the part in the trace
    "internal": {},
    "internal root": {"parent": None},
    "internal remote": {"parent": "remote", "resource": {"service.name": "jobs"}},
    "server remote": SERVER,
    "server local": {**SERVER, "parent": "local"},
    "server root": {**SERVER, "parent": None},
    "client root": {"kind": "CLIENT", "parent": None, "attributes": {"peer.service": "cats"}},
    "client remote": {"kind": "CLIENT", "parent": "remote"},
    "producer": {"kind": "PRODUCER", "name": "orders publish"},
    "consumer remote": {
        "kind": "CONSUMER", "parent": "remote", "resource": {"service.name": "worker"},
        "attributes": {"messaging.system": "aws_sqs"},
    },
    "consumer local": {"kind": "CONSUMER"},
    "nanoseconds": {"start": 1_696_954_761_123_456_789, "end": 1_696_954_761_223_456_999},
    # 3.1: local roots
    **{
        f"local root {kind}": {
            "kind": kind,
            "parent": "remote",
            "attributes": {
                "aws.span.kind": "LOCAL_ROOT", "aws.local.service": "myLocalService",
                "aws.remote.service": "myRemoteService", "aws.remote.operation": "go",
                "http.method": "GET", "aws.region": "us-east-1", "own": 1,
            },
            "resource": {"service.name": "s"},
            "links": [(1, 2, {"a": "b"})],
        }
        for kind in ("SERVER", "INTERNAL", "CLIENT", "PRODUCER", "CONSUMER")
    },
    # 5: names
    "name peer.service": {**CALL, "attributes": {"peer.service": "cats"}},
    "name aws.service": {**CALL, "attributes": {"aws.service": "DynamoDB"}},
    "name peer and aws.service": {
        **CALL, "attributes": {**AWS, "peer.service": "cats", "aws.service": "DynamoDB"},
    },
    "name peer and aws.service, no rpc": {
        **CALL, "attributes": {"peer.service": "cats", "aws.service": "DynamoDB"},
    },
    "name remote service": {**CALL, "attributes": {**AWS, "aws.remote.service": "AWS.SDK.DynamoDb"}},
    "name remote service, colons": {
        **CALL, "attributes": {**AWS, "aws.remote.service": "AWS::DynamoDB"},
    },
    "name remote service, internal": {"attributes": {"aws.remote.service": "r"}},
    "name local service": {
        **SERVER, "attributes": {"aws.local.service": "local", "peer.service": "p"},
    },
    "name rpc": {**CALL, "attributes": {"rpc.system": "grpc", "rpc.service": "com.foo.Animals",
                                        "rpc.method": "Feed"}},
    "name http.host": {**CALL, "attributes": {"http.host": "foo.com", "net.peer.name": "bar.com"}},
    "name http.host and port": {**CALL, "attributes": {"http.host": "foo.com:8080"}},
    "name http.host and usual port": {**CALL, "attributes": {"http.host": "foo.com:443"}},
    "name net.peer.name": {**CALL, "attributes": {"net.peer.name": "bar.com"}},
    "name stable client": {
        **CALL, "name": "GET",
        "attributes": {
            "http.request.method": "GET", "url.full": "https://api.example.com/v1?q=1",
            "server.address": "api.example.com", "server.port": 443,
            "http.response.status_code": 200,
        },
    },
    "name old client": {
        **CALL, "name": "HTTP GET",
        "attributes": {"http.method": "GET", "http.url": "https://api.example.com:8443/v1",
                       "http.status_code": 200},
    },
    "name both conventions": {
        **CALL, "attributes": {"http.host": "foo.com", "server.address": "bar.com"},
    },
    "name of the url": {
        **CALL, "attributes": {"net.peer.name": "foo", "url.full": "https://bar.com/"},
    },
    "name service.peer.name": {**CALL, "attributes": {"service.peer.name": "cats"}},
    "name database": {**CALL, "attributes": {"db.system": "redis", "db.name": "0"}},
    "name database with ?": {**CALL, "attributes": {"db.system": "mysql", "db.name": "a?b"}},
    "name db.namespace": {
        **CALL, "name": "SELECT users",
        "attributes": {"db.system.name": "postgresql", "db.namespace": "customers",
                       "server.address": "db.example.com", "server.port": 5432,
                       "db.query.text": "SELECT 1"},
    },
    "name strange": {"name": "<subDomain>.example.com"},
    "name empty": {"name": "<>"},
    "name letters": {"name": "EP @ test_15.testing-dömain.org#GO"},
    "name long": {"name": "a" * 250},
    "name long letters": {"name": "ö" * 250},
    "name lines": {"name": "one\ntwo\tthree"},
    "name attribute strange": {**CALL, "attributes": {"peer.service": "cats; and (dogs)"}},
    "name nobody": {"kind": "SERVER", "parent": "remote", "name": "GET /"},
    "name unknown service, lambda": {
        "kind": "SERVER", "parent": "remote",
        "resource": {"service.name": "unknown_service", "faas.name": "orders"},
    },
    # 6: scalar fields
    "user": {**SERVER, "attributes": {"enduser.id": "u1"}},
    "user of a call": {**CALL, "attributes": {"enduser.id": "u1"}},
    "version": {**SERVER, "resource": {"service.name": "s", "service.version": "1.2"}},
    "version of the image": {**SERVER, "resource": {"service.name": "s", "container.image.tag": "t"}},
    "in progress": {"attributes": {"aws.xray.inprogress": True}},
    "end before start": {"end": 1_696_954_760_000_000_000},
    # 7: http
    "http server": {
        **SERVER,
        "attributes": {
            "http.method": "GET", "http.scheme": "https", "http.server_name": "kb234.example.com",
            "net.host.port": 8080, "http.target": "/users/junit", "http.client_ip": "192.168.15.32",
            "http.status_code": 200, "http.user_agent": "PostmanRuntime/7.21.0",
        },
    },
    "http server stable": {
        **SERVER,
        "attributes": {
            "http.request.method": "GET", "url.scheme": "https", "url.path": "/u", "url.query": "a=1",
            "server.address": "kb234.example.com", "server.port": 8080,
            "client.address": "192.168.15.32", "http.response.status_code": 200,
            "user_agent.original": "PostmanRuntime/7.21.0", "http.route": "/u",
        },
    },
    "http both conventions": {
        **SERVER,
        "attributes": {
            "http.method": "GET", "http.request.method": "POST", "http.status_code": 500,
            "http.response.status_code": 404, "http.user_agent": "old",
            "user_agent.original": "new", "http.url": "http://old/", "url.full": "http://new/",
        },
    },
    "http server without port": {
        **SERVER, "attributes": {"http.host": "foo.com", "http.target": "/a?b=1", "http.method": "GET"},
    },
    "http server, only scheme": {**SERVER, "attributes": {"http.scheme": "https"}},
    "http server host.name": {
        **SERVER, "attributes": {"http.method": "GET", "host.name": "h1", "net.host.port": 80},
    },
    "http server net.host.name": {
        **SERVER, "attributes": {"http.method": "GET", "net.host.name": "h1", "http.target": "/"},
    },
    "http server host and port": {
        **SERVER, "attributes": {"http.method": "GET", "http.host": "foo.com", "net.host.port": 81},
    },
    "http target without slash": {
        **SERVER, "attributes": {"http.method": "GET", "http.host": "foo.com", "http.target": "a"},
    },
    "http without host": {
        **SERVER,
        "attributes": {
            "http.method": "GET", "http.target": "/users/junit", "http.client_ip": "192.168.15.32",
            "http.user_agent": "a", "http.scheme": "https",
        },
        "events": [("message", {"message.type": "RECEIVED",
                                "messaging.message_payload_size_bytes": 12452})],
    },
    "http size": {**SERVER, "attributes": {"http.method": "GET", "http.response_content_length": 12}},
    "http size stable": {
        **SERVER, "attributes": {"http.request.method": "GET", "http.response.body.size": 12},
    },
    "http client ip behind peer": {
        **SERVER,
        "attributes": {"http.request.method": "GET", "client.address": "192.168.15.32",
                       "network.peer.address": "10.0.0.1"},
    },
    "http client ip no ip": {
        **SERVER, "attributes": {"http.request.method": "GET", "client.address": "not an ip"},
    },
    "http peer only": {
        **SERVER, "attributes": {"http.request.method": "GET", "network.peer.address": "10.0.0.1"},
    },
    "http both client ips": {
        **SERVER, "attributes": {"http.method": "GET", "http.client_ip": "1.1.1.1",
                                 "client.address": "2.2.2.2"},
    },
    "http client v6": {
        **CALL,
        "attributes": {"http.method": "GET", "http.scheme": "https", "http.target": "/users/junit",
                       "net.peer.ip": "2001:db8:85a3::8a2e:370:7334", "net.peer.port": 443},
    },
    "http client ip": {
        **CALL,
        "attributes": {"http.method": "GET", "http.scheme": "http", "http.target": "/users/junit",
                       "net.peer.ip": "10.0.0.1", "net.peer.port": 8080},
    },
    "http client peer name": {
        **CALL,
        "attributes": {"http.method": "GET", "http.scheme": "https", "http.target": "/users/junit",
                       "net.peer.name": "foo.com", "net.peer.port": 9443},
    },
    "http client host": {
        **CALL,
        "attributes": {"http.method": "GET", "http.scheme": "https", "http.host": "foo.com",
                       "http.target": "/users/junit", "http.status_code": 200},
    },
    "http client host and port": {
        **CALL, "attributes": {"http.method": "GET", "http.host": "foo.com", "net.peer.port": 9443},
    },
    "http url and credentials": {
        **CALL, "attributes": {"http.method": "GET", "http.url": "https://u:p@foo.com/"},
    },
    "http stable parts": {
        **CALL,
        "attributes": {"http.request.method": "GET", "url.scheme": "https", "url.path": "/a",
                       "url.query": "b=1", "server.address": "foo.com", "server.port": 8443},
    },
    "http traced": {**CALL, "attributes": {"http.method": "GET", "aws.http.traced": True}},
    "http status text": {
        **CALL, "attributes": {"http.method": "GET", "http.status_code": "200"},
    },
    "http address alone": {**CALL, "attributes": {"server.address": "foo.com"}},
    # 8: flags
    **{
        f"status {code} {status}": {
            **CALL, "attributes": {"http.method": "GET", "http.status_code": code},
            "status": status and (status,),
        }
        for code in (200, 400, 403, 429, 500, 599, 600)
        for status in (None, "ERROR")
    },
    "status error": {"status": ("ERROR",)},
    "status error why": {"status": ("ERROR", "no stock")},
    "status text": {"status": ("ERROR",), "attributes": {"http.status_text": "Bad Gateway"}},
    "status ok": {"status": ("OK",)},
    "throttled call": {
        **CALL, "attributes": {**AWS, "http.status_code": 400, "error.type": "ThrottlingException"},
        "status": ("ERROR",),
    },
    # 9: cause
    "exception": raised(PLAIN),
    "exception of a call": raised(PLAIN, **CALL),
    "exception without stack": {
        "events": [("exception", {"exception.type": "E", "exception.message": "m"})],
    },
    "exception without type": {"events": [("exception", {"exception.stacktrace": PLAIN})]},
    "exception and status": raised(PLAIN, status=("ERROR", "described")),
    "two exceptions": {"events": raised(PLAIN)["events"] * 2},
    "exception attributes": {
        "events": [("exception", {"exception.type": "E", "exception.escaped": "False", "own": 1})],
    },
    "during handling": raised(DURING),
    "raised from": raised(FROM),
    "marked and repeated": raised(MARKED),
    "syntax error": raised(SYNTAX),
    "group": raised(GROUP),
    "long stack": raised(LONG),
    "malformed stack": raised(MALFORMED),
    "foreign stack": raised("Error: it\n    at f (file.js:1:2)\n"),
    "failed try": {
        **CALL, "attributes": AWS,
        "events": [("HTTP request failure", {
            "http.response.status_code": 503, "aws.http.error_message": "unavailable"})],
    },
    "events": {"events": [("step", {"number": 1}), ("bare", None)]},
    # 10: aws, sql, origin
    "aws call": {
        **CALL, "name": "DynamoDB.GetItem",
        "attributes": {**AWS, "aws.request_id": "r1", "aws.table_name": "t", "aws.region": "us-east-2"},
    },
    "aws call, newer rpc": {
        **CALL, "attributes": {"rpc.system.name": "aws-api", "rpc.service": "S3",
                               "rpc.method": "ListBuckets"},
    },
    "aws legacy operation": {
        **CALL, "attributes": {**AWS, "aws.operation": "QueryTable", "aws.service": "DynamoDB"},
    },
    "aws requestId": {**CALL, "attributes": {**AWS, "aws.requestId": "r1"}},
    "aws account": {**CALL, "attributes": {**AWS, "aws.account_id": "1"},
                    "resource": {"cloud.account.id": "2"}},
    "aws account of the span": {**CALL, "attributes": {**AWS, "cloud.account.id": "1"}},
    "aws cloud.region": {**CALL, "attributes": {**AWS, "cloud.region": "us-west-2"}},
    "aws queue": {
        **CALL,
        "attributes": {"rpc.system": "aws-api", "rpc.service": "SQS", "rpc.method": "SendMessage",
                       "aws.queue_url": "https://sqs/q", "messaging.url": "https://sqs/m"},
    },
    "aws queue.url": {**CALL, "attributes": {"aws.queue.url": "https://sqs/q"}},
    "aws sqs queue": {**CALL, "attributes": {**AWS, "aws.sqs.queue.url": "https://sqs/q"}},
    "aws table.name": {**CALL, "attributes": {"aws.table.name": "t"}},
    "aws one table": {**CALL, "attributes": {**AWS, "aws.dynamodb.table_names": ["t1"]}},
    "aws two tables": {**CALL, "attributes": {**AWS, "aws.dynamodb.table_names": ["t1", "t2"]}},
    "aws resources": {
        **CALL,
        "attributes": {**AWS, "aws.s3.bucket": "b", "aws.sns.topic.arn": "arn:t", "retry_attempts": 1,
                       "faas.invoked_name": "f", "aws.kinesis.stream.name": "s",
                       "aws.extended_request_id": "x"},
    },
    "other cloud": {**SERVER, "resource": {"service.name": "s", "cloud.provider": "gcp",
                                           "cloud.account.id": "1"}},
    "call from another cloud": {**CALL, "attributes": {**AWS, "aws.request_id": "r"},
                                "resource": {"cloud.provider": "gcp"}},
    "distro": {"resource": {"telemetry.distro.version": "0.1"}},
    "auto": {"resource": {"telemetry.auto.version": "0.1"}},
    "sdk named for a language": {"resource": {"telemetry.sdk.name": "opentelemetry for python"}},
    "no sdk": {"resource": dict.fromkeys(
        ("telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version"))},
    "ec2": {**SERVER, "resource": {"service.name": "s", **EC2}},
    "ec2 of a call": {**CALL, "resource": {"service.name": "s", **EC2}},
    "ecs fargate": {**SERVER, "resource": {"service.name": "s", **ECS}},
    "ecs ec2": {**SERVER, "resource": {"service.name": "s", **ECS, "aws.ecs.launchtype": "ec2"}},
    "ecs": {**SERVER, "resource": {"service.name": "s", "cloud.provider": "aws",
                                   "cloud.platform": "aws_ecs", "container.id": "1"}},
    "eks": {**SERVER, "resource": {"service.name": "s", "cloud.provider": "aws",
                                   "cloud.platform": "aws_eks", "k8s.cluster.name": "c",
                                   "k8s.pod.name": "p", "container.id": "1"}},
    "beanstalk": {**SERVER, "resource": {
        "service.name": "s", "cloud.provider": "aws", "cloud.platform": "aws_elastic_beanstalk",
        "service.namespace": "production", "service.instance.id": "32", "service.version": "v1"}},
    "beanstalk, no number": {**SERVER, "resource": {
        "service.name": "s", "cloud.provider": "aws", "cloud.platform": "aws_elastic_beanstalk",
        "service.namespace": "production", "service.instance.id": "x"}},
    "app runner": {**SERVER, "resource": {"service.name": "s", "cloud.provider": "aws",
                                          "cloud.platform": "aws_app_runner"}},
    "lambda": {**SERVER, "resource": {"service.name": "s", "cloud.provider": "aws",
                                      "cloud.platform": "aws_lambda", "faas.name": "f",
                                      "aws.log.group.names": "/aws/lambda/f"},
               "attributes": {"faas.invocation_id": "i1", "cloud.resource_id": "arn:f",
                              "cloud.account.id": "1"}},
    "log groups": {**SERVER, "resource": {"service.name": "s", "cloud.provider": "aws",
                                          "aws.log.group.names": ["g1", "g2"]}},
    "log group arns": {**SERVER, "resource": {
        "service.name": "s",
        "aws.log.group.arns": "arn:aws:logs:us-east-1:1:log-group:g1:*&"
                              "arn:aws:logs:us-east-1:1:log-group:g2"}},
    "sql": {**CALL, "name": "users.findUnique", "attributes": MYSQL},
    "sql without connection": {**CALL, "attributes": {
        "db.system": "postgresql", "db.name": "customers", "net.peer.name": "db", "net.peer.port": 1}},
    "sql jdbc": {**CALL, "attributes": {
        **MYSQL, "db.connection_string": "jdbc:mysql://u:p@db.dev.example.com:3306"}},
    "sql on a segment": {**SERVER, "attributes": MYSQL},
    "redis": {**CALL, "attributes": {"db.system": "redis", "db.statement": "GET a"}},
    "dynamodb": {**CALL, "attributes": {**AWS, "db.system": "dynamodb"}},
    # 11: annotations, metadata, links
    "annotation keys": {"attributes": {"Key@1": "a", "attr1@1": 1, "a.b": True, "a-b": 1.5,
                                       "aws.xray.annotations": ["Key@1", "attr1@1", "a.b", "a-b", "x"]}},
    "annotations of unfit values": {"attributes": {"list": ["a"], "text": "x" * 2000,
                                                   "aws.xray.annotations": ["list", "text"]}},
    "annotations no list": {"attributes": {"a": 1, "aws.xray.annotations": "a"}},
    "annotation by setting": {"attributes": {"order.id": 7, "other": 1}},
    "annotation of what a block takes": {
        **CALL, "attributes": {"http.method": "GET", "http.url": "http://a/", "peer.service": "p",
                               "aws.xray.annotations": ["http.method", "peer.service"]}},
    "annotation of a resource": {
        **SERVER, "resource": {"service.name": "s", "team.name": "t", "team.list": ["x"]}},
    "annotation prefix": {"attributes": {"annotation.foo": "bar"}},
    "sixty annotations": {"attributes": {
        **{f"k{i}": i for i in range(60)},
        "aws.xray.annotations": [f"k{i}" for i in range(60)]}},
    "metadata values": {"attributes": {
        "text": "a", "number": 1, "float": 1.5, "true": True, "list": [1, 2], "texts": ["a"],
        "map": {"a": {"b": [1]}}, "bytes": b"\x01\x02", "empty": "", "none": []}},
    "metadata namespaces": {"attributes": {
        "aws.xray.metadata.default": '{"a": 1}', "aws.xray.metadata.ns": '{"b": {"c": [1]}}',
        "aws.xray.metadata.bad": "{", "aws.xray.metadata.list": "[1]", "own": 1}},
    "metadata reserved": {"attributes": {"AWS.key": 1, "aws.xray.metadata.AWS.ns": '{"a": 1}'}},
    "metadata not finite": {"attributes": {"nan": float("nan"), "inf": float("inf")}},
    "links": {**SERVER, "links": [(1, 2, {"a": "b", "n": 1}), (3, 4, None)]},
    "bad links": {**SERVER, "links": [(0, 2, None), (1, 0, None), (3, 4, None)]},
    "many links": {**SERVER, "links": [(i, i, None) for i in range(1, 31)]},
    "links of a call": {**CALL, "links": [(1, 2, None)]},
}  # fmt: skip
