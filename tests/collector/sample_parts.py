"""Spans made by hand: parts of a trace, names, scalar fields (xray spec 3 to 6)."""

from __future__ import annotations

from typing import Any

from tests.collector.kinds import AWS, CALL, SERVER

PARTS: dict[str, dict[str, Any]] = {
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
    "name remote service": {
        **CALL, "attributes": {**AWS, "aws.remote.service": "AWS.SDK.DynamoDb"},
    },
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
    "name of a job": {"parent": None, "resource": {"service.name": "jobs"}},
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
    "version of the image": {
        **SERVER, "resource": {"service.name": "s", "container.image.tag": "t"},
    },
    "in progress": {"attributes": {"aws.xray.inprogress": True}},
    "end before start": {"end": 1_696_954_760_000_000_000},
}  # fmt: skip
