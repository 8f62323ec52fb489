"""How an environment starts: deferred, eager, before a snapshot, in Managed Instances."""

from __future__ import annotations

import pytest

from heliograph.lab.invocation import Invocation

SOURCE = """
import sys
def handler(event, context):
    return sorted(name for name in sys.modules if name.startswith("opentelemetry.sdk"))
"""
SNAPSHOT = """
import os, snapshot_restore_py
said = []
@snapshot_restore_py.register_before_snapshot
def before():
    said.append("before")
@snapshot_restore_py.register_after_restore
def after():
    said.append("after")
def handler(event, context): return said
"""
BROKEN = """
import snapshot_restore_py
def refuse(): raise ValueError("no snapshot")
snapshot_restore_py.register_{}(refuse)
def handler(event, context): return 1
"""


def cold(documents):
    return [document["metadata"]["default"]["faas.coldstart"] for document in documents]


def test_deferred_loads_the_sdk_after_the_first_response(runtime, run, handlers_of):
    """The first invocation sees no SDK, the second one does; one of them is cold."""
    ran = run(runtime, SOURCE, [1, 2])

    first, second = (answer[2] for answer in ran.seen.answers)
    assert first == []
    assert "opentelemetry.sdk.trace" in second
    assert cold(handlers_of(ran.documents)) == [True, False]


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        pytest.param({"HELIOGRAPH_START": "eager"}, [True, False], id="asked-for"),
        pytest.param(
            {"AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency"}, [False, False],
            id="provisioned",
        ),
    ],
)  # fmt: skip
def test_eager_loads_the_sdk_in_init(runtime, both, handlers_of, variables, told):
    """With an eager start the SDK is there before the first event, and nothing else differs."""
    bare, layered = both(runtime, SOURCE, [1, 2], env=variables)

    assert all("opentelemetry.sdk.trace" in answer[2] for answer in layered.seen.answers)
    assert [answer[:2] for answer in layered.seen.answers] == [["response", 202]] * 2
    assert layered.seen.stdout == bare.seen.stdout
    assert layered.seen.stderr == bare.seen.stderr
    handlers = handlers_of(layered.documents)
    assert [document["name"] for document in handlers] == ["app.handler"] * 2
    assert cold(handlers) == told
    assert len(layered.ours) == 1


def test_snapshots(runtime, both, handlers_of):
    """SnapStart: the user's hooks run, the first invocation after it is cold and says so."""
    variables = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}

    bare, layered = both(runtime, SNAPSHOT, [1, 2], env=variables)

    assert layered.seen == bare.seen
    assert layered.seen.answers[0][2] == ["before", "after"]
    assert len(layered.function.api.restores) == 1
    first, second = (d["metadata"]["default"] for d in handlers_of(layered.documents))
    assert (first["faas.coldstart"], second["faas.coldstart"]) == (True, False)
    assert first["heliograph.restore"] is True
    assert "heliograph.restore" not in second
    assert first["faas.init.type"] == "snap-start"


@pytest.mark.parametrize(("hook", "code"), [("before_snapshot", 64), ("after_restore", 65)])
def test_snapshot_hooks_of_the_user_fail_as_bare(runtime, both, hook, code):
    """An error of the user's own hook ends the process as it does without us."""
    variables = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}

    bare, layered = both(runtime, BROKEN.format(hook), [1], env=variables)

    assert layered.seen == bare.seen
    assert layered.seen.exit_code == code


def test_each_worker_of_a_managed_instance_is_cold_once(runtime, both, handlers_of):
    """Workers import us after the fork: each has a cold invocation, and spans of its own."""
    source = "import os, time\ndef handler(event, context): return os.getpid()"

    bare, layered = both(runtime, source, [1] * 6, concurrency=2)

    workers = [answer[2] for answer in layered.seen.answers]
    assert [answer[:2] for answer in layered.seen.answers] == [["response", 202]] * 6
    layered.daemon.wait_documents(6)
    handlers = handlers_of(layered.documents)
    assert cold(handlers).count(True) == len(set(workers))
    assert len({document["id"] for document in handlers}) == 6
    types = {document["metadata"]["default"]["faas.init.type"] for document in handlers}
    assert types == {"lambda-managed-instances"}
    assert layered.seen.stderr == bare.seen.stderr


def test_slow_imports_do_not_put_development_off(one_runtime, run, handlers_of):
    """Seconds of the function's own imports say nothing about how long development takes."""
    source = "import time; time.sleep(1)\ndef handler(event, context): return 1"

    ran = run(one_runtime, source, [Invocation(timeout=3.0)])

    assert len(handlers_of(ran.documents)) == 1
    assert len(ran.ours) == 1


def test_the_package_form(one_runtime, run, handlers_of, layer):
    """`heliograph.wrap` without the wrapper script gives what the layer gives."""
    source = "import heliograph\n@heliograph.wrap\ndef handler(event, context): return event"
    without = {"AWS_LAMBDA_EXEC_WRAPPER": ""}

    ran = run(one_runtime, source, [1, 2], env=without)

    assert [answer[2] for answer in ran.seen.answers] == [1, 2]
    handlers = handlers_of(ran.documents)
    assert [document["name"] for document in handlers] == ["app.handler"] * 2
    assert cold(handlers) == [True, False]


def test_wrapped_under_the_layer(one_runtime, both, handlers_of):
    """The user's own `heliograph.wrap` under the layer: one span an invocation."""
    source = "import heliograph\n@heliograph.wrap\ndef handler(event, context): return event"

    bare, layered = both(one_runtime, source.replace("import heliograph", PLAIN), [1, 2])

    assert [answer[2] for answer in layered.seen.answers] == [1, 2]
    assert len(handlers_of(layered.documents)) == 2
    assert layered.seen == bare.seen


PLAIN = """try:
    import heliograph
except ImportError:  # the bare function has no such package
    from types import SimpleNamespace
    heliograph = SimpleNamespace(wrap=lambda handler: handler)"""


def test_switched_off(runtime, both):
    """`OTEL_SDK_DISABLED=true`: the function as it is bare, one line, nothing sent."""
    source = "def handler(event, context): raise KeyboardInterrupt"

    bare, layered = both(runtime, source, [1], env={"OTEL_SDK_DISABLED": "true"})

    assert layered.seen == bare.seen
    assert layered.documents == []
    assert len(layered.ours) == 1
    assert "off, by OTEL_SDK_DISABLED" in layered.ours[0]
