"""A process that forks: what the child needs of us is whole before.

Loaded by the first fork.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..develop.development import Development
    from .invocation import Invocation

PUBLIC = ("manual", "measuring")
"""Modules behind the public names, loaded at first use."""


def prepare(running: Invocation | None, development: Development | None) -> None:
    """Fix the ids that the child's spans hang below; wait for what other threads import of ours.

    In the child these threads are gone, and Python never gives back the lock of a module that one
    of them was importing: the child would wait for it for ever.

    Args:
        running: The invocation that forks, if one does.
        development: The parent's, which may be loading the SDK.
    """
    if running is not None:
        running.entry.resolve()
    for module in PUBLIC:
        __import__(f"heliograph.{module}")
    if development is not None:
        development.wait_loaded()
