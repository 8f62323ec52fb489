"""The settings that only exporting needs: rows of the table that are read after the first response.

`Config` has them as fields like the others, and reads all of them when the first is asked for.
"""

from __future__ import annotations

from . import config
from .config import Setting, names, switch, text


def _dimension_sets(value: str) -> tuple[tuple[str, ...], ...] | None:
    """Read `[[service],[service,route]]`; quotes are tolerated, nothing means the default set."""
    if not value:
        return None
    inner = value.strip()
    if not (inner.startswith("[[") and inner.endswith("]]")):
        raise ValueError("dimension sets such as [[service],[service,route]]")
    sets = inner[2:-2].replace(" ", "").replace('"', "").replace("'", "").split("],[")
    return tuple(names(members) for members in sets)


SETTINGS = (
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
    Setting(
        "daemon_address", "AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000", text,
        "Address of the X-Ray daemon; Lambda sets it.",
    ),
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
        "emf_extraction_disabled", "AWS_EMF_DISABLE_METRIC_EXTRACTION", "false", switch,
        "`true` prints metrics as plain log lines that CloudWatch does not count.",
    ),
)  # fmt: skip

EVERY = (*config.SETTINGS, *SETTINGS)
"""The whole table."""
