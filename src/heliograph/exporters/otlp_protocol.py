"""OTLP's protocols: which are installed, what is used instead, the official exporter of each.

`http/json` is always there; `http/protobuf` and `grpc` need the packages of `heliograph[otlp]`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import opentelemetry
from opentelemetry.exporter.otlp.common.http import Compression

from .. import _notice
from .._guard import guard
from .target import GRPC_PORT, resolve
from .transport import Transport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..settings.config import Config
    from .target import Signal, Target
    from .transport import HeaderSource

PACKAGES = {
    "http/json": f"{opentelemetry.__name__}.exporter.otlp.json.http",
    "http/protobuf": f"{opentelemetry.__name__}.exporter.otlp.proto.http",
    "grpc": f"{opentelemetry.__name__}.exporter.otlp.proto.grpc",
}
"""The official exporters of each protocol."""

CLASSES = {
    "traces": ("trace_exporter", "OTLPSpanExporter"),
    "metrics": ("metric_exporter", "OTLPMetricExporter"),
}
"""The module of a signal in each of them, and its class."""


def usable(config: Config, signal: Signal) -> Target | None:
    """Return where a signal goes, by a protocol that is installed.

    One that is not is told with the remedy, and `http/json` used if the endpoint is one of HTTP.
    """
    target = resolve(config, signal)
    lacking = missing(target.protocol, signal) if target else ""
    if target is None or not lacking:
        return target
    instead = resolve(config, signal, "http/json") if "://" in target.endpoint else None
    if instead is None or (
        target.protocol == "grpc" and urlsplit(instead.endpoint).port == GRPC_PORT
    ):
        instead = None
        then = f"The endpoint {target.shown} is one of gRPC: {signal} are not exported by otlp."
    else:
        then = f"Used instead: http/json to {instead.shown}."
    _notice.warn(
        f"protocol {signal}",
        f"the OTLP protocol {target.protocol!r} for {signal} is not installed ({lacking}): install "
        f"heliograph[otlp], or use the layer with OTLP (make layer-otlp). {then}",
    )
    return instead


def missing(protocol: str, signal: Signal) -> str:
    """Return what keeps the official exporter of a protocol from being imported; "" for nothing.

    Beside a package that is not there: protobuf refuses code made for a newer version than the
    function brings, by an exception of its own.
    """
    name = f"{PACKAGES[protocol]}.{CLASSES[signal][0]}"
    with guard(f"loading the exporters of {protocol}"):
        try:
            import_module(name)
        except ImportError as error:
            return str(error)
        return ""
    return f"{name} cannot be loaded"


def official(
    target: Target, sources: Sequence[HeaderSource], options: dict[str, Any]
) -> tuple[Any, Any]:
    """Make the official exporter of a protocol, and what knows how its last export went."""
    if target.protocol == "grpc":
        from . import otlp_grpc

        return otlp_grpc.make(target, sources, options)
    module, name = CLASSES[target.signal]
    kind = getattr(import_module(f"{PACKAGES[target.protocol]}.{module}"), name)
    transport = Transport(target.headers, sources, target.tls, patient=target.patient)
    made = kind(
        endpoint=target.endpoint,
        timeout=target.timeout,
        compression=Compression.from_str(target.compression),
        _transport=transport,
        **options,
    )
    return made, transport
