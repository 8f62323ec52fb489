"""What produces the telemetry: the SDK's resource for this function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk.resources import OTELResourceDetector, Resource

from ..otel_api import facts

if TYPE_CHECKING:
    from ..settings.config import Config


def resource(config: Config) -> Resource:
    """Return the resource of a function.

    The attributes are those of the official Lambda detector of `opentelemetry-sdk-extension-aws`;
    importing it would bring its EC2, ECS and EKS siblings with `ssl` and `urllib.request`.
    `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` are read by the SDK's own detector and win.

    Args:
        config: The settings.
    """
    base = Resource({**_sdk(), **facts(config)})
    found = base.merge(OTELResourceDetector().detect())
    if config.service_name in ("", config.function_name):
        return found
    return found.merge(Resource({"service.name": config.service_name}))  # code beats a variable


def _sdk() -> dict[str, str]:
    from opentelemetry.sdk.version import __version__

    return {
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": __version__,
    }
