"""A context in the text of an envelope: a topic's in a queue, a bus's in either.

Triggers spec 3.3. Nothing is parsed: a body may have a megabyte, and the caller waits. The context
is looked for at the end, where SNS writes attributes, then at the beginning.
"""

from __future__ import annotations

WINDOW = 4096
"""Characters searched at either end."""
NEAR = 160
"""Characters after the key within which its value begins."""
KEY = "traceparent"
LENGTH = 55
HEX = frozenset("0123456789abcdef")


def probe(body: str) -> tuple[str | None, str | None]:
    """Return the `traceparent` in an envelope, and the topic's ARN; None each if there is none."""
    found = search(body[-WINDOW:]) or (search(body[:WINDOW]) if len(body) > WINDOW else None)
    return found, _topic(body[:512]) if found else None


def search(text: str) -> str | None:
    """Return the first `traceparent` after its key, escaped or not."""
    at = text.find(KEY)
    while at >= 0:
        after = text[at + len(KEY) : at + len(KEY) + NEAR + LENGTH]
        begin = after.find("00-")
        while 0 <= begin <= NEAR:
            value = after[begin : begin + LENGTH]
            if _is_context(value):
                return value
            begin = after.find("00-", begin + 1)
        at = text.find(KEY, at + len(KEY))
    return None


def _is_context(value: str) -> bool:
    ids = value[3:35] + value[36:52] + value[53:55]
    dashes = value[2:3] + value[35:36] + value[52:53]
    return len(value) == LENGTH and dashes == "---" and HEX.issuperset(ids)


def _topic(head: str) -> str | None:
    """Return the text after `"TopicArn"`."""
    value = head.partition('"TopicArn"')[2].partition('"')[2].partition('"')
    return value[0] if value[1] and value[0].startswith("arn:") else None
