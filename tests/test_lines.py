"""Lines of ours are guests in the function's log: its level, its filters, its terminal."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any

import pytest

import heliograph
from heliograph import _notice, testing

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("level", "said"),
    [(logging.DEBUG, 3), (logging.WARNING, 2), (logging.ERROR, 0), (logging.INFO, 2)],
)
def test_the_functions_level(caplog: Any, level: int, said: int) -> None:
    """A root logger at ERROR has no line of ours; the runtime's WARNING has INFO too (15)."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(level)
    try:
        _notice.debug("debug")
        _notice.inform("inform")
        _notice.warn("topic", "warn")
    finally:
        root.setLevel(before)
    assert len(caplog.messages) == said


def test_a_filter_that_raises() -> None:
    """A filter of the function's that raises costs the line alone (18)."""

    def raises(record: logging.LogRecord) -> bool:
        raise KeyError("mine")

    _notice.logger().addFilter(raises)
    try:
        _notice.warn("topic", "line")
    finally:
        _notice.logger().removeFilter(raises)


def test_one_line_without_escapes(caplog: Any) -> None:
    """What a user or a backend says cannot forge a line, nor command a terminal (F16)."""
    _notice.warn("topic", 'said\n{"_aws":{}}\r\x1b[31m\ud800')
    assert caplog.messages == ['heliograph: said\\n{"_aws":{}}\\r\\x1b[31m\\ud800']


@contextlib.contextmanager
def plain(n: int) -> Iterator[int]:
    yield n


def generator(n: int) -> Iterator[int]:
    yield n


MANAGERS = {
    "over": heliograph.span("manager")(plain),
    "under": contextlib.contextmanager(heliograph.span("manager")(generator)),
}


@pytest.mark.parametrize("made", MANAGERS.values(), ids=MANAGERS)
def test_the_block_of_a_decorated_context_manager(made: Any) -> None:
    """Its `with` block is in the span, in either order of the decorators (11)."""

    def act() -> None:
        with heliograph.span("top"), made(5) as n:
            assert n == 5
            with heliograph.span("inner"):
                pass
            raise ValueError("body")

    with testing.capture() as captured:
        with pytest.raises(ValueError, match="body"):
            act()
        manager = captured.span("manager")
        assert captured.span("inner").parent == manager.context
        assert manager.parent == captured.span("top").context
        assert manager.status.status_code.name == "ERROR"
