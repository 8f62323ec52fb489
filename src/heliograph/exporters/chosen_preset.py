"""The preset that the settings name, with what the user fills in.

`HELIOGRAPH_PRESET` names a row of the table, `HELIOGRAPH_PRESET_KEY` (or a secret) holds the key,
and `HELIOGRAPH_PRESET_SITE` the part of the address that differs from customer to customer. What
an `OTEL_EXPORTER_OTLP_*` variable says beats all of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .. import _notice
from .._unusable import shown
from .presets import TABLE

if TYPE_CHECKING:
    from ..settings.config import Config
    from .presets import Preset
    from .target import Signal

_SITE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:/_-]*")


class Chosen:
    """The preset that the settings name, with its site and key.

    Args:
        preset: The row of the table.
        site: `HELIOGRAPH_PRESET_SITE`.
        key: `HELIOGRAPH_PRESET_KEY`.
    """

    def __init__(self, preset: Preset, site: str = "", key: str = "") -> None:
        self.preset = preset
        self.site = site.removeprefix("https://").strip("/") or preset.site
        self._key = key

    def endpoint(self, signal: Signal) -> str:
        """Return the URL of a signal; "" if it is not taken, or, told, if the site is missing."""
        preset = self.preset
        path = preset.traces if signal == "traces" else preset.metrics
        if not path:
            return ""
        if preset.about and not _SITE.fullmatch(self.site):
            _notice.warn(
                "preset site",
                f"HELIOGRAPH_PRESET_SITE={shown('SITE', self.site)} is no address of "
                f"{preset.title}: it must be the {preset.about}. Nothing is sent there.",
            )
            return ""
        return preset.base.replace("{site}", self.site) + path

    def headers(self) -> dict[str, str]:
        """Return the headers of every request, with lower-case names."""
        more = {name: value.replace("{site}", self.site) for name, value in self.preset.more}
        return {**more, **self.preset.named(self._key)} if self._key else more


def chosen(config: Config) -> Chosen | None:
    """Return the preset that the settings name; None if they name none."""
    preset = TABLE.get(config.preset)
    if preset is None:
        return None
    key = config.preset_key
    if not (key.isascii() and key.isprintable()):
        key = ""
        _notice.warn("preset key", "HELIOGRAPH_PRESET_KEY has characters that no header takes.")
    given = key, config.otlp_headers_secret, config.otlp_traces_headers, config.otlp_metrics_headers
    if preset.header and not any(given):
        _notice.warn(
            "preset key",
            f"HELIOGRAPH_PRESET={config.preset} has no key: set HELIOGRAPH_PRESET_KEY to the "
            f"{preset.key}, or name a secret in HELIOGRAPH_OTLP_HEADERS_SECRET.",
        )
    return Chosen(preset, config.preset_site, key)
