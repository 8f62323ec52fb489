"""One trace as each backend gives it back, in one form: spans that name their parents."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
"""OTLP's numbers of kinds."""

RESOURCE = (
    "cloud.platform", "cloud.provider", "cloud.region", "faas.instance", "faas.max_memory",
    "faas.name", "faas.version", "service.name", "telemetry.distro.name",
    "telemetry.distro.version", "telemetry.sdk.language", "telemetry.sdk.name",
    "telemetry.sdk.version",
)  # fmt: skip
"""Attributes of the resource, which Zipkin's exporter puts on every span."""


@dataclass
class Seen:
    """A span as a backend gave it back.

    `parent` is a name, or the id of a span that is not there; `error` what its status says, or
    None; times are left out: no two runs share them.
    """

    name: str
    parent: str | None
    kind: str
    attributes: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    links: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    error: str | None = None


def traced(found: Iterable[tuple[str, str | None, Seen]]) -> dict[str, Seen]:
    """Return spans by name, given with their ids and their parents' ids."""
    rows = list(found)
    names = {span_id: seen.name for span_id, _, seen in rows}
    for _, parent, seen in rows:
        seen.parent = names.get(parent or "", parent or None)
        for _, attributes in seen.events:
            shorten(attributes)
    assert len(names) == len(rows), "a span came twice"
    return {seen.name: seen for _, _, seen in rows}


def shorten(attributes: dict[str, Any]) -> None:
    """Keep a stack trace's first and last line: the paths between differ from run to run."""
    if stack := attributes.get("exception.stacktrace"):
        lines = stack.strip().splitlines()
        attributes["exception.stacktrace"] = f"{lines[0]} {lines[-1]}"


# -- OTLP: the collector's file --------------------------------------------------------------------


def otlp(documents: Iterable[dict[str, Any]]) -> dict[str, Seen]:
    """Read OTLP requests in JSON."""
    return traced(
        _otlp(span)
        for document in documents
        for resource in document.get("resourceSpans", ())
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    )


def _otlp(span: dict[str, Any]) -> tuple[str, str | None, Seen]:
    status = span.get("status", {})
    seen = Seen(
        span["name"],
        None,
        KINDS[span["kind"]],
        values(span.get("attributes", ())),
        [(event["name"], values(event.get("attributes", ()))) for event in span.get("events", ())],
        [
            (link["traceId"], link["spanId"], values(link.get("attributes", ())))
            for link in span.get("links", ())
        ],
        status.get("message", "") if status.get("code") == 2 else None,
    )
    return span["spanId"], span.get("parentSpanId"), seen


