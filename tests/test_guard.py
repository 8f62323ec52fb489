"""The guard swallows our failures, counts them and tells them once; the rest passes."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest

from heliograph import _guard, _notice
from heliograph._guard import guard, guarded


class Broken(Exception):  # noqa: N818 - the tests read better so
    """An exception whose text cannot be made."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def swallow(error: BaseException, doing: str = "testing") -> str:
    with guard(doing):
        raise error
    return "went on"


@pytest.mark.guarded
def test_swallows_and_tells_once(caplog: pytest.LogCaptureFixture) -> None:
    """An `Exception` is counted every time, told once with its place, and the code goes on."""
    before = _guard.failures
    for _ in range(3):
        assert swallow(ValueError("why")) == "went on"
    assert _guard.failures == before + 3
    [line] = caplog.messages
    assert line.startswith("heliograph: failed while testing: ValueError: why (")
    assert f"{__file__}:" in line
    swallow(KeyError("another"))
    swallow(ValueError("why"), "testing more")
    assert len(caplog.messages) == 3


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_is_no_exception_passes(kind: type[BaseException]) -> None:
    """The end of the process, or of a generator, is not ours to stop."""
    with pytest.raises(kind):
        swallow(kind())


def test_nothing_happens_without_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    """A block that succeeds is a block."""
    before = _guard.failures
    with guard("testing"):
        pass
    assert (_guard.failures, caplog.messages) == (before, [])


@pytest.mark.guarded
def test_failure_that_cannot_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception without a text, a logger or an observer that raises: swallowed and counted."""
    before = _guard.failures
    assert swallow(Broken()) == "went on"

    def fails(*args: Any) -> None:
        raise RuntimeError("a logger")

    with monkeypatch.context() as patch:
        patch.setattr(_notice, "warn", fails)
        assert swallow(ValueError("why")) == "went on"
        patch.setattr(_guard, "observers", [fails])
        assert swallow(ValueError("why")) == "went on"
    assert _guard.failures >= before + 3


def test_topics_are_told_once_and_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """Names of an event fill neither the memory nor the place of another line (F17)."""
    for _ in range(2):
        for number in range(_notice.MAX_NAMES * 5):
            _notice.warn(("attribute", f"name {number}"), f"line {number}")
    assert len(_notice.counts) == _notice.MAX_NAMES + 2  # all names, and those beyond
    told = [f"heliograph: line {number}" for number in range(_notice.MAX_NAMES)]
    beyond = f"heliograph: line {_notice.MAX_NAMES}"
    assert caplog.messages == [*told, beyond]
    assert _notice.counts["attribute", "'name 0'"] == 2
    caplog.clear()
    _notice.warn("X-Ray daemon", "unreachable")
    _notice.warn(("metric", "orders"), "of another family")
    assert caplog.messages == ["heliograph: unreachable", "heliograph: of another family"]


def test_lines_that_are_no_complaint(caplog: pytest.LogCaptureFixture) -> None:
    """`inform` logs at INFO, though the runtime leaves the root logger at WARNING; a topic once."""
    _notice.inform("plain")
    for _ in range(2):
        _notice.inform("of a topic", topic="one")
    assert caplog.messages == ["heliograph: plain", "heliograph: of a topic"]
    assert {record.levelno for record in caplog.records} == {logging.INFO}


def test_unframed() -> None:
    """Frames of ours go, wherever they are; the user's stay in their order."""
    from heliograph import testing

    def user() -> None:
        raise ValueError("why")

    try:
        with testing.capture():  # a frame of contextlib's and one of ours around the user's
            user()
    except ValueError as error:
        _guard.unframe(error)
        names = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
        assert names == [__file__, __file__]


@pytest.mark.guarded
def test_guarded_calls(caplog):
    """A guarded call gives the function's result; None, told, for one that fails."""

    def divide(value, by):
        return value / by

    assert guarded("dividing", divide, 8, 2) == 4
    assert caplog.messages == []
    assert guarded("dividing", divide, 8, 0) is None
    assert "failed while dividing: ZeroDivisionError" in caplog.text
    with pytest.raises(KeyboardInterrupt):
        guarded("leaving", _interrupted)


def _interrupted():
    raise KeyboardInterrupt
