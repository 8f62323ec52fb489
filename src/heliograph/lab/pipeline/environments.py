"""The execution environments of a pipeline's functions: one each, started when it is needed."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...errors import ConfigurationError
from ..function import Function
from ..invocation import Invocation
from ..session import invoke
from .description import PLACEHOLDER
from .names import ACCOUNT, arn

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from ..daemon import XRayDaemon
    from ..session import Outcome
    from .description import Pipeline

HANDLER = "heliograph.runtime.bootstrap.handler"
"""What the runtime is told where there is no layer, whose exec wrapper would name it."""


@dataclass(frozen=True)
class Options:
    """How the functions are run; see `Function`."""

    layers: Sequence[str | os.PathLike[str]] = ()
    python: str = sys.executable
    runtime_dir: str | os.PathLike[str] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 30.0
    freezing: bool = True


class Environments:
    """An environment for each function, which lives until its process ends.

    Args:
        pipeline: What the functions are.
        options: How they are run.
        daemon: Who takes their traces.
        urls: Addresses by what stands for them: `partners.carrier`; `aws` is the endpoint's.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        options: Options,
        daemon: XRayDaemon,
        urls: Mapping[str, str],
    ) -> None:
        self._pipeline, self._options = pipeline, options
        self._daemon, self._urls = daemon, urls
        self._running: dict[str, Function] = {}
        self._closing = ExitStack()

    def close(self) -> None:
        """End them all."""
        self._closing.close()

    def invoke(
        self, name: str, event: Any, *, header: str, request_id: str, number: int
    ) -> Outcome:
        """Invoke a function, in its environment or, cold, in a new one."""
        running = self._running.get(name)
        cold = running is None or running.exit_code is not None
        if running is None or cold:
            running = self._closing.enter_context(self._new(name))
            self._running[name] = running
        invocation = Invocation(
            event,
            request_id=request_id,
            timeout=self._options.timeout,
            trace_header=header,
            function_arn=arn("lambda", f"function:{name}"),
        )
        return invoke(running, self._daemon, invocation, number, cold=cold)

    def _new(self, name: str) -> Function:
        spec, options = self._pipeline.functions[name], self._options
        env = {
            "AWS_ENDPOINT_URL": self._urls["aws"],
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            **{key: self._filled(value) for key, value in spec.env.items()},
            **options.env,
        }
        handler = spec.handler
        if not options.layers and not options.runtime_dir and options.python == sys.executable:
            env.setdefault("HELIOGRAPH_HANDLER", handler)
            handler = HANDLER
        try:
            return Function(
                self._pipeline.root,
                handler,
                layers=options.layers,
                python=options.python,
                runtime_dir=options.runtime_dir,
                env=env,
                daemon=self._daemon,
                freezing=options.freezing,
                kill_at_deadline=True,
            )
        except ConfigurationError as error:
            raise ConfigurationError(f"function {name!r}: {error}") from error

    def _filled(self, value: str) -> str:
        return PLACEHOLDER.sub(lambda found: self._urls[f"{found[1]}.{found[2]}"], value)


def addresses(pipeline: Pipeline, aws: str, partners: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses that variables may name, by what stands for them."""
    return {
        "aws": aws,
        **{f"topics.{name}": arn("sns", name) for name in pipeline.topics},
        **{f"queues.{name}": f"{aws}/{ACCOUNT}/{name}" for name in pipeline.queues},
        **{f"partners.{name}": url for name, url in partners.items()},
    }
