"""Measurements become metrics of the SDK: replayed on its instruments, collected, exported."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics._internal.measurement import Measurement
from opentelemetry.sdk.metrics.export import MetricReader, MetricsData

from .. import _notice
from .._guard import guard
from ..exporters import configured, fitted, is_remote
from ..journal import journal
from ..journal.instrument import DistributionMetric, make
from .replay import current_context, may_hold_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.metrics.export import MetricExporter
    from opentelemetry.sdk.resources import Resource

    from ..delivery.worker import Worker
    from ..delivery.workers import Workers
    from ..exporters import Setup
    from ..journal.entry import Entry, Remote
    from ..journal.instrument import Asked, Instrument
    from .development import SdkObjects


MAX_INSTRUMENTS = 1000
"""Instruments of the SDK at a time; each takes about 2 KB, and a look at every collection."""


@dataclass(frozen=True)
class AskingMeasurement(Measurement):
    """A measurement, and what it asks of EMF.

    Attributes:
        asked: Dimension sets and resolution, as pairs of an attribute. They are beside the
            measurement's own attributes, which make the stream and reach every exporter.
    """

    asked: Asked = ()


class Meters(MeterProvider):
    """The SDK's, which does no more in a forked child than to make its locks anew (`Provider`)."""

    def _handle_fork(self) -> None:
        self._lock, self._meter_lock = Lock(), Lock()
        MeterProvider._all_metric_readers_lock = Lock()


