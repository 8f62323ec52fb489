"""Time what Heliograph does in a function's process, from outside: nothing of it knows of this.

Run in the function's process by `bootstrap.py`, by its path: it imports nothing of the lab. The
functions named in `STEPS` are replaced by timed ones right after the import of their modules. What
one step does within another counts for itself alone.
"""

from __future__ import annotations

import contextlib
import json
import sys
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

STARTING = "heliograph.runtime.bootstrap"
IMPORTING = "importing Heliograph"

STEPS: dict[str, dict[str, tuple[str, bool]]] = {
    STARTING: {"start": ("switching on", True), "_ready": ("switching on", False)},
    "heliograph.libraries": {"_ready": ("hooking a library", True)},
    "heliograph.runtime.lifecycle": {
        "begin": ("beginning the invocation", True),
        "develop": ("development, the rest", True),
    },
    "heliograph.runtime.invocation": {
        "Invocation.returned": ("ending the invocation", True),
        "Invocation.raised": ("ending the invocation", True),
    },
    "heliograph.journal.recording": {"Recorder.answer": ("recording a call", False)},
    "heliograph.journal.recorded_exception": {"fail": ("recording a call", False)},
    "heliograph.libraries.botocore": {"_begin": ("recording a call", True)},
    "heliograph.libraries.requests": {"_begin": ("recording a call", True)},
    "heliograph.libraries.urllib3": {"_begin": ("recording a call", True)},
    "heliograph.propagation.xray": {"onto_aws_call": ("writing trace headers", True)},
    "heliograph.propagation": {"onto_request": ("writing trace headers", True)},
    "heliograph.manual": {
        "span.__enter__": ("recording a span", True),
        "span.__exit__": ("recording a span", False),
    },
    "heliograph.measuring": {"metric": ("recording a measurement", True)},
    "heliograph.develop.development": {
        "Development.load": ("loading the SDK", True),
        "Development._metrics": ("developing metrics", True),
    },
    "heliograph.develop.describe": {"Describers.make_span": ("developing a span", True)},
    "heliograph.develop.lambda_pipeline": {"LambdaPipeline.export": ("exporting spans", True)},
}
"""Module, function, the step it belongs to, and whether a call of it counts as one."""

CLIENT = "awslambdaric.lambda_runtime_client"


class Stopwatch:
    """Sums of nanoseconds by phase and step, written as a line of JSON before each next event.

    Args:
        path: The file.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._phase = "init"
        self._sums: dict[tuple[str, str], list[int]] = {}
        self._within: list[int] = []
        """What the steps inside each open step took."""

    def timed(self, function: Callable[..., Any], step: str, *, counts: bool) -> Callable[..., Any]:
        """Return a function that does what the given one does, and is timed."""

        def timing(*args: Any, **kwargs: Any) -> Any:
            within = self._within
            within.append(0)
            begun = perf_counter_ns()
            try:
                return function(*args, **kwargs)
            finally:
                took = perf_counter_ns() - begun
                self._add(step, took - within.pop(), counts=counts)
                if within:
                    within[-1] += took

        return timing

    def _add(self, step: str, took: int, *, counts: bool) -> None:
        total = self._sums.setdefault((self._phase, step), [0, 0])
        total[0] += counts
        total[1] += took

    def follow(self, client: Any) -> None:
        """Tell init, before and after the response apart by what the runtime client is asked."""
        wait = client.wait_next_invocation

        def wait_next_invocation(runtime: Any) -> Any:
            self._write()
            event = wait(runtime)
            self._phase = "before"
            return event

        client.wait_next_invocation = wait_next_invocation
        for name in ("post_invocation_result", "post_invocation_error"):
            setattr(client, name, self._answering(getattr(client, name)))

    def _answering(self, post: Callable[..., Any]) -> Callable[..., Any]:
        def posted(*args: Any, **kwargs: Any) -> Any:
            try:
                return post(*args, **kwargs)
            finally:
                self._phase = "after"

        return posted

    def _write(self) -> None:
        rows = [[*key, *total] for key, total in self._sums.items()]
        self._sums = {}
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps(rows) + "\n")


def install(path: str) -> None:
    """Time Heliograph in this process, if it is here at all.

    Args:
        path: Where the figures go.
    """
    if find_spec("heliograph") is None:
        return
    watch = Stopwatch(path)
    with contextlib.suppress(AttributeError):
        watch.follow(sys.modules[CLIENT].BaseLambdaRuntimeClient)
    watch.timed(import_module, IMPORTING, counts=True)(STARTING)
    after_import = import_module("heliograph.libraries").after_import
    for module, functions in STEPS.items():
        after_import(module, _replacing(watch, functions))


def _replacing(
    watch: Stopwatch, functions: dict[str, tuple[str, bool]]
) -> Callable[[ModuleType], None]:
    def replace(module: ModuleType) -> None:
        for path, (step, counts) in functions.items():
            owner: Any = module
            *outer, name = path.split(".")
            for part in outer:
                owner = getattr(owner, part)
            setattr(owner, name, watch.timed(getattr(owner, name), step, counts=counts))

    return replace
