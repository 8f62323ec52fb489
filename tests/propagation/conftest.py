"""The fixtures of the rooms beside: calls that take a context along, events that bring one."""

from __future__ import annotations

from tests.journal.conftest import in_lambda, stub
from tests.triggers.conftest import sample

__all__ = ["in_lambda", "sample", "stub"]
