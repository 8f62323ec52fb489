"""Bounded copies: whatever comes, the journal keeps little, and never the thing itself."""

from __future__ import annotations

import collections
import enum
import io
import sys
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph import _notice
from heliograph.journal import MAX_DEPTH, MAX_ITEMS, MAX_NODES, MAX_OPS, MAX_STRING, bounded


class Plain:
    """No text of its own."""


class Text:
    def __str__(self):
        return "t" * 9999


class Name(str):
    __slots__ = ()


class Number(enum.IntEnum):
    ONE = 1


def cyclic():
    value = {"list": []}
    value["list"].append(value)
    return value


def nested(depth, leaf=1):
    value = leaf
    for _ in range(depth):
        value = [value]
    return value


# -- facts: requests and responses of library calls ----------------------------------------------


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        pytest.param({"TableName": "t", "Limit": 1}, {"TableName": "t", "Limit": 1}, id="plain"),
        pytest.param(
            {"Key": {"id": "x"}, "Body": b"b"}, {"Key": None, "Body": None}, id="payloads"
        ),
        pytest.param("x" * 9999, "x" * MAX_STRING, id="long text"),
        pytest.param({"k" * 9999: 1}, {"k" * MAX_STRING: 1}, id="long key"),
        pytest.param({1: 2, None: 3, "a": 4}, {"a": 4}, id="keys that are no text"),
        pytest.param((1, 2), (1, 2), id="tuple"),
        pytest.param([1, (2,)], [1, (2,)], id="list"),
        pytest.param(collections.OrderedDict(a=1), {"a": 1}, id="kind of dict"),
        pytest.param(collections.defaultdict(list, {"t": []}), {"t": []}, id="defaultdict"),
        pytest.param(Name("name"), "name", id="kind of text"),
        pytest.param(
            {"f": io.BytesIO(b"x"), "d": Decimal(1)}, {"f": None, "d": None}, id="objects"
        ),
        pytest.param(1 << 5000, None, id="huge number"),
        pytest.param(nested(MAX_DEPTH - 1), nested(MAX_DEPTH - 1), id="deep enough"),
        pytest.param(nested(MAX_DEPTH + 3), nested(MAX_DEPTH, None), id="too deep"),
    ],
)
def test_facts(value, kept):
    """Plain types only, cut to size."""
    assert bounded.facts(value) == kept
    assert type(bounded.facts(value)) is type(kept)


def test_length_of_a_long_list_is_kept():
    """Describers count what a call returned: the length is that of the whole."""
    kept = bounded.facts({"TableNames": [str(n) for n in range(100)]})["TableNames"]
    assert len(kept) == 100
    assert list(kept) == [str(n) for n in range(MAX_ITEMS)]


def test_facts_are_a_copy():
    """What user code changes later is not seen."""
    given_params = {"a": {"b": [1]}}
    kept = bounded.facts(given_params)
    given_params["a"]["b"].append(2)
    assert kept == {"a": {"b": [1]}}


def test_no_code_of_the_function_runs():
    """Neither text, nor length, nor iteration, nor equality of a user's class is asked for."""

    class Touchy(dict):
        def _never(self, *_):
            raise AssertionError("called")

        items = keys = __iter__ = __len__ = __getitem__ = __str__ = __eq__ = _never
        __hash__ = None

    class TouchyList(list):
        def _never(self, *_):
            raise AssertionError("called")

        __iter__ = __len__ = __getitem__ = __str__ = _never

    assert bounded.facts({"a": Touchy(b=1), "c": TouchyList([1])}) == {"a": {"b": 1}, "c": [1]}


# -- attributes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        pytest.param("text", "text", id="text"),
        pytest.param(True, True, id="flag"),
        pytest.param(7, 7, id="number"),
        pytest.param(1.5, 1.5, id="ratio"),
        pytest.param(float("inf"), float("inf"), id="infinity"),
        pytest.param(b"\0\xff", b"\0\xff", id="bytes"),
        pytest.param(None, None, id="none"),
        pytest.param([1, "a", None], (1, "a", None), id="list"),
        pytest.param(range(3), (0, 1, 2), id="range"),
        pytest.param(collections.deque([1]), (1,), id="deque"),
        pytest.param({"a": {"b": [1]}}, {"a": {"b": (1,)}}, id="mapping"),
        pytest.param(MappingProxyType({"a": 1}), {"a": 1}, id="view"),
        pytest.param({1: "a", "": "b", 0: "c", Plain(): "d"}, {"1": "a"}, id="keys"),
        pytest.param(Number.ONE, 1, id="enumeration"),
        pytest.param({1}, "{1}", id="set"),
        pytest.param(Decimal("1.50"), "1.50", id="decimal"),
        pytest.param(Plain(), None, id="no text"),
    ],
)
def test_attribute(value, kept):
    """Types that OpenTelemetry knows stay, others become their text."""
    assert bounded.attribute("key", value) == kept


