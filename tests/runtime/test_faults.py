"""What surrounds the function fails: it answers as before, with one warning at most."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from heliograph.lab.daemon import XRayDaemon
from scripts.places import ROOT, packages

SOURCE = """
import heliograph
def handler(event, context):
    with heliograph.span("price"):
        heliograph.metric("orders", 1)
    return event
"""
QUIET = SOURCE.replace('        heliograph.metric("orders", 1)\n', "        pass\n")


def warnings(ran):
    return [line for line in ran.ours if "[WARNING]" in line]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        pytest.param("127.0.0.1:1", "X-Ray daemon", id="closed-port"),
        pytest.param("nonsense", "AWS_XRAY_DAEMON_ADDRESS", id="nonsense"),
        pytest.param("no-such-host.invalid:2000", "X-Ray daemon", id="unresolvable"),
        pytest.param("127.0.0.1:99999", "AWS_XRAY_DAEMON_ADDRESS", id="port"),
        pytest.param("tcp:127.0.0.1:1", "AWS_XRAY_DAEMON_ADDRESS", id="tcp-only"),
    ],
)
def test_a_wrong_daemon_address(one_runtime, run, address, words):
    """The address is named once; answers are as before."""
    ran = run(one_runtime, QUIET, [1, 2, 3], env={"AWS_XRAY_DAEMON_ADDRESS": address})

    assert [answer[:3] for answer in ran.seen.answers] == [["response", 202, n] for n in (1, 2, 3)]
    said = warnings(ran)
    assert words in said[0]
    assert len(said) == 1 or (words == "AWS_XRAY_DAEMON_ADDRESS" and len(said) == 2)


def test_the_receiver_dies(one_runtime, function):
    """A daemon that goes away costs one line; one that comes back gets what is sent then."""
    from heliograph.lab.invocation import Invocation

    with XRayDaemon() as first:
        running = function(one_runtime, QUIET, daemon=first)
        assert running.invoke(Invocation(0)).json() == 0
        assert len(first.wait_documents(2)) == 2

    answers = [running.invoke(Invocation(n)).json() for n in range(1, 5)]

    assert answers == [1, 2, 3, 4]
    said = [line for line in running.stdout.lines() if "heliograph: " in line]
    assert len([line for line in said if "could not be reached" in line]) == 1
    assert len(said) == 2


@pytest.mark.parametrize(
    "prelude",
    [
        pytest.param("os.dup2(os.open('/dev/full', os.O_WRONLY), 1)", id="full"),
        pytest.param("os.close(1)", id="closed"),
        pytest.param("sys.stdout.close()", id="closed-object"),
        pytest.param("sys.stdout = None", id="none"),
        pytest.param(
            "os.dup2(os.open(os.environ['OUT'], os.O_WRONLY | os.O_CREAT), 1)\n"
            "import resource, signal\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))", id="no-space",
        ),
    ],
)  # fmt: skip
def test_stdout_takes_nothing(runtime, both, handlers_of, prelude, tmp_path):
    """A stdout that is full, closed or gone: answers and spans as before, metrics are lost."""
    source = f"import os, sys\n{prelude}\n" + SOURCE.replace("import heliograph", PLAIN)
    out = {"OUT": str(tmp_path / "out"), "HELIOGRAPH_START": "nonsense"}

    bare, layered = both(runtime, source, [1, 2, 3], env=out)

    assert layered.seen.answers == bare.seen.answers
    assert [answer[2] for answer in layered.seen.answers] == [1, 2, 3]
    assert layered.seen.exit_code is None
    assert len(handlers_of(layered.documents)) == 3
    assert layered.seen.stderr == bare.seen.stderr


PLAIN = """try:
    import heliograph
