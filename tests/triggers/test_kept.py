"""What is kept of every sample, whole: `tests/triggers/kept.json`, read by people (spec 5, 6).

After a change of what is kept: `python -m tests.triggers.test_kept`, and read the difference.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heliograph.triggers import detect, request

if TYPE_CHECKING:
    from heliograph.triggers import Request

HERE = Path(__file__).parent
KEPT = HERE / "kept.json"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:users:live"
FIELDS = (
    "attributes", "authorizer", "batch_size", "carried", "consumer", "messages", "method", "route",
    "times", "unread",
)  # fmt: skip


def shown(found: Request) -> dict[str, Any]:
    """Return what is kept, without what is empty; a broker's bytes as text."""
    values = {name: getattr(found, name) for name in FIELDS}
    values["messages"] = [
        [str(one) if isinstance(one, (list, dict)) else one for one in message]
        for message in found.messages
    ]
    return json.loads(json.dumps({name: value for name, value in values.items() if value}))


def kept(samples: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of each sample."""
    return {
        name: shown(request(detect(event), event, function_arn=FUNCTION))
        for name, event in samples.items()
    }


def test_kept(samples: dict[str, Any]) -> None:
    """Of each sample exactly what the file says is kept."""
    assert kept(samples) == json.loads(KEPT.read_text())


def test_nothing_of_users_is_kept(samples: dict[str, Any]) -> None:
    """Tokens, passwords, addresses, transcripts, presigned URLs: whatever a sample calls SECRET."""
    told = {name: json.dumps(event) for name, event in samples.items()}
    secret = {name for name, text in told.items() if "SECRET" in text}
    assert len(secret) > 40
    assert [name for name, found in kept(samples).items() if "SECRET" in json.dumps(found)] == []


if __name__ == "__main__":
    events = sorted((HERE.parent / "events").glob("*.json"))
    found = kept({path.stem: json.loads(path.read_text()) for path in events})
    KEPT.write_text(json.dumps(found, indent=1) + "\n")
