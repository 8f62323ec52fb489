"""What spans and measurements are made on, and what becomes of them: for type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import Tracer

    from ..settings.config import Config
    from .lambda_pipeline import RecordedIds
    from .metering import Metering
    from .time_budget import Deadline


class Pipeline(Protocol):
    """In a function that is `LambdaPipeline`, in any other process `background.ReplayPipeline`.

    Attributes:
        config: The settings.
        ids: Takes the ids that were recorded, for the next span.
    """

    config: Config
    ids: RecordedIds

    def tracer(self, *scope: Any) -> Tracer:
        """Return the SDK's tracer of a scope: name, version, schema URL, attributes."""

    def meter(self) -> Metering | None:
        """Return the metrics side; None while none of its exporters could be made."""

    @property
    def gave_up(self) -> bool:
        """Whether there will be no metrics side."""

    @property
    def local(self) -> Sequence[Any]:
        """Exporters of spans that write to this machine."""

    def export(self) -> None:
        """Export what was made, or hand it on."""

    def deliver(self, deadline: Deadline, *, now: bool = False) -> None:
        """Deliver what waits for backends, if it is time for that, or now."""

    def shutdown(self) -> None:
        """Deliver what waits and shut the exporters down."""
