"""Write what repeats the table of sources: `python -m scripts.triggers_docs`.

That is the table of docs/triggers.md, and the keys by which the runtime's room asks for a source.
Attributes are those that the sample events of `tests/events/` give.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

from heliograph import triggers
from heliograph.runtime import ages
from heliograph.triggers.sources import ROWS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "triggers.md"
INVOCATION = ROOT / "src" / "heliograph" / "runtime" / "invocation.py"
EVENTS = ROOT / "tests" / "events"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:fn"
LATER = 1_900_000_000 * 10**9

HEADERS = "`headers`, else `multiValueHeaders`"
CARRIERS = {
    **dict.fromkeys(
        ("rest_api", "http_api", "http_api_v1"),
        f"{HEADERS}; an authorizer's `traceparent`, which is only linked",
    ),
    **dict.fromkeys(("function_url", "alb", "vpc_lattice_v1", "vpc_lattice_v2"), HEADERS),
    "authorizer": f"{HEADERS} of a request",
    "websocket": f"{HEADERS} of CONNECT",
    "lambda_edge": "`cf.request.headers`",
    "appsync": "`request.headers`; `identity.resolverContext.traceparent`, which is only linked",
    "appsync_events": "`request.headers`",
    "direct": HEADERS,
    "stepfunctions": HEADERS,
    "sqs": "`messageAttributes`, `AWSTraceHeader`, the envelope of SNS or EventBridge in `body`",
    "sns": "`MessageAttributes`, EventBridge's envelope in `Message`",
    "eventbridge": "`detail`, or `_trace`, `metadata`, `_datadog` in it",
    "kafka": "headers of the record",
    "activemq": "`properties`",
    "rabbitmq": "`basicProperties.headers`",
}
"""Where a source's events carry a context, besides the environment's header."""

OPT_IN = {
    "authorizer": "`HELIOGRAPH_AUTHORIZER_CONTEXT`",
    "appsync_authorizer": "`HELIOGRAPH_AUTHORIZER_CONTEXT`",
    "kinesis": "`HELIOGRAPH_KINESIS_JSON`: the data of records is searched",
    "schedule": "`HELIOGRAPH_FAAS_CRON`",
    "warmup": "`HELIOGRAPH_WARMUP=drop`, `HELIOGRAPH_WARMUP_KEYS`",
}

BEGIN, END = "<!-- table -->\n", "<!-- end -->\n"
HEAD = """\
| trigger | told by | `faas.trigger` | span | attributes | carrier | by default | opt-in |
|---|---|---|---|---|---|---|---|
"""


def kept() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return the attributes of SERVER and of CONSUMER spans by trigger, of all samples."""
    server: dict[str, set[str]] = defaultdict(set)
    consumer: dict[str, set[str]] = defaultdict(set)
    for path in sorted(EVENTS.glob("*.json")):
        event = json.loads(path.read_text())
        trigger = triggers.detect(event)
        found = triggers.request(trigger, event, function_arn=FUNCTION)
        own = trigger.removeprefix("pipe:")
        server[own].update(found.attributes)
        if found.times is not None:
            server[own].update(ages.attributes(found.times, LATER))
        if found.consumer is not None:
            consumer[own].update(found.consumer)
    return server, consumer


def told_by(trigger: str) -> str:
    """Return the keys of a trigger's rows, with their numbers in triggers spec 2.2."""
    pieces = []
    for number, named, _, key, test, _, _ in ROWS:
        if named == trigger:
            more = (
                [test] if isinstance(test, str) else list(test) if isinstance(test, tuple) else []
            )
            words = ", ".join(f"`{one}`" for one in [key, *more])
            pieces.append(f"{number}: {words}")
    return "; ".join(pieces)


def table() -> str:
    """Return the table."""
    server, consumer = kept()
    lines = []
    for trigger in dict.fromkeys(row[1] for row in ROWS):
        spans = "SERVER"
        names = ", ".join(f"`{name}`" for name in sorted(server[trigger]))
        if consumer[trigger]:
            spans = "SERVER, CONSUMER"
            more = ", ".join(f"`{name}`" for name in sorted(consumer[trigger]))
            names += f"; of CONSUMER {more}"
        carrier = CARRIERS.get(trigger, "")
        default = ("link" if consumer[trigger] else "parent or link") if carrier else ""
        cells = (
            f"`{trigger}`", told_by(trigger), f"`{triggers.faas_trigger(trigger)}`", spans, names,
            carrier, default, OPT_IN.get(trigger, ""),
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |\n")
    return HEAD + "".join(lines)


def page() -> str:
    """Return the page with its table anew."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def invocation() -> str:
    """Return the runtime's module with the keys anew, in lines of a hundred characters."""
    lines, line = [], "   "
    for key in dict.fromkeys(row[3] for row in ROWS):
        if len(line) + len(key) + 4 > 100:
            lines.append(line)
            line = "   "
        line += f' "{key}",'
    keys = "\n".join([*lines, line])
    return re.sub(
        r"(OPENING = frozenset\(\{\n).*?(\n\}\)  # fmt: skip)",
        lambda found: found[1] + keys + found[2],
        INVOCATION.read_text(),
        flags=re.DOTALL,
    )


FILES = {PAGE: page, INVOCATION: invocation}
"""What is written, and what it says."""


def main() -> int:
    """Write the files."""
    for path, text in FILES.items():
        path.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
