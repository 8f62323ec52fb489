"""Trace context between processes: each format is read and written in one file.

What leaves is written live, because a header cannot be added later. Loaded by the first call that
takes a context along, or the first event that brings one.
"""

from __future__ import annotations

from .._guard import guarded
from ..journal import state
from . import w3c, xray

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from ..journal import Writer
    from ..journal.entry import Entry, Remote


def write_baggage(_: Entry | Remote, headers: MutableMapping[str, str]) -> None:
    """Write `baggage`, if there is any."""
    if state.baggage():
        from . import baggage

        baggage.write(headers)


NATIVE: dict[str, Writer] = {
    "tracecontext": w3c.write,
    "baggage": write_baggage,
    "xray": xray.write,
    "xray-lambda": xray.write,
}
"""Propagators of `OTEL_PROPAGATORS` that are written here; others by their official class."""

DEFAULT = ("tracecontext", "baggage", "xray")
"""The default of `OTEL_PROPAGATORS`; OpenTelemetry's own lacks `xray`."""
USUAL = tuple(NATIVE[name] for name in DEFAULT)


def onto_request(span: Entry | Remote, headers: MutableMapping[str, str]) -> None:
    """Write the configured propagators' headers of an HTTP request."""
    writers = state.writers
    for write in USUAL if writers is None else writers:  # one that fails is one
        guarded("writing a trace header of an HTTP request", write, span, headers)
