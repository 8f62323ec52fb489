"""Records: which metrics share one, when another begins, and how it is put together (emf 1, 3)."""

from __future__ import annotations

from ..._limits import EMF_METRICS, EMF_RECORD_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .layouts import Extra, Layout

FRAME_BYTES = 100
"""More than the marks between the parts of a record, and its time."""


class Record:
    """The metrics of one record, as JSON: definitions and members, in the same order."""

    __slots__ = ("definitions", "members", "size")

    def __init__(self, size: int) -> None:
        self.definitions: list[str] = []
        self.members: list[str] = []
        self.size = size


class Group:
    """Records with the same time, dimensions and properties, filled one after the other.

    Args:
        namespace: The namespace, as JSON.
        stamp: Milliseconds since the epoch.
        layout: Dimension sets and members.
        extra: The invocation's own members.

    Attributes:
        stamp: The same.
        taken: The names that no metric may have here.
    """

    __slots__ = ("_extra", "_layout", "_namespace", "_next", "_open", "_records", "stamp", "taken")

    def __init__(self, namespace: str, stamp: int, layout: Layout, extra: Extra) -> None:
        self._namespace, self._layout = namespace, layout
        self._extra = "" if layout.complete else extra.json
        self._records = [Record(self._empty())]
        self._next: dict[str, int] = {}
        self._open = 0
        self.stamp = stamp
        self.taken = layout.names.union(extra.members)

    def add(self, name: str, definition: str, member: str) -> None:
        """Put a metric into the first record that has room and does not have its name yet."""
        size = len(definition) + len(member) + 2
        records = self._records
        index = self._next.get(name, 0)
        if index < self._open:
            index = self._open
        while index < len(records):
            record = records[index]
            if len(record.members) < EMF_METRICS and record.size + size <= EMF_RECORD_BYTES:
                break
            if index == self._open and len(record.members) == EMF_METRICS:
                self._open += 1
            index += 1
        else:
            record = Record(self._empty())
            records.append(record)
        record.definitions.append(definition)
        record.members.append(member)
        record.size += size
        self._next[name] = index + 1

    def _empty(self) -> int:
        layout = self._layout
        parts = (self._namespace, layout.sets, layout.dimensions, self._extra, layout.properties)
        return FRAME_BYTES + sum(map(len, parts))

    def lines(self, extract: bool) -> list[bytes]:
        """Return the records as lines, in their order.

        Args:
            extract: Whether they tell CloudWatch what to store.
        """
        layout = self._layout
        before = f"{layout.dimensions}{self._extra}{layout.properties}"
        if not extract:
            return [
                f"{{{before}{','.join(record.members)}}}\n".encode("ascii")
                for record in self._records
            ]
        head = (
            f'{{"_aws":{{"Timestamp":{self.stamp},"CloudWatchMetrics":[{{"Namespace":'
            f'{self._namespace},"Dimensions":{layout.sets},"Metrics":['
        )
        return [
            (
                f"{head}{','.join(record.definitions)}]}}]}},{before}{','.join(record.members)}}}\n"
            ).encode("ascii")
            for record in self._records
        ]
