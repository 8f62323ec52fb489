"""The layer's instrumentors: on when the function imports their library, and free until then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from heliograph.lab.invocation import Invocation
from scripts import brought, pythons

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SERVER = """
import http.server, sys, threading
seen = []
class Answering(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        seen.append(self.headers.get("X-Amzn-Trace-Id", ""))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Answering)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"
def loaded():
    return sorted(n for n in sys.modules if n.partition(".")[0] in ("opentelemetry", "packaging"))
"""
USING = (
    SERVER
    + """
import httpx, redis, sqlalchemy, sqlite3, urllib.request
engine = sqlalchemy.create_engine("sqlite://")
def handler(event, context):
    before = loaded()
    httpx.get(url + "httpx")
    urllib.request.urlopen(url + "urllib").read()
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("select 1"))
    sqlite3.connect(":memory:").cursor().execute("select 2")
    try:
        redis.Redis(port=1).get("key")
    except redis.ConnectionError:
        pass
    import wrapt
    return [before, seen, "sqlalchemy.orm" in sys.modules, hasattr(wrapt, "patches")]
"""
)


@pytest.fixture
def using(one_runtime: dict[str, str]) -> str:
    """The folder with the libraries, for the Python that the function runs on."""
    return str(brought.libraries(pythons.find()[one_runtime["version"]], "instrumented"))


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """The function's own folder, which comes before the layer's."""
    folder = tmp_path / "task0"
    folder.mkdir()
    return folder


@pytest.fixture
def ran(run: Any, one_runtime: dict[str, str]) -> Callable[..., Any]:
    """Run a handler with a folder on its path."""

    def start(folder: str | Path, source: str, **env: str) -> Any:
        return run(one_runtime, source, [Invocation({})], env={"PYTHONPATH": str(folder), **env})

    return start


def answer(ran: Any) -> Any:
    """What the handler returned."""
    [told] = ran.seen.answers
    return told[2]


def told(ran: Any) -> list[str]:
    """The lines of ours but the one at start."""
    return [line for line in ran.ours if "traces to" not in line]


def calls(ran: Any) -> list[str]:
    """The spans below the handler's."""
    names = [one["name"].partition(":")[0] for one in ran.documents]
    return [name for name in names if name != "app.handler"]


def test_calls_are_spans(ran: Any, using: str) -> None:
    """Calls are spans below the handler's, headers go out, and no SDK is loaded for it."""
    done = ran(using, USING)
    before, headers, orm, whole = answer(done)
    assert told(done) == []
    assert calls(done) == ["127.0.0.1", "127.0.0.1", *["sqlite"] * 5, "localhost"]
    assert [name for name in before if "opentelemetry.sdk." in name or "packaging." in name] == []
    ids = {one["id"] for one in done.documents}
    assert [header.split("Parent=")[1][:16] in ids for header in headers] == [True, True]
    assert (orm, whole) == (False, True)  # nothing else is imported; what is lent is given back


def test_disabled(ran: Any, using: str) -> None:
    """`OTEL_PYTHON_DISABLED_INSTRUMENTATIONS` names any of them."""
    off = "httpx,urllib,sqlalchemy"
    done = ran(using, USING, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=off)
    assert calls(done) == ["sqlite", "sqlite", "sqlite", "localhost"]
    assert told(done) == []


NOTHING = SERVER + "import urllib.request\ndef handler(event, context):\n    return loaded()\n"


def test_they_cost_nothing_before(ran: Any, task: Path) -> None:
    """A function that imports none of the libraries, or urllib alone, loads nothing of them."""
    assert answer(ran(task, NOTHING)) == []


LIBRARY = """
{said}
class Redis:
    def execute_command(self):
        return 7
"""
FAKE = """
import sys, redis
def handler(event, context):
    return [redis.Redis().execute_command(),
            [name for name in sys.modules if "instrumentation.redis" in name]]
"""


def test_one_that_does_not_fit(ran: Any, task: Path) -> None:
    """One line has both versions, and the library is left alone."""
    (task / "redis.py").write_text(LIBRARY.format(said="__version__ = '2.5.9'"))
    done = ran(task, FAKE)
    assert answer(done)[0] == 7
    [line] = told(done)
    assert (
        "redis is not instrumented: the layer's instrumentor of redis does not fit it (requested: "
        '"redis >= 2.6" but found: "redis 2.5.9").'
    ) in line


