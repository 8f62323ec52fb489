"""Where OTLP goes and how: the settings of one signal, resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit

from .. import _notice
from .._unusable import address, shown, unusable

if TYPE_CHECKING:
    import ssl

    from ..settings.config import Config

Signal = Literal["traces", "metrics"]

HTTP_DEFAULT = "http://localhost:4318"
GRPC_DEFAULT = "http://localhost:4317"
GRPC_PORT = 4317


@dataclass(frozen=True)
class Target:
    """Where a signal goes.

    Attributes:
        signal: `traces` or `metrics`.
        protocol: `http/json`, `http/protobuf` or `grpc`.
        endpoint: URL; for HTTP with the signal's path.
        headers: Of every request, lower-case names.
        timeout: Seconds for a request.
        compression: `none`, `gzip` or `deflate`.
        certificate: File of the certificates to trust; "" for the system's.
        client_certificate, client_key: Files of our own; the key may lie in the first.
        insecure: Without TLS; for gRPC to an endpoint that names no scheme.
        temporality: `cumulative`, `delta` or `lowmemory`.
        patient: Whether an export that failed is tried again with pauses by the exporter, as the
            SDK's own processors expect; in Lambda it is kept for later (`delivery/`).
    """

    signal: Signal
    protocol: str
    endpoint: str
    headers: dict[str, str]
    timeout: float
    compression: str
    certificate: str
    client_certificate: str
    client_key: str
    insecure: bool
    temporality: str
    patient: bool

    @property
    def shown(self) -> str:
        """The endpoint as the log may show it: without credentials and query."""
        return address(self.endpoint)

    def tls(self) -> ssl.SSLContext:
        """Make the context of https connections. What is not usable is told, and left out."""
        import ssl

        try:
            context = ssl.create_default_context(cafile=self.certificate or None)
        except OSError as error:
            self.unusable("CERTIFICATE", self.certificate, error, "the system's certificates")
            context = ssl.create_default_context()
        if self.client_certificate:
            try:
                context.load_cert_chain(self.client_certificate, self.client_key or None)
            except OSError as error:
                files = f"{self.client_certificate} {self.client_key}".rstrip()
                self.unusable("CLIENT_CERTIFICATE", files, error, "no certificate of our own")
        return context

    def unusable(self, name: str, value: str, error: OSError, instead: str) -> None:
        """Tell that a file of `OTEL_EXPORTER_OTLP_<name>` is not usable."""
        variable = f"OTEL_EXPORTER_OTLP_{name}"
        _notice.warn(
            f"setting {variable} {self.signal}",
            f"{variable}={shown(variable, value)} is not usable for {self.signal}: it must be a "
            f"file that can be read, in PEM ({error}). Used instead: {instead}.",
        )


def resolve(config: Config, signal: Signal, protocol: str = "") -> Target | None:
    """Return where a signal goes; what the settings do not say, the preset does.

    Args:
        config: The settings.
        signal: `traces` or `metrics`.
        protocol: Instead of the one that is set.

    Returns:
        The target; None if the preset has none for this signal, which is told.
    """

    def of(name: str) -> Any:
        return getattr(config, f"otlp_{signal}_{name}")

    preset = None
    if config.preset:
        from .chosen_preset import chosen  # the table is large, and most functions need none of it

        preset = chosen(config)
    chosen_protocol = protocol or of("protocol")
    endpoint, temporality, common = of("endpoint"), config.otlp_temporality, {}
    if preset is not None:
        common = preset.headers()
        if not protocol and f"otlp_{signal}_protocol" not in config.explicit:
            chosen_protocol = preset.preset.protocol
        if "otlp_temporality" not in config.explicit:
            temporality = preset.preset.temporality or temporality
        if not endpoint and not config.otlp_endpoint:
            endpoint = preset.endpoint(signal)
            if not endpoint:
                _notice.warn(
                    f"preset {signal}",
                    f"HELIOGRAPH_PRESET={config.preset} has no address for {signal}: they are not "
                    "exported by otlp.",
                )
                return None
    return Target(
        signal=signal,
        protocol=chosen_protocol,
        endpoint=_endpoint(config.otlp_endpoint, endpoint, signal, chosen_protocol),
        headers={**common, **headers(of("headers"), signal)},
        timeout=of("timeout"),
        compression=of("compression"),
        certificate=of("certificate"),
        client_certificate=of("client_certificate"),
        client_key=of("client_key"),
        insecure=of("insecure"),
        temporality=temporality,
        patient=not config.in_lambda,
    )


def _endpoint(base: str, own: str, signal: Signal, protocol: str) -> str:
    """Return a signal's URL: its own as it is, or the common one with the signal's path."""
    if protocol == "grpc":
        return own or base or GRPC_DEFAULT
    variable = "OTEL_EXPORTER_OTLP_ENDPOINT"
    if not (base and _is_http(base, variable, HTTP_DEFAULT)):
        base = HTTP_DEFAULT
    common = f"{base.removesuffix('/')}/v1/{signal}"
    variable = f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT"
    return own if own and _is_http(own, variable, common) else common


def _is_http(url: str, variable: str, instead: str) -> bool:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets without an end
        usable = False
    if not usable:
        unusable(variable, url, "a URL that begins with http:// or https://", address(instead))
    return usable


def headers(text: str, signal: Signal) -> dict[str, str]:
    """Read `name=value,name=value`, percent-encoded; what is not of this form is told and left out.

    The line does not show it: what is misspelled here is an API key.
    """
    found = {}
    for number, part in enumerate(text.split(","), 1):
        name, equals, value = (unquote(piece).strip() for piece in part.partition("="))
        clean = name.isascii() and not set(name + value) & set("\r\n\0") and " " not in name
        if equals and name and clean:
            found[name.lower()] = value
        elif part.strip():
            variable = f"OTEL_EXPORTER_OTLP_{signal.upper()}_HEADERS"
            _notice.warn(
                f"setting {variable}",
                f"entry {number} of {variable} (or OTEL_EXPORTER_OTLP_HEADERS) is not usable: it "
                "must be name=value, percent-encoded. It is left out.",
            )
    return found
