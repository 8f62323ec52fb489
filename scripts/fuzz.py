"""Hostile events, values, names and settings against the function that they must not change.

`python -m scripts.fuzz [--cases 60000] [--seed 1] [--kind events]` runs each case bare and with
Heliograph and compares result and exception; a call that blocks is named, and after every batch a
span and a metric of a harmless neighbour must have arrived. The same seed makes the same cases.
"""

from __future__ import annotations

import random
import signal
import sys
from typing import TYPE_CHECKING, Any

import click

import heliograph
from heliograph import testing
from heliograph.errors import ConfigurationError
from heliograph.settings.config import Config, every

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 500
BLOCKED_SECONDS = 5

KEYS = (
    "Records", "requestContext", "headers", "detail-type", "source", "eventSource", "http", "type",
    "multiValueHeaders", "traceparent", "X-Amzn-Trace-Id", "stageVariables", "triggerSource",
    "body", "Details", "methodArn", "rawQueryString", "routeKey", "httpMethod", "path", "", "\x00",
    "_aws",
)  # fmt: skip
TEXTS = (
    "", " ", "\n", "\x1b[31m", "\ud800", "é" * 300, "x" * 5000, "aws:sqs", "GET", "1", "null",
    "00-" + "a" * 32 + "-" + "b" * 16 + "-01", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=1",
    '{"_aws":1}', "http://user:pw@h/?q", "[[a],[b]]", "*", "-1", "1e999", "true",
)  # fmt: skip


class Raises:
    """Raises whatever it is asked."""

    def _raise(self, *_: Any) -> Any:
        raise RuntimeError("asked")

    __bool__ = __len__ = __iter__ = __str__ = __repr__ = __hash__ = __eq__ = __index__ = _raise
    __float__ = __getitem__ = __contains__ = __call__ = __format__ = _raise
    __class__ = property(_raise)

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("asked")


class Lies(str):
    """A text that says of itself what is not so."""

    __slots__ = ()

    def __len__(self) -> int:
        return -1  # noqa: PLE0303 - that is the lie

    def __str__(self) -> str:
        return self * 100_000


def made(some: random.Random, depth: int = 4) -> Any:
    """Return any JSON value, or what is none."""
    kind = some.randrange(12 if depth else 8)
    if kind < 3:
        return some.choice(TEXTS)
    if kind < 5:
        return some.choice((0, -1, 1 << 5000, 1.5, float("nan"), float("inf"), True, None))
    if kind == 5:
        return some.choice((b"\xff", bytearray(3), {1, 2}, object(), Lies("lies"), range(9)))
    if kind < 8:
        return some.choice(KEYS)
    count = some.randrange(6)
    if kind < 10:
        return {some.choice((*KEYS, *TEXTS)): made(some, depth - 1) for _ in range(count)}
    return [made(some, depth - 1) for _ in range(count)]


def outcome(act: Callable[[], Any]) -> tuple[str, Any]:
    """Return what a call comes to: its result, or the exception itself."""
    try:
        return "returned", act()
    except Exception as error:  # noqa: BLE001 - it is what is compared
        return "raised", error


def events(some: random.Random) -> bool:
    """An event, a context and a result or an exception of any kind pass through as they are."""
    event, context, given = (
        some.choice((made(some), Raises(), testing.FakeContext())) for _ in range(3)
    )
    error = ValueError("a", 1)

    def handler(*_: Any) -> Any:
        if fails:
            raise error
        return given

    fails = not some.randrange(4)
    kind, came = outcome(lambda: heliograph.wrap(handler)(event, context))
    return came is (error if fails else given) and kind == ("raised" if fails else "returned")


def values(some: random.Random) -> bool:
    """No call of the public API raises, whatever it is given."""
    odd: list[Any] = [some.choice((made(some), Raises(), Lies("x"), made)) for _ in range(4)]
    api: Any = heliograph

    def act() -> None:
        with api.span("one", kind=odd[0], a=odd[1]) as span:
            span.annotate(odd[0], odd[1]).metadata(odd[1], odd[2], odd[3]).attribute("k", odd[2])
            span.event(odd[3], k=odd[0]).error(odd[1])
            api.metric(odd[0], odd[1], unit=odd[2], resolution=odd[3], d=odd[0])
            api.metric("m", 1, dimension_sets=odd[2], d=odd[1])

    return outcome(act)[0] == "returned"


def names(some: random.Random) -> bool:
    """Names of any form are names of spans, metrics, units and dimensions, or are told."""
    letters = [chr(some.randrange(0x110000)) for _ in range(some.randrange(40))]
    name: Any = "".join(letters) * some.choice((1, 1, 1, 100))

    def act() -> None:
        with heliograph.span(name):
            heliograph.annotate(name, name)
            heliograph.metric(name, 1, unit=name, **{name: name})

    return outcome(act)[0] == "returned"


def settings(some: random.Random) -> bool:
    """A wrong setting of the environment is told; one of code is a ConfigurationError."""
    rows = some.sample(every(), 3)
    env = {row.variables[0]: str(some.choice(TEXTS)) for row in rows}
    kind, _ = outcome(lambda: Config.read(env))
    code, error = outcome(lambda: Config.read({}, {row.name: made(some) for row in rows}))
    return kind == "returned" and (code == "returned" or isinstance(error, ConfigurationError))


KINDS = {kind.__name__: kind for kind in (events, values, names, settings)}


class BlockedError(BaseException):
    """A call took longer than any may."""


def _blocked(*_: object) -> None:
    raise BlockedError


def run(cases: int, seed: int, kinds: list[str]) -> list[str]:
    """Run cases and return a line for each that changed a result, blocked or lost a neighbour."""
    wrong: list[str] = []
    signal.signal(signal.SIGALRM, _blocked)
    for first in range(0, cases, BATCH):
        with testing.capture() as captured:
            for number in range(first, min(first + BATCH, cases)):
                kind = kinds[number % len(kinds)]
                signal.alarm(BLOCKED_SECONDS)
                try:
                    if not KINDS[kind](random.Random(f"{seed} {number}")):
                        wrong.append(f"{kind}, case {number} of seed {seed}: changed")
                except BlockedError:
                    wrong.append(f"{kind}, case {number} of seed {seed}: blocked")
                finally:
                    signal.alarm(0)
            with heliograph.span("neighbour"):
                heliograph.metric("neighbour", 1)
            spans = [span.name for span in captured.spans]
            if "neighbour" not in spans or not captured.metrics.get("neighbour"):
                wrong.append(
                    f"cases {first} to {first + BATCH} of seed {seed}: a neighbour is lost"
                )
    return wrong


@click.command(context_settings={"show_default": True})
@click.option("--cases", default=60_000, type=click.IntRange(1), help="How many.")
@click.option("--seed", default=1, help="Makes the cases: the same seed, the same cases.")
@click.option("--kind", "kind", type=click.Choice(sorted(KINDS)), help="Only of this kind.")
def main(*, cases: int, seed: int, kind: str | None) -> None:
    """Run hostile cases; exit status 1 if one of them changed, blocked or lost anything."""
    wrong = run(cases, seed, [kind] if kind else sorted(KINDS))
    for line in wrong[:20]:
        print(line)
    print(f"{cases:,} cases of seed {seed}: {len(wrong)} wrong (results changed, calls blocked)")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
