"""Every way in which an invocation can end (lifecycle spec 1.4): as without us, and told."""

from __future__ import annotations

import pytest

from heliograph.lab.invocation import Invocation

LIMIT = 6_291_556

RETURNS = "def handler(event, context): return {'got': event}"
RAISES = """
def deep(event):
    raise ValueError("no stock of " + str(event))
def handler(event, context):
    try:
        return {}[event["n"]]
    except KeyError as error:
        deep(event)
"""
GROUP = """
class NoStock(Exception):
    def __str__(self): return "nothing in stock"
def handler(event, context):
    error = NoStock("x")
    raise error from LookupError("cause")
"""
MEMORY = "def handler(event, context): raise MemoryError()"
NOT_JSON = "def handler(event, context): return {'when': object()}"
THREAD_RAISES = """
import threading
def work(): raise ValueError("in a thread")
def handler(event, context):
    thread = threading.Thread(target=work, name="worker")
    thread.start(); thread.join()
    return "fine"
"""
THREAD_EXITS = THREAD_RAISES.replace('raise ValueError("in a thread")', "raise SystemExit(5)")
STANDARD = """
import atexit, sys
atexit.register(lambda: print("atexit ran"))
def handler(event, context):
    try:
        {}
    finally:
        print("finally ran")
"""
LEAVES = STANDARD.format


def error_type(document):
    return document["metadata"]["default"].get("error.type")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        pytest.param(RETURNS, None, id="returns"),
        pytest.param(RAISES, "ValueError", id="raises"),
        pytest.param(GROUP, "NoStock", id="raises-from"),
        pytest.param(MEMORY, "MemoryError", id="memory-error"),
        pytest.param(NOT_JSON, "Runtime.MarshalError", id="not-json"),
        pytest.param(THREAD_RAISES, None, id="thread-raises"),
        pytest.param(THREAD_EXITS, None, id="thread-exits"),
    ],
)
def test_the_environment_lives_on(runtime, both, handlers_of, source, told):
    """What the caller gets and the log says is the same, and each invocation has its span."""
    bare, layered = both(runtime, source, [{"n": 1}, {"n": 2}])

    layered.seen.stderr = without_our_frame(layered.seen.stderr, runtime)
    bare.seen.stderr = without_carets(bare.seen.stderr)
    assert layered.seen == bare.seen
    assert layered.seen.exit_code is None
    handlers = handlers_of(layered.documents)
    assert [document["name"] for document in handlers] == ["app.handler"] * 2
    assert [error_type(document) for document in handlers] == [told] * 2
    assert [document.get("fault") for document in handlers] == [True if told else None] * 2
    assert len(layered.ours) == 1  # the line at start


def test_recursion_error(runtime, both, handlers_of):
    """A recursion without end is one error with its span; the stack alone is one frame shorter."""
    source = """
import sys
def down(): return down()
def handler(event, context):
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(150)  # the lab takes 64 KB of the stack that goes into a header
    try:
        return down()
    finally:
        sys.setrecursionlimit(usual)
"""

    bare, layered = both(runtime, source, [{"n": 1}, {"n": 2}])

    for expected, actual in zip(bare.seen.answers, layered.seen.answers, strict=True):
        assert actual[0:2] == expected[0:2] == ["error", 202]
        for answer in (expected, actual):
            stack = {line for line in answer[2]["stackTrace"] if "repeated" not in line}
            answer[2]["stackTrace"] = sorted(stack)
        assert actual[2] == expected[2]
        assert actual[3] == "RecursionError"
    handlers = handlers_of(layered.documents)
    assert [error_type(document) for document in handlers] == ["RecursionError"] * 2
    assert len(layered.ours) == 1


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        pytest.param("sys.exit(0)", 0, "SystemExit", id="sys-exit-0"),
        pytest.param("sys.exit(3)", 3, "SystemExit", id="sys-exit-3"),
        pytest.param("sys.exit('bye')", 1, "SystemExit", id="sys-exit-text"),
        pytest.param("raise KeyboardInterrupt", -2, "KeyboardInterrupt", id="keyboard-interrupt"),
        pytest.param("raise GeneratorExit('g')", 1, "GeneratorExit", id="generator-exit"),
    ],
)
def test_the_process_ends(runtime, both, handlers_of, body, code, told):
    """An exception that is none of `Exception` ends the process; its span is out before that."""
    bare, layered = both(runtime, LEAVES(body), [{"n": 1}])

    assert layered.seen.exit_code == bare.seen.exit_code == code
    assert layered.seen.stdout == bare.seen.stdout
    assert layered.seen.answers == bare.seen.answers
    assert without_our_frame(layered.seen.stderr, runtime) == without_carets(bare.seen.stderr)
    (document,) = handlers_of(layered.documents)
    assert (error_type(document), document["fault"]) == (told, True)
    assert len(layered.ours) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param("import os; os._exit(7)", 7, id="os-exit"),
        pytest.param("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", -11, id="segv"),
        pytest.param("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9, id="kill"),
    ],
)
def test_no_python_runs_any_more(runtime, both, body, code):
    """A death without Python is the same death with us."""
    bare, layered = both(runtime, LEAVES(body), [{"n": 1}])

    assert layered.seen == bare.seen
    assert layered.seen.exit_code == code


