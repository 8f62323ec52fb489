"""Values are read within a bound, and only where their text is used; what they raise is theirs."""

from __future__ import annotations

import collections
import enum
import itertools
import threading
from typing import Any

from .recorded import Cases, everything, heliograph

CASES = Cases()


class Proxy:
    """What werkzeug's and Django's proxies are outside their context: they raise for all."""

    def _raise(self, *_: Any) -> Any:
        raise RuntimeError("working outside of its context")

    __class__ = property(_raise)  # type: ignore[assignment] # that is what they do
    __bool__ = __len__ = __iter__ = __str__ = __repr__ = __hash__ = __eq__ = _raise
    __index__ = __int__ = __float__ = __format__ = __getitem__ = __contains__ = _raise

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("working outside of its context")


class Leaving:
    """One whose every answer leaves the process."""

    def _leave(self, *_: Any) -> Any:
        raise SystemExit("a value leaves")

    __str__ = __repr__ = __len__ = __iter__ = __bool__ = __eq__ = _leave
    __hash__ = object.__hash__


@CASES
def raising() -> Any:
    everything(Proxy())


@CASES
def raising_as_key() -> Any:
    heliograph.annotate(Proxy(), 1)  # type: ignore[arg-type] # the user's mistake
    heliograph.metadata("key", {Proxy.__name__: Proxy()})
    with heliograph.span(Proxy()) as span:  # type: ignore[call-overload] # the user's mistake
        span.attribute(Proxy(), Proxy())
    heliograph.metric(Proxy(), Proxy(), unit=Proxy())  # type: ignore[arg-type] # the same


@CASES
def counting() -> Any:
    """A sequence without an end that tells how far it was read."""
    read: collections.Counter[str] = collections.Counter()

    class Endless(list[Any]):
        def __iter__(self) -> Any:
            for number in itertools.count():
                read["items"] += 1
                yield number

        def __len__(self) -> int:
            return 1 << 62

        def __getitem__(self, index: Any) -> Any:
            read["items"] += 1
            return 1

    class EndlessMapping(dict[str, Any]):
        def items(self) -> Any:
            for number in itertools.count():
                read["items"] += 1
                yield str(number), number

        def __iter__(self) -> Any:
            return map(str, itertools.count())

        def __len__(self) -> int:
            return 1 << 62

    for _ in range(3):
        everything(Endless())
        everything(EndlessMapping())
    return read["items"] < 10_000


@CASES
def recursing() -> Any:
    around: list[Any] = []
    around.append({"around": around})
    everything(around)
    deep: Any = "bottom"
    for _ in range(100_000):
        deep = [deep]
    everything(deep)
    while deep != "bottom":
        deep = deep[0]


@CASES
def recording() -> Any:
    """A value that records when it is asked for its text."""

    class Recording:
        def __str__(self) -> str:
            everything("asked")
            return "recording"

        __repr__ = __str__

    everything(Recording())


@CASES
def blocking() -> Any:
    """A value that waits for a thread which records: neither waits for the other for ever."""

    class Waiting(str):
        def __str__(self) -> str:
            thread = threading.Thread(target=everything)
            thread.start()
            thread.join()
            return "waited"

        __repr__ = __str__

    everything(Waiting("waits"))


@CASES
def leaving() -> Any:
    everything(Leaving())


@CASES
def lying() -> Any:
    class Text(str):
        __class__ = int  # type: ignore[assignment] # the lie

        def _raise(self, *_: Any) -> Any:
            raise RuntimeError("a lie")

        __len__ = __getitem__ = __str__ = __repr__ = __iter__ = __format__ = encode = _raise
        __hash__ = str.__hash__

    class Number(int):
        def _raise(self, *_: Any) -> Any:
            raise RuntimeError("a lie")

        __index__ = __int__ = __float__ = __str__ = __repr__ = __bool__ = __add__ = _raise

    class Color(str, enum.Enum):
        RED = "red"

    plain = True, 1 << 5000, float("nan"), b"\xff", "\ud800"
    for odd in (Text("text"), Number(7), Color.RED, *plain):
        everything(odd)
        heliograph.metric("odd", odd)  # type: ignore[arg-type] # the user's mistake


@CASES
def changing() -> Any:
    """A container that another thread changes while it is read."""
    shared: dict[str, Any] = {"a": {}}
    done = threading.Event()

    def change() -> None:
        for number in itertools.count():
            shared[str(number % 50)] = number
            shared.pop(str((number * 7) % 50), None)
            if done.is_set():
                return

    thread = threading.Thread(target=change)
    thread.start()
    for _ in range(50):
        everything(shared)
    done.set()
    thread.join()


@CASES
def mutated() -> Any:
    """What is recorded is what it was then, and the value stays the user's own."""
    order: dict[str, Any] = {"id": 1, "lines": [1, 2]}
    everything(order)
    order["lines"].append(order)
    return [order["id"], len(order["lines"])]


@CASES
def many() -> Any:
    with heliograph.span("s" * 100_000):
        for number in range(2_000):
            heliograph.annotate(f"key{number}", "x" * 5_000)
            heliograph.metric(f"name{number}", number)
        heliograph.event("e" * 100_000, **{"k" * 100_000: "v" * 100_000})


@CASES
def finalizing() -> Any:
    """The user's values are let go of when the user lets go: nothing of ours holds them."""
    freed = []

    class Held:
        def __del__(self) -> None:
            freed.append(1)

    everything(Held())
    return len(freed)


handler = CASES.handler()
