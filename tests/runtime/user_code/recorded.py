"""The public names; where there is no such package, in the bare function, what does nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    import heliograph
except ImportError:

    class Nothing:
        """A span, a decorator, a recording function: none of them does anything."""

        def __call__(self, *args: Any, **_: Any) -> Any:
            return args[0] if args and callable(args[0]) else self

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def __getattr__(self, name: str) -> Any:
            return self

    heliograph = Nothing()  # type: ignore[assignment] # the bare function's


class Cases(dict[str, "Callable[[], Any]"]):
    """What a program can be asked for, by name."""

    def __call__(self, case: Callable[[], Any]) -> Callable[[], Any]:
        """Add a case: a decorator."""
        self[case.__name__] = case
        return case

    def handler(self) -> Callable[[Any, Any], Any]:
        """Return the program's handler, wrapped in code where the variable asks for it."""

        def handler(event: Any, context: Any) -> Any:
            return self[event]()

        return heliograph.wrap(handler) if os.environ.get("WRAPPED") else handler


def everything(odd: Any = "odd") -> None:
    """Use all that is public, with an odd value wherever one is taken."""
    with heliograph.span("outer") as span:
        heliograph.annotate("key", odd)
        heliograph.metadata("key", odd)
        heliograph.metadata("nested", {"key": [odd, {"key": odd}]})
        heliograph.event("event", key=odd)
        heliograph.metric("metric", 1, dimension=odd)
        span.attribute("key", odd)
        with heliograph.span("inner", key=odd):
            pass