class OnDemandReader(MetricReader):
    """Collects when it is told to, in the caller's thread, and hands on to one exporter.

    The SDK's periodic reader has a thread that Lambda freezes between invocations.

    Args:
        exporter: Its preferences of temporality and aggregation are the reader's.
    """

    def __init__(self, exporter: MetricExporter) -> None:
        super().__init__(
            preferred_temporality=exporter._preferred_temporality,
            preferred_aggregation=exporter._preferred_aggregation,
        )
        self._exporter = exporter

    def _receive_metrics(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> None:
        self._exporter.export(metrics_data, timeout_millis=timeout_millis, **kwargs)

    def collect_measured(self, provider: MeterProvider, time: int) -> None:
        """Collect what was measured by now, for an exporter that writes the time of measuring.

        Observable instruments are not asked: their time is that of the last collection.

        Args:
            provider: The reader's provider.
            time: The latest time of the measurements, epoch nanoseconds.
        """
        export = getattr(self._exporter, "export_measured", None)
        if export is not None:
            consumer: Any = provider._measurement_consumer
            data = consumer._reader_storages[self].collect()
            if data is not None:
                export(data, time)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Shut the exporter down."""
        self._exporter.shutdown(timeout_millis=timeout_millis, **kwargs)


class DeliveredReader(OnDemandReader):
    """Collects for a worker, and only when nothing of its waits: the SDK goes on adding up.

    So a backend that is down, or an interval between flushes, costs memory for no measurement.

    Args:
        exporter: Its preferences of temporality and aggregation are the reader's.
        worker: Delivers to it.
    """

    def __init__(self, exporter: MetricExporter, worker: Worker) -> None:
        super().__init__(exporter)
        self._worker = worker
        self.fresh = False
        """Whether anything was measured since the last collection."""

    def collect_for_delivery(self, *, last: bool) -> None:
        """Collect, if there is something new and the worker has time for it."""
        if self.fresh and (last or self._worker.at_rest):
            self.fresh = False
            self.collect()

    def _receive_metrics(self, metrics_data: MetricsData, *_: Any, **__: Any) -> None:
        from ..delivery.backlog import Item, size_of_metrics

        self._worker.offer([Item(metrics_data, size_of_metrics(metrics_data))])


class Metering:
    """The SDK's meter provider and the readers behind it.

    Args:
        setup: What exporters are made from.
        sdk_objects: What code adds to the settings.
        resource: What produces the metrics.
        workers: Returns what delivers to backends.

    Attributes:
        unmade: Exporters that could not be made, as in `exporters.Made`.
    """

    def __init__(
        self,
        setup: Setup,
        sdk_objects: SdkObjects,
        resource: Resource,
        workers: Callable[[], Workers],
    ) -> None:
        made = configured("metrics", setup)
        self.unmade = made.failed
        exporters = [
            *made,
            *(fitted("metric_exporter", one) for one in sdk_objects.metric_exporters),
        ]
        local = [exporter for exporter in exporters if not is_remote(exporter)]
        self._readers = [
            *(OnDemandReader(exporter) for exporter in local),
            *(fitted("reader", one) for one in sdk_objects.metric_readers),
        ]
        self._delivered = [
            DeliveredReader(exporter, workers().for_metrics(exporter))
            for exporter in exporters
            if is_remote(exporter)
        ]
        self._made: dict[tuple[object, ...], Any] = {}
        self._known: dict[Instrument, Any] = {}
        self.provider: MeterProvider = Meters(
            metric_readers=[*self._readers, *self._delivered],
            resource=resource,
            views=[fitted("metric_view", one) for one in sdk_objects.views],
            shutdown_on_exit=False,
        )

    @property
    def idle(self) -> bool:
        """Whether nothing reads its metrics."""
        return not self._readers and not self._delivered

    def replay(
        self,
        instrument: Instrument,
        value: Any,
        attributes: Any,
        span: Entry | Remote | None,
        time: int,
    ) -> None:
        """Make one measurement on the SDK's instrument, within the span that was current."""
        if attributes and may_hold_secret(attributes.values()):
            from .redacting import attributes as without_secrets

            attributes = without_secrets(attributes)
        made = self._instrument(instrument)
        context = Context() if span is None else current_context(span)
        if isinstance(instrument, DistributionMetric):
            at = AskingMeasurement(value, time, made, context, attributes, instrument.asked)
            made._measurement_consumer.consume_measurement(at)
            return
        measure = getattr(made, "add", None) or getattr(made, "record", None) or made.set
        measure(value, attributes, context)

    def _instrument(self, instrument: Instrument) -> Any:
        made = self._known.get(instrument)
        if made is None:
            made = self._made.get(instrument.identity)
            if made is None:
                if len(self._made) >= MAX_INSTRUMENTS:
                    self._make_room(instrument)
                made = self._made[instrument.identity] = self._make(instrument)
            if len(self._known) >= 2 * MAX_INSTRUMENTS:
                self._known.clear()
            self._known[instrument] = made
        return made

    def _make_room(self, instrument: Instrument) -> None:
        """Collect what was measured, and let go of all instruments: the SDK would keep them."""
        _notice.warn(
            "metrics by name",
            lambda: (
                f"{MAX_INSTRUMENTS} metrics have been made by now, such as "
                f"{_notice.shown(instrument.name)}: if their names hold ids, give those as "
                "properties or dimensions instead (CloudWatch bills each metric)."
            ),
        )
        self._read()
        for delivered in self._delivered:
            delivered.fresh = True
        self.collect_remote(last=True)
        consumer: Any = self.provider._measurement_consumer
        for storage in consumer._reader_storages.values():
            with storage._lock:
                storage._instrument_view_instrument_matches.clear()
        del consumer._async_instruments[:]
        with self.provider._meter_lock:
            self.provider._meters.clear()
        self._made.clear()
        self._known.clear()

    def _make(self, instrument: Instrument) -> Any:
        """Create the SDK's instrument; `heliograph.metric` is not bound by OpenTelemetry's names.

        CloudWatch's names have upper case and spaces, its values may be negative; the SDK's
        histogram lowers the one and drops the other. Views see the name as it was given.
        """
        if not isinstance(instrument, DistributionMetric):
            return make(instrument, self.provider, fitted("callbacks", instrument.callbacks))
        meter = self.provider.get_meter(*instrument.scope)
        made: Any = meter.create_histogram(f"metric{len(self._made)}", unit=instrument.unit)
        made.name = instrument.name
        return made

    def collect(self) -> None:
        """Collect and export what is local; observable instruments' callbacks are called now."""
        for instrument in journal.observables:
            with guard(f"creating the instrument {instrument.name}"):
                self._instrument(instrument)
        for delivered in self._delivered:
            delivered.fresh = True
        self._read()

    def collect_measured(self, time: int) -> None:
        """Collect and export what was measured in a period that is over.

        Args:
            time: The latest time of the measurements, epoch nanoseconds.
        """
        for reader in self._readers:
            if isinstance(reader, OnDemandReader):
                with guard(f"exporting metrics by {type(reader).__name__}"):
                    reader.collect_measured(self.provider, time)

    def _read(self) -> None:
        for reader in self._readers:
            with guard(f"exporting metrics by {type(reader).__name__}"):
                reader.collect()

    def collect_remote(self, *, last: bool = False) -> None:
        """Collect what is new for the workers.

        Args:
            last: The process is about to end: nothing is left to the SDK's memory.
        """
        for reader in self._delivered:
            with guard(f"exporting metrics by {type(reader).__name__}"):
                reader.collect_for_delivery(last=last)
