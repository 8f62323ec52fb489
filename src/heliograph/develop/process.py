"""The SDK in the ordinary way, for a process that is no Lambda function: batches in the background.

Its providers are the global ones, so that every instrumentor and all code on the OpenTelemetry API
use them. What the public API records is developed by the same replay as in Lambda, into the same
batches.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from opentelemetry import baggage, metrics, propagate, trace
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource, get_aggregated_resources
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace import sampling as samplers
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from .. import _notice
from .._guard import guard
from ..exporters import Setup, configured
from ..otel_api.propagate import official as official_propagator
from ..otel_api.sampler import official as provided_sampler
from ..otel_api.trace import OURS
from ..propagation import sampling
from .baggage import chosen
from .lambda_pipeline import RecordedIds, Redacting
from .resource import resource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.resources import ResourceDetector
    from opentelemetry.sdk.trace.sampling import Sampler

    from ..settings.config import Config
    from .development import SdkObjects

VENDOR = Path("/sys/devices/virtual/dmi/id/sys_vendor")
"""Names the maker of the machine: `Amazon EC2` on an instance of it."""

DETECTION_SECONDS = 2
"""Time that each resource detector may take: those of ECS, EC2 and EKS ask metadata services."""


class Carrying(SpanProcessor):
    """Sets members of the baggage on the spans that start in it.

    Args:
        wanted: Names of members, and globs.
    """

    def __init__(self, wanted: Sequence[str]) -> None:
        self._wanted = wanted

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        """Set them."""
        span.set_attributes(chosen(baggage.get_all(parent_context), self._wanted))


class SdkProviders:
    """The process's providers, on which everything that it traces and measures ends up.

    Args:
        config: The settings.
        sdk_objects: What code adds to them.

    Attributes:
        resource: What produces the telemetry.
        processors: What takes secrets out, the processors that code adds, and the batches, one an
            exporter.
        tracers: The tracer provider.
        meters: The meter provider.
    """

    def __init__(self, config: Config, sdk_objects: SdkObjects) -> None:
        self.resource = detected(config)
        setup = Setup(config)
        exporters = [*configured("traces", setup), *sdk_objects.span_exporters]
        redacting = Redacting(
            keeps_queries=config.capture_query, watched=bool(sdk_objects.span_processors)
        )
        self.processors: list[SpanProcessor] = [
            redacting,
            *([Carrying(config.baggage_attributes)] if config.baggage_attributes else ()),
            *sdk_objects.span_processors,
            *(BatchSpanProcessor(exporter) for exporter in exporters),
        ]
        self.tracers = self.provider(sampler(config))
        self.meters = MeterProvider(
            metric_readers=[
                *map(PeriodicExportingMetricReader, configured("metrics", setup)),
                *map(PeriodicExportingMetricReader, sdk_objects.metric_exporters),
                *sdk_objects.metric_readers,
            ],
            resource=self.resource,
            views=sdk_objects.views,
            shutdown_on_exit=False,
        )

    def provider(self, decides: Sampler) -> TracerProvider:
        """Return a tracer provider before the processors, with ids of its own."""
        provider = TracerProvider(
            sampler=decides,
            resource=self.resource,
            id_generator=RecordedIds(),
            shutdown_on_exit=False,
        )
        for processor in self.processors:
            provider.add_span_processor(processor)
        return provider

    def become_global(self, config: Config) -> None:
        """Become the providers that `opentelemetry.trace` and `opentelemetry.metrics` hand out."""
        if trace._TRACER_PROVIDER is not None or metrics._internal._METER_PROVIDER is not None:
            _notice.warn(
                "providers set before",
                "a tracer or meter provider was set before heliograph.configure(): it stays in "
                "use for code on the OpenTelemetry API. Call configure() first, or set none.",
            )
        setattr(self.tracers, OURS, True)
        if trace._TRACER_PROVIDER is None:
            trace.set_tracer_provider(self.tracers)
        if metrics._internal._METER_PROVIDER is None:
            metrics.set_meter_provider(self.meters)
        propagate.set_global_textmap(CompositePropagator(propagators(config.propagators)))

    def flush(self) -> bool:
        """Send what waits in the batches; tells whether all of it went."""
        sent = [self.tracers.force_flush(), self.meters.force_flush()]
        return all(sent)

    def shutdown(self) -> None:
        """Send what waits, and shut the exporters down."""
        with guard("shutting the tracer provider down"):
            self.tracers.shutdown()
        with guard("shutting the meter provider down"):
            self.meters.shutdown()


def detected(config: Config) -> Resource:
    """Return the resource of a process: what the official detectors find, and the settings."""
    from opentelemetry.sdk.extension.aws.resource.ecs import AwsEcsResourceDetector
    from opentelemetry.sdk.extension.aws.resource.eks import AwsEksResourceDetector

    detectors: list[ResourceDetector] = [AwsEcsResourceDetector(), AwsEksResourceDetector()]
    if _is_ec2():
        from opentelemetry.sdk.extension.aws.resource.ec2 import AwsEc2ResourceDetector

        detectors.insert(0, AwsEc2ResourceDetector())
    found = get_aggregated_resources(detectors, Resource.get_empty(), DETECTION_SECONDS)
    return found.merge(resource(config))


def _is_ec2() -> bool:
    """Tell whether the machine is an EC2 instance; anywhere else its detector waits in vain."""
    try:
        return VENDOR.read_text(encoding="utf-8").strip() == "Amazon EC2"
    except (OSError, UnicodeDecodeError):
        return False


def sampler(config: Config) -> Sampler:
    """Return the configured sampler by its official class."""
    name, argument = config.sampler, config.sampler_argument
    plain = {
        "always_on": samplers.ALWAYS_ON,
        "always_off": samplers.ALWAYS_OFF,
        "parentbased_always_on": samplers.DEFAULT_ON,
        "parentbased_always_off": samplers.DEFAULT_OFF,
    }
    if name in plain:
        return plain[name]
    if name == "traceidratio":
        return samplers.TraceIdRatioBased(sampling.ratio(argument))
    if name == "parentbased_traceidratio":
        return samplers.ParentBasedTraceIdRatio(sampling.ratio(argument))
    made: list[Sampler] = []
    with guard(f"loading the sampler {name}"):
        found = provided_sampler(name, argument)
        if found is not None:
            made.append(found)
    return made[0] if made else samplers.DEFAULT_ON


def propagators(names: Sequence[str]) -> list[Any]:
    """Return propagators by their official classes; one that is not installed is told."""
    made: list[Any] = []
    for name in dict.fromkeys(names):
        if name == "none":
            return []
        with guard(f"loading the propagator {name}"):
            found = official_propagator(name)
            if found is not None:
                made.append(found)
    return made