def test_nan():
    """It stays what it is; encoders say what becomes of it."""
    assert str(bounded.attribute("key", float("nan"))) == "nan"


@pytest.mark.parametrize(
    ("value", "kept", "why"),
    [
        pytest.param("x" * 9999, "x" * MAX_STRING, "9999 characters", id="text"),
        pytest.param(b"x" * 9999, b"x" * MAX_STRING, "9999 characters", id="bytes"),
        pytest.param(Text(), "t" * MAX_STRING, "9999 characters", id="own text"),
        pytest.param([0] * 99, (0,) * MAX_ITEMS, "99 entries", id="list"),
        pytest.param({str(n): n for n in range(99)}, {str(n): n for n in range(MAX_ITEMS)},
                     "99 entries", id="mapping"),
        pytest.param(1 << 5000, None, "5001 bits", id="number"),
        pytest.param(Plain(), None, "no text of its own", id="object"),
    ],
)  # fmt: skip
def test_cut_attribute_is_told(value, kept, why):
    """What is cut is told once, by the attribute's key and the reason."""
    lines = []
    logger = _notice.logger()
    logger.addFilter(lambda record: lines.append(record.getMessage()) or False)
    try:
        assert bounded.attribute("order", value) == kept
        assert bounded.attribute("order", value) == kept
    finally:
        logger.filters.clear()
    assert len(lines) == 1
    assert "'order'" in lines[0]
    assert why in lines[0]


class Raising:
    def __str__(self):
        raise RuntimeError("no")


class Lying:
    @property
    def __class__(self):
        raise RuntimeError("outside of a context")

    def __str__(self):
        return "a proxy"


class Endless(collections.abc.Sequence):
    def __len__(self):
        return sys.maxsize

    def __getitem__(self, index):
        return index


class BadMapping(dict):
    def items(self):
        raise RuntimeError("no")


@pytest.mark.guarded
@pytest.mark.parametrize("value", [Raising(), [Raising()]])
def test_code_that_raises_costs_its_attribute(value):
    """An attribute whose own code raises is left out; the function goes on."""
    assert bounded.attribute("key", value) in (None, (None,))


def test_odd_classes():
    """A class that lies about itself, a sequence without end."""
    assert bounded.attribute("key", Lying()) == "a proxy"
    assert bounded.attribute("key", Endless()) == tuple(range(MAX_ITEMS))


def test_attributes():
    """Keys are text; a mapping of any kind will do; nothing else will."""
    assert bounded.attributes({"a": 1, 2: 3, "k" * 9999: 4}) == {
        "a": 1,
        "2": 3,
        "k" * MAX_STRING: 4,
    }
    assert bounded.attributes(MappingProxyType({"a": [1]})) == {"a": (1,)}
    for nothing in (None, {}, 7, "text", [("a", 1)]):
        assert bounded.attributes(nothing) is None
    assert len(bounded.attributes({str(n): n for n in range(5000)})) == MAX_OPS


# -- bounds hold for any value -------------------------------------------------------------------

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(),
    st.builds(Plain), st.builds(Text), st.builds(Decimal), st.just("x" * 5000), st.just(1 << 9000),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(st.text(), inner),
        st.lists(inner, min_size=1).map(lambda members: members * 40),
    ),
    max_leaves=40,
)  # fmt: skip


def size(value, depth=0):
    """Containers in a copy, checking every bound on the way."""
    if isinstance(value, (str, bytes)):
        assert len(value) <= MAX_STRING
    if isinstance(value, int):
        assert value.bit_length() <= bounded.MAX_BITS
    if isinstance(value, dict):
        members = list(value.values())
        assert all(type(key) is str and len(key) <= MAX_STRING for key in value)
    elif isinstance(value, (list, tuple)):
        members = list(value)
    else:
        assert value is None or isinstance(value, (str, bytes, bool, int, float))
        return 0
    assert len(members) <= MAX_ITEMS
    assert depth < MAX_DEPTH
    return 1 + sum(size(member, depth + 1) for member in members)


@given(VALUES)
def test_bounds(value):
    """Size, depth and number of what is kept are bounded for any value."""
    assert size(bounded.facts(value)) <= MAX_NODES
    assert size(bounded.attribute("key", value)) <= MAX_NODES


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(cyclic(), id="cyclic"),
        pytest.param([[[[[[0] * 40] * 40] * 40] * 40] * 40] * 40, id="wide and deep"),
    ],
)
def test_cost_is_bounded(value):
    """A value that unfolds without end costs no more visits than the bound allows."""
    visits = 0

    def count(frame, event, argument):
        nonlocal visits
        visits += event == "call" and frame.f_code.co_name in ("_facts", "_attribute")

    sys.setprofile(count)
    try:
        bounded.facts(value)
        bounded.attribute("key", value)
    finally:
        sys.setprofile(None)
    assert visits <= 2 * (MAX_NODES + 1) * (MAX_ITEMS + 1)
    assert size(bounded.facts(value)) <= MAX_NODES
