"""What is loaded after the response is loaded part by part, with the environment of init."""

from __future__ import annotations

import json
from pathlib import Path

import certifi
import idna
import pytest
import requests

SOURCE = """
import os, resource
import heliograph, requests
from types import SimpleNamespace
from requests.adapters import BaseAdapter
class Answering(BaseAdapter):
    def send(self, request, **_):
        response = requests.Response()
        response.status_code, response.url, response.request = 204, request.url, request
        response.raw, response._content = SimpleNamespace(version=11), b""
        return response
    def close(self): pass
session = requests.Session()
session.mount("http://", Answering())
def before(event): pass
def after(event): pass
def handler(event, context):
    before(event)
    with heliograph.span("price"):
        session.get("http://service.example/path")
        heliograph.metric("orders", 1)
    after(event)
    return event
"""


@pytest.fixture(autouse=True)
def with_requests(tmp_path):
    """The function's package has requests; urllib3 is the runtime's."""
    task = tmp_path / "task0"
    task.mkdir()
    for package in (requests, idna, certifi):
        folder = Path(package.__file__).parent
        (task / folder.name).symlink_to(folder)


def metrics(ran):
    """The names of the metrics of each EMF line."""
    found = [json.loads(line) for line in ran.ours if line.startswith('{"_aws"')]
    return [
        [metric["Name"] for metric in one["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
        for one in found
    ]


def names(ran):
    """How often each name of a span arrived."""
    found = [name for document in ran.documents for name in names_in(document)]
    return {name: found.count(name) for name in found}


def names_in(document):
    return [
        document["name"],
        *(name for inner in document.get("subsegments", ()) for name in names_in(inner)),
    ]


def whole(ran, events):
    """Whether everything of so many invocations arrived."""
    arrived = names(ran)
    return (
        metrics(ran) == [["orders"]] * events
        and arrived["price"] == arrived["service.example"] == events
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_PYTHON_EXCLUDED_URLS", "*"),
        ("OTEL_PYTHON_EXCLUDED_URLS", "ok,*bad"),
        ("OTEL_PYTHON_EXCLUDED_URLS", "[a"),
        ("OTEL_PYTHON_EXCLUDED_URLS", "health,(?i)ready"),
        ("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS", "*"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "unset"),
        ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "many"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "9" * 400),
        ("OTEL_PYTHON_METER_PROVIDER", "bogus"),
        ("OTEL_METRICS_EXEMPLAR_FILTER", "ALWAYS_ON"),
        ("OTEL_METRICS_EXEMPLAR_FILTER", "wrong"),
        ("OTEL_PYTHON_CONTEXT", "bogus"),
    ],
)
def test_a_value_that_official_packages_refuse(one_runtime, run, variable, value):
    """It costs no span and no metric, cold or warm, and the function sees it as it was set."""
    source = SOURCE + f"def before(event): assert os.environ[{variable!r}] == {value!r}\n"

    ran = run(one_runtime, source, [1, 2], env={variable: value})

    assert [answer[2] for answer in ran.seen.answers] == [1, 2]
    assert whole(ran, 2), ran.ours


@pytest.mark.parametrize(
    "change",
    [
        "os.environ.clear()",
        "os.environ['OTEL_SDK_DISABLED'] = 'true'",
        "os.environ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT'] = 'many'",
        "os.environ.update(OTEL_SERVICE_NAME='other', HELIOGRAPH_EMF_NAMESPACE='Other')",
        "os.environ.update(OTEL_TRACES_EXPORTER='none', OTEL_METRICS_EXPORTER='none')",
        "os.environ.update(OTEL_PROPAGATORS='bogus', OTEL_PYTHON_METER_PROVIDER='bogus')",
        "os.environ['AWS_XRAY_DAEMON_ADDRESS'] = '127.0.0.1:9'",
    ],
)
def test_the_environment_is_what_init_saw(one_runtime, run, change):
    """What a handler does to its environment loses and renames nothing, and stays as it did it."""
    source = SOURCE + (
        "seen = {}\n"
        "def before(event):\n"
        "    if seen: assert dict(os.environ, _X_AMZN_TRACE_ID='') == seen\n"
        f"    else: {change}; seen.update(os.environ, _X_AMZN_TRACE_ID='')\n"
    )

    ran = run(one_runtime, source, [1, 2], env={"HELIOGRAPH_EMF_NAMESPACE": "Init"})

    assert [answer[2] for answer in ran.seen.answers] == [1, 2]
    assert whole(ran, 2), ran.ours
    assert "Other" not in " ".join(ran.ours)
    assert "other" not in names(ran)


