"""The circuit breaker: when it opens, when it lets one try through, when it closes."""

from __future__ import annotations

import pytest

from heliograph.delivery.breaker import (
    FAILURES,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    LONGEST_RETRY_AFTER,
    Breaker,
)


@pytest.fixture
def opened(clock):
    """A breaker that has just opened."""
    breaker = Breaker(clock)
    for _ in range(FAILURES):
        breaker.failed()
    return breaker


def test_it_opens_after_failures_in_a_row(clock):
    """Failures with a success between them do not open it; as many in a row do, once."""
    breaker = Breaker(clock)

    before = [breaker.failed() for _ in range(FAILURES - 1)]
    assert breaker.succeeded() is False
    again = [breaker.failed() for _ in range(FAILURES + 1)]

    assert before == [False] * (FAILURES - 1)
    assert again == [*[False] * (FAILURES - 1), True, False]
    assert breaker.is_open


def test_one_try_after_a_growing_pause(opened, clock):
    """Each try that fails doubles the pause, up to a bound; the first success closes it."""
    pauses = []
    for _ in range(12):
        clock.now += opened.pause - 0.001
        assert not opened.allows()
        clock.now += 0.001
        assert opened.allows()
        pauses.append(opened.pause)
        assert opened.failed() is False

    assert pauses == [min(FIRST_PAUSE * 2**n, LONGEST_PAUSE) for n in range(12)]
    assert opened.succeeded() is True
    assert opened.allows()
    assert not opened.is_open
    assert [opened.failed() for _ in range(FAILURES)][-1] is True
    assert opened.pause == FIRST_PAUSE


@pytest.mark.parametrize(
    ("asked", "pause"),
    [(30.0, 30.0), (0.5, 0.5), (86_400.0, LONGEST_RETRY_AFTER), (0.0, None), (None, None)],
)
def test_retry_after(clock, asked, pause):
    """What the backend asks for opens it at the first failure, for that long, within a bound."""
    breaker = Breaker(clock)

    assert breaker.failed(asked) is (pause is not None)
    assert breaker.pause == (pause or 0.0)
    clock.now += (pause or 0.0) - 0.001
    assert breaker.allows() is (pause is None)
    assert breaker.allows(last=True) is (pause is None)
    clock.now += 0.002
    assert breaker.allows()


def test_the_last_chance(opened):
    """Before the process ends an open breaker lets one try through."""
    assert not opened.allows()
    assert opened.allows(last=True)


def test_a_clock_set_back(opened, clock):
    """A wall clock that is set back does not keep it open for as long."""
    clock.now -= 86_400

    assert opened.allows()
