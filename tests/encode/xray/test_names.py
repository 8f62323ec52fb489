"""What a document is called."""

import pytest

from heliograph.encode import xray
from heliograph.encode.xray.names import sanitised


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        pytest.param("<subDomain>.example.com", "subDomain.example.com", id="vector 10, brackets"),
        pytest.param("<>", "span", id="vector 10, nothing left"),
        pytest.param(
            "EP @ test_15.testing-dömain.org#GO",
            "EP @ test_15.testing-dömain.org#GO",
            id="vector 10, all good",
        ),
        pytest.param("a" * 250, "a" * 200, id="vector 37, too long"),
        pytest.param("customers?x=1,y", "customersx=1y", id="what X-Ray refuses"),
        pytest.param("GET\r\n/a\tb", "GET /a b", id="control characters"),
        pytest.param("back\\slash", "backslash", id="backslash"),
        pytest.param("٣ items", " items", id="digits of other scripts"),
        pytest.param("注文", "注文", id="letters of other scripts"),
        pytest.param("😀" * 3 + "\ud800", "span", id="symbols and surrogates"),
        pytest.param("", "span", id="empty"),
        pytest.param("   ", "span", id="blank"),
    ],
)
def test_sanitised(written, kept):
    """Only characters that X-Ray takes are left of a name, and always some."""
    assert sanitised(written) == kept


LAMBDA = {"faas.name": "orders", "service.name": "orders"}


@pytest.mark.parametrize(
    ("span", "options", "name"),
    [
        pytest.param(
            {"kind": "SERVER", "name": "orders", "attributes": {"code.function.name": "app.main"},
             "parent": "remote", "resource": LAMBDA},
            {"lambda_segment": True}, "app.main", id="handler that repeats the function's name",
        ),
        pytest.param(
            {"kind": "SERVER", "name": "GET /a", "attributes": {"code.function.name": "app.main",
             "peer.service": "x", "aws.local.service": "orders"},
             "parent": "remote", "resource": LAMBDA},
            {"lambda_segment": True}, "GET /a", id="handler with a name of its own",
        ),
        pytest.param(
            {"kind": "SERVER", "name": "orders", "parent": "remote", "resource": LAMBDA},
            {"lambda_segment": True}, "orders", id="handler without a function",
        ),
        pytest.param(
            {"kind": "SERVER", "name": "app.main", "parent": "remote",
             "resource": {"faas.name": "orders", "service.name": "unknown_service:python"}},
            {"lambda_segment": False}, "orders", id="segment without a service's name",
        ),
        pytest.param(
            {"kind": "CONSUMER", "name": "q process", "parent": "remote",
             "resource": {"service.name": "worker"}},
            {"lambda_segment": False}, "worker", id="consumer segment is the service",
        ),
        pytest.param(
            {"kind": "SERVER", "attributes": {"aws.local.service": "mine"}, "parent": "remote",
             "resource": {"service.name": "orders"}},
            {"lambda_segment": False}, "mine", id="Application Signals' own name",
        ),
        pytest.param(
            {"kind": "CLIENT", "name": "GET",
             "attributes": {"url.full": "https://me:secret@api.example.com:443/a"}},
            {"lambda_segment": True}, "api.example.com", id="host of a URL, default port",
        ),
        pytest.param(
            {"kind": "CLIENT", "name": "GET", "attributes": {"http.url": "http://10.0.0.1:8080/"}},
            {"lambda_segment": True}, "10.0.0.1:8080", id="host of a URL, other port",
        ),
        pytest.param(
            {"kind": "CLIENT", "name": "GET", "attributes": {
             "url.full": "http://10.0.0.1:8080/", "server.address": "10.0.0.1"}},
            {"lambda_segment": True}, "10.0.0.1:8080", id="the same node, stable convention",
        ),
        pytest.param(
            {"kind": "SERVER", "name": "GET /items/{id}", "parent": "local", "attributes": {
             "http.route": "/items/{id}", "server.address": "api.example.com",
             "http.host": "api.example.com", "url.full": "https://api.example.com/items/7"}},
            {"lambda_segment": True}, "GET /items/id", id="a framework's span below the handler's",
        ),
        pytest.param(
            {"kind": "SERVER", "name": "GET /", "attributes": {"db.system.name": "redis"}},
            {"lambda_segment": False}, "GET /", id="a database names only what calls it",
        ),
        pytest.param(
            {"kind": "CLIENT", "name": "GET", "attributes": {"url.full": "http://[::1]:9/"}},
            {"lambda_segment": True}, "::1:9", id="host of a URL, v6",
        ),
        pytest.param(
            {"kind": "CLIENT", "name": "GET",
             "attributes": {"server.address": "a.example.com", "http.host": "b.example.com"}},
            {"lambda_segment": True}, "a.example.com", id="stable address before the old host",
        ),
        pytest.param(
            {"kind": "INTERNAL", "name": "GET", "attributes": {"server.address": "a.example.com"}},
            {"lambda_segment": True}, "GET", id="an address names only what calls",
        ),
        pytest.param(
            {"kind": "CLIENT", "name": "SELECT",
             "attributes": {"db.namespace": "shop", "server.address": "db.example.com"}},
            {"lambda_segment": True}, "shop@db.example.com", id="stable database",
        ),
        pytest.param(
            {"kind": "CLIENT", "name": "SELECT", "attributes": {"db.name": "shop",
             "db.connection_string": "jdbc:sqlserver://u:p@sql.example.com:1433;db=x"}},
            {"lambda_segment": True}, "shop@sql.example.com", id="jdbc",
        ),
        pytest.param(
            {"kind": "CLIENT", "name": "GET", "attributes": {"db.system": "redis"}},
            {"lambda_segment": True}, "redis", id="no address: the database system",
        ),
        pytest.param(
            {"kind": "PRODUCER", "name": "orders publish", "attributes": {
             "messaging.destination.name": "orders"}},
            {"lambda_segment": True}, "orders publish", id="messaging keeps the span's name",
        ),
    ],
)  # fmt: skip
def test_name(span, options, name, ended, new_id):
    """The service map's node is named after the service, never after a verb."""
    rule = xray.AnnotationRule()
    made = xray.document(ended(**span), new_id=new_id, annotate=rule, **options)
    assert made["name"] == name


@pytest.mark.parametrize(
    ("kind", "attributes", "namespace"),
    [
        pytest.param("INTERNAL", {"aws.service": "S3"}, "aws", id="named after aws.service"),
        pytest.param("INTERNAL", {"aws.service": "S3", "aws.remote.service": "x"}, "aws",
                     id="a remote service names only what calls"),
        pytest.param("CLIENT", {"aws.service": "S3", "aws.remote.service": "x"}, "remote",
                     id="named after the remote service"),
        pytest.param("INTERNAL", {"aws.service": "S3", "peer.service": "x"}, None,
                     id="named after the peer"),
    ],
)  # fmt: skip
def test_namespace_of_a_legacy_service(kind, attributes, namespace, ended, new_id):
    """`aws.service` makes a span one of AWS where it gives the name, and only there."""
    span, rule = ended("x", kind, attributes), xray.AnnotationRule()
    made = xray.document(span, lambda_segment=True, new_id=new_id, annotate=rule)
    assert made.get("namespace") == namespace
