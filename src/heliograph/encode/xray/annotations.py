"""Annotations: the attributes that X-Ray indexes, and the limits of that (xray spec 11.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

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
RESOURCE = "otel.resource."
"""What a resource's attribute is called in a document."""
ABOUT_REQUEST = (
    "http.request.method", "http.method", "http.response.status_code", "http.status_code",
    "http.route",
)  # fmt: skip
"""X-Ray's `http` filters see segments only: a handler's subsegment says these again (spec 4.4)."""

_NOT_KEY = re.compile(r"[^A-Za-z0-9_.]")
_GLOB = re.compile(r"[*?\[]")


class AnnotationRule:
    """Which attributes become annotations.

    Args:
        patterns: Attribute names (`order.id`), globs (`tenant.*`), or `all`. Names come before
            globs when the room is short. `span.name` and `span.kind` stand for the span's own.
    """

    __slots__ = ("_globs", "everything", "names")

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        found = [pattern.strip() for pattern in patterns]
        self.everything = "all" in found
        self.names = tuple(one for one in found if one and one != "all" and not _GLOB.search(one))
        self._globs = _compiled([one for one in found if _GLOB.search(one)])

    def matches(self, key: str) -> bool:
        """True if one of the globs matches the attribute's name."""
        return self._globs is not None and self._globs.match(key) is not None

    @property
    def has_globs(self) -> bool:
        """True if any of the patterns is a glob."""
        return self._globs is not None


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


def annotations_of(
    span: ReadableSpan,
    attributes: Attributes,
    resource: Mapping[str, object],
    rule: AnnotationRule,
    role: Role,
    budget: Budget,
) -> dict[str, object]:
    """Return the annotations; takes their attributes, the rest is left to metadata.

    Args:
        span: The span, for its name and kind.
        attributes: Its attributes.
        resource: The resource's attributes as a document has them, `{}` where it has none.
        rule: Which attributes.
        role: A handler's subsegment also says what the request was.
        budget: Spent one by one.
    """
    chosen: dict[str, object] = {}
    seen: set[str] = set()
    for key, wanted, value in _candidates(span, attributes, resource, rule, role):
        if key in seen:
            continue
        seen.add(key)
        name = _NOT_KEY.sub("_", wanted)
        if not _fits(name, value) or name in chosen:
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
    if isinstance(value, str):
        good = len(value) <= XRAY_ANNOTATION_VALUE
    else:
        good = isinstance(value, (bool, int, float))
    return good and 0 < len(name) <= XRAY_ANNOTATION_KEY


def _candidates(
    span: ReadableSpan,
    attributes: Attributes,
    resource: Mapping[str, object],
    rule: AnnotationRule,
    role: Role,
) -> Iterator[tuple[str, str, object]]:
    """Yield (attribute, annotation, value), the explicitly named first (xray spec 11.1)."""
    values = attributes.values
    listed = _listed(attributes)
    for key in (*rule.names, *listed):
        value = _value(key, span, values, resource)
        if value is not None:
            yield key, key, value
    for key, value in values.items():
        if key.startswith(PREFIX):
            yield key, key[len(PREFIX) :], value
    if rule.has_globs:
        for key, value in (*values.items(), *resource.items()):
            if rule.matches(key):
                yield key, key, value
    if rule.everything:
        yield from _everything(attributes, resource, role)


def _everything(
    attributes: Attributes, resource: Mapping[str, object], role: Role
) -> Iterable[tuple[str, str, object]]:
    values = attributes.values
    if role.handler:
        yield from ((key, key, values[key]) for key in ABOUT_REQUEST if key in values)
    for key, value in values.items():
        if key not in attributes.taken and not key.startswith("aws.xray."):
            yield key, key, value
    if role.segment:
        yield from ((key, key, value) for key, value in resource.items())


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
