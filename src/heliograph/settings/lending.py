"""The environment that official packages are loaded with: what init saw, without what they refuse.

They read it themselves, after the response, when they are imported and when their classes are made.
By then the function may have changed it, and one bad value would keep a whole package from loading.
So the `OTEL_` variables of init are lent to `os.environ` for the time of a load, the bad ones left
out and told; what the function has there is put back, unless it set something else meanwhile.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager, suppress
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import TYPE_CHECKING

from .. import _notice
from . import names, one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import ModuleType

    from .config import Config

LIMITS = (
    "OTEL_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_EVENT_COUNT_LIMIT", "OTEL_SPAN_LINK_COUNT_LIMIT",
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
)  # fmt: skip
"""Limits of the SDK, which raises for a bad value."""


def link_limit(config: Config) -> int:
    """Return how many links a span may have; 128 where the variable says nothing usable."""
    said = config.seen.get(LIMITS[5], "").strip()
    if said.lower() == "unset":
        return 2**31
    return int(said) if said.isdecimal() and len(said) < 10 else 128


DEFAULT = "OpenTelemetry's default"
_FLAGS = re.compile(r"\(\?([aiLmsux]+)\)")


class Folders:
    """Puts folders that code has taken off `sys.path` back, for the time of a block.

    Args:
        path: What `sys.path` was in init.
    """

    __slots__ = ("_missing", "_path")

    def __init__(self, path: Sequence[str]) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._missing = [place for place in self._path if place not in sys.path]
        sys.path.extend(self._missing)

    def __exit__(self, *_: object) -> None:
        for place in self._missing:
            if place in sys.path:
                sys.path.remove(place)


OURS = __file__.rsplit(os.sep, 3)[0]
"""The folder that this package was installed to, with all that it needs."""

EXTENSIONS = "typing_extensions"
NEEDED = ("assert_never", "deprecated")
"""What OpenTelemetry's packages import of it, the latter since its version 4.5."""


class Extensions:
    """Has official packages meet a `typing_extensions` that they can use, for the time of a block.

    The function's own, which is found before ours, may be too old for them. What others import
    meanwhile has all that an older version has.
    """

    __slots__ = ("_ours", "_theirs")

    def __enter__(self) -> None:
        self._theirs, self._ours = sys.modules.get(EXTENSIONS), None
        if not all(hasattr(self._theirs, name) for name in NEEDED):
            self._ours = our_extensions()
            if self._ours is not None:
                sys.modules[EXTENSIONS] = self._ours

    def __exit__(self, *_: object) -> None:
        if self._ours is None or sys.modules.get(EXTENSIONS) is not self._ours:
            return
        if self._theirs is None:
            del sys.modules[EXTENSIONS]
        else:
            sys.modules[EXTENSIONS] = self._theirs


_ours: list[ModuleType] = []


def our_extensions() -> ModuleType | None:
    """Return the one beside this package, apart from `sys.modules`; None if `import` finds it."""
    if not _ours:
        beside = PathFinder.find_spec(EXTENSIONS, [OURS])
        found = PathFinder.find_spec(EXTENSIONS)
        if beside is None or beside.loader is None:
            return None
        if found is None or found.origin == beside.origin:
            return None
        made = module_from_spec(beside)
        beside.loader.exec_module(made)
        _ours.append(made)
    return _ours[0]


@contextmanager
def lent(settings: Config) -> Iterator[None]:
    """Lend the environment of init, and its folders of modules, for the time of the block.

    Args:
        settings: They know it.
    """
    wanted: dict[str, str | None] = dict(accepted(settings))
    for name in list(os.environ):
        if name.startswith("OTEL_") and name not in wanted:
            wanted[name] = None
    with Folders(settings.path), Extensions(), _exchanged(wanted):
        yield


@contextmanager
def without_otlp() -> Iterator[None]:
    """Hide the variables of OTLP's exporters for the time of the block.

    What it makes is told all that they say: the official exporters would raise for some, and show
    others, headers too, in lines of their own.
    """
    hidden = [
        name
        for name in list(os.environ)
        if name.startswith("OTEL_EXPORTER_OTLP_") and not name.endswith("_AGGREGATION")
    ]
    with _exchanged(dict.fromkeys(hidden)):
        yield


