"""What all spans of a resource have in common, found out once (xray spec 6, 10)."""

from __future__ import annotations

from .attributes import text_of
from .values import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan

PREFIX = "otel.resource."
"""What a resource's attribute is called in a document."""


class Service:
    """A resource as documents need it.

    Attributes:
        values: The resource's attributes.
        shown: The same as a document has them: prefixed, and `plain`.
        foreign: It is on another provider's cloud.
        account: The AWS account's id, or `""`.
        sdk: Who made the spans, in the words of the collector (xray spec 10.2).
    """

    __slots__ = ("account", "foreign", "sdk", "shown", "values")

    def __init__(self, resource: Resource) -> None:
        values: dict[str, object] = dict(resource.attributes)
        self.values = values
        self.shown = {
            PREFIX + key: plain(value) for key, value in values.items() if value is not None
        }
        self.foreign = text_of(values, "cloud.provider") not in ("", "aws")
        self.account = text_of(values, "cloud.account.id")
        self.sdk = _sdk(values)


_last: tuple[object, Service] | None = None


def service_of(span: ReadableSpan) -> Service:
    """Return what is known of a span's resource; the last one is kept: a process has one."""
    global _last
    resource = span.resource
    last = _last
    if last is None or last[0] is not resource:
        _last = last = (resource, Service(resource))
    return last[1]


def _sdk(values: dict[str, object]) -> dict[str, object]:
    sdk = text_of(values, "telemetry.sdk.name")
    language = text_of(values, "telemetry.sdk.language")
    if sdk and language and not sdk.endswith(f" for {language}"):
        sdk = f"{sdk} for {language}"
    block: dict[str, object] = {}
    if sdk:
        block["sdk"] = sdk
    if version := text_of(values, "telemetry.sdk.version"):
        block["sdk_version"] = version
    block["auto_instrumentation"] = bool(
        text_of(values, "telemetry.auto.version", "telemetry.distro.version")
    )
    return block
