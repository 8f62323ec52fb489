"""The root members of a record, none of which may take another's name (emf spec 7)."""

from __future__ import annotations

from ..._limits import EMF_DIMENSION_NAME, EMF_DIMENSION_VALUE, EMF_TEXT
from . import names
from .properties import encode, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .options import Tell


def written(name: str, value: object) -> str:
    """Return a member as JSON, with a comma after it."""
    return f"{quoted(name)}:{quoted(value) if isinstance(value, str) else encode(value)},"


class Members:
    """The root members of a record, none of which may take another's name.

    Args:
        reserved: A name that no member may have, "" for none.
        tell: Who is told about what had to be changed.

    Attributes:
        held: The members.
        dimensions: Those that are dimensions, as JSON.
    """

    def __init__(self, reserved: str, tell: Tell) -> None:
        self.held: dict[str, object] = {}
        self.dimensions: list[str] = []
        self._properties: list[tuple[str, str]] = []
        self._taken = {reserved, "_aws"}
        self._tell = tell

    def dimension(self, key: str, value: str) -> str:
        """Add a dimension and return its name."""
        name = self._free(key, names.dimension(key), EMF_DIMENSION_NAME)
        whole = names.ascii_text(value)
        if len(whole) > EMF_DIMENSION_VALUE:
            self._tell(
                f"emf dimension value {key}",
                f"a value of {key!r} has {len(whole)} characters and CloudWatch takes "
                f"{EMF_DIMENSION_VALUE}: it is cut.",
            )
        self.held[name] = whole[:EMF_DIMENSION_VALUE]
        self.dimensions.append(written(name, self.held[name]))
        return name

    def property(self, key: str, value: object) -> None:
        """Add a property, which is plain JSON, unless it is there with this value already."""
        if value is None or (key in self.held and self.held[key] == value):
            return
        name = self._free(key, key, EMF_TEXT)
        self.held[name] = value
        self._properties.append((name, written(name, value)))

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

    def joined(self, most: int) -> str:
        """Return the properties as JSON; for those beyond a size, the last go first."""
        left = most - sum(len(part) for _, part in self._properties)
        while left < 0 and self._properties:
            name, part = self._properties.pop()
            del self.held[name]
            left += len(part)
            self._tell(
                "emf properties", f"a record is too large: property {name[:80]!r} is left out."
            )
        return "".join([part for _, part in self._properties])
