"""A small share of the project's own fuzz; `make fuzz` runs sixty thousand cases."""

from __future__ import annotations

import pytest

from scripts import fuzz


@pytest.mark.hostile
@pytest.mark.parametrize("kind", fuzz.KINDS)
def test_nothing_hostile_changes_anything(kind: str) -> None:
    """No result changes, no call blocks, and harmless neighbours arrive."""
    assert fuzz.run(300, 7, [kind]) == []