@pytest.mark.parametrize("change", ["sys.path[:] = ['/nowhere']", "sys.path = ['/nowhere']"])
def test_a_path_that_the_function_replaces(one_runtime, run, change):
    """What is loaded after the response is found where init would have found it (F12)."""
    source = SOURCE + f"import sys\ndef before(event):\n    {change}\n"

    ran = run(one_runtime, source, [1, 2])

    assert [answer[2] for answer in ran.seen.answers] == [1, 2]
    assert whole(ran, 2), ran.ours


def test_no_descriptor_at_the_first_development(one_runtime, run):
    """A load that fails once costs nothing: what was recorded is developed with the next."""
    source = SOURCE + (
        "import heliograph.develop.development\n"
        "most = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "def after(event):\n"
        "    limits = (3, most[1]) if event == 1 else most\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, limits)\n"
    )

    ran = run(one_runtime, source, [1, 2, 3])

    assert [answer[2] for answer in ran.seen.answers] == [1, 2, 3]
    arrived = names(ran)
    assert arrived["price"] == arrived["service.example"] == 3, ran.ours
    counted = [json.loads(line)["orders"] for line in ran.ours if line.startswith('{"_aws"')]
    assert len(counted) == 2, ran.ours  # nothing could be loaded after the first
    assert sum(one if isinstance(one, int) else sum(one["Counts"]) for one in counted) == 3


OLD = """
Literal = None
def __getattr__(name):
    raise AttributeError(name)
"""


@pytest.mark.parametrize(
    "text", [OLD, "raise RuntimeError('it fits no Python of today')"], ids=["old", "raises"]
)
def test_typing_extensions_of_the_functions_own(one_runtime, run, tmp_path, text):
    """One that is too old for OpenTelemetry costs nothing, and stays what the function imports."""
    (tmp_path / "task0" / "typing_extensions.py").write_text(text)
    source = SOURCE.replace(
        "def after(event): pass",
        """def after(event):
    try:
        import typing_extensions as theirs
    except RuntimeError:
        theirs = None
    assert not hasattr(theirs, "deprecated")""",
    )

    ran = run(one_runtime, source, [1, 2, 3])
    assert [answer[2] for answer in ran.seen.answers] == [1, 2, 3]
    assert whole(ran, 3), ran.ours


def test_a_package_that_does_not_fit_is_named(one_runtime, run, tmp_path):
    """The line says which package of the function's own keeps a part from loading."""
    task = tmp_path / "task0"
    about = task / "wrapt-0.0.1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: wrapt\nVersion: 0.0.1\n")
    (task / "wrapt.py").write_text("")

    ran = run(one_runtime, f"import wrapt\n{SOURCE}", [1, 2])

    assert [answer[2] for answer in ran.seen.answers] == [1, 2]
    (said,) = [line for line in ran.ours if "wrapt 0.0.1" in line]
    assert str(task) in said
    assert "leave it out of the function's package" in said


OLDER_WRAPT = """
__version__ = "1.10.0"
class ObjectProxy:
    def __init__(self, wrapped): self.__wrapped__ = wrapped
def wrap_function_wrapper(module, name, wrapper): raise AssertionError("nothing is to be wrapped")
"""
OLDER_PACKAGING = "def parse(text): return text\n"


def test_wrapt_and_packaging_of_the_functions_own(one_runtime, run, tmp_path):
    """Older ones, which the function has imported, are as good, and stay the function's."""
    task = tmp_path / "task0"
    (task / "wrapt.py").write_text(OLDER_WRAPT)
    (task / "packaging").mkdir()
    (task / "packaging" / "__init__.py").write_text("__version__ = '16.0'\n")
    (task / "packaging" / "version.py").write_text(OLDER_PACKAGING)
    source = (
        f"import wrapt, packaging.version\n{SOURCE}"
        "import sys\n"
        "def before(event):\n"
        "    assert sys.modules['wrapt'] is wrapt and wrapt.__version__ == '1.10.0'\n"
        "    assert sys.modules['packaging.version'].parse('1') == '1'\n"
    )

    ran = run(one_runtime, source, [1, 2])

    assert [answer[2] for answer in ran.seen.answers] == [1, 2]
    assert whole(ran, 2), ran.ours
