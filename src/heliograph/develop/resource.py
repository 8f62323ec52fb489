"""What produces the telemetry: the SDK's resource for this function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk.resources import OTELResourceDetector, Resource

if TYPE_CHECKING:
    from ..settings.config import Config

_DISTRO = "heliograph"


def resource(config: Config, version: str) -> Resource:
    """Return the resource of a function.

    The attributes are those of the official Lambda detector of `opentelemetry-sdk-extension-aws`;
    importing it would bring its EC2, ECS and EKS siblings with `ssl` and `urllib.request`.
    `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` are read by the SDK's own detector and win.

    Args:
        config: The settings.
        version: Version of this distribution.
    """
    facts: dict[str, str | int] = {
        "telemetry.distro.name": _DISTRO,
        "telemetry.distro.version": version,
        "service.name": config.service_name or "unknown_service",
    }
    if config.function_name:
        facts["cloud.provider"] = "aws"
        facts["cloud.platform"] = "aws_lambda"
        facts["cloud.region"] = config.region
        facts["faas.name"] = config.function_name
        facts["faas.version"] = config.function_version
        facts["faas.instance"] = config.log_stream
        facts["faas.max_memory"] = config.memory_mb * 1024 * 1024
    known = {key: value for key, value in facts.items() if value not in ("", 0)}
    base = Resource({**_sdk(), **known})
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
