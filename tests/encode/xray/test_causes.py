"""Exceptions: what real Python tracebacks become."""

import sys
import traceback

import pytest

from heliograph._limits import XRAY_FRAMES
from heliograph.encode import xray
from heliograph.encode.xray import stack


def inner():
    raise ValueError("bad value\nover two lines")


def middle():
    try:
        inner()
    except ValueError as error:
        raise KeyError("a key") from error


def outer():
    try:
        middle()
    except KeyError:
        raise TypeError  # noqa: B904 - "during handling" is what is tested


def deep(depth):
    if depth:
        return deep(depth - 1)
    raise RecursionError("too deep")


def wrong():
    compile("a b", "made.py", "exec")


def text_of(function, *arguments):
    try:
        function(*arguments)
    except Exception:  # noqa: BLE001 - any exception of a sample
        return traceback.format_exc()


def test_chain_of_both_kinds():
    """`raise from` and "during handling" alike: each exception, and what led to it."""
    found = stack.parse(text_of(outer))
    assert [(one.kind, one.message) for one in found] == [
        ("TypeError", ""),
        ("KeyError", "'a key'"),
        ("ValueError", "bad value\nover two lines"),
    ]
    assert [[frame["label"] for frame in one.stack] for one in found] == [
        ["outer", "text_of"],
        ["middle", "outer"],
        ["inner", "middle"],
    ]
    assert {frame["path"] for one in found for frame in one.stack} == {__file__}


def test_chain_names_causes_by_id(ended, new_id):
    """In the document each exception names the one that led to it."""
    told = {"exception.type": "mod.TypeError", "exception.message": "told",
            "exception.stacktrace": text_of(outer)}  # fmt: skip
    span = ended("x", "CLIENT", events=[("exception", told), ("exception", {})])
    document = xray.document(
        span, lambda_segment=True, new_id=new_id, annotate=xray.AnnotationRule()
    )
    brief = [
        {key: value for key, value in one.items() if key != "stack"}
        for one in document["cause"]["exceptions"]
    ]
    ids = [f"{number:016x}" for number in (0xE1, 0xE2, 0xE3, 0xE4)]
    assert brief == [
        {"id": ids[0], "type": "mod.TypeError", "message": "told", "remote": True, "cause": ids[1]},
        {"id": ids[1], "type": "KeyError", "message": "'a key'", "remote": True, "cause": ids[2]},
        {
            "id": ids[2],
            "type": "ValueError",
            "message": "bad value\nover two lines",
            "remote": True,
        },
        {"id": ids[3], "type": "", "message": "", "remote": True},
    ]
    assert "fault" not in document


def test_repeated_frames_are_counted():
    """Python writes three frames of a recursion and a count; nothing of it is lost."""
    (found,) = stack.parse(text_of(deep, 200))
    assert len(found.stack) + found.truncated == 202
    assert found.stack[0]["label"] == "deep"


def test_innermost_frames_are_kept():
    """Of a stack that is too long the innermost frames stay, and the rest is counted."""
    frames = "".join(f'  File "a.py", line {n}, in f{n}\n    x\n' for n in range(80))
    (found,) = stack.parse(f"Traceback (most recent call last):\n{frames}E: m\n")
    assert (len(found.stack), found.truncated) == (XRAY_FRAMES, 30)
    assert [frame["line"] for frame in found.stack] == list(range(79, 29, -1))


def test_markers_and_source_are_no_frames():
    """`^^^^` lines, source and elided source are not taken for frames."""
    text = (
        'Traceback (most recent call last):\n  File "/a,b/c.py", line 3, in <module>\n'
        "    f(\n    ~^\n        1,\n    ...<2 lines>...\n    )\n    ^\n"
        "  [12 frames left out]\nmod.E: m: n\n"
    )
    assert stack.parse(text) == [
        stack.Raised(
            "mod.E",
            "m: n",
            [{"path": "/a,b/c.py", "line": 3, "label": "<module>"}],
            12,
            group=False,
        )
    ]


def test_syntax_error():
    """The place of a syntax error is a frame without a function."""
    (found,) = stack.parse(text_of(wrong))
    assert found.kind == "SyntaxError"
    assert found.stack[0] == {"path": "made.py", "line": 1, "label": ""}
    assert found.stack[1]["label"] == "wrong"


def test_exception_without_a_traceback():
    """An exception that was never raised is one line."""
    assert stack.parse("ValueError: x\n") == [stack.Raised("ValueError", "x", [], 0, group=False)]


def test_stack_of_another_language_is_kept(ended, new_id):
    """A stack that is not Python's has no frames in `cause`: its text is metadata."""
    told = {"exception.type": "Error", "exception.stacktrace": "Error: x\n    at f (a.js:1:2)"}
    span = ended(events=[("exception", told)])
    document = xray.document(
        span, lambda_segment=True, new_id=new_id, annotate=xray.AnnotationRule()
    )
    (event,) = document["metadata"]["events"]
    assert event["attributes"] == {"exception.stacktrace": told["exception.stacktrace"]}


@pytest.mark.parametrize("text", ["", "\n", "  \n  indented", "\x00"])
def test_no_traceback_at_all(text):
    """A text that is no traceback breaks nothing."""
    assert all(not one.stack for one in stack.parse(text))


def test_malformed_block_ends_the_chain():
    """What stands above a part that is no traceback is not read."""
    during = "During handling of the above exception, another exception occurred:"
    assert [
        one.kind for one in stack.parse(f"A: 1\n\n{during}\n\n  junk\n\n{during}\n\nB: 2\n")
    ] == ["B"]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups are of Python 3.11")
def test_group_keeps_its_own_frames_and_its_text(ended, new_id):
    """Of a group the outermost frames are read; the exceptions inside stay as text."""

    def group():
        raise ExceptionGroup("two", [ValueError(1), TypeError(2)])  # noqa: F821 - 3.11

    text = text_of(group)
    (found,) = stack.parse(text)
    assert (found.kind, found.message, found.group) == (
        "ExceptionGroup",
        "two (2 sub-exceptions)",
        True,
    )
    assert [frame["label"] for frame in found.stack] == ["group", "text_of"]
    span = ended(events=[("exception", {"exception.stacktrace": text, "order": 7})])
    document = xray.document(
        span, lambda_segment=True, new_id=new_id, annotate=xray.AnnotationRule()
    )
    (event,) = document["metadata"]["events"]
    assert event["attributes"] == {"exception.stacktrace": text, "order": 7}


@pytest.mark.parametrize(
    ("status", "attributes", "cause"),
    [
        pytest.param(("ERROR", "why"), {}, "why", id="description"),
        pytest.param(("ERROR",), {"http.status_text": "Bad"}, "Bad", id="status text"),
        pytest.param(("ERROR",), {}, None, id="nothing to say"),
        pytest.param(("OK",), {"http.status_text": "Bad"}, None, id="no error"),
    ],
)
def test_cause_without_an_exception(status, attributes, cause, ended, new_id):
    """A failed span without an exception says what its status says."""
    span = ended("x", "PRODUCER", attributes, status=status)
    document = xray.document(
        span, lambda_segment=True, new_id=new_id, annotate=xray.AnnotationRule()
    )
    expected = {"id": f"{0xE1:016x}", "type": "", "message": cause, "remote": True}
    assert document.get("cause") == (cause and {"exceptions": [expected]})
    assert ("http.status_text" in str(document)) == (cause is None and bool(attributes))
