"""The public API: span, annotate, metadata, event, metric."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import functools
import gc
import inspect
import json
import sys
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.trace import SpanKind, StatusCode

import heliograph
from heliograph import testing
from heliograph.journal import current, journal
from heliograph.journal.entry import Entry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from heliograph.testing import Captured

FRAMES = pytest.mark.skipif(sys.version_info < (3, 11), reason="3.10 keeps the frame of a re-raise")


@pytest.fixture
def captured() -> Iterator[Captured]:
    """What is recorded in the test."""
    with testing.capture() as kept:
        yield kept


def here() -> str | None:
    """The name of the current span."""
    span = current.span()
    return span.name if isinstance(span, Entry) else None


def tree(captured: Captured) -> list[tuple[str, str | None]]:
    """(name, name of the parent) of each span, by start."""
    spans = captured.spans
    names = {span.context.span_id: span.name for span in spans if span.context}
    return [(span.name, names.get(span.parent.span_id) if span.parent else None) for span in spans]


class Broken:
    """An object with no usable text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


# -- a block ---------------------------------------------------------------------------------------


def test_block(captured: Captured) -> None:
    """Everything that a span of the public API can hold arrives."""
    with heliograph.span("price", kind="client", currency="EUR", **{"order.id": 7}) as span:
        assert (
            span.annotate("tenant", "a").annotate("n", 1).annotate("ok", True)
            .metadata("cart", {"items": [1, 2]}).metadata("own", 1, namespace="ns")
            .attribute("plain", [1, "b"]).event("checked", by="me").error("too dear")
        ) is span  # fmt: skip
        heliograph.annotate("here", 1.5)
        heliograph.metadata("more", None)
        heliograph.event("seen", **{"a.b": 1})
    made = captured.span("price")
    assert made.kind is SpanKind.CLIENT
    assert made.parent is None
    assert (made.status.status_code, made.status.description) == (StatusCode.ERROR, "too dear")
    assert [(e.name, dict(e.attributes or {})) for e in made.events] == [
        ("checked", {"by": "me"}),
        ("seen", {"a.b": 1}),
    ]
    assert dict(made.attributes or {}) == {
        "currency": "EUR",
        "order.id": 7,
        "tenant": "a",
        "n": 1,
        "ok": True,
        "plain": (1, "b"),
        "here": 1.5,
        "aws.xray.annotations": ("tenant", "n", "ok", "here"),
        "aws.xray.metadata.default": '{"cart": {"items": [1, 2]}, "more": null}',
        "aws.xray.metadata.ns": '{"own": 1}',
    }
    assert made.instrumentation_scope is not None
    assert made.instrumentation_scope.name == "heliograph"
    assert made.instrumentation_scope.version == heliograph.__version__


def test_blocks_nest_and_end(captured: Captured) -> None:
    """A block's span is current within it only, whatever happens in it."""
    with heliograph.span("outer"):
        with heliograph.span("inner"):
            assert here() == "inner"
        with pytest.raises(KeyError), heliograph.span("failing"):
            raise KeyError("x")
        assert here() == "outer"
    assert here() is None
    with heliograph.span():
        pass
    assert tree(captured) == [
        ("outer", None), ("inner", "outer"), ("failing", "outer"), ("span", None)
    ]  # fmt: skip


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, asyncio.CancelledError])
def test_what_is_no_exception_is_no_error(error: type[BaseException], captured: Captured) -> None:
    """Leaving a block by a `BaseException` ends the span and does not fail it."""
    with pytest.raises(error), heliograph.span("block"):
        raise error
    made = captured.span("block")
    assert (made.status.status_code, made.events) == (StatusCode.UNSET, ())


def test_exception_is_recorded_and_passes(captured: Captured) -> None:
    """The exception is the same object, and its event holds its type, text and stack."""
    error = ValueError("why")
    with pytest.raises(ValueError, match="why") as raised, heliograph.span("block"):
        raise error
    assert raised.value is error
    made = captured.span("block")
    assert (made.status.status_code, made.status.description) == (
        StatusCode.ERROR,
        "ValueError: why",
    )
    [event] = made.events
    kept = dict(event.attributes or {})
    assert (kept["exception.type"], kept["exception.message"]) == ("ValueError", "why")
    assert "raise error" in str(kept["exception.stacktrace"])


