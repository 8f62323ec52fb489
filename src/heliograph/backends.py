"""The settings that name a backend: rows of the table of `exporting.py`, in a file of their own.

A preset decides which exporters there are where none are set, and the line at start names those:
this alone is read before the response, and only where a preset is named.
"""

from __future__ import annotations

from . import config
from .config import Setting, names, one_of, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_BOTH = ("traces", "metrics")
PRESETS = {
    "axiom": _BOTH[:1], "betterstack": _BOTH[:1], "coralogix": _BOTH, "dash0": _BOTH,
    "datadog": _BOTH, "dynatrace": _BOTH, "elastic": _BOTH, "grafana": _BOTH, "honeycomb": _BOTH,
    "jaeger": _BOTH[:1], "langfuse": _BOTH[:1], "lightstep": _BOTH, "logfire": _BOTH,
    "newrelic": _BOTH, "observe": _BOTH[:1], "sentry": _BOTH[:1], "signoz": _BOTH, "splunk": _BOTH,
    "uptrace": _BOTH,
}  # fmt: skip
"""What each backend of `exporters/presets.py` takes."""


def _preset(value: str) -> str:
    """Read the name of a preset."""
    return one_of(*PRESETS)(value) if value else ""


def _service(value: str) -> str:
    """Read `auto`, `off` or the signing name of an AWS service."""
    name = value.lower()
    if not (name[:1].isalpha() and name.replace("-", "").isalnum()) or name in ("on", "true"):
        raise ValueError("auto, off, or the service that a host of your own stands for: xray")
    return "off" if name == "false" else name


BACKENDS = (
    Setting(
        "preset", "HELIOGRAPH_PRESET", "", _preset,
        "A backend by name, which sets endpoint, protocol and headers of OTLP, and adds `otlp` to "
        f"the exporters where those are not set: {', '.join(f'`{name}`' for name in PRESETS)}. "
        "See [backends](backends.md).",
    ),
    Setting(
        "preset_key", "HELIOGRAPH_PRESET_KEY", "", text,
        "The key that this backend gave you.",
    ),
    Setting(
        "preset_site", "HELIOGRAPH_PRESET_SITE", "", text,
        "What of its address is yours: a site, region, host, zone or environment id.",
    ),
    Setting(
        "otlp_headers_secret", "HELIOGRAPH_OTLP_HEADERS_SECRET", "", text,
        "ARN of a Secrets Manager secret or an SSM parameter that holds headers of OTLP, or the "
        "preset's key. Read after the first response, and again after a 401 or 403.",
    ),
    Setting(
        "sigv4", "HELIOGRAPH_SIGV4", "auto", _service,
        "`auto` signs requests to AWS's own OTLP endpoints; a service such as `xray` signs those "
        "to other hosts too, in front of AWS; `off` signs none.",
    ),
)  # fmt: skip


def add_preset(
    values: dict[str, object], env: Mapping[str, str], given: Mapping[str, object]
) -> None:
    """Let the preset add `otlp` to the exporters of what its backend takes, where none are set.

    Args:
        values: The settings read so far.
        env: The environment.
        given: What is given in code.
    """
    row = BACKENDS[0]
    if row.name not in given:
        values[row.name] = config.value_of(row, env)
    takes = PRESETS.get(str(values[row.name]), ())
    for usual in config.SETTINGS:
        signal, _, rest = usual.name.partition("_")
        if rest == "exporters" and signal in takes and not is_set(usual, env, given):
            values[usual.name] = (*names(usual.default), "otlp")


def is_set(row: Setting, env: Mapping[str, str], given: Collection[str] = ()) -> bool:
    """Tell whether code or the environment sets a setting."""
    return row.name in given or any(env.get(name, "").strip() for name in row.variables)
