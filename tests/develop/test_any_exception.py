"""Exceptions of any class are described as Python prints them, and no code of the class runs."""

from __future__ import annotations

import sys
import traceback
import urllib.error
from typing import Any, ClassVar

import pytest

import heliograph
from heliograph import testing


def never(*_: Any) -> Any:
    raise AssertionError("code of the exception's class was run")


LIES = [
    "__bool__", "__len__", "__eq__", "__hash__", "__getattr__", "__getattribute__", "__repr__",
    "__format__", "__reduce_ex__", "__setattr__", "__delattr__", "__iter__", "__dir__",
]  # fmt: skip
NAMES = [
    "__class__", "__cause__", "__context__", "__traceback__", "__suppress_context__", "__notes__",
    "args", "response", "with_traceback", "add_note", "filename", "lineno", "text", "msg", "name",
    "obj", "exceptions", "errno", "code", "headers", "path", "print_file_and_line",
]  # fmt: skip


def lying(base: type[BaseException]) -> Any:
    """A class of exceptions that answers for everything, and always by raising."""
    own = {**dict.fromkeys(LIES, never), **{name: property(never, never) for name in NAMES}}
    return type("Lying", (base,), {"__module__": __name__, **own})


class Meta(type):
    """A metaclass that answers for the names of its classes."""

    __name__ = property(never)  # type: ignore[assignment] # that is the point

    def __getattribute__(cls, name: str) -> Any:
        raise AssertionError(f"{name} was asked of the class")


class OfMeta(Exception, metaclass=Meta):  # noqa: N818 - a user's own name
    pass


class Slots(Exception):  # noqa: N818 - a user's own name
    __slots__ = ("sku",)


class Freed(Exception):  # noqa: N818 - a user's own name
    freed: ClassVar[list[Any]] = []

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __del__(self) -> None:
        self.freed.append(self.text)


MADE = {
    "HTTPError": lambda: urllib.error.HTTPError("http://x", 404, "not here", {}, None),  # type: ignore[arg-type]
    "URLError": lambda: urllib.error.URLError("no route"),
    "slots": lambda: Slots("lens"),
    "metaclass": lambda: OfMeta("m"),
    "with-finalizer": lambda: Freed("f"),
    "Exception": lambda: lying(Exception)("text"),
    "KeyError": lambda: lying(KeyError)("text"),
    "OSError": lambda: lying(OSError)(2, "text"),
    "ImportError": lambda: lying(ImportError)("text"),
    "NameError": lambda: lying(NameError)("text"),
    "AttributeError": lambda: lying(AttributeError)("text"),
    "StopIteration": lambda: lying(StopIteration)("text"),
    "SyntaxError": lambda: SyntaxError("bad", ("f.py", 1, 2, "x y")),
    "UnicodeError": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_recorded(make: Any) -> None:
    """Name, text and stack are Python's own; the function's exception is the one it raised."""
    error = make()
    with testing.capture() as captured:
        with pytest.raises(BaseException) as caught, heliograph.span("one"):  # noqa: PT011 - any
            raise error
        assert caught.value is error
        [one] = captured.spans
    about = dict(one.events[0].attributes or {})
    name = type.__dict__["__qualname__"].__get__(type(error))
    assert str(about["exception.type"]).rpartition(".")[2] == name
    assert about["exception.message"] == str(error)
    if type(type(error)) is type and type(error).__module__ != __name__:
        last = traceback.format_exception_only(type(error), error)[-1].strip()
        assert str(about["exception.stacktrace"]).strip().endswith(last)
    assert "Ignored error" not in str(about["exception.stacktrace"])


def test_as_cause_context_and_member() -> None:
    """They may be anywhere in a chain or a group."""
    kinds = [lying(Exception) for _ in range(3)]
    with testing.capture() as captured:
        try:
            with heliograph.span("one"):
                try:
                    raise kinds[0]("context")
                except kinds[0]:
                    error: Any = ValueError("outer")
                    if sys.version_info >= (3, 11):
                        error = ExceptionGroup("group", [kinds[1]("member")])  # noqa: F821
                    raise error from kinds[2]("cause")
        except Exception:  # noqa: BLE001 - recorded
            pass
        [one] = captured.spans
    text = str(dict(one.events[0].attributes or {})["exception.stacktrace"])
    assert "Lying: cause" in text
    assert sys.version_info < (3, 11) or "Lying: member" in text


@pytest.mark.parametrize(
    ("module", "name"),
    [("builtins", "Nothing"), ("builtins", "print"), ("os", "path"), ("", ""), ("gone.away", "X")],
)
def test_classes_that_are_elsewhere(module: str, name: str) -> None:
    """A class whose module and name lead nowhere, or elsewhere, is described all the same."""
    kind = type(name or "X", (ValueError,), {"__module__": module, "__qualname__": name})
    with testing.capture() as captured:
        with pytest.raises(kind), heliograph.span("s"):
            raise kind("elsewhere")
        (event,) = captured.span("s").events
    assert event.attributes["exception.message"] == "elsewhere"
    assert event.attributes["exception.stacktrace"].splitlines()[-1].endswith(": elsewhere")


def test_a_finalizer_runs_once() -> None:
    """What stands for an exception in a description runs nothing when it is freed."""
    Freed.freed.clear()
    with testing.capture() as captured:
        try:
            with heliograph.span("one"):
                raise Freed("once")
        except Freed:
            pass
        assert len(captured.spans) == 1
    assert Freed.freed.count("once") == 1
