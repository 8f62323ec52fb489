"""Exceptions by value: the text that Python prints, and nothing of the function kept alive."""

# ruff: noqa: BLE001, N818 - any exception of any name

from __future__ import annotations

import gc
import re
import sys
import traceback
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph import _guard
from heliograph._guard import unframe
from heliograph.develop import stack
from heliograph.develop.stand_in import StandIn, stand_in
from heliograph.encode.xray import stack as xray_stack
from heliograph.journal import MAX_CHAIN, MAX_FRAMES, MAX_STRING
from heliograph.journal import recorded_exception as exceptions
from heliograph.journal.recorded_exception import RecordedException

groups = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="groups and notes are of Python 3.11"
)


def raised(function):
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def ordinary():
    return {}["key"]


def multiline():
    raise ValueError(
        "two lines\nof text",
        1,
    )


def caused():
    try:
        ordinary()
    except KeyError as error:
        raise ValueError("caused") from error


def during():
    try:
        caused()
    except ValueError:
        ordinary()


def suppressed():
    try:
        ordinary()
    except KeyError:
        raise RuntimeError from None


def cause_without_stack():
    raise ValueError("v") from KeyError("never raised")


def noted():
    error = ValueError("noted")
    error.add_note("a note")
    error.add_note("of two\nlines")
    raise error


def recursion(depth=40):
    return recursion(depth - 1) if depth > 0 else 1 / 0


def syntax():
    compile("x = (1,\ny = 2", "somewhere.py", "exec")


def indentation():
    compile("if 1:\npass", "somewhere.py", "exec")


def bare_syntax():
    raise SyntaxError("by hand")


class Own(Exception):
    """An exception of the test's."""


class Outer:
    class Inner(Exception):
        """A nested name."""


def own():
    raise Own("own")


def nested_name():
    raise Outer.Inner


def os_error():
    open("/absent/file")  # noqa: SIM115


def unicode_error():
    b"\xff".decode()


def grouped():
    inner = ExceptionGroup("inner", [raised(ordinary), Own("never raised")])  # noqa: F821
    raise ExceptionGroup("outer", [raised(caused), inner, raised(during)])  # noqa: F821


def base_group():
    raise BaseExceptionGroup("leaving", [KeyboardInterrupt()])  # noqa: F821


def group_of_a_class():
    class Several(ExceptionGroup):  # noqa: F821
        pass

    raise Several("several", [raised(ordinary)]) from raised(own)


def interrupted():
    raise KeyboardInterrupt


CASES = [
    ordinary, multiline, caused, during, suppressed, cause_without_stack, recursion, syntax,
    indentation, bare_syntax, own, nested_name, os_error, unicode_error, interrupted,
    *(pytest.param(case, marks=groups) for case in (noted, grouped, base_group, group_of_a_class)),
]  # fmt: skip


@pytest.mark.parametrize("function", CASES)
def test_text(function):
    """The text is that of `traceback.format_exception`."""
    error = raised(function)
    assert stack.text(RecordedException(error)) == "".join(traceback.format_exception(error))


@pytest.mark.parametrize("function", CASES)
def test_data_says_what_text_says(function):
    """X-Ray's exceptions are the same from what was recorded and from Python's text."""
    recorded = RecordedException(raised(function))
    from_text = [one._replace(group=False) for one in xray_stack.parse(stack.text(recorded))]
    assert xray_stack.of(recorded) == from_text


def test_data_of_deep_and_repeated_frames():
    """A stack with frames left out in its middle counts them as its text does."""
    for depth in (1, 3, 4, 60, 200):
        recorded = RecordedException(raised(lambda: recursion(depth)))  # noqa: B023 - run at once
        assert xray_stack.of(recorded) == xray_stack.parse(stack.text(recorded)), depth


def test_never_raised():
    """An exception that was only made has no stack."""
    assert stack.text(RecordedException(ValueError("v"))) == "ValueError: v\n"
    assert stack.text(RecordedException(ValueError())) == "ValueError\n"


@given(st.text(max_size=80))
def test_any_message(message):
    """Any message, as Python prints it."""
    error = ValueError(message)
    assert stack.text(RecordedException(error)) == "".join(traceback.format_exception(error))


def test_deep_stack():
    """Of a deep stack the outermost and innermost frames are kept, and the rest counted."""
    source = "\n".join(f"def f{n}(): f{n + 1}()" for n in range(100)) + "\ndef f100(): 1 / 0"
    names = {}
    exec(compile(source, "deep.py", "exec"), names)
    kept = RecordedException(raised(names["f0"]))
    assert len(kept.frames) == MAX_FRAMES
    text = stack.text(kept)
    assert f"[{kept.left_out} frames left out]" in text
    shown = re.findall(r"in f(\d+)", text)
    assert shown == [str(n) for n in [*range(24), *range(76, 101)]]


def test_long_chain():
    """A chain of causes ends at its bound; one that leads back to itself ends too."""
    error = None
    for number in range(50):
        following = ValueError(number)
        following.__cause__, error = error, following
    assert stack.text(RecordedException(error)).count("ValueError") == MAX_CHAIN
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert stack.text(RecordedException(one)).count("ValueError") == 2


