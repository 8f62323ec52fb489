"""Annotations: the attributes that X-Ray indexes, and the limits of that (xray spec 11.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ..._limits import XRAY_ANNOTATION_KEY, XRAY_ANNOTATION_VALUE, XRAY_ANNOTATIONS
from .values import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from .attributes import Attributes
    from .role import Role

LIST = "aws.xray.annotations"
"""Attribute that lists the attributes to index; never written itself."""
PREFIX = "annotation."
"""Attributes of this prefix are annotations under the rest of their key. A rule of ours."""
ABOUT_REQUEST = (
    "http.request.method", "http.method", "http.response.status_code", "http.status_code",
    "http.route",
)  # fmt: skip
"""X-Ray's `http` filters see segments only, so a handler's subsegment has these, too (xray spec
4.4)."""

_NOT_KEY = r"[^A-Za-z0-9_.]"  # compiled by `re` when first used: most functions never do
_GLOB = frozenset("*?[")


class AnnotationRule:
    """Which attributes become annotations.

    Args:
        patterns: Attribute names (`order.id`), globs (`tenant.*`), or `all`. Names come before
            globs when the room is short. `span.name` and `span.kind` stand for the span's own.

    Attributes:
        names: The attribute names.
        everything: `all` is among the patterns.
        has_globs: Any of them is a glob.
        empty: There is none.
    """

    __slots__ = ("_globs", "empty", "everything", "has_globs", "names")

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        found = [pattern.strip() for pattern in patterns]
        self.everything = "all" in found
        self.names = tuple(one for one in found if one and one != "all" and _GLOB.isdisjoint(one))
        self._globs = _compiled([one for one in found if not _GLOB.isdisjoint(one)])
        self.has_globs = self._globs is not None
        self.empty = not (self.names or self.has_globs or self.everything)

    def matches(self, key: str) -> bool:
        """True if one of the globs matches the attribute's name."""
        return self._globs is not None and self._globs.match(key) is not None


def _compiled(globs: list[str]) -> re.Pattern[str] | None:
    if not globs:
        return None
    from fnmatch import translate  # only a function with globs needs it

    return re.compile("|".join(map(translate, globs)))


class Budget:
    """Room for annotations in one trace, spent by its documents (xray spec 1.4).

    Attributes:
        left: How many the trace still takes.
        over: How many found no room and stayed metadata.
    """

    __slots__ = ("left", "over")

    def __init__(self, left: int = XRAY_ANNOTATIONS) -> None:
        self.left = left
        self.over = 0


def prefixed_of(keys: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the attributes with the prefix, each with the key of its annotation."""
    return tuple((key, _key(key[len(PREFIX) :])) for key in keys if key.startswith(PREFIX))


def _key(wanted: str) -> str:
    return re.sub(_NOT_KEY, "_", wanted)


def annotations_of(
    span: ReadableSpan,
    attributes: Attributes,
    resource: Mapping[str, object],
    rule: AnnotationRule,
    role: Role,
    budget: Budget,
    prefixed: Sequence[tuple[str, str]],
) -> dict[str, object]:
    """Return the annotations; takes their attributes, the rest is left to metadata.

    Args:
        span: The span, for its name and kind.
        attributes: Its attributes.
        resource: The resource's attributes as a document has them, `{}` where it has none.
        rule: Which attributes.
        role: A handler's subsegment also says what the request was.
        budget: Spent one by one.
        prefixed: What `prefixed_of` returned for these attributes.
    """
    if rule.empty and LIST not in attributes.values:
        found = [(key, name, attributes.values[key]) for key, name in prefixed]
    else:
        found = _candidates(span, attributes, resource, rule, role, prefixed)
    chosen: dict[str, object] = {}
    seen = set[str]()  # an attribute is an annotation once, whatever asks for it
    for key, name, value in found:
        if key in seen:
            continue
        seen.add(key)
        if name in chosen or not _fits(name, value):
            continue
        if budget.left <= 0:
            budget.over += 1
            continue
        budget.left -= 1
        chosen[name] = number(value) if isinstance(value, (int, float)) else value
        attributes.taken.add(key)
    return chosen


def _fits(name: str, value: object) -> bool:
    """True for what X-Ray indexes; lists, maps and long texts are metadata."""
    if not 0 < len(name) <= XRAY_ANNOTATION_KEY:
        return False
    if isinstance(value, str):
        return len(value) <= XRAY_ANNOTATION_VALUE
    return isinstance(value, (int, float))


def _candidates(
    span: ReadableSpan,
    attributes: Attributes,
    resource: Mapping[str, object],
    rule: AnnotationRule,
    role: Role,
    prefixed: Sequence[tuple[str, str]],
) -> list[tuple[str, str, object]]:
    """Return (attribute, annotation, value), the explicitly named first (xray spec 11.1)."""
    values = attributes.values
    named = [
        (key, _key(key), _value(key, span, values, resource))
        for key in (*rule.names, *_listed(attributes))
    ]
    found = [one for one in named if one[2] is not None]
    found += [(key, name, values[key]) for key, name in prefixed]
    if rule.has_globs:
        every = (*values.items(), *resource.items())
        found += [(key, _key(key), value) for key, value in every if rule.matches(key)]
    if rule.everything:
        found += _everything(attributes, resource, role)
    return found


def _everything(
    attributes: Attributes, resource: Mapping[str, object], role: Role
) -> Iterable[tuple[str, str, object]]:
    values = attributes.values
    if role.handler:
        yield from ((key, _key(key), values[key]) for key in ABOUT_REQUEST if key in values)
    for key, value in values.items():
        if key not in attributes.taken and not key.startswith("aws.xray."):
            yield key, _key(key), value
    if role.segment:
        yield from ((key, _key(key), value) for key, value in resource.items())


def _value(
    key: str,
    span: ReadableSpan,
    values: Mapping[str, object],
    resource: Mapping[str, object],
) -> object:
    if key in values:
        return values[key]
    if key == "span.name":
        return span.name
    if key == "span.kind":
        return span.kind.name
    return resource.get(key)


def _listed(attributes: Attributes) -> list[str]:
    """Return the keys that the span itself lists; a plain text is no list and stays metadata."""
    listed = attributes.values.get(LIST)
    if isinstance(listed, Sequence) and not isinstance(listed, (str, bytes)):
        attributes.taken.add(LIST)
        return [key for key in listed if isinstance(key, str)]
    return []