@pytest.mark.parametrize(
    ("source", "invocation", "told"),
    [
        pytest.param(
            f"def handler(event, context): return 'x' * ({LIMIT} - 1)",
            {}, "response_too_large", id="413",
        ),
        pytest.param(
            "import time\ndef handler(event, context): time.sleep(0.4)",
            {"timeout": 0.3}, "timeout", id="410",
        ),
        pytest.param(RETURNS, {"refuse_with": 500}, "response_refused", id="500"),
        pytest.param(RETURNS, {"refuse_with": 400}, "response_refused", id="400"),
        pytest.param(RAISES, {"refuse_with": 500}, "response_refused", id="error-refused"),
    ],
)  # fmt: skip
def test_a_refused_answer_ends_the_process(runtime, both, handlers_of, source, invocation, told):
    """A refused POST raises out of the loop: exported first, then the same end as without us."""
    bare, layered = both(runtime, source, [Invocation({"n": 1}, **invocation)])

    assert layered.seen.exit_code == bare.seen.exit_code == 1
    assert layered.seen.stdout == bare.seen.stdout
    assert layered.seen.answers == bare.seen.answers
    assert without_our_frame(layered.seen.stderr, runtime) == without_carets(bare.seen.stderr)
    assert layered.seen.stderr[-1].startswith("RuntimeError: Failed to post invocation ")
    (document,) = handlers_of(layered.documents)
    assert (error_type(document), document["fault"]) == (told, True)
    late = document["metadata"]["default"].get("heliograph.late_ms")
    assert (late is not None and late >= 0) == (told == "timeout")
    assert len(layered.ours) == 1


def test_a_refused_answer_is_told_at_once(runtime, run, handlers_of):
    """Its span is out when the POST raises: what comes at exit may end the process at once."""
    source = "import atexit, os\natexit.register(os._exit, 9)\n" + RETURNS

    ran = run(runtime, source, [Invocation({}, refuse_with=500)])

    assert ran.seen.exit_code == 9
    (document,) = handlers_of(ran.documents)
    assert error_type(document) == "response_refused"


def test_the_largest_answer_is_no_error(one_runtime, run, handlers_of):
    """A response of exactly the limit is taken, and its span is no error."""
    ran = run(one_runtime, f"def handler(event, context): return 'x' * ({LIMIT} - 2)")

    (answer,) = ran.seen.answers
    assert answer[:2] == ["response", 202]
    (document,) = handlers_of(ran.documents)
    assert error_type(document) is None


@pytest.mark.parametrize(
    ("invocation", "told"),
    [
        pytest.param({"deadline": 0.3}, "timeout", id="410"),
        pytest.param({"refuse_with": 500}, "response_refused", id="500"),
        pytest.param({}, "response_too_large", id="413"),
    ],
)
def test_managed_instances_go_on(runtime, both, handlers_of, invocation, told):
    """A Managed Instance logs a refusal and goes on; the span tells it all the same."""
    source = f"""
import time
def handler(event, context):
    time.sleep(event.get("sleep", 0))
    return "x" * event.get("size", 1)
LIMIT = {LIMIT}
"""
    event = {"sleep": 0.4} if told == "timeout" else {}
    event = {"size": LIMIT} if told == "response_too_large" else event
    more = {"timeout": 0.3} if "deadline" in invocation else invocation
    asked = [Invocation(event, **more), Invocation({})]

    bare, layered = both(runtime, source, asked, concurrency=2)

    assert layered.seen.answers == bare.seen.answers
    assert layered.seen.answers[1][:2] == ["response", 202]
    assert layered.seen.exit_code is bare.seen.exit_code is None
    # two workers: who takes which event, and whose line comes first, is theirs to decide
    assert no_counts(layered.seen.stdout) == no_counts(bare.seen.stdout)
    assert sorted(layered.seen.stderr) == sorted(bare.seen.stderr)
    documents = handlers_of(layered.documents)
    assert {error_type(document) for document in documents} == {told, None}
    assert len(documents) == 2


def no_counts(lines):
    return sorted(line for line in lines if "runtime_worker" not in line)


def without_carets(lines):
    return [line for line in lines if line.strip(" ~^")]


def without_our_frame(lines, runtime):
    """Drop what 3.10 shows of us: one frame (see `_guard.unframe`). Others must not."""
    kept = without_carets(lines)
    frames = [number for number, line in enumerate(kept) if "/site-packages/heliograph/" in line]
    if runtime["version"] == "3.10":
        assert len(frames) <= 2  # of two threads
        for number in reversed(frames):
            del kept[number]  # the layer has no text for the line below it
    return kept


SURROGATE = (
    "def handler(event, context): return {'text': '\\ud800' if event.get('bad') else 'fine'}"
)


def test_a_result_with_a_lone_surrogate(one_runtime, both, handlers_of):
    """It ends the bare runtime, and ours the same way; the span has its error."""
    bare, layered = both(one_runtime, SURROGATE, [{}, {"bad": 1}])

    layered.seen.stderr = without_our_frame(layered.seen.stderr, one_runtime)
    bare.seen.stderr = without_carets(bare.seen.stderr)
    assert layered.seen.answers == bare.seen.answers
    assert layered.seen.exit_code == bare.seen.exit_code
    first, second = handlers_of(layered.documents)
    assert (error_type(first), error_type(second)) == (None, "response_refused")
    assert [line for line in layered.ours if "failed while" in line] == []