@contextmanager
def _exchanged(wanted: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables, and put back what was there; only those that differ are touched."""
    before: dict[str, str | None] = {}
    try:
        for name, value in wanted.items():
            present = os.environ.get(name)
            if present != value:
                before[name] = present
                _set(name, value)
        yield
    finally:
        for name, present in before.items():
            if os.environ.get(name) == wanted[name]:  # else the function set it meanwhile
                _set(name, present)


def _set(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def accepted(settings: Config) -> dict[str, str]:
    """Return the `OTEL_` variables that init saw, as the official packages take them.

    Args:
        settings: They know the environment of init.
    """
    known: dict[str, str] | None = settings.__dict__.get("lent")
    if known is None:
        known = {}
        for name, value in settings.seen.items():
            usable = _usable(name, value) if name.startswith("OTEL_") else None
            if usable is not None:
                known[name] = usable
        _fit(known)
        settings.__dict__["lent"] = known
    return known


def _fit(known: dict[str, str]) -> None:
    """Leave out a batch that is larger than the queue: the SDK raises for it."""
    batch, queue = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_BSP_MAX_QUEUE_SIZE"
    most = int(known.get(queue, "2048"))
    if int(known.get(batch, "512")) > most:
        written = known.pop(batch, "512")
        from .._unusable import unusable  # rare

        unusable(batch, written, f"at most {queue}, {most}", str(min(most, 512)))
        known[batch] = str(min(most, 512))


def _usable(name: str, value: str) -> str | None:
    """Return a variable's value as OpenTelemetry takes it; None, and told, if it takes it not."""
    read = READERS.get(name)
    if read is None:
        return value
    if not value.strip():  # OpenTelemetry: not set. The SDK takes it for a limit that is off
        return None
    try:
        return read(name, value.strip())
    except ValueError as right:
        from .._unusable import unusable  # rare

        unusable(name, value.strip(), str(right), DEFAULT)
        return None


def _limit(_: str, value: str) -> str:
    """Read a limit; the SDK's word for none is the empty text."""
    if value.lower() == "unset":
        return ""
    if not value.isdecimal() or len(value) > 4300:  # Python's own bound for the digits of an int
        raise ValueError("a number from 0, or unset")
    return str(min(int(value), sys.maxsize))


def _number(_: str, value: str) -> str:
    """Read a number above 0, as batches and intervals need it."""
    if not value.isdecimal() or not 0 < len(value.lstrip("0")) < 10:
        raise ValueError("a number from 1")
    return value


def _word(*choices: str) -> Callable[[str, str], str]:
    read = one_of(*choices)
    return lambda _, value: read(value)


def _installed(name: str, value: str) -> str:
    """Read the name of a provider or a context, which a package has to provide."""
    from importlib.metadata import entry_points

    group = "opentelemetry_" + name.lower().removeprefix("otel_python_")
    for point in entry_points(group=group, name=value):
        with suppress(ImportError, AttributeError):
            point.load()
            return value
    raise ValueError(f"a name that an installed package provides as {group}")


def _propagators(_: str, value: str) -> str | None:
    """Leave what is installed; the others were told when the headers were chosen."""
    from importlib.metadata import entry_points

    wanted = [name.lower() for name in names(value)]
    group = "opentelemetry_propagator"
    kept = [name for name in wanted if name == "none" or list(entry_points(group=group, name=name))]
    return ",".join(kept) or None


def _patterns(name: str, value: str) -> str | None:
    """Read a list of regular expressions, which its readers join to one.

    Flags that are good at the begin of one would be refused in the middle of the whole.
    """
    kept: list[str] = []
    for pattern in names(value):
        flags = _FLAGS.match(pattern)
        try:
            re.compile(pattern)
            alone = f"(?{flags[1]}:{pattern[flags.end() :]})" if flags else pattern
            re.compile("|".join([*kept, alone]))
        except (re.error, OverflowError, RecursionError) as error:
            from .._unusable import shown  # rare

            _notice.warn(
                f"pattern {name} {pattern}"[:100],
                f"{name}: {shown(name, pattern)} is no regular expression that can be used "
                f"({shown('', str(error))}): left out.",
            )
        else:
            kept.append(alone)
    return ",".join(kept) or None


def _pairs(name: str, value: str) -> str:
    """Read `key=value,key=value`. The line does not show what is no pair: it may be a key."""
    kept = []
    for number, part in enumerate(value.split(","), 1):
        if "=" in part:
            kept.append(part)
        elif part.strip():
            _notice.warn(
                f"setting {name}",
                f"entry {number} of {name} is not usable: it must be key=value, percent-encoded. "
                "It is left out.",
            )
    return ",".join(kept)


_CAPTURE = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_"
READERS: dict[str, Callable[[str, str], str | None]] = {
    **dict.fromkeys(LIMITS, _limit),
    "OTEL_METRICS_EXEMPLAR_FILTER": _word("trace_based", "always_on", "always_off"),
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": _word(
        "explicit_bucket_histogram", "base2_exponential_bucket_histogram"
    ),
    "OTEL_SERVICE_NAME": lambda _, value: value,
    "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED": _word("true", "false"),
    "OTEL_PYTHON_CONTEXT": _installed,
    "OTEL_PYTHON_TRACER_PROVIDER": _installed,
    "OTEL_PYTHON_METER_PROVIDER": _installed,
    "OTEL_PROPAGATORS": _propagators,
    "OTEL_PYTHON_EXCLUDED_URLS": _patterns,
    "OTEL_PYTHON_REQUESTS_EXCLUDED_URLS": _patterns,
    "OTEL_PYTHON_URLLIB3_EXCLUDED_URLS": _patterns,
    _CAPTURE + "CLIENT_REQUEST": _patterns,
    _CAPTURE + "CLIENT_RESPONSE": _patterns,
    _CAPTURE + "SANITIZE_FIELDS": _patterns,
    "OTEL_RESOURCE_ATTRIBUTES": _pairs,
    "OTEL_BSP_SCHEDULE_DELAY": _number,
    "OTEL_BSP_EXPORT_TIMEOUT": _number,
    "OTEL_BSP_MAX_QUEUE_SIZE": _number,
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": _number,
    "OTEL_METRIC_EXPORT_INTERVAL": _number,
    "OTEL_METRIC_EXPORT_TIMEOUT": _number,
}
"""How the official packages need those of their variables whose bad values they do not bear."""


def choose_configurator(name: str) -> None:
    """Name the configurator that `opentelemetry-instrument` loads, unless the user named one."""
    os.environ.setdefault("OTEL_PYTHON_CONFIGURATOR", name)


def keep_propagators(names: list[str]) -> None:
    """Leave only these names in `OTEL_PROPAGATORS`, if it is set.

    `opentelemetry.propagate` cannot be imported with a name that is not installed, and with it
    whatever needs it: the official instrumentors, and user code.
    """
    if os.environ.get("OTEL_PROPAGATORS"):
        os.environ["OTEL_PROPAGATORS"] = ",".join(names) or "none"