except ImportError:  # the bare function has no such package
    from contextlib import nullcontext
    from types import SimpleNamespace
    heliograph = SimpleNamespace(span=nullcontext, metric=lambda name, value: None)"""


def test_stdout_is_full_from_the_start(runtime, both, handlers_of, tmp_path):
    """Nothing of ours can be said, not even of a wrong setting: all else is as it would be."""
    wrapper = tmp_path / "full"
    wrapper.write_text('#!/bin/sh\nexec "$@" >/dev/full\n')
    wrapper.chmod(0o755)
    source = SOURCE.replace("import heliograph", PLAIN)
    bad = {"HELIOGRAPH_START": "nonsense", "OTEL_PROPAGATORS": "nonsense"}

    bare, layered = both(
        runtime, source, [1, 2], env={**bad, "HELIOGRAPH_NEXT_WRAPPER": str(wrapper)}
    )

    assert layered.seen.answers == bare.seen.answers
    assert layered.seen.exit_code is None
    assert len(handlers_of(layered.documents)) == 2
    assert layered.seen.stderr == []


def test_no_place_to_write(one_runtime, both, handlers_of):
    """Where no directory can be written to, nothing of ours asks for one."""
    nowhere = {"TMPDIR": "/proc", "HOME": "/proc", "XDG_CACHE_HOME": "/proc"}
    source = SOURCE.replace("import heliograph", PLAIN)

    bare, layered = both(one_runtime, source, [1, 2], env=nowhere)

    assert layered.seen == bare.seen
    assert len(handlers_of(layered.documents)) == 2
    assert warnings(layered) == []


BAD = {
    "HELIOGRAPH_START": "sometimes",
    "HELIOGRAPH_SPAN_NAME": "x",
    "HELIOGRAPH_CAPTURE_QUERY": "perhaps",
    "HELIOGRAPH_HANDLER_AS_SEGMENT": "7",
    "OTEL_SDK_DISABLED": "nope",
    "OTEL_TRACES_SAMPLER": "no_such_sampler",
    "OTEL_PROPAGATORS": "no_such_propagator,xray",
    "OTEL_TRACES_EXPORTER": "xray,no_such_exporter",
    "OTEL_METRICS_EXPORTER": "no_such_exporter",
    "OTEL_RESOURCE_ATTRIBUTES": "===,=,a",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "many",
    "OTEL_PYTHON_REQUESTS_EXCLUDED_URLS": "(((",
    "HELIOGRAPH_EMF_DIMENSIONS": "service",
    "HELIOGRAPH_EMF_NAMESPACE": "é" * 300,
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bad_setting(one_runtime, both, handlers_of, name):
    """Any bad value leaves the function and its spans as they are; a line names the setting."""
    source = SOURCE.replace("import heliograph", PLAIN)

    bare, layered = both(one_runtime, source, [1, 2, 3], env={name: BAD[name]})

    assert layered.seen.answers == bare.seen.answers
    assert [answer[2] for answer in layered.seen.answers] == [1, 2, 3]
    assert len(handlers_of(layered.documents)) == 3
    said = [line for line in layered.ours if "WARNING" in line]
    assert (name in " ".join(said)) == (name not in USABLE), layered.ours
    assert len({line.partition("heliograph: ")[2] for line in said}) == len(said)


USABLE = ("HELIOGRAPH_EMF_NAMESPACE",)
"""By the EMF rules: what it has beyond them is left out, in silence."""


def test_a_start_that_fails(one_runtime, run, layer, tmp_path):
    """Whatever fails in our own start, the function's handler is found, and a line says so."""
    spoiled = tmp_path / "layer"
    shutil.copytree(layer, spoiled)
    module = Path("heliograph/runtime/lifecycle.py")
    target = packages(spoiled, one_runtime["version"]) / module
    target.with_suffix(".pyc").unlink()
    source = (ROOT / "src" / module).read_text()
    target.write_text(source + "\ndef switch_on(*_): raise RuntimeError('spoiled')\n")
    names = "import os\ndef handler(event, context): return [event, os.environ['_HANDLER']]"

    ran = run(one_runtime, names, [1, 2], layers=[spoiled])

    assert [answer[2] for answer in ran.seen.answers] == [[1, "app.handler"], [2, "app.handler"]]
    assert ran.seen.stdout == ran.seen.stderr == []
    (said,) = ran.ours
    assert "failed while starting: RuntimeError: spoiled" in said
