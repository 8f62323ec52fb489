"""OTLP over gRPC: the official exporter, asked once an export, and why it failed."""

from __future__ import annotations

from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING, Any

import grpc
import opentelemetry

from .transport import refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .target import Target
    from .transport import HeaderSource

RETRYABLE = frozenset(
    grpc.StatusCode[name]
    for name in (
        "CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS",
    )
)  # fmt: skip
"""Statuses after which the same may be sent again (OTLP specification, OTLP/gRPC)."""

NO_FAILURE = (grpc.StatusCode.OK,)
"""Statuses after which the official exporter tries again by itself, where it is not to."""

STATUS = {grpc.StatusCode.UNAUTHENTICATED: 401, grpc.StatusCode.PERMISSION_DENIED: 403}
"""What HTTP calls the refusals, for sources of headers."""

COMPRESSION = {
    "none": grpc.Compression.NoCompression,
    "gzip": grpc.Compression.Gzip,
    "deflate": grpc.Compression.Deflate,
}


class Link:
    """Stands for the stub of the service: adds headers, and notes how a call ended.

    Args:
        target: Where to.
        sources: Make headers for each call.

    Attributes:
        stub: The service's own, set anew whenever the exporter opens a channel.
        renew: Opens a new channel.
        failure, retryable, retry_after: As in `Transport`.
        said: The last answer, if it says more than that all is taken.
    """

    def __init__(self, target: Target, sources: Sequence[HeaderSource]) -> None:
        self._target = target
        self._sources = tuple(sources)
        self._worked = False
        self.stub: Any = None
        self.renew: Callable[[], None] = lambda: None
        self.failure = ""
        self.retryable = False
        self.retry_after: float | None = None
        self.said: Any = b""

    def Export(self, request: Any, metadata: Any, timeout: float) -> Any:  # noqa: N802 - the stub's
        """Call once; once more if a source has other headers, or on a new channel.

        A channel that worked before may have been closed while the environment was frozen.

        Raises:
            grpc.RpcError: As the stub does; noted.
        """
        until = monotonic() + timeout
        try:
            return self._call(request, metadata, timeout)
        except grpc.RpcError as error:
            status = STATUS.get(error.code(), 0)
            gone = error.code() is grpc.StatusCode.UNAVAILABLE and self.retry_after is None
            if gone and self._worked:
                self._worked = False
                self.renew()
            elif not status or not refused(self._sources, status):
                raise
        return self._call(request, metadata, max(until - monotonic(), 0.001))

    def _call(self, request: Any, metadata: Any, timeout: float) -> Any:
        headers = {**dict(metadata or ()), **self._target.headers}
        for source in self._sources:
            body = request.SerializeToString()
            made = source.headers("POST", self._target.endpoint, dict(headers), body)
            headers.update({name.lower(): value for name, value in made.items()})
        pairs = tuple(headers.items())
        try:
            answer = self.stub.Export(request=request, metadata=pairs, timeout=timeout)
        except grpc.RpcError as error:
            self._note(error)
            raise
        self.failure, self.retryable, self.retry_after = "", False, None
        self.said = answer if answer.HasField("partial_success") else b""
        self._worked = True
        return answer

    def _note(self, error: Any) -> None:
        """Note a failure; RESOURCE_EXHAUSTED may be tried again only if the server says when."""
        self.failure = f"gRPC {error.code().name} {error.details() or ''}".rstrip()
        self.retry_after = _delay(dict(error.trailing_metadata() or ()))
        exhausted = error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        self.retryable = error.code() in RETRYABLE or (exhausted and self.retry_after is not None)


def make(
    target: Target, sources: Sequence[HeaderSource], options: dict[str, Any]
) -> tuple[Any, Link]:
    """Make the official exporter of a signal, and what knows how its last export went."""
    kind = "trace" if target.signal == "traces" else "metric"
    module = import_module(f"{opentelemetry.__name__}.exporter.otlp.proto.grpc.{kind}_exporter")
    official: Any = module.OTLPSpanExporter if kind == "trace" else module.OTLPMetricExporter
    link = Link(target, sources)

    class Watched(official):  # type: ignore[misc] # a class that is given
        """The official exporter with the link between it and each stub it makes."""

        _client: Any

        def _initialize_channel_and_stub(self) -> None:
            super()._initialize_channel_and_stub()
            link.stub = self._client
            self._client = link

        def renew(self) -> None:
            self._channel.close()
            self._initialize_channel_and_stub()

    insecure = _is_insecure(target)
    made = Watched(
        endpoint=target.endpoint,
        insecure=insecure,
        credentials=None if insecure else _credentials(target),
        headers=tuple(target.headers.items()),
        timeout=target.timeout,
        compression=COMPRESSION[target.compression],
        retryable_error_codes=None if target.patient else NO_FAILURE,
        **options,
    )
    link.renew = made.renew
    return made, link


def _is_insecure(target: Target) -> bool:
    """Say whether an endpoint is without TLS: its scheme says, else the setting."""
    if "://" in target.endpoint:
        return target.endpoint.startswith("http://")
    return target.insecure


def _credentials(target: Target) -> grpc.ChannelCredentials:
    return grpc.ssl_channel_credentials(
        root_certificates=_read(target, "CERTIFICATE", target.certificate),
        private_key=_read(target, "CLIENT_KEY", target.client_key or target.client_certificate),
        certificate_chain=_read(target, "CLIENT_CERTIFICATE", target.client_certificate),
    )


def _read(target: Target, name: str, path: str) -> bytes | None:
    """Return a file's bytes; None if none is set, or if it cannot be read, which is told."""
    if not path:
        return None
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        target.unusable(name, path, error, "nothing")
        return None


def _delay(metadata: dict[str, Any]) -> float | None:
    """Return the seconds of a `google.rpc.RetryInfo`, if the server sent one."""
    packed = metadata.get("google.rpc.retryinfo-bin")
    if packed is None:
        return None
    from google.rpc.error_details_pb2 import RetryInfo

    info = RetryInfo.FromString(packed)
    return float(info.retry_delay.seconds + info.retry_delay.nanos / 1e9)
