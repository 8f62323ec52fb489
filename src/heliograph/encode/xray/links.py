"""Links to other traces (xray spec 11.3)."""

from __future__ import annotations

from ..._limits import XRAY_LINKS
from . import values
from .values import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.trace import Link


def links_of(found: Sequence[Link]) -> tuple[list[object], int]:
    """Return the links, and how many there was no room for; one without valid ids is dropped."""
    valid = [link for link in found if link.context.is_valid]
    links: list[object] = []
    for link in valid[:XRAY_LINKS]:
        told: dict[str, object] = {
            "trace_id": values.trace_id(link.context.trace_id),
            "id": values.span_id(link.context.span_id),
        }
        if link.attributes:
            told["attributes"] = plain(link.attributes)
        links.append(told)
    return links, len(valid) - len(links)
