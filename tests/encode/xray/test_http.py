"""The `http` and `sql` blocks, the flags, and what of it reaches metadata."""

import pytest

from heliograph.encode import xray


def made(span, new_id, *, lambda_segment=True):
    return xray.document(
        span, lambda_segment=lambda_segment, new_id=new_id, annotate=xray.AnnotationRule()
    )


@pytest.mark.parametrize(
    ("kind", "attributes", "url"),
    [
        pytest.param("CLIENT", {"url.full": "https://u:p@a.com/x?q=1"}, "https://a.com/x?q=1",
                     id="full, without the user"),
        pytest.param("CLIENT", {"url.full": "https://a.com/x@y"}, "https://a.com/x@y",
                     id="an at sign in the path"),
        pytest.param("CLIENT", {"http.method": "GET", "server.address": "a.com",
                     "server.port": 443}, "https://a.com/", id="port 443 tells the scheme"),
        pytest.param("CLIENT", {"http.method": "GET", "server.address": "a.com",
                     "server.port": 8080, "url.path": "x", "url.query": "q=1"},
                     "http://a.com:8080/x?q=1", id="parts, stable"),
        pytest.param("CLIENT", {"http.status_code": 200, "net.peer.name": "a.com:81",
                     "net.peer.port": 81}, "http://a.com:81/", id="a peer's name with its port"),
        pytest.param("SERVER", {"http.host": "a.com:81", "net.host.port": 9, "http.target": "/x?y"},
                     "http://a.com:81/x?y", id="a host header has its port"),
        pytest.param("SERVER", {"url.scheme": "https", "server.address": "a.com",
                     "server.port": 443, "url.path": "/x"}, "https://a.com/x", id="server, stable"),
    ],
)  # fmt: skip
def test_url(kind, attributes, url, ended, new_id):
    """A URL is taken as it is, or built where a host is known; credentials never are."""
    assert made(ended("x", kind, attributes), new_id)["http"]["request"]["url"] == url


def test_forwarded_is_for_segments(ended, new_id):
    """X-Ray reads `x_forwarded_for` on segments only."""
    span = ended("x", "SERVER", {"client.address": "192.0.2.1", "http.method": "GET"},
                 parent="remote")  # fmt: skip
    request = {"method": "GET", "client_ip": "192.0.2.1"}
    assert made(span, new_id)["http"]["request"] == request
    segment = made(span, new_id, lambda_segment=False)["http"]["request"]
    assert segment == {**request, "x_forwarded_for": True}


def test_address_alone_is_no_http(ended, new_id):
    """A SQL or Redis span has an address; it is metadata then, and not lost."""
    document = made(ended("GET", "CLIENT", {"server.address": "r", "server.port": 6379}), new_id)
    assert "http" not in document
    assert document["metadata"] == {"default": {"server.address": "r", "server.port": 6379}}


def test_consumed_attributes_are_not_repeated(ended, new_id):
    """What the block says does not cost bytes in metadata again; what is unusable stays there."""
    attributes = {
        "http.request.method": "PUT",
        "http.response.status_code": "teapot",
        "http.response.body.size": 12,
        "http.request.traced": True,
        "url.scheme": "https",
        "http.route": "/a",
    }
    document = made(ended("PUT", "CLIENT", attributes), new_id)
    assert document["http"] == {
        "request": {"method": "PUT", "traced": True},
        "response": {"content_length": 12},
    }
    assert document["metadata"] == {
        "default": {"http.response.status_code": "teapot", "http.route": "/a"}
    }


@pytest.mark.parametrize(
    ("code", "status", "flags"),
    [
        pytest.param(None, "ERROR", {"fault": True}, id="error"),
        pytest.param(None, "OK", {}, id="ok"),
        pytest.param(200, "ERROR", {"fault": True}, id="200 but error"),
        pytest.param(399, "UNSET", {}, id="399"),
        pytest.param(404, "ERROR", {"error": True}, id="404 wins over error"),
        pytest.param("429", "UNSET", {"error": True, "throttle": True}, id="429 as text"),
        pytest.param(500, "OK", {"fault": True}, id="500 wins over ok"),
        pytest.param(599, "UNSET", {"fault": True}, id="599"),
        pytest.param(600, "UNSET", {}, id="600"),
        pytest.param(True, "UNSET", {}, id="a bool is no code"),
    ],
)
def test_flags(code, status, flags, ended, new_id):
    """The HTTP status wins over the span's; only true flags are written."""
    attributes = {} if code is None else {"http.status_code": code}
    document = made(ended("x", "CLIENT", attributes, status=(status,)), new_id)
    assert {
        key: document[key] for key in ("error", "fault", "throttle") if key in document
    } == flags


def test_throttled_with_status_400(ended, new_id):
    """DynamoDB throttles with 400: the exception's type tells."""
    call = {"rpc.system": "aws-api", "http.status_code": 400}
    error = {"exception.type": "botocore.errorfactory.ProvisionedThroughputExceededException"}
    document = made(ended("x", "CLIENT", call, events=[("exception", error)]), new_id)
    assert (document["error"], document["throttle"]) == (True, True)


@pytest.mark.parametrize(
    ("attributes", "sql"),
    [
        pytest.param(
            {"db.system.name": "postgresql", "db.namespace": "shop", "db.query.text": "SELECT 1",
             "server.address": "::1", "server.port": 5432},
            {"url": "q", "connection_string": "postgresql://[::1]:5432/shop",
             "database_type": "postgresql", "sanitized_query": "SELECT 1"}, id="stable",
        ),
        pytest.param(
            {"db.system": "mssql", "db.connection_string": "Server=x;User=sa;Password=hush;Db=y"},
            {"url": "q", "connection_string": "Server=x;User=sa;Password=***;Db=y",
             "database_type": "mssql"}, id="key and value, without the password",
        ),
        pytest.param(
            {"db.system": "mysql", "db.connection_string": "mysql://root:hush@x/y"},
            {"url": "q", "connection_string": "mysql://x/y", "database_type": "mysql"},
            id="URL, without the user",
        ),
        pytest.param({"db.system": "sqlite"}, {"url": "q", "database_type": "sqlite"}, id="least"),
    ],
)  # fmt: skip
def test_sql(attributes, sql, ended, new_id):
    """A relational database has its block, and nobody's password in it."""
    document = made(ended("q", "CLIENT", attributes), new_id)
    assert document["sql"] == sql
    assert "hush" not in str(document)


def test_dynamodb_is_no_sql(ended, new_id):
    """X-Ray draws DynamoDB wrong if it is called a SQL database."""
    assert "sql" not in made(ended("q", "CLIENT", {"db.system": "aws.dynamodb"}), new_id)
