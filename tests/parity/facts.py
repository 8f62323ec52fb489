"""The journal's facts as built-in types, or an error that names what is none of them."""

from __future__ import annotations

import marshal
import pickle
from typing import TYPE_CHECKING, Any

from heliograph.journal.bounded import Shortened
from heliograph.journal.entry import Call, Entry, Remote, Trace
from heliograph.journal.recorded_exception import RecordedException
from heliograph.libraries import requests, urllib3
from heliograph.otel_api.live import LiveSpan

if TYPE_CHECKING:
    from heliograph.journal import Journal

RECORDS = (Entry, Remote, LiveSpan, Trace, Call, RecordedException, requests.Answer, urllib3.Answer)
LIVE = {"context", "otel_span", "outer", "put_off", "undescribed", "_span"}
"""What is of the running process, and no fact: where it is current, and how it is completed."""
PLAIN = (str, int, float, bool, bytes, type(None))


def check(journal: Journal) -> int:
    """Return how many facts a journal holds; each can be marshalled, and pickled unchanged."""
    for entry in journal.entries:
        facts = plain(entry, entry.describe().name)
        marshal.dumps(facts)
        assert repr(pickle.loads(pickle.dumps(facts))) == repr(facts)  # NaN is not itself
    for _, *measured in journal.measurements:
        marshal.dumps(plain(measured, "measurement"))
    return len(journal.entries) + len(journal.measurements)


def plain(value: Any, where: str) -> Any:
    """Return a fact as built-in types."""
    kind = type(value)
    if kind in PLAIN:
        return value
    if kind in (list, tuple, Shortened):
        return [plain(one, f"{where}[{number}]") for number, one in enumerate(value)]
    if kind is dict:
        return {plain(key, where): plain(one, f"{where}.{key}") for key, one in value.items()}
    assert kind in RECORDS, f"{where} is {kind}, which is no built-in type"
    slots = [name for base in kind.__mro__ for name in getattr(base, "__slots__", ())]
    facts = {name: getattr(value, name) for name in slots if name not in LIVE}
    if type(facts.get("parent")) is Entry:
        facts["parent"] = facts["parent"].span_id  # told by itself
    return plain(facts, where)
