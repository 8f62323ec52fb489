"""The public API as a whole: what it has, what it costs, what it does where nothing is set up."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import heliograph
from heliograph import testing
from heliograph.journal import journal, state

COUNT = """
import json, sys
before = set(sys.modules)
import heliograph
names = sorted(set(sys.modules) - before)
with heliograph.span("a", b=1) as span:
    span.annotate("a", 1).metadata("b", 2).event("c").attribute("d", 1).error("e")
heliograph.annotate("a", object())
heliograph.metadata("a", 1)
heliograph.event("a")
heliograph.metric("a", 1)
used = sorted(set(sys.modules) - before - set(names))

@heliograph.span()
def function(a):
    return a

assert function(3) == 3
from heliograph.journal import journal
print(json.dumps([names, used, len(journal.entries), len(journal.measurements)]))
"""


def test_cost_where_nothing_is_set_up() -> None:
    """The names loads itself alone; its names load the journal's few modules, and write nothing."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", COUNT], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    names, used, entries, measurements = json.loads(done.stdout)
    assert set(names) - {"__future__"} == {"heliograph"}
    ours = {
        "heliograph._guard", "heliograph._notice", "heliograph.journal",
        "heliograph.journal.current", "heliograph.journal.entry",
        "heliograph.journal.recorded_exception", "heliograph.journal.instrument",
        "heliograph.journal.bounded", "heliograph.journal.recording",
        "heliograph.manual", "heliograph.measuring", "heliograph.propagation",
        "heliograph.propagation.w3c", "heliograph.propagation.xray",
        "heliograph.version",
    }  # fmt: skip
    assert set(used) <= {*ours, "math", "contextvars", "_contextvars"}
    assert (entries, measurements) == (0, 0)


def test_names() -> None:
    """Every public name is there, and no other is made up."""
    assert {name: callable(getattr(heliograph, name)) for name in heliograph.__all__} == {
        "__version__": False, "annotate": True, "configure": True, "event": True, "flush": True,
        "metadata": True, "metric": True, "record": True, "records": True, "span": True,
        "wrap": True,
    }  # fmt: skip
    with pytest.raises(AttributeError, match="module 'heliograph' has no attribute 'spam'"):
        _ = heliograph.spam  # type: ignore[attr-defined]


def test_version_is_the_distributions() -> None:
    """The version in code is that of the package's metadata."""
    from importlib.metadata import version

    assert heliograph.__version__ == version("heliograph")


def test_wrap_outside_lambda() -> None:
    """Without Lambda and without `configure` a wrapped handler is the handler."""

    def handler(event: Any, context: Any) -> Any:
        """Document it."""
        return event, context, state.config

    wrapped = heliograph.wrap(handler)
    assert wrapped(1, 2) == (1, 2, None)
    assert (wrapped.__name__, wrapped.__doc__) == ("handler", "Document it.")
    assert journal.entries == []
    assert heliograph.flush() is True


def test_configured_outside_lambda() -> None:
    """With `configure` any process has spans, metrics and wrapped handlers."""
    with testing.capture() as captured:

        @heliograph.wrap
        def handler(event: Any, context: Any) -> Any:
            with heliograph.span("inner"):
                heliograph.metric("handled", 1)
            return event

        assert handler({"a": 1}, testing.FakeContext(function_name="shop")) == {"a": 1}
        inner = captured.span("inner")
        assert len(captured.spans) == 2
        assert inner.parent is not None
        assert captured.metrics["handled"][0].count == 1


def test_disabled() -> None:
    """`disabled=True` records nothing, whatever else is set up."""
    with testing.capture(disabled=True) as captured:
        with heliograph.span("span"):
            heliograph.metric("metric", 1)
        assert captured.spans == []
        assert captured.metrics == {}


def test_configured_again() -> None:
    """A second `configure` replaces settings and exporters; what is recorded goes there."""
    with testing.capture() as first:
        with heliograph.span("one"):
            pass
        assert [span.name for span in first.spans] == ["one"]
        with testing.capture() as second:
            with heliograph.span("two"):
                pass
            assert [span.name for span in second.spans] == ["two"]
        assert [span.name for span in first._spans.get_finished_spans()] == ["one"]