def test_one_object_entered_twice(captured: Captured) -> None:
    """One span object serves one block after the other; nested in itself it is one span."""
    span = heliograph.span("again")
    with span:
        pass
    with span, span, heliograph.span("below"):
        pass
    heliograph.annotate("after", 1)
    assert tree(captured) == [("again", None), ("again", None), ("below", "again")]


# -- a function ------------------------------------------------------------------------------------


def plain(a: int, /, b: int = 2, *, c: int = 3) -> int:
    """Document it."""
    assert here() == "named"
    return a + b + c


async def coroutine(a: int) -> int:
    """Document it."""
    assert here() == "named"
    await asyncio.sleep(0)
    assert here() == "named"
    return a


def generator(a: int) -> Iterator[int]:
    """Document it."""
    assert here() == "named"
    yield a
    assert here() == "named"


async def async_generator(a: int) -> AsyncIterator[int]:
    """Document it."""
    assert here() == "named"
    yield a
    await asyncio.sleep(0)
    assert here() == "named"


KINDS = [plain, coroutine, generator, async_generator]
QUESTIONS = [
    inspect.iscoroutinefunction,
    inspect.isgeneratorfunction,
    inspect.isasyncgenfunction,
    inspect.signature,
    asyncio.iscoroutinefunction if sys.version_info < (3, 14) else inspect.iscoroutinefunction,
]


def ran(function: Any) -> Any:
    """Call a function of any kind to its end."""
    made = function(1)
    if inspect.isawaitable(made):
        return asyncio.run(made)  # type: ignore[arg-type]
    if inspect.isgenerator(made):
        return list(made)
    if inspect.isasyncgen(made):

        async def collect() -> list[int]:
            return [one async for one in made]

        return asyncio.run(collect())
    return made


@pytest.mark.parametrize("function", KINDS, ids=lambda f: f.__name__)
def test_decorated_stays_what_it_is(function: Any, captured: Captured) -> None:
    """Name, documentation, signature and kind of a function are its own; each call is a span."""
    decorated = heliograph.span("named", n=1)(function)
    for name in ("__name__", "__qualname__", "__doc__", "__module__", "__annotations__"):
        assert getattr(decorated, name) == getattr(function, name)
    assert decorated.__wrapped__ is function
    for ask in QUESTIONS:
        assert ask(decorated) == ask(function)
    for _ in range(2):
        assert ran(decorated) == {plain: 6, coroutine: 1}.get(function, [1])
        assert here() is None
    assert tree(captured) == [("named", None), ("named", None)]
    assert [dict(span.attributes or {}) for span in captured.spans] == [{"n": 1}, {"n": 1}]


@pytest.mark.parametrize("function", KINDS, ids=lambda f: f.__name__)
def test_decorated_without_telemetry(function: Any) -> None:
    """With nothing configured a decorated function does what it does."""
    undecorated = {plain: lambda a: a, coroutine: lambda a: a}

    @heliograph.span("named")
    @functools.wraps(function)
    def call(a: int) -> Any:
        return undecorated.get(function, lambda a: a)(a)

    assert call(4) == 4
    assert journal.entries == []


def test_name_of_a_decorated_function(captured: Captured) -> None:
    """Without a name it is the qualified name; the decorator's parentheses may be forgotten."""

    class Shop:
        @heliograph.span()
        def price(self, of: int) -> int:
            return of

        @heliograph.span
        def cost(self) -> Shop:
            return self

        @heliograph.span()
        @staticmethod
        def fixed() -> str:
            return "fixed"

        @heliograph.span()
        @classmethod
        def of_class(cls) -> type[Shop]:
            return cls

    shop = Shop()
    assert (shop.price(3), shop.cost(), shop.fixed(), Shop.of_class()) == (3, shop, "fixed", Shop)
    here = "test_name_of_a_decorated_function.<locals>.Shop."
    assert [span.name for span in captured.spans] == [
        here + name for name in ("price", "cost", "fixed", "of_class")
    ]


