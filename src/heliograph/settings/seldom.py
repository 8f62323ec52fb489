"""Settings that few functions have, by their topics: read where one is set and asked for."""

from __future__ import annotations

import os
from os import fsdecode, fsencode

from . import Setting, names, one_of, rows, switch, text, value_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Topics
    from .config import Config


def _black_box(value: str) -> tuple[int, bool]:
    """Read how many KB the black box has, 0 for none, and whether it is full."""
    word = value.lower()
    if word in {"off", "on", "full"}:
        return 0 if word == "off" else 64, word == "full"
    if not (word.isdecimal() and len(word) < 5 and 16 <= int(word) <= 1024):
        raise ValueError("off, on, full, or a number of KB from 16 to 1024")
    return int(word) // 4 * 4, False


def _deadline(value: str) -> int:
    """Read the margin before the deadline in milliseconds; 0 for off, -1 for auto."""
    word = value.lower()
    if word in {"off", "auto"}:
        return -1 if word == "auto" else 0
    if word.isdecimal() and len(word) < 7 and int(word):
        return int(word)
    raise ValueError("off, auto, or a number of milliseconds from 1 to 999999")


EVENTS = (
    Setting(
        "messaging_span", "HELIOGRAPH_MESSAGING_SPAN", "child", one_of("child", "merge"),
        "A message's trigger gets a span of its own below the handler's, `process <queue>`, with "
        "a link for each record's context; `merge` puts its attributes and links on the handler's "
        "span. See [triggers](triggers.md).",
    ),
    Setting(
        "event_age_metric", "HELIOGRAPH_EVENT_AGE_METRIC", "off", switch,
        "`on` records the age of the oldest record of an event as the metric "
        "`heliograph.event.age_ms`, with the trigger as its dimension.",
    ),
    Setting(
        "inferred_spans", "HELIOGRAPH_INFERRED_SPANS", "off", switch,
        "`on` adds a span for the wait at the gateway, queue, topic, bus or stream, from the "
        "producer's time to the invocation.",
    ),
    Setting(
        "authorizer_context", "HELIOGRAPH_AUTHORIZER_CONTEXT", "off", switch,
        "`on`: an authorizer's answer carries its span's context, so that the target's span links "
        "to it. The target's code sees it among the authorizer's values.",
    ),
    Setting(
        "kinesis_json", "HELIOGRAPH_KINESIS_JSON", "off", switch,
        "`on` looks for a `traceparent` in the data of Kinesis records of up to 4 KB.",
    ),
    Setting(
        "warmup", "HELIOGRAPH_WARMUP", "keep", one_of("keep", "drop"),
        "`drop` records nothing of invocations that only keep an environment warm.",
    ),
    Setting(
        "warmup_keys", "HELIOGRAPH_WARMUP_KEYS", "", names,
        "Keys by which such an event is known besides those of the usual plugins, a list.",
    ),
    Setting(
        "faas_cron", "HELIOGRAPH_FAAS_CRON", "", text,
        "`faas.cron` of scheduled invocations: the event does not say it.",
    ),
    Setting(
        "capture_tenant", "HELIOGRAPH_CAPTURE_TENANT", "off", switch,
        "`on` records the tenant of a multi-tenant function's invocation, "
        "`heliograph.tenant.id`.",
    ),
    Setting(
        "capture_request_headers", "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST", "",
        names,
        "Request headers kept in the handler's span, a list of names or regular expressions.",
    ),
    Setting(
        "capture_response_headers", "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE",
        "", names, "Response headers kept in the handler's span, a list.",
    ),
    Setting(
        "sanitize_headers", "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS", "", names,
        "Captured headers whose values are redacted, a list; those that hold credentials always "
        "are. The official instrumentors read it too.",
    ),
)  # fmt: skip

OUTGOING = (
    Setting(
        "xray_flag", "HELIOGRAPH_XRAY_FLAG", "own", one_of("own", "env"),
        "`Sampled` of the trace header of AWS calls: `own` is the decision about the call's span, "
        "`env` that of Lambda's own header.",
    ),
    Setting(
        "message_attributes", "HELIOGRAPH_MESSAGE_ATTRIBUTES", "on", switch,
        "`off` leaves the attributes of messages to SQS and SNS as they are: no `traceparent` in "
        "them. See [what is carried where](propagation.md).",
    ),
    Setting(
        "client_context", "HELIOGRAPH_CLIENT_CONTEXT", "off", one_of("off", "w3c"),
        "`w3c` adds the trace context to the client context of Lambda calls that are waited for.",
    ),
    Setting(
        "eventbridge_detail", "HELIOGRAPH_EVENTBRIDGE_DETAIL", "off", switch,
        "`on` adds `traceparent` to the `Detail` of events that are put on a bus.",
    ),
    Setting(
        "iot_user_properties", "HELIOGRAPH_IOT_USER_PROPERTIES", "off", switch,
        "`on` adds `traceparent` to the MQTT 5 user properties of messages to AWS IoT.",
    ),
)  # fmt: skip

ENDINGS = (
    Setting(
        "black_box", "HELIOGRAPH_BLACK_BOX", "off", _black_box,
        "A file in `/tmp` from which the next process tells of an invocation that timed out, was "
        "killed or crashed: `on`, `off`, its size in KB (16 to 1024), or `full`, with Python's "
        "stack of a crash. See [what is never lost](reliability.md).",
    ),
    Setting(
        "black_box_messages", "HELIOGRAPH_BLACK_BOX_MESSAGES", "off", switch,
        "`on` writes messages of exceptions into it, up to 256 characters; their types always are.",
    ),
    Setting(
        "deadline", "HELIOGRAPH_DEADLINE", "off", _deadline,
        "How many milliseconds before the deadline a running invocation is told of: `auto` by how "
        "long development takes here, `off` not at all.",
    ),
)  # fmt: skip

ROWS: Topics = {"Events": EVENTS, "What calls carry on": OUTGOING, "Bad endings": ENDINGS}


def read(known: dict[str, Any]) -> dict[str, object]:
    """Return the values of all of these settings that are not known yet.

    Args:
        known: Values by name, and the environment as init saw it.
    """
    seen = known.get("_environ") or {}
    found: dict[str, object] = {}
    for row in rows(ROWS):
        if row.name not in known:
            pairs = [(name, seen.get(fsencode(name), seen.get(name))) for name in row.variables]
            said = {name: fsdecode(one) for name, one in pairs if one is not None}
            found[row.name] = value_of(row, said)
    return found


def tmp(config: Config) -> str:
    """Return `/tmp`; of a function in the lab, a folder of its own."""
    seen = vars(config)["_environ"]
    said = seen.get(b"_LAB_TMP") or seen.get("_LAB_TMP")
    return fsdecode(said or "/tmp")  # noqa: S108 - Lambda's only place


def captures_messages() -> bool:
    """Tell whether what is said to models and by them is to be kept: now, as it is read officially.

    The variable is the official instrumentor's.
    """
    name = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
    return os.environ.get(name, "").lower() == "true"
