"""Records without their metrics: dimension sets and properties as JSON, made once for each kind."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from ..._limits import EMF_RECORD_BYTES
from ..._unusable import shown
from . import hints
from .combinations import Combinations
from .dimensions import dimension_sets
from .members import Members
from .properties import encode, plain, quoted, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .options import Options, Tell

LAYOUT_BYTES = EMF_RECORD_BYTES // 2
"""The most that dimensions and properties take of a record; the rest is for metrics."""
EXTRA_BYTES = EMF_RECORD_BYTES // 4
"""The most that the invocation's own properties take of it."""
KNOWN_LAYOUTS, KNOWN_CHARACTERS = 1_000, 2_000
"""Layouts that are remembered from one collection to the next, and how long one of them is at
most: 4 MB in all."""


class Extra:
    """The members that every record of a collection has: the invocation's own properties.

    Args:
        properties: As they are given.
        tell: Who is told of one that is left out.

    Attributes:
        members: The properties, as plain JSON values.
        json: All of them as JSON, a comma after each.
    """

    def __init__(self, properties: Mapping[str, object], tell: Tell) -> None:
        members = Members("", tell)
        for key, value in properties.items():
            members.property(str(plain(str(key))), plain(value))
        self.json = members.joined(EXTRA_BYTES)
        self.members = members.held


@dataclass(frozen=True)
class Layout:
    """A record without its metrics, as JSON: dimension sets, and the members they point to.

    Attributes:
        sets: Dimension sets, by the names of members.
        dimensions, properties: Members, a comma after each.
        names: The names of all members.
        complete: Whether the invocation's own properties are among them already.
        key: Equal for two points that may share a record.
    """

    sets: str
    dimensions: str
    properties: str
    names: frozenset[str]
    complete: bool
    key: str


class Frame:
    """What all points of a resource have in common, and their layouts.

    Args:
        namespace: The namespace.
        resource: The resource's attributes.
        sets: Templates of dimension sets, `None` for the default set.
        options: The choices of the format.
        tell: Who is told about what had to be changed.

    Attributes:
        namespace: The namespace, as JSON.
        defaults: The dimensions that every metric has.
    """

    def __init__(
        self,
        namespace: str,
        resource: Mapping[str, object],
        sets: Sequence[Sequence[str]] | None,
        options: Options,
        tell: Tell,
    ) -> None:
        self.namespace = quoted(namespace)
        self.resource, self.sets, self.options, self.tell = resource, sets, options, tell
        self.defaults: dict[str, object] = {}
        for name, key in options.default_dimensions.items():
            if text(resource.get(key) or "").strip():
                self.defaults[name] = resource[key]
            elif key != "service.name":  # nobody asked for that one
                tell(
                    f"emf default dimension {name}",
                    f"the resource has no attribute {shown('', key)} for the default dimension "
                    f"{shown('', name)}.",
                )
        self._shared = {
            key: plain(resource[key])
            for pattern in options.resource_properties
            for key in ([pattern] if pattern in resource else sorted(resource))
            if fnmatchcase(key, pattern)
        }
        self._apart = [key for key in options.property_keys if not key.startswith("!")]
        self._not_apart = [key[1:] for key in options.property_keys if key.startswith("!")]
        self._varied = sets is not None or bool(options.metric_dimensions)
        self._known: dict[object, list[Layout]] = {}
        self._combinations = Combinations(tell)

    def stays_apart(self, key: str) -> bool:
        """Whether an attribute is kept out of the default set."""
        return any(fnmatchcase(key, pattern) for pattern in self._apart) and not any(
            fnmatchcase(key, pattern) for pattern in self._not_apart
        )

    def identity(self, attributes: Mapping[str, object], metric: str) -> object:
        """Return what two points with the same layout have in common, `None` if it is not known."""
        kinds = tuple(map(type, attributes.values()))
        if _EQUAL_IS_SAME.issuperset(kinds):
            return metric if self._varied else "", kinds, tuple(attributes.items())
        return None

    def layouts(
        self, attributes: Mapping[str, object], metric: str, extra: Extra, identity: object
    ) -> list[Layout]:
        """Return the layout of the records for a point, or several if its sets fill more than one.

        Args:
            attributes: The point's attributes.
            metric: The metric's name as written; no other member may have it.
            extra: The invocation's own properties.
            identity: That of the point.
        """
        templates = hints.templates(attributes, metric, self)
        made = self._known.get(identity) if identity else None
        if made is None:
            made = self._made(attributes, metric, templates, None)
            if identity and sum([len(layout.key) for layout in made]) <= KNOWN_CHARACTERS:
                if len(self._known) >= KNOWN_LAYOUTS:
                    self._known.clear()
                self._known[identity] = made
        for layout in made:
            taken = layout.names
            if metric in taken or metric in extra.members or not taken.isdisjoint(extra.members):
                return self._made(attributes, metric, templates, extra)
        return made

    def _made(
        self,
        attributes: Mapping[str, object],
        metric: str,
        templates: Sequence[Sequence[str]] | None,
        extra: Extra | None,
    ) -> list[Layout]:
        given = {k: v for k, v in attributes.items() if v is not None and k not in hints.ASKED}
        for name, value in self.defaults.items():
            given.setdefault(name, value)
        sets = dimension_sets(given, metric, templates, self)
        if extra is None:
            self._combinations.add(metric, sorted({key for keys in sets for key in keys}), given)
        return self._built(sets, given, metric if extra else "", extra)

    def _built(
        self,
        sets: list[tuple[str, ...]],
        given: Mapping[str, object],
        reserved: str,
        extra: Extra | None,
    ) -> list[Layout]:
        layout = self._layout(sets, given, reserved, extra)
        if len(layout.sets) + len(layout.dimensions) > LAYOUT_BYTES and len(sets) > 1:
            half = len(sets) // 2
            return [
                *self._built(sets[:half], given, reserved, extra),
                *self._built(sets[half:], given, reserved, extra),
            ]
        return [layout]

    def _layout(
        self,
        sets: list[tuple[str, ...]],
        given: Mapping[str, object],
        reserved: str,
        extra: Extra | None,
    ) -> Layout:
        """Lay records out; a name that is reserved, and those of `extra`, are kept free."""
        members = Members(reserved, self.tell)
        used = sorted({key for keys in sets for key in keys})
        texts = {key: text(given[key] if key in given else self.resource[key]) for key in used}
        named = {key: members.dimension(key, value) for key, value in texts.items()}
        if extra:
            for key, value in extra.members.items():
                members.property(key, value)
        for key in sorted(given.keys() - named.keys()):
            members.property(str(plain(key)), plain(given[key]))
        for key, whole in texts.items():
            if not whole.isascii():
                members.property(str(plain(f"{key}.raw")), plain(whole))
        for key, value in self._shared.items():
            if key in given or key not in named:
                members.property(key, value)
        written_sets = encode([[named[key] for key in keys] for keys in sets])
        dimensions = "".join(members.dimensions)
        properties = members.joined(LAYOUT_BYTES - len(written_sets) - len(dimensions))
        return Layout(
            written_sets,
            dimensions,
            properties,
            frozenset(members.held),
            extra is not None,
            f"{written_sets}{dimensions}|{properties}",
        )


_EQUAL_IS_SAME = frozenset({str, int, bool})
"""Types of which equal values of one type are written alike; 0.0 and -0.0 are not."""
