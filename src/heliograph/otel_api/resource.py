"""The resource of a function, for those who ask the provider for it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ..journal import state
from ..settings.lending import accepted, lent
from . import facts

if TYPE_CHECKING:
    from ..settings.config import Config


class Resource:
    """What is known of the function, where the SDK's class is not imported.

    Attributes:
        attributes: As of the SDK's resource, without what says which SDK it is.
        schema_url: None is known.
    """

    schema_url = ""

    def __init__(self, attributes: dict[str, Any]) -> None:
        self.attributes = attributes


_made: list[tuple[object, Any]] = []
"""The last one, and of what."""


def resource() -> Any:
    """Return the function's resource: the SDK's where that is imported, else what it says."""
    config = state.config
    sdk: Any = sys.modules.get("opentelemetry.sdk.resources")
    kind = getattr(sdk, "OTELResourceDetector", None)  # None where it is being imported just now
    made_of = (config, kind)
    if not _made or _made[0][0] != made_of:
        made = _light(config) if kind is None else _of_the_sdk(config, sdk)
        _made[:] = [(made_of, made)]
    return _made[0][1]


def _of_the_sdk(config: Config | None, sdk: Any) -> Any:
    if config is None:
        return sdk.Resource.create({})
    names = ("telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version")
    default = sdk._DEFAULT_RESOURCE.attributes
    told = {name: default[name] for name in names if name in default}
    with lent(config):
        detected = sdk.OTELResourceDetector().detect()
    found = sdk.Resource({**told, **facts(config)}).merge(detected)
    if config.service_name in ("", config.function_name):
        return found
    return found.merge(sdk.Resource({"service.name": config.service_name}))


def _light(config: Config | None) -> Resource:
    if config is None:
        return Resource({"service.name": "unknown_service"})
    found: dict[str, Any] = facts(config)
    given = accepted(config).get("OTEL_RESOURCE_ATTRIBUTES", "")
    for part in given.split(","):
        key, _, value = part.partition("=")
        if key.strip():
            found[key.strip()] = unquote(value.strip())
    if config.service_name not in ("", config.function_name):
        found["service.name"] = config.service_name
    return Resource(found)
