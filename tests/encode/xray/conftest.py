"""Real spans of the real SDK, with ids that count and a clock that stands."""

import itertools
import json
import os
from pathlib import Path

import jsonschema
import pytest

from tests.collector.spans import span

GOLD = Path(__file__).parents[2] / "gold" / "xray"


@pytest.fixture
def ended():
    """Return a function that makes one ended span of the real SDK, whose id is `own_id`.

    What else it takes is what `tests.collector.spans.span` takes.
    """
    return lambda *args, own_id=1, **told: span(*args, ids=itertools.count(own_id), **told)


@pytest.fixture
def new_id():
    """Return a source of exception ids that counts."""
    ids = itertools.count(0xE1)
    return lambda: f"{next(ids):016x}"


@pytest.fixture(scope="session")
def schema():
    """Return the validator of what X-Ray takes."""
    text = Path(__file__).with_name("document.schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


@pytest.fixture
def gold(schema):
    """Return a function that compares documents with a gold file, or accepts them."""

    def check(name, vector, about, documents):
        for document in documents:
            schema.validate(document)
        file = GOLD / f"{name}.json"
        actual = {"vector": vector, "about": about, "documents": documents}
        if os.environ.get("HELIOGRAPH_ACCEPT"):
            text = json.dumps(actual, indent=2, ensure_ascii=False, sort_keys=True)
            file.write_text(text + "\n", encoding="utf-8")
        expected = json.loads(file.read_text(encoding="utf-8"))
        assert expected == actual

    return check
