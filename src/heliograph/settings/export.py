"""Settings of AWS's own backends and of delivery: read after the first response."""

from __future__ import annotations

from . import Setting, names, one_of, switch, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import Topics


def _dimension_sets(value: str) -> tuple[tuple[str, ...], ...] | None:
    """Read `[[service],[service,route]]`; quotes are tolerated, nothing means the default set."""
    if not value:
        return None
    inner = value.strip()
    if not (inner.startswith("[[") and inner.endswith("]]")):
        raise ValueError("dimension sets such as [[service],[service,route]]")
    sets = inner[2:-2].replace(" ", "").replace('"', "").replace("'", "").split("],[")
    return tuple(names(members) for members in sets)


def _metric_dimensions(value: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Read `http.*=[[service]];orders=[[service],[service,tier]]`."""
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for part in filter(str.strip, value.split(";")):
        metric, _, written = part.partition("=")
        try:
            sets = _dimension_sets(written) if metric.strip() else None
        except ValueError:
            sets = None
        if sets is None:
            raise ValueError("sets by metric such as http.*=[[service]];orders=[[service,tier]]")
        found[metric.strip()] = sets
    return found


EMF_OPTIONS = (
    "rollup_zero", "rollup_single", "scale_units", "one_as_count", "stats_only", "drop_zeros",
    "leading_newline",
)  # fmt: skip
"""Words of `HELIOGRAPH_EMF_OPTIONS`: switches of `encode.emf.Options`, and one of the output."""


def _emf_options(value: str) -> tuple[str, ...]:
    """Read a list of these words."""
    words = names(value.lower())
    if not set(words) <= set(EMF_OPTIONS):
        raise ValueError("a list of " + ", ".join(EMF_OPTIONS))
    return words


def _milliseconds(value: str) -> float:
    """Read a time of at least one millisecond and at most a minute."""
    try:
        milliseconds = float(value)
    except ValueError:
        milliseconds = 0.0
    if not 1 <= milliseconds <= 60_000:
        raise ValueError("milliseconds from 1 to 60000")
    return milliseconds


def _interval(value: str) -> float:
    """Read when backends get what waits: `invocation` is 0 seconds, `interval:5s` is 5."""
    kind, _, rest = value.lower().partition(":")
    if kind == "invocation" and not rest:
        return 0.0
    for unit, seconds in (("ms", 0.001), ("s", 1.0), ("m", 60.0)):
        number = rest.removesuffix(unit)
        if kind == "interval" and number != rest and number.isdecimal() and int(number):
            return int(number) * seconds
    raise ValueError("invocation, or an interval such as interval:5s")


def udp_address(value: str) -> tuple[str, int]:
    """Read the X-Ray daemon's address, in any form of `AWS_XRAY_DAEMON_ADDRESS`: host and port."""
    parts = value.split()
    chosen = next((part for part in parts if part.startswith("udp:")), parts[0] if parts else "")
    host, _, port = chosen.removeprefix("udp:").rpartition(":")
    well_formed = len(parts) == 1 or (
        len(parts) == 2 and sorted(part[:4] for part in parts) == ["tcp:", "udp:"]
    )
    number = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0
    if well_formed and host and ":" not in host and 0 < number < 65536:
        return host, number
    raise ValueError("'host:port' or 'tcp:host:port udp:host:port'")


SPANS = (
    Setting(
        "baggage_attributes", "HELIOGRAPH_BAGGAGE_ATTRIBUTES", "", names,
        "Members of the baggage that become attributes of every span that starts in it: names and "
        "globs such as `session.id,tenant.*`. "
        "[Whose](opentelemetry-api.md#baggage-as-attributes).",
    ),
)  # fmt: skip

XRAY = (
    Setting(
        "daemon_address", "AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000", text,
        "Address of the X-Ray daemon; Lambda sets it.",
    ),
    Setting(
        "annotations", "HELIOGRAPH_ANNOTATIONS", "", names,
        "Attributes that become X-Ray annotations: names and globs such as `order.id,tenant.*`, or "
        "`all`. `heliograph.annotate` needs no entry here.",
    ),
    Setting(
        "handler_as_segment", "HELIOGRAPH_HANDLER_AS_SEGMENT", "off", switch,
        "`on` sends the handler's span as a segment of its own, as the collector does: one more "
        "node in the service map.",
    ),
)  # fmt: skip

EMF = (
    Setting(
        "emf_namespace",
        "HELIOGRAPH_EMF_NAMESPACE AWS_EMF_NAMESPACE POWERTOOLS_METRICS_NAMESPACE", "", text,
        "CloudWatch namespace of metrics; `service.namespace/service.name` if not set.",
    ),
    Setting(
        "emf_dimensions", "HELIOGRAPH_EMF_DIMENSIONS", "", _dimension_sets,
        "Dimension sets such as `[[service],[service,route]]`; one set of all attributes and "
        "`service` if not set. Attributes in no set are kept as properties.",
    ),
    Setting(
        "emf_metric_dimensions", "HELIOGRAPH_EMF_METRIC_DIMENSIONS", "", _metric_dimensions,
        "The same for some metrics, by globs of their names: "
        "`http.*=[[service]];orders=[[service],[service,tier]]`. The first that matches counts.",
    ),
    Setting(
        "emf_default_dimensions", "HELIOGRAPH_EMF_DEFAULT_DIMENSIONS", "service=service.name",
        names,
        "Dimensions that every metric has, from the resource: a list of `name=attribute`, or of "
        "attributes. `none` for none of them.",
    ),
    Setting(
        "emf_properties", "HELIOGRAPH_EMF_PROPERTIES", "", names,
        "Attributes of measurements that are kept as properties of the log line, and not as "
        "dimensions of the default set: names and globs such as `user.*`, or `*`; `*,!route` for "
        "all but `route`.",
    ),
    Setting(
        "emf_resource_properties", "HELIOGRAPH_EMF_RESOURCE_PROPERTIES",
        "service.name,service.version,deployment.environment.name,faas.name,faas.version,"
        "cloud.region",
        names,
        "Attributes of the resource that are properties of each log line: names and globs, or "
        "`none`.",
    ),
    Setting(
        "emf_instrumentation_metrics", "HELIOGRAPH_EMF_INSTRUMENTATION_METRICS", "", names,
        "Metrics of OpenTelemetry's instrumentations that CloudWatch gets, by globs of their names "
        "such as `http.client.*`; none if not set. "
        "[What they cost](metrics.md#metrics-of-instrumentations).",
    ),
    Setting(
        "emf_options", "HELIOGRAPH_EMF_OPTIONS", "", _emf_options,
        "Other forms of the lines, a list: `rollup_zero` and `rollup_single` add the set without "
        "dimensions, and one for each dimension, to the default set (each is a metric to pay for); "
        "`scale_units` converts units without a CloudWatch name (`ns`, `min`, `KiBy`) to one that "
        "has; `one_as_count` writes the unit `1` as Count; `stats_only` leaves out the values of "
        "histograms; `drop_zeros` leaves out increments of 0; `leading_newline` begins each line "
        "with a newline, for functions that print without one.",
    ),
    Setting(
        "emf_extraction_disabled", "AWS_EMF_DISABLE_METRIC_EXTRACTION", "false", switch,
        "`true` prints metrics as plain log lines that CloudWatch does not count.",
    ),
)  # fmt: skip

DELIVERY = (
    Setting(
        "flush_timeout", "HELIOGRAPH_FLUSH_TIMEOUT", "500", _milliseconds,
        "Milliseconds that sending to backends may take after a response, over all of them; never "
        "more than the invocation has left. [Delivery](delivery.md).",
    ),
    Setting(
        "flush", "HELIOGRAPH_FLUSH", "invocation", _interval,
        "When backends get what waits: `invocation` after each, `interval:5s` when so much time "
        "has passed since the last time. [What it risks](delivery.md#the-interval).",
    ),
    Setting(
        "deadline_open", "HELIOGRAPH_DEADLINE_OPEN", "keep", one_of("keep", "send"),
        "Spans that are open when an invocation comes close to its deadline: `keep` leaves them "
        "to the black box and the next process, `send` sends them, as unfinished, just before it.",
    ),
)  # fmt: skip

ROWS: Topics = {
    "Spans": SPANS,
    "X-Ray": XRAY,
    "CloudWatch metrics": EMF,
    "Delivery": DELIVERY,
}