def test_a_module_of_the_functions_own(ran: Any, task: Path) -> None:
    """A module by the name of a library that is not installed is left alone, without a word."""
    (task / "redis.py").write_text(LIBRARY.format(said=""))
    done = ran(task, FAKE)
    assert (answer(done), told(done)) == ([7, []], [])


DRIVER = """
VERSION_STRING, __version__ = "1.2.4", "2.2.8"
def connect(*args):
    return None
"""
DRIVING = """
import sys, pymysql
def handler(event, context):
    return "opentelemetry.instrumentation.pymysql" in sys.modules
"""


def test_one_that_says_the_version_of_another(ran: Any, task: Path) -> None:
    """PyMySQL has mysqlclient's in `__version__`, and is instrumented by its own."""
    (task / "pymysql.py").write_text(DRIVER)
    done = ran(task, DRIVING)
    assert (answer(done), told(done)) == (True, [])


INSTALLED = """
from opentelemetry import trace
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor
class RedisInstrumentor(BaseInstrumentor):
    def instrumentation_dependencies(self):
        return ()
    def _instrument(self, **kwargs):
        import redis
        execute = redis.Redis.execute_command
        def own(self):
            with trace.get_tracer("own").start_as_current_span("own"):
                return execute(self)
        redis.Redis.execute_command = own
    def _uninstrument(self, **kwargs):
        pass
"""


def test_an_installed_one_wins(ran: Any, task: Path) -> None:
    """What the function brings is switched on in place of the layer's, once."""
    (task / "redis.py").write_text(LIBRARY.format(said="__version__ = '8.0'"))
    place = task / "opentelemetry" / "instrumentation" / "redis"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text(INSTALLED)
    about = task / "opentelemetry_instrumentation_redis-9.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: opentelemetry-instrumentation-redis\nVersion: 9\n")
    (about / "entry_points.txt").write_text(
        "[opentelemetry_instrumentor]\n"
        "redis = opentelemetry.instrumentation.redis:RedisInstrumentor\n"
    )
    done = ran(task, FAKE)
    assert answer(done)[0] == 7
    assert calls(done) == ["own"]
    assert told(done) == []


OWN = (
    SERVER
    + """
IMPORTS
def named(span, request):
    span.set_attribute("mine", 1)
HTTPXClientInstrumentor().instrument(request_hook=named)
def handler(event, context):
    httpx.get(url)
"""
)
LIBRARY_FIRST = (
    "import httpx\nfrom opentelemetry.instrumentation.httpx import *\n"
    "from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor"
)
INSTRUMENTOR_FIRST = (
    "from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor\nimport httpx"
)


@pytest.mark.parametrize("imports", [LIBRARY_FIRST, INSTRUMENTOR_FIRST], ids=["after", "before"])
def test_switched_on_by_the_function_too(ran: Any, using: str, imports: str) -> None:
    """It is on once, as the function's own code asks for."""
    done = ran(using, OWN.replace("IMPORTS", imports))
    [span] = [one for one in done.documents if one["name"] != "app.handler"]
    assert span["metadata"]["default"]["mine"] == 1
    assert "already instrumented" not in "".join(done.seen.stdout)


APPLICATION = """
import asyncio
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
async def shown(request):
    return PlainTextResponse("fine")
application = Starlette(routes=[Route("/orders/{number}", shown)])
async def call():
    scope = {"type": "http", "method": "GET", "path": "/orders/7", "headers": [], "scheme": "http",
             "query_string": b"", "server": ("a", 80), "http_version": "1.1", "root_path": ""}
    sent = []
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        sent.append(message)
    await application(scope, receive, send)
    return sent[1]["body"].decode()
def handler(event, context):
    return asyncio.run(call())
"""


def test_a_framework(ran: Any, using: str) -> None:
    """A request is a span with its route; its single messages are none."""
    done = ran(using, APPLICATION)
    assert (answer(done), told(done)) == ("fine", [])
    assert calls(done) == ["a"]
