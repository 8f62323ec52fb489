"""Development in a process that is no function: what was recorded goes into its own batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import sampling as samplers

from .development import Development
from .metering import Metering

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider

    from ..settings.config import Config
    from .process import SdkProviders
    from .time_budget import Deadline


class ReplayPipeline:
    """What development needs of a pipeline, before the process's own batches.

    Args:
        providers: The process's providers.
        config: The settings.
    """

    def __init__(self, providers: SdkProviders, config: Config) -> None:
        self._providers = providers
        self.config = config
        # The decision to record was taken when the span started (journal/recording.py).
        self._provider = providers.provider(samplers.ALWAYS_ON)
        self.ids: Any = self._provider.id_generator
        self.gave_up = False
        self.local: list[Any] = []
        self._metering: Metering | None = None

    def tracer(self, *scope: Any) -> Any:
        """Return the SDK's tracer of a scope: name, version, schema URL, attributes."""
        return self._provider.get_tracer(*scope)

    def meter(self) -> Metering:
        """Return the metrics side."""
        if self._metering is None:
            self._metering = ReplayMetering(self._providers.meters)
        return self._metering

    def export(self) -> None:
        """Leave it to the batches."""

    def deliver(self, deadline: Deadline, *, now: bool = False) -> None:
        """Leave it to the batches."""

    def shutdown(self) -> None:
        """Leave it to the process's providers."""


class ReplayMetering(Metering):
    """Replays on the process's meter provider, whose readers collect by themselves."""

    def __init__(self, provider: MeterProvider) -> None:
        self._made, self._known = {}, {}
        self._readers, self._delivered = [], []
        self.provider = provider

    def collect(self) -> None:
        """Leave it to the readers."""


class BackgroundDevelopment(Development):
    """Develops what the public API has recorded into the batches of the process.

    Args:
        providers: The process's providers.
        about: As `Development` takes them.
    """

    def __init__(self, providers: SdkProviders, *about: Any) -> None:
        super().__init__(*about)
        self._providers = providers

    def load(self) -> None:
        """Make the provider that recorded ids are forced on."""
        from .describe import Describers

        if self._pipeline is None:
            self._pipeline = ReplayPipeline(self._providers, self._config)
            self._describers = Describers(self._pipeline, self._part)

    def shutdown(self) -> None:
        """Shut the process's providers down."""
        self._providers.shutdown()
