"""The root members of a record, none of which may take another's name (emf spec 7)."""

from __future__ import annotations

from ..._limits import EMF_DIMENSION_NAME, EMF_DIMENSION_VALUE, MAX_STRING
from . import names
from .properties import encode, plain, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .options import Tell


class Members:
    """The root members of a record, none of which may take another's name (emf spec 7)."""

    def __init__(self, metric: str, tell: Tell) -> None:
        self.held: dict[str, object] = {}
        self._taken = {metric, "_aws"}
        self._tell = tell
        self._properties: list[str] = []

    def dimension(self, key: str, value: object) -> str:
        """Add a dimension and return its name."""
        name = self._free(key, names.dimension(key), EMF_DIMENSION_NAME)
        whole = names.ascii_text(text(value))
        if len(whole) > EMF_DIMENSION_VALUE:
            self._tell(
                f"emf dimension value {key}",
                f"a value of {key!r} has {len(whole)} characters and CloudWatch takes "
                f"{EMF_DIMENSION_VALUE}: it is cut.",
            )
        self.held[name] = whole[:EMF_DIMENSION_VALUE]
        return name

    def property(self, key: str, value: object) -> None:
        """Add a property, unless it is there with this value already."""
        kept, key = plain(value), str(plain(key))
        if kept is None or (key in self.held and self.held[key] == kept):
            return
        name = self._free(key, key, MAX_STRING)
        self.held[name] = kept
        self._properties.append(name)

    def _free(self, key: str, wanted: str, longest: int) -> str:
        """Return the wanted name, or `attr.` and the name if it is taken or empty."""
        name = wanted
        attempt = 0
        while not name or name in self._taken:
            attempt += 1
            name = f"attr{attempt if attempt > 1 else ''}.{wanted}"[:longest]
        if attempt:
            self._tell(
                f"emf attribute {key}",
                f"attribute {key!r} has the name of a metric or of another member of the record: "
                f"it is written as {name!r}.",
            )
        self._taken.add(name)
        return name

    def trimmed(self, sets: object, most: int) -> str:
        """Return the members as JSON, with properties left out, the last first, down to a size."""
        whole = encode([sets, self.held])
        left = most - len(whole)
        if left >= 0:
            return whole
        for name in reversed(self._properties):
            if left >= 0:
                break
            left += len(encode({name: self.held.pop(name)}))
            self._tell(
                "emf properties", f"a record is too large: property {name[:80]!r} is left out."
            )
        return encode([sets, self.held])
