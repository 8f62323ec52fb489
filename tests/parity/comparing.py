"""Two programs' spans as trees without what differs in every run: ids, times, ports."""

from __future__ import annotations

import re
from typing import Any

GIVEN = 10**15
"""Times below this many nanoseconds were given by the program; others are the clock's."""
THEIRS = ("/opentelemetry/", "/wrapt/", "/heliograph/", "/contextlib.py")
SENDING = ("SendMessage", "SendMessageBatch", "Publish", "PublishBatch")
ADDED = {
    "SQS": ("messaging.destination.name", "aws.sqs.queue.url"),
    "SNS": (),
    "both": ("messaging.operation.name", "messaging.operation.type"),
}
"""What spans of calls that send messages have besides: a row of docs/parity.md."""
CONCURRENT = ("threads", "program")
"""Spans whose children run at the same time: their order is not compared."""


def tree(result: dict[str, Any]) -> list[Any]:
    """The roots of a result, each with its children in it."""
    spans = result["spans"]
    ids = {span["id"]: span for span in spans}
    assert len(ids) == len(spans), "two spans have one id"
    port = result["endpoint"].rpartition(":")[2]
    names = {}
    for span in spans:
        assert span["start"] <= span["end"], span
        names[f"{span['trace']}-{span['id']}"] = f"<{span['name']}>"
    shown = {span["id"]: node(span, names, port) for span in spans}
    roots = []
    for span in sorted(spans, key=lambda span: span["start"]):
        above = ids.get(span["parent"])
        if above is None:
            shown[span["id"]]["parent"] = span["parent"]
            roots.append(shown[span["id"]])
            continue
        assert above["trace"] == span["trace"], "a span is in another trace than its parent"
        shown[above["id"]]["children"].append(shown[span["id"]])
    for made in shown.values():
        if made["name"] in CONCURRENT:
            made["children"].sort(key=repr)
    return roots


def without_messaging(nodes: list[Any]) -> list[Any]:
    """Our trees without what docs/parity.md says of messages that are sent, which has to be there.

    The tests of messages compare it with what it should be.
    """
    for one in nodes:
        attributes = one["attributes"]
        if attributes.get("rpc.method") in SENDING:
            for name in (*ADDED["both"], *ADDED[attributes["rpc.service"]]):
                del attributes[name]
            attributes.pop("messaging.batch.message_count", None)
            assert one["kind"] == "PRODUCER"
            one["kind"] = "CLIENT" if attributes["rpc.service"] == "SQS" else "PRODUCER"
        without_messaging(one["children"])
    return nodes


def node(span: dict[str, Any], names: dict[str, str], port: str) -> dict[str, Any]:
    """One span without what every run has its own of."""
    kept = {key: value for key, value in span.items() if key not in ("id", "trace", "parent")}
    kept["start"], kept["end"] = moment(span["start"]), moment(span["end"])
    kept["links"] = [{**link, "to": names.get(link["to"], link["to"])} for link in span["links"]]
    kept["events"] = [
        {
            **event,
            "time": moment(event["time"]),
            "attributes": {
                key: stack(value) if key == "exception.stacktrace" else value
                for key, value in event["attributes"].items()
            },
        }
        for event in span["events"]
    ]
    return {**without_ports(kept, port), "children": []}


def moment(nanoseconds: int) -> object:
    return nanoseconds if nanoseconds < GIVEN else "now"


def without_ports(value: Any, port: str) -> Any:
    """Without what every run has its own of: ports, addresses of objects, ids of requests."""
    if isinstance(value, dict):
        return {
            key: "PORT"
            if key.endswith(".port")
            else f"of {len(member)} characters"
            if key == "aws.request_id"
            else without_ports(member, port)
            for key, member in value.items()
        }
    if isinstance(value, list):
        return [without_ports(member, port) for member in value]
    if isinstance(value, str):
        value = re.sub(r"(127\.0\.0\.1['\"]?(?::|, port=))\d+", r"\1PORT", value)
        return re.sub(r"at 0x[0-9a-f]+", "at ADDRESS", value)
    return value


def stack(text: str) -> str:
    """A stack text without the frames of instrumentation, ours and theirs."""
    lines: list[str] = []
    skipping = False
    for line in text.splitlines():
        if line.startswith('  File "'):
            skipping = any(part in line for part in THEIRS)
        elif not line.startswith("    "):
            skipping = False
        if not skipping:
            lines.append(line)
    return "\n".join(lines)


def differences(official: Any, ours: Any, at: str = "") -> list[str]:
    """Every difference of two trees, one line each."""
    if isinstance(official, dict) and isinstance(ours, dict):
        at = f"{at}/{official['name']}" if "children" in official else at
        found = []
        for key in [*official, *(key for key in ours if key not in official)]:
            if key not in ours:
                found.append(f"{at} {key}: missing here; official {official[key]!r}")
            elif key not in official:
                found.append(f"{at} {key}: only here: {ours[key]!r}")
            elif key == "children":
                found += differences(official[key], ours[key], at)
            else:
                found += differences(official[key], ours[key], f"{at} {key}")
        return found
    if isinstance(official, list) and isinstance(ours, list):
        if len(official) != len(ours):
            names = [
                [x.get("name") if isinstance(x, dict) else x for x in y] for y in (official, ours)
            ]
            return [f"{at}: {names[0]} are {names[1]} here"]
        found = []
        for number, (one, other) in enumerate(zip(official, ours, strict=True)):
            found += differences(one, other, f"{at}[{number}]")
        return found
    return [] if official == ours else [f"{at}: official {official!r}, here {ours!r}"]
