"""What each id of the table covers: `cause`, annotations, metadata, links."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.collector.block_rules import HTTP_ATTRIBUTES
from tests.collector.rules import rule

if TYPE_CHECKING:
    from tests.collector.comparing import Difference

FRAME = re.compile(r'  File "[^,]*", line \d+, in .+')


def stacks(d: Difference) -> list[str]:
    """Return the stack texts of a span."""
    found = [dict(event.attributes or {}).get("exception.stacktrace") for event in d.span.events]
    return [text for text in found if isinstance(text, str)]


@rule
def status_remote(d: Difference) -> bool:
    """Every exception says whether it is a remote one."""
    one = d.path[-1] == "remote" and d.at("cause", "exceptions")
    return one and d.only_ours and d.our["cause"]["exceptions"][d.path[2]]["type"] == ""


@rule
def exception_from_text(d: Difference) -> bool:
    """An exception without type or message has those of its stack text."""
    field = d.at("cause", "exceptions") and d.path[-1] in ("type", "message")
    return field and d.theirs == "" and any(str(d.ours) in text for text in stacks(d))


@rule
def raised_from(d: Difference) -> bool:
    """`raise ... from` is a chain as `During handling` is one."""
    direct = any("was the direct cause of the following" in text for text in stacks(d))
    return d.at("cause", "exceptions") and direct


@rule
def groups(d: Difference) -> bool:
    """An exception group has the frames of its own traceback."""
    group = any("+ Exception Group Traceback" in text for text in stacks(d))
    return d.at("cause", "exceptions") and group and d.path[3:4] == ("stack",)


@rule
def frame_forms(d: Difference) -> bool:
    """A frame counts with a comma in its path, without a function, or not quite well-formed."""
    lines = [line for text in stacks(d) for line in text.splitlines() if line.startswith("  File ")]
    odd = any(FRAME.fullmatch(line) is None for line in lines)
    return d.at("cause", "exceptions") and odd and d.path[3:4] == ("stack",)


@rule
def long_stacks(d: Difference) -> bool:
    """A stack has 50 frames; how many are missing is told, repeated ones too."""
    left_out = any("  [Previous line repeated" in text for text in stacks(d))
    long = any(text.count("  File ") > 50 for text in stacks(d))
    beyond = d.path[3:4] == ("stack",) and d.path[4] >= 50 and d.only_theirs
    truncated = d.path[3:] == ("truncated",) and d.only_ours
    return d.at("cause") and ((long and (beyond or truncated)) or (left_out and truncated))


@rule
def events(d: Difference) -> bool:
    """A span's events are metadata."""
    return d.at("metadata", "events") and d.only_ours and bool(d.span.events)


@rule
def unfit_annotations(d: Difference) -> bool:
    """What X-Ray does not index stays metadata: lists, long texts."""
    key = str(d.path[-1]).removeprefix("otel.resource.")
    value = d.attributes.get(key, d.resource.get(key))
    unfit = isinstance(value, (list, tuple, dict, bytes)) or len(str(value)) > 1000
    annotated = d.at("annotations") and d.only_theirs
    return unfit and (annotated or (d.at("metadata", "default") and d.only_ours))


@rule
def annotations_of_blocks(d: Difference) -> bool:
    """What a span lists is annotated, even if a block says it too."""
    key = str(d.path[-1])
    listed = key in (d.attributes.get("aws.xray.annotations") or ())
    return (
        d.at("annotations") and d.only_ours and listed and key in (*HTTP_ATTRIBUTES, "peer.service")
    )


@rule
def annotation_prefix(d: Difference) -> bool:
    """An attribute `annotation.x` is the annotation `x`."""
    annotation = d.at("annotations") and f"annotation.{d.path[-1]}" in d.attributes
    return (annotation and d.only_ours) or (d.key.startswith("annotation.") and d.only_theirs)


@rule
def fifty_annotations(d: Difference) -> bool:
    """The 51st annotation of a trace is metadata."""
    full = len(d.our.get("annotations", {})) == 50
    annotated = d.at("annotations") and d.only_theirs
    return full and (annotated or (d.at("metadata", "default") and d.only_ours))


@rule
def reserved_metadata(d: Difference) -> bool:
    """Names that begin with `AWS.` are X-Ray's own."""
    return d.at("metadata") and any(str(part).startswith(("AWS.", "AWS_")) for part in d.path)


@rule
def not_finite(d: Difference) -> bool:
    """NaN and infinity are text; with one of them the collector loses the span."""
    numbers = re.search(r'"(NaN|-?Infinity)"', json.dumps(written(d)))
    return d.path == ("documents",) and d.theirs == 0 and numbers is not None


def written(d: Difference) -> list[str]:
    """Return all values of the span as JSON's writer names them."""
    names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    found = [*d.attributes.values(), *d.resource.values()]
    return [names.get(str(value), "") for value in found if isinstance(value, float)]


@rule
def twenty_links(d: Difference) -> bool:
    """A document has 20 links; how many are missing is told."""
    beyond = d.at("links") and d.path[1] >= 20 and d.only_theirs
    return beyond or (d.key == "xray.links_dropped" and d.only_ours)
