"""Sample events, in the shapes that AWS documents, with values of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from heliograph.triggers import detect, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from heliograph.triggers import Request

EVENTS = Path(__file__).parent.parent / "events"


@pytest.fixture
def sample() -> Callable[[str], Any]:
    """Return a reader of `tests/events/NAME.json`; each call gives a new object."""

    def read(name: str) -> Any:
        return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))

    return read


@pytest.fixture
def samples(sample: Callable[[str], Any]) -> dict[str, Any]:
    """Return every sample event by its name."""
    return {path.stem: sample(path.stem) for path in sorted(EVENTS.glob("*.json"))}


@pytest.fixture
def call(sample: Callable[[str], Any]) -> Callable[..., Request]:
    """Return a reader of a sample with some keys of it, or of its `requestContext`, replaced."""

    def read(name: str, capture_query: bool = True, **keys: Any) -> Request:
        event = sample(name)
        for key, value in keys.items():
            (event if key in event else event["requestContext"])[key] = value
        return request(detect(event), event, capture_query=capture_query)

    return read