@groups
def test_large_group():
    """A group of groups without end is bounded as a whole."""
    group = ExceptionGroup("leaf", [ValueError(n) for n in range(40)])  # noqa: F821
    for _ in range(6):
        group = ExceptionGroup("inner", [group] * 30)  # noqa: F821
    assert stack.text(RecordedException(group)).count("ValueError") <= exceptions.MAX_MEMBERS


# -- odd classes ---------------------------------------------------------------------------------


class WantsArguments(Exception):
    def __new__(cls, one, two):
        return super().__new__(cls, one)

    def __init__(self, one, two):
        super().__init__(one)


class NoChildren(Exception):
    def __init_subclass__(cls, **_):
        raise RuntimeError("final")


class Meta(type):
    def __call__(cls, *args, **kwargs):
        return super().__call__(*args, **kwargs)


class WithMeta(Exception, metaclass=Meta):
    pass


class ReadOnly(ValueError):
    response = property(lambda self: {"a": 1})

    def __setattr__(self, name, value):
        raise AttributeError(name)


class Slotted(OSError):
    __slots__ = ("extra",)


@pytest.mark.parametrize(
    ("error", "base"),
    [
        pytest.param(WantsArguments("one", "two"), Exception, id="own __new__"),
        pytest.param(NoChildren("n"), Exception, id="no subclasses"),
        pytest.param(WithMeta("m"), Exception, id="metaclass"),
        pytest.param(ReadOnly("r"), ReadOnly, id="read-only"),
        pytest.param(Slotted(2, "two"), Slotted, id="slots"),
        pytest.param(
            UnicodeDecodeError("utf-8", b"x", 0, 1, "why"), UnicodeDecodeError, id="unicode"
        ),
        pytest.param(StopIteration(7), StopIteration, id="stop"),
        pytest.param(SystemExit(3), SystemExit, id="exit"),
        pytest.param(GeneratorExit(), BaseException, id="no Exception"),
    ],
)
def test_stand_in(error, base):
    """What stands for an exception is of its class if that can be, and has its name and text."""
    made = stand_in(RecordedException(error))
    assert isinstance(made, (base, StandIn))
    assert isinstance(made, base)
    assert isinstance(made, Exception) == isinstance(error, Exception)
    assert type(made).__qualname__ == type(error).__qualname__
    assert type(made).__module__ == type(error).__module__
    assert str(made) == str(error)
    assert stack.text(RecordedException(error)) == "".join(traceback.format_exception(error))


@pytest.mark.guarded
def test_text_that_raises():
    """An exception whose own text cannot be made is shown as Python shows it."""

    class Mute(Exception):
        def __str__(self):
            raise ValueError("no text")

    kept = RecordedException(Mute())
    assert kept.text == "<exception str() failed>"
    assert stack.text(kept).endswith("Mute: <exception str() failed>\n")


def test_long_text():
    """A long message is cut."""
    assert len(RecordedException(ValueError("x" * 9999)).text) == MAX_STRING


def test_nothing_is_kept_alive():
    """Neither the exception nor its frames' locals outlive the exception."""

    class Local:
        pass

    def failing():
        local = Local()
        watched.append(weakref.ref(local))
        error = Own("own")
        watched.append(weakref.ref(error))
        error.response = local
        raise error

    watched = []
    kept = RecordedException(raised(failing))
    gc.collect()
    assert [watch() for watch in watched] == [None, None]
    assert kept.text == "own"


# -- unframe -------------------------------------------------------------------------------------


def frames(error):
    return [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)]


def test_unframe(monkeypatch):
    """Our frames go, wherever they are; the others stay in their order."""
    names = {}
    for name, path in {"ours": "/ours/a.py", "more": "/ours/b.py", "theirs": "/app.py"}.items():
        exec(compile(f"def {name}(call): return call()", path, "exec"), names)
    ours, more, theirs = names["ours"], names["more"], names["theirs"]
    monkeypatch.setattr(_guard, "OWN", "/ours/")
    chain = lambda: ours(lambda: more(lambda: theirs(lambda: ours(lambda: theirs(ordinary)))))  # noqa: E731
    error = raised(chain)
    assert frames(error).count("ours") == 2
    unframe(error)
    left = frames(error)
    assert "ours" not in left
    assert "more" not in left
    assert left.count("theirs") == 2
    assert left[-1] == "ordinary"


def test_unframe_of_nothing():
    """An exception without a traceback stays without."""
    error = ValueError()
    unframe(error)
    assert error.__traceback__ is None


def test_equal_code_in_two_files():
    """Functions that are equal but for their file are shown in their own."""
    shown = []
    for path in "one.py", "two.py":
        names = {}
        exec(compile("def fail(): 1 / 0", path, "exec"), names)
        shown.append(stack.text(RecordedException(raised(names["fail"]))))
    assert [path for text in shown for path in re.findall(r'"(\w+\.py)"', text)] == [
        "one.py",
        "two.py",
    ]
