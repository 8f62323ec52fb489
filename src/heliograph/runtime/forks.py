"""A process that forks: what the child needs is whole before, and what it records is developed.

Loaded by the first fork, and with `multiprocessing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import telemetry

if TYPE_CHECKING:
    from types import ModuleType

    from ..develop.development import Development

PUBLIC = ("manual", "measuring")
"""Modules behind the public names, loaded at first use."""


def wait_for_imports(development: Development | None) -> None:
    """Wait for what other threads are importing of ours.

    In the child these threads are gone, and Python never gives back the lock of a module that one
    of them was importing: the child would wait for it for ever.

    Args:
        development: The parent's, which may be loading the SDK.
    """
    for module in PUBLIC:
        __import__(f"heliograph.{module}")
    if development is not None:
        development.wait_loaded()


def develop_at_its_end(util: ModuleType | Any) -> None:
    """Develop what a child of `multiprocessing` recorded: it ends by `os._exit`, without `atexit`.

    Args:
        util: `multiprocessing.util`, just imported.
    """
    util.register_after_fork(
        develop_at_its_end,
        lambda _: util.Finalize(None, telemetry.develop_at_exit, exitpriority=0),
    )
