"""`urllib.request`, which botocore imports and few functions call: instrumented by a first call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..journal import state
from . import brought

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def install(module: ModuleType, original: Callable[..., Any]) -> Callable[..., Any]:
    """Have the layer's instrumentor wrap `OpenerDirector.open`, in place of what waited for it.

    Args:
        module: `urllib.request`.
        original: The library's own method.

    Returns:
        What the first call goes on with; later ones meet it in the class. If it failed, a line says
        so, and that is the library's own.
    """
    module.OpenerDirector.open = original
    if state.config is not None:
        brought.switch_on(module, state.config)
    instrumented: Callable[..., Any] = module.OpenerDirector.open
    return instrumented