class Asynchronous:
    """An object that is called like a coroutine function."""

    async def __call__(self, a: int) -> int:
        await asyncio.sleep(0)
        assert here() == "named"
        return a


@pytest.mark.parametrize(
    "function",
    [
        pytest.param(functools.partial(coroutine), id="partial"),
        pytest.param(Asynchronous(), id="object"),
        pytest.param(Asynchronous().__call__, id="method"),
    ],
)
def test_other_coroutine_functions(function: Any, captured: Captured) -> None:
    """Whatever makes a coroutine has its span around the coroutine, not around its making."""
    assert asyncio.run(heliograph.span("named")(function)(1)) == 1
    assert tree(captured) == [("named", None)]


@pytest.mark.parametrize(
    "thing", [int, 7, property(lambda self: 1)], ids=["class", "int", "property"]
)
def test_decorating_what_is_no_function(thing: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It is handed back as it is, and told."""
    assert heliograph.span("named")(thing) is thing
    assert "decorates functions" in caplog.text


def fails(kind: str) -> Any:
    """Return a decorated function of a kind that raises."""

    def plain(a: int) -> Any:
        raise ValueError("why")

    async def coroutine(a: int) -> Any:
        raise ValueError("why")

    def generator(a: int) -> Any:
        yield a
        raise ValueError("why")

    async def async_generator(a: int) -> Any:
        yield a
        raise ValueError("why")

    return heliograph.span("named")(locals()[kind])


@FRAMES
@pytest.mark.parametrize("kind", [f.__name__ for f in KINDS])
def test_traceback_is_the_users(kind: str, captured: Captured) -> None:
    """An exception passes with no frame of ours in its traceback, recorded or not."""
    with pytest.raises(ValueError, match="why") as raised:
        ran(fails(kind))
    frames = traceback.extract_tb(raised.value.__traceback__)
    assert [frame.filename for frame in frames if "heliograph" in frame.filename] == []
    assert frames[-1].name == kind
    made = captured.span("named")
    assert made.status.description == "ValueError: why"
    assert len(made.events) == 1


# -- generators ------------------------------------------------------------------------------------


def test_generators_caller_is_outside(captured: Captured) -> None:
    """Between two values the caller's span is current, in the body the generator's own."""

    @heliograph.span("body")
    def count() -> Iterator[str | None]:
        heliograph.annotate("step", 1)
        yield here()
        with heliograph.span("within"):
            yield here()
            heliograph.annotate("still", "within")
            yield here()
        yield here()

    with heliograph.span("caller"):
        seen = []
        for name in count():
            seen.append((name, here()))
            with heliograph.span("between"):
                pass
    assert seen == [
        ("body", "caller"),
        ("within", "caller"),
        ("within", "caller"),
        ("body", "caller"),
    ]
    assert tree(captured) == [
        ("caller", None), ("body", "caller"), ("between", "caller"), ("within", "body"),
        ("between", "caller"), ("between", "caller"), ("between", "caller"),
    ]  # fmt: skip
    assert (captured.span("within").attributes or {})["still"] == "within"
    ends = {span.name: span.end_time for span in captured.spans}
    assert ends["body"] <= ends["caller"]


def test_generator_protocol(captured: Captured) -> None:
    """send, throw and the return value pass; an exception that the body catches fails nothing."""

    @heliograph.span("body")
    def body() -> Any:
        got = yield "first"
        try:
            yield got
        except KeyError as error:
            assert here() == "body"
            yield repr(error)
        return "result"

    steps = body()
    assert next(steps) == "first"
    assert steps.send("sent") == "sent"
    assert steps.throw(KeyError("thrown")) == "KeyError('thrown')"
    with pytest.raises(StopIteration) as stopped:
        next(steps)
    assert stopped.value.value == "result"
    made = captured.span("body")
    assert (made.status.status_code, made.events) == (StatusCode.UNSET, ())


@pytest.mark.parametrize("way", ["close", "collect", "throw"])
def test_generator_left_early(way: str, captured: Captured) -> None:
    """Closed, collected or thrown into, its cleanup runs within the span, which then ends."""
    cleaned = []

    @heliograph.span("body")
    def body() -> Iterator[int]:
        try:
            yield 1
        finally:
            cleaned.append(here())

    steps = body()
    next(steps)
    if way == "close":
        steps.close()  # type: ignore[attr-defined]
    elif way == "throw":
        with pytest.raises(ValueError, match="in"):
            steps.throw(ValueError("in"))  # type: ignore[attr-defined]
    del steps
    gc.collect()
    assert cleaned == ["body"]
    made = captured.span("body")
    failed = StatusCode.ERROR if way == "throw" else StatusCode.UNSET
    assert made.status.status_code is failed
    assert here() is None


def test_generator_never_started(captured: Captured) -> None:
    """A generator whose body never ran has no span."""

    @heliograph.span("body")
    def body() -> Iterator[int]:
        yield 1

    body().close()  # type: ignore[attr-defined]
    body()
    gc.collect()
    assert captured.spans == []
    assert journal.entries == []


def test_under_contextmanager(captured: Captured) -> None:
    """`contextlib.contextmanager` on top: its exceptions go through the body."""

    @contextlib.contextmanager
    @heliograph.span("managed")
    def managed() -> Iterator[int]:
        try:
            yield 1
        except KeyError:
            heliograph.annotate("caught", "KeyError")

    with managed() as value:
        assert value == 1
    with managed():
        raise KeyError
    with pytest.raises(ValueError, match="out"), managed():
        raise ValueError("out")
    statuses = [span.status.status_code for span in captured.spans]
    assert statuses == [StatusCode.UNSET, StatusCode.UNSET, StatusCode.ERROR]
    assert (captured.spans[1].attributes or {})["caught"] == "KeyError"


def test_async_generator_protocol(captured: Captured) -> None:
    """asend, athrow, aclose and an early end: the body runs within its span, the caller outside."""
    cleaned = []

    @heliograph.span("body")
    async def body() -> Any:
        try:
            got = yield here()
            await asyncio.sleep(0)
            try:
                yield (got, here())
            except KeyError as error:
                with heliograph.span("within"):
                    yield repr(error)
                    yield here()
        finally:
            await asyncio.sleep(0)
            cleaned.append(here())

    async def main() -> None:
        with heliograph.span("caller"):
            steps = body()
            assert (await steps.asend(None), here()) == ("body", "caller")
            assert (await steps.asend("sent"), here()) == (("sent", "body"), "caller")
            assert await steps.athrow(KeyError("thrown")) == "KeyError('thrown')"
            assert (await anext(steps), here()) == ("within", "caller")
            await steps.aclose()
            async for _ in body():
                break  # the event loop closes it, in the turns that it has left
            for _ in range(5):
                await asyncio.sleep(0)

    asyncio.run(main())
    assert cleaned == ["body", "body"]
    assert tree(captured) == [
        ("caller", None), ("body", "caller"), ("within", "body"), ("body", "caller")
    ]  # fmt: skip
    assert {span.status.status_code for span in captured.spans} == {StatusCode.UNSET}


def test_async_generators_left_to_the_loop(captured: Captured) -> None:
    """What the loop closes at its end is closed once, within the span."""
    problems: list[Any] = []
    cleaned = []

    @heliograph.span("body")
    async def body() -> Any:
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            cleaned.append(here())

    kept = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, about: problems.append(about))
        kept.append(body())
        await anext(kept[0])

    asyncio.run(main())
    assert problems == []
    assert cleaned == ["body"]
    assert tree(captured) == [("body", None)]


def test_gather(captured: Captured) -> None:
    """Coroutines that run at once each have their own current span."""

    @heliograph.span()
    async def work(name: str) -> None:
        heliograph.annotate("name", name)
        await asyncio.sleep(0)
        with heliograph.span(f"below {name}"):
            await asyncio.sleep(0)

    async def main() -> None:
        with heliograph.span("main"):
            await asyncio.gather(*(work(name) for name in "abc"))

    asyncio.run(main())
    spans = {span.context.span_id: span for span in captured.spans if span.context}
    below = [span for span in captured.spans if span.name.startswith("below")]
    parents = {span.name: spans[span.parent.span_id] for span in below if span.parent}
    assert {name: (span.attributes or {})["name"] for name, span in parents.items()} == {
        "below a": "a", "below b": "b", "below c": "c"
    }  # fmt: skip


# -- values ----------------------------------------------------------------------------------------


class Colour(enum.IntEnum):
    """A number with a name."""

    RED = 1


CYCLIC: dict[str, Any] = {}
CYCLIC["self"] = CYCLIC
VALUES = {
    "none": None, "bytes": b"\xff\x00", "nan": float("nan"), "infinite": float("inf"),
    "huge text": "x" * 1_000_000, "huge int": 10**400, "huge list": [1] * 100_000,
    "deep": functools.reduce(lambda inner, _: [inner], range(100), 1), "cyclic": CYCLIC,
    "set": {1, 2}, "object": object(), "class": int, "exception": ValueError("x"),
    "lone surrogate": "\ud800", "enum": Colour.RED, "mixed keys": {1: 2, None: 3, (1, 2): 4},
}  # fmt: skip
DOING = {
    "annotate": lambda value: heliograph.annotate("key", value),
    "metadata": lambda value: heliograph.metadata("key", value),
    "event": lambda value: heliograph.event("name", key=value),
    "attribute": lambda value: (
        heliograph.span("inner", key=value).__enter__().__exit__(None, None, None)
    ),
    "dimension": lambda value: heliograph.metric("metric", 1, key=value),
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("act", DOING.values(), ids=DOING)
def test_any_value(act: Any, value: Any) -> None:
    """Whatever a value is, the rest of the span and the metrics arrive, within bounds."""
    with testing.capture() as captured:
        with heliograph.span("span"):
            heliograph.annotate("before", 1)
            act(value)
            heliograph.annotate("after", 2)
        made = captured.span("span")
        attributes = dict(made.attributes or {})
        assert (attributes["before"], attributes["after"]) == (1, 2)
        assert len(repr(attributes)) + len(repr(made.events)) < 20_000
        heliograph.metric("other", 5)
        assert [point.sum for point in captured.metrics["other"]] == [5]


@pytest.mark.guarded
@pytest.mark.parametrize("act", DOING.values(), ids=DOING)
def test_value_whose_text_raises(act: Any, caplog: pytest.LogCaptureFixture) -> None:
    """An object that cannot even be printed costs itself only, and is told."""
    test_any_value(act, Broken())
    assert "failed while" in caplog.text


def of_kind(kind: Any) -> None:
    with heliograph.span("inner", kind=kind):
        pass


api: Any = heliograph  # what follows is what a type checker would find
BAD = {
    "annotation of no type": (
        lambda: api.annotate("key", [1]),
        "annotation 'key' is [1]; X-Ray",
    ),
    "annotation key": (lambda: api.annotate(7, 1), "annotation key 7 must be a text"),
    "empty key": (lambda: api.annotate("", 1), "annotation key '' must be a text"),
    "unhashable key": (lambda: api.annotate([], 1), "annotation key [] must be a text"),
    "kind": (
        lambda: of_kind("customer"),
        "span kind 'customer' is none of internal, server, client, producer, consumer",
    ),
    "unhashable kind": (lambda: of_kind([]), "span kind [] is none of"),
    "metric of text": (lambda: api.metric("m", "7"), "metric 'm': its value '7' is no finite"),
    "metric of bool": (lambda: api.metric("m", True), "metric 'm': its value True is no finite"),
    "metric of NaN": (lambda: api.metric("m", float("nan")), "its value nan is no finite"),
    "metric of None": (lambda: api.metric("m", None), "its value None is no finite"),
    "metric of huge": (lambda: api.metric("m", 10**400), "no finite number"),
    "metric without name": (lambda: api.metric("", 1), "a metric's name must be a text"),
    "metric of no name": (lambda: api.metric(None, 1), "a metric's name must be a text"),
    "unit": (lambda: api.metric("m", 1, unit="µs"), "unit 'µs' is left out"),
    "resolution": (lambda: api.metric("m", 1, resolution=5), "resolution 5 must be 1 or 60"),
    "dimension sets of text": (
        lambda: api.metric("m", 1, dimension_sets="prod"),
        "dimension_sets 'prod' must be lists",
    ),
    "dimension sets of numbers": (
        lambda: api.metric("m", 1, dimension_sets=[[7]]),
        "dimension_sets [[7]] must be lists",
    ),
    "no dimension sets": (
        lambda: api.metric("m", 1, dimension_sets=[]),
        "dimension_sets [] must be lists of names",
    ),
    "huge text": (lambda: api.annotate("key", "x" * 5000), "was cut (it has 5000 characters)"),
}


@pytest.mark.parametrize(("act", "line"), BAD.values(), ids=BAD)
def test_bad_input_is_told_once(act: Any, line: str, caplog: pytest.LogCaptureFixture) -> None:
    """What makes no sense is named in one line, however often it comes; the rest arrives."""
    with testing.capture() as captured:
        with heliograph.span("span"):
            for _ in range(3):
                act()
            heliograph.annotate("after", 1)
        assert (captured.span("span").attributes or {})["after"] == 1
    lines = [one for one in caplog.messages if line in one]
    assert len(lines) == 1, caplog.messages


def test_metrics(captured: Captured) -> None:
    """Values of a metric are a distribution, by name, unit and dimensions; names are kept."""
    for value in (1, 2, -3, 0.5):
        heliograph.metric("Order Value", value, unit="Milliseconds", tier="gold")
    heliograph.metric("Order Value", 7, unit="Milliseconds", tier="tin")
    with heliograph.span("span"):
        heliograph.metric("5xx", 1, resolution=1)
    sets = [["service"], ["service", "tier"]]
    heliograph.metric("chosen", 1, dimension_sets=sets, tier="gold", user="u1", name="n", value=2)
    sets.clear()
    points = captured.metrics
    values = {dict(p.attributes)["tier"]: (p.count, p.sum, p.min) for p in points["Order Value"]}
    assert values == {"gold": (4, 0.5, -3), "tin": (1, 7, 7)}
    assert [dict(p.attributes) for p in points["5xx"]] == [{}]
    assert [dict(p.attributes) for p in points["chosen"]] == [
        {"tier": "gold", "user": "u1", "name": "n", "value": 2}
    ]


def test_metadata_is_json(captured: Captured) -> None:
    """Metadata of any Python value is a JSON object for each namespace."""
    with heliograph.span("span") as span:
        for name, value in {**VALUES, "huge text": "x"}.items():
            span.metadata(name, value)
    text = (captured.span("span").attributes or {})["aws.xray.metadata.default"]
    assert set(json.loads(str(text))) == set(VALUES)


def test_outside_any_span(captured: Captured) -> None:
    """With no current span there is nothing to annotate, and no complaint."""
    heliograph.annotate("a", 1)
    heliograph.metadata("a", 1)
    heliograph.event("a")
    assert captured.spans == []


def test_huge_names_are_cut(captured: Captured) -> None:
    """The journal holds no large text, whatever it is the name of."""
    big = "x" * 100_000
    with heliograph.span(big) as span:
        span.event(big)
        span.annotate(big, big)
        span.metadata(big, big, big)
        span.error(big)
        assert sum(len(str(op)) for op in journal.entries[0].ops or ()) < 20_000
    [made] = captured.spans
    assert len(made.name) == 2048
