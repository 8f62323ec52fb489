"""The examples through the layer, by the real runtime client, on every Python."""

from __future__ import annotations

import json
import re
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from heliograph.lab import emf
from heliograph.lab.invocation import Invocation
from heliograph.lab.trace import traces

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())
BANNED = ("asyncio", "botocore", "opentelemetry", "packaging", "requests", "urllib3", "wrapt")
AT_RESPONSE = f"""
import sys
original = handler
def handler(event, context):
    result = original(event, context)
    return {{**result, "loaded": [m for m in sys.modules if m.split(".")[0] in {BANNED!r}]}}
"""


def source(example: str, name: str = "app.py") -> str:
    """Return a file of an example."""
    return (ROOT / "examples" / example / name).read_text()


def event(example: str, name: str = "event.json"):
    """Return an event of an example."""
    return json.loads(source(example, name))


@pytest.fixture(scope="session")
def partner():
    """The address of the partner's service: every article costs a hundred cents a letter."""

    class Partner(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"cents": 100 * len(self.path.rpartition("/")[2])}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Partner) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="session")
def table(moto):
    """The name of a table that has two articles in stock."""
    import boto3

    made = boto3.resource(
        "dynamodb",
        endpoint_url=moto,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    ).create_table(
        TableName="orders-of-the-example",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for article in ("lens", "tripod"):
        made.put_item(Item={"id": f"stock-{article}", "left": 3})
    return made.name


@pytest.fixture(scope="session")
def libraries(tmp_path_factory) -> Path:
    """A second layer with what the example brings along: requests, of Python alone."""
    import certifi
    import charset_normalizer
    import idna
    import requests

    tree = tmp_path_factory.mktemp("libraries")
    for package in (requests, certifi, charset_normalizer, idna):
        where = Path(package.__file__).parent
        ignored = shutil.ignore_patterns("*.so", "__pycache__")
        shutil.copytree(where, tree / "python" / where.name, ignore=ignored)
    return tree


@pytest.fixture
def orders(function, runtime, layer, libraries, moto, partner, table):
    """The orders example, started with its libraries in a layer beside ours."""
    return function(
        runtime,
        source("orders"),
        layers=[libraries, layer],
        env={"AWS_ENDPOINT_URL": moto, "PARTNER_URL": partner, "ORDERS_TABLE": table},
    )


def asked(function, daemon, given, spans: int):
    """Invoke; returns the answer, the tree below Lambda's own segment, and the metrics' rows."""
    seen, invocation = len(daemon.documents), Invocation(given)
    before = len(function.stdout.raw)
    answer = function.invoke(invocation)
    daemon.wait_documents(seen + spans)
    daemon.settle()
    (trace,) = traces(daemon.documents[seen:])
    (root,) = trace.roots
    header = dict(part.split("=", 1) for part in invocation.trace_header.split(";"))
    assert (trace.trace_id, root.id) == (header["Root"], header["Parent"])
    lines = function.stdout.lines(before)
    assert [line for line in lines if "WARNING" in line or "failed while" in line] == []
    rows = emf.metrics(lines)
    assert rows.problems == []
    return answer.json(), [tree(child) for child in root.children], rows.rows


def tree(node):
    """Return all that should be the same in every run: (what, status, told, children)."""
    told = {**node.annotations, **{f"metadata {k}": v for k, v in node.metadata.items()}}
    facts = (node.document.get("namespace"), node.http_status, node.status)
    what = re.sub(r":\d+", ":PORT", f"{node.name} {node.call}".rstrip())
    return (what, facts, told, [tree(child) for child in node.children])


NONE = (None, None, None)
AWS = ("aws", 200, None)
REMOTE = ("remote", 200, None)


def expected_tree(order, cents, *, status, error, reserve, table):
    """Return the tree of an order: what `tree` makes of it."""
    articles = order["articles"]
    looked_up = ("in_stock", NONE, {}, [(f"DynamoDB GetItem {table}", AWS, {}, [])])
    prices = [(f"127.0.0.1:PORT GET /prices/{name}", REMOTE, {}, []) for name in articles]
    return [
        (
            "POST /orders",
            (None, status, error),
            {"order.id": order["id"], "metadata order": order},
            [
                (f"DynamoDB PutItem {table}", AWS, {}, []),
                (
                    "price",
                    NONE,
                    {"metadata currency": "EUR", "metadata price.cents": cents},
                    prices,
                ),
                looked_up,
                looked_up,
                ("reserve", (None, None, reserve), {}, []),
            ],
        )
    ]


def test_orders(orders, daemon, table):
    """Cold and warm give the same whole tree and the same metrics, threads included."""
    given = event("orders")
    tree = expected_tree(given["order"], 1000, status=201, error=None, reserve=None, table=table)

    for _ in range(3):
        answer, found, rows = asked(orders, daemon, given, spans=9)

        assert answer == {"statusCode": 201, "body": "ORD-001"}
        assert found == tree
        service = {"service": "lab"}
        assert {row.metric: (row.values, row.unit, row.dimensions) for row in rows} == {
            "orders.value": ([(10.0, 1)], "None", {**service, "currency": "EUR"}),
            "orders.articles": ([(2, 1)], "Count", service),
        }


def test_orders_that_are_refused(orders, daemon, table):
    """The span that raised has the fault and its cause; the function answers, and is an error."""
    given = event("orders", "refused.json")

    answer, found, rows = asked(orders, daemon, given, spans=9)

    assert answer == {"statusCode": 409, "body": "out of stock: mirror"}
    assert found == expected_tree(
        given["order"], 1000, status=409, error="error", reserve="fault", table=table
    )
    (reserve,) = (one for one in daemon.documents if one["name"] == "reserve")
    (exception,) = reserve["cause"]["exceptions"]
    assert (exception["type"], exception["message"]) == ("app.OutOfStock", "out of stock: mirror")
    assert [frame["label"] for frame in exception["stack"]] == ["reserve"]
    assert [(row.metric, row.values, row.unit) for row in rows] == [
        ("orders.refused", [(1, 1)], "Count")
    ]


def members(value):
    """Return the names in a document, and how they are nested."""
    return {name: members(one) for name, one in value.items()} if isinstance(value, dict) else None


def test_the_document_of_the_page(orders, daemon, table):
    """docs/xray.md shows the document of a call as X-Ray gets it."""
    asked(orders, daemon, event("orders"), spans=9)
    page = (ROOT / "docs" / "xray.md").read_text()
    shown = json.loads(re.search(r"```json\n(.*?)```", page, re.DOTALL)[1])

    put = next(one for one in daemon.documents if "PutItem" in str(one.get("aws")))

    assert members(put) == members(shown)
    for name in ("name", "type", "namespace", "metadata"):
        shown["metadata"]["default"]["aws.dynamodb.table_names"] = [table]
        assert put[name] == shown[name]


def test_hello(function, runtime, daemon):
    """A function that knows nothing of us has a span for every invocation, cold and warm."""
    hello = function(runtime, source("hello"))

    for _ in range(3):
        answer, found, rows = asked(hello, daemon, event("hello"), spans=1)

        assert answer == {"statusCode": 200, "body": "hello Ada"}
        assert found == [("app.handler", NONE, {}, [])]
        assert rows == []


def test_hello_loads_nothing_before_its_response(function, runtime):
    """Nothing of ours that is slow to import is there while the caller waits."""
    hello = function(runtime, source("hello") + AT_RESPONSE)

    assert hello.invoke(Invocation(event("hello"))).json()["loaded"] == []


def test_hello_imports_nothing():
    """The example shows a function without a line of instrumentation."""
    assert "import" not in source("hello")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_whole(example):
    """Each has its code, an event, and a page that says what it shows."""
    assert {"README.md", "event.json"} <= {path.name for path in example.iterdir()}
    assert list(example.glob("*.py"))
    assert (example / "README.md").read_text().startswith(f"# {example.name}\n")
    for path in example.glob("*.json"):
        assert isinstance(json.loads(path.read_text()), dict)
