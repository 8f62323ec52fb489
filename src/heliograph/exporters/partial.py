"""What a backend says of a request that it took in part (OTLP specification, partial success)."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import opentelemetry

from .. import _notice

if TYPE_CHECKING:
    from .target import Signal

REJECTED = {"traces": "rejected_spans", "metrics": "rejected_data_points"}
"""The number's field, by signal; in JSON in camel case."""


def tell(answer: Any, signal: Signal, endpoint: str) -> None:
    """Tell what an answer of success says besides: how many were rejected, or what to mend.

    Args:
        answer: The bytes of an answer over HTTP, or the message of one over gRPC.
        signal: What was sent.
        endpoint: Where to, for the line in the log.
    """
    number, text = read(answer, signal)
    if not number and not text:
        return
    unit = "spans" if signal == "traces" else "data points"
    _notice.warn(
        f"partial success {endpoint}",
        f"{endpoint} took what was sent, but for {number} {unit}: {text[:200]!r}. Further answers "
        "like this are counted, not told.",
    )


def read(answer: Any, signal: Signal) -> tuple[int, str]:
    """Return how many were rejected, and the backend's message; (0, "") for anything else."""
    field = REJECTED[signal]
    if not isinstance(answer, bytes):
        part = answer.partial_success
        return getattr(part, field), part.error_message
    if not answer.startswith(b"{"):
        return _protobuf(answer, signal)
    words = field.split("_")
    name = words[0] + "".join(word.title() for word in words[1:])
    try:
        part = json.loads(answer).get("partialSuccess") or {}
        return int(part.get(name) or 0), str(part.get("errorMessage") or "")
    except (ValueError, AttributeError, TypeError, RecursionError):  # no JSON, or not of this form
        return 0, ""


def _protobuf(answer: bytes, signal: Signal) -> tuple[int, str]:
    """Read bytes of the field `partial_success`; a proxy's page or no answer is nothing."""
    if not answer.startswith(b"\n"):  # field 1, a message: all that the response has
        return 0, ""
    kind = "trace" if signal == "traces" else "metrics"
    try:
        from google.protobuf.message import DecodeError

        module = import_module(
            f"{opentelemetry.__name__}.proto.collector.{kind}.v1.{kind}_service_pb2"
        )
    except ImportError:
        return 0, ""
    response = getattr(module, f"Export{kind.title()}ServiceResponse")()
    try:
        response.ParseFromString(answer)
    except DecodeError:
        return 0, ""
    return read(response, signal)
