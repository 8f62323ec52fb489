"""The OpenTelemetry API, recorded. Loaded only once user code has imported opentelemetry."""

from __future__ import annotations

from ..version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..settings.config import Config


def facts(config: Config) -> dict[str, Any]:
    """Return what is known of the function, as attributes of a resource."""
    known: dict[str, Any] = {
        "telemetry.distro.name": "heliograph",
        "telemetry.distro.version": VERSION,
        "service.name": config.service_name or "unknown_service",
    }
    if config.function_name:
        known |= {
            "cloud.provider": "aws",
            "cloud.platform": "aws_lambda",
            "cloud.region": config.region,
            "faas.name": config.function_name,
            "faas.version": config.function_version,
            "faas.instance": config.log_stream,
            "faas.max_memory": config.memory_mb * 1024 * 1024,
        }
    return {key: value for key, value in known.items() if value not in ("", 0)}