def metrics(documents: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return histograms of OTLP requests in JSON: unit, attributes, count and sum by name."""
    return {
        metric["name"]: (
            metric["unit"], values(point["attributes"]), int(point["count"]), point["sum"]
        )
        for document in documents
        for resource in document.get("resourceMetrics", ())
        for scope in resource["scopeMetrics"]
        for metric in scope["metrics"]
        for point in metric["histogram"]["dataPoints"]
    }  # fmt: skip


def values(attributes: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return OTLP's list of attributes as a mapping."""
    return {one["key"]: _value(one["value"]) for one in attributes}


def _value(value: dict[str, Any]) -> Any:
    ((kind, content),) = value.items()
    if kind == "arrayValue":
        return [_value(one) for one in content.get("values", ())]
    if kind == "kvlistValue":
        return values(content.get("values", ()))
    return int(content) if kind == "intValue" else content


# -- Jaeger ----------------------------------------------------------------------------------------


def jaeger(spans: Iterable[dict[str, Any]]) -> dict[str, Seen]:
    """Read spans of Jaeger's query API."""
    return traced(map(_jaeger, spans))


def _jaeger(span: dict[str, Any]) -> tuple[str, str | None, Seen]:
    tags = _tags(span["tags"])
    said = {"otel.status_code", "otel.status_description", "span.kind", "error"} | {
        name for name in tags if name.startswith(("otel.scope.", "internal."))
    }
    references = list(span["references"])
    parent = next((one for one in references if one["refType"] == "CHILD_OF"), None)
    seen = Seen(
        span["operationName"],
        None,
        tags.get("span.kind", "internal").upper(),
        {name: value for name, value in tags.items() if name not in said},
        [_log(_tags(log["fields"])) for log in span["logs"]],
        [(one["traceID"], one["spanID"], {}) for one in references if one is not parent],
        tags.get("otel.status_description", "") if tags.get("error") else None,
    )
    return span["spanID"], parent and parent["spanID"], seen


def _tags(tags: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {tag["key"]: _tag(tag["value"]) for tag in tags}


def _tag(value: Any) -> Any:
    """Return a list, of which Jaeger has the JSON text, as one."""
    listed = isinstance(value, str) and value.startswith("[")
    return json.loads(value) if listed else value


def _log(fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return fields.pop("event"), fields


# -- Zipkin ----------------------------------------------------------------------------------------


def zipkin(spans: Iterable[dict[str, Any]]) -> dict[str, Seen]:
    """Read spans of Zipkin's API, which has texts only, and no links."""
    return traced(map(_zipkin, spans))


def _zipkin(span: dict[str, Any]) -> tuple[str, str | None, Seen]:
    tags = dict(span.get("tags", {}))
    said = {"otel.status_code", "error", *RESOURCE}
    said |= {name for name in tags if name.startswith(("otel.scope.", "otel.library."))}
    events = [json.loads(one["value"]) for one in span.get("annotations", ())]
    seen = Seen(
        span["name"],
        None,
        span.get("kind", "INTERNAL"),
        {name: value for name, value in tags.items() if name not in said},
        [(name, attributes) for event in events for name, attributes in event.items()],
        [],
        tags.get("error"),
    )
    return span["id"], span.get("parentId"), seen


# -- the console -----------------------------------------------------------------------------------


def console(lines: Sequence[str]) -> dict[str, Seen]:
    """Read what the SDK's console exporter printed between other lines."""
    text, found = "\n".join(["", *lines]), []
    reader = json.JSONDecoder()
    while (start := text.find("\n{\n")) >= 0:
        span, end = reader.raw_decode(text, start + 1)
        found.append(_console(span))
        text = text[end:]
    return traced(found)


def _console(span: dict[str, Any]) -> tuple[str, str | None, Seen]:
    status = span["status"]
    seen = Seen(
        span["name"],
        None,
        span["kind"].removeprefix("SpanKind."),
        span["attributes"],
        [(event["name"], event["attributes"]) for event in span["events"]],
        [
            (
                link["context"]["trace_id"].removeprefix("0x"),
                link["context"]["span_id"].removeprefix("0x"),
                link["attributes"],
            )
            for link in span["links"]
        ],
        status.get("description", "") if status["status_code"] == "ERROR" else None,
    )
    parent = span["parent_id"]
    return span["context"]["span_id"].removeprefix("0x"), parent and parent[2:], seen


# -- X-Ray -----------------------------------------------------------------------------------------


def xray(documents: Iterable[dict[str, Any]]) -> dict[str, Seen]:
    """Read segment documents; the handler's is called after the handler there."""
    return traced(map(_xray, documents))


def _xray(document: dict[str, Any]) -> tuple[str, str | None, Seen]:
    metadata = document.get("metadata", {}).get("default", {})
    attributes = {
        name: value
        for name, value in (metadata | document.get("annotations", {})).items()
        if not name.startswith(("otel.resource.", "aws.request_id", "aws.function_arn"))
    }
    events = document.get("metadata", {}).get("events", ())
    seen = Seen(
        document["name"],
        None,
        "CLIENT" if document.get("namespace") == "remote" else "INTERNAL",
        attributes,
        [(event["name"], event["attributes"]) for event in events],
        [
            (link["trace_id"][2:].replace("-", ""), link["id"], link.get("attributes", {}))
            for link in document.get("links", ())
        ],
        next((one["message"] for one in _exceptions(document)), None),
    )
    return document["id"], document.get("parent_id"), seen


def _exceptions(document: dict[str, Any]) -> list[dict[str, Any]]:
    if not document.get("fault"):
        return []
    found: list[dict[str, Any]] = document["cause"]["exceptions"]
    return found
