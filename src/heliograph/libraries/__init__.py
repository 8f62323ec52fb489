"""Libraries: a row and a folder for each; what is done to one right after its import.

`import boto3` in user code must cost what it costs without us; nothing is imported to be patched.
A folder has: `__init__.py`, which records calls (standard library only); `describe.py`, which has
the official instrumentor describe them after the response; `fallback.py`, what a span says where it
cannot. To add one, add a row and a folder. One that others run on has a row in `LATE` besides.
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident

from .._guard import guard, guarded, unframe
from ..journal import current
from ..journal.recording import dress, recorders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    from ..journal.recording import Recorder
    from ..settings.config import Config

TABLE = {
    "aiobotocore": ("aiobotocore.client", "AiobotocoreInstrumentor"),
    "botocore": ("botocore.client", "BotocoreInstrumentor"),
    "requests": ("requests.sessions", "RequestsInstrumentor"),
    "urllib3": ("urllib3.connectionpool", "URLLib3Instrumentor"),
}
"""By the name that `OTEL_PYTHON_DISABLED_INSTRUMENTATIONS` has: the module after whose import
`install(module, settings)` is called, and the class of the official instrumentor, which is in
`opentelemetry.instrumentation.<name>`."""

WITHIN = {"aiobotocore": "botocore"}
"""Where an official instrumentor is in the module of another library."""

SITE = __file__.rpartition("/heliograph/")[0]
"""The folder that we are in."""

OURS = tuple(
    f"opentelemetry_instrumentation{name}-" for name in ("", *(f"_{name}" for name in TABLE))
)
"""How the folders of metadata begin of those that are done here, and of what all stand on."""

# fmt: off
BROUGHT = (
    "MySQLdb", "aio_pika", "aiohttp", "aiokafka", "asyncpg", "confluent_kafka", "django",
    "elasticsearch", "fastapi", "flask", "grpc", "httpx", "httpx2", "jinja2", "kafka", "pika",
    "psycopg", "psycopg2", "pymongo", "pymysql", "redis", "sqlalchemy", "sqlite3", "starlette",
    "urllib.request",
)
# fmt: on
"""After the import of these an instrumentor of the layer is switched on, where there is a layer. It
is in the table of `brought.py`, which the first of them loads: nothing is searched in init."""

LATE = {"urllib": ("OpenerDirector", "open"), "urllib3": ("HTTPConnectionPool", "urlopen")}
"""Libraries that others run on, which most functions import and few call: class and method of the
module. The recorder is loaded by the first call that is part of no recorded call; there
`install(module, original)` returns what records the method."""


RECORDS = {"powertools": "aws_lambda_powertools.utilities.batch.base"}
"""Libraries that take a batch's records one by one: the folder here, the module after whose import
`install(module)` is called."""


def install(settings: Config, *, live: bool) -> None:
    """Record the libraries that the settings do not leave alone, once each is imported.

    Args:
        settings: The settings.
        live: Their official instrumentors serve them (`runtime/process.py`).
    """
    for library, (module, _) in TABLE.items():
        if not live and not settings.leaves_alone(library):
            late = library in LATE
            after_import(module, _putting_off(library) if late else _calling(library, settings))
        after_import(official_module(library), _adopting(library))
    if not live:
        for folder, module in RECORDS.items():
            if not settings.leaves_alone(folder):
                after_import(module, _taking(folder))
        install_installed(settings)
        install_brought(settings)


def install_installed(settings: Config) -> None:
    """Have other instrumentors that are installed switched on, each when its library is imported.

    Args:
        settings: The settings: which are left alone.
    """
    found = [
        f"{place}/{name}"
        for place in sys.path
        for name in _names_in(place)
        if "instrumentation" in name and name.endswith(".dist-info") and not name.startswith(OURS)
    ]
    if found:
        part("installed").install(settings, found)  # before the layer's: the function's own win


def install_brought(settings: Config) -> None:
    """Have the layer's instrumentors switched on, each when its library is imported.

    Args:
        settings: The settings: which are left alone.
    """
    if not os.path.isdir(f"{SITE}/opentelemetry/instrumentation/httpx"):
        return  # the package without the layer brings none
    _brought.update(dict.fromkeys(BROUGHT, settings))
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
    if not _brought.keys().isdisjoint(sys.modules):
        for name in sorted(_brought.keys() & sys.modules.keys()):
            _ready(name, sys.modules[name])


def _names_in(folder: str) -> list[str]:
    """Return the names in a folder that has what all instrumentors stand on; none of any other."""
    try:
        os.stat(f"{folder or '.'}/opentelemetry/instrumentation")
        return os.listdir(folder or ".")
    except OSError:
        return []


def _calling(library: str, settings: Config) -> Callable[[ModuleType], None]:
    return lambda module: part(library).install(module, settings)


def _taking(folder: str) -> Callable[[ModuleType], None]:
    return lambda module: part(folder).install(module)


def _putting_off(library: str) -> Callable[[ModuleType], None]:
    owner, name = LATE[library]

    def then(module: ModuleType) -> None:
        kind = getattr(module, owner)
        original = getattr(kind, name)
        recorded: list[Callable[..., Any]] = []

        def load() -> None:
            if not recorded:
                recorded.append(part(library).install(module, original))

        def standing(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                call = original
                if guarded(f"telling whether a call of {library} is part of another", _is_own):
                    guarded(f"preparing {library}", load)
                    call = recorded[0] if recorded else original
                return call(self, *args, **kwargs)
            except BaseException as error:
                unframe(error)
                raise

        dress(standing, original)
        _late[library] = load
        setattr(kind, name, standing)

    return then


_late: dict[str, Callable[[], None]] = {}
"""What loads the recorder of a library that is put off, by library."""


def _is_own() -> bool:
    """Tell whether an HTTP request is to be recorded: not as a part of what is recorded anyway."""
    return current.span_for(http=True)[1]


def recorder_of(library: str) -> Recorder | None:
    """Return the recorder of a library that is recorded, loaded now if that was put off."""
    if library in _late:
        _late[library]()
    return recorders.get(library)


def official_module(library: str) -> str:
    """Return the module of a library's official instrumentor."""
    return f"opentelemetry.instrumentation.{WITHIN.get(library, library)}"


def _adopting(library: str) -> Callable[[ModuleType], None]:
    return lambda module: part("official").adopt(library, module)


def part(name: str) -> Any:
    """Import a part of this room, such as "botocore.describe"."""
    if name.endswith(".describe"):
        from ..develop import imported  # on the packages that we came with

        return imported(f"libraries.{name}")
    from importlib import import_module

    return import_module(f"{__name__}.{name}")


_brought: dict[str, Config] = {}
"""Those of `BROUGHT` that are not imported yet, each with the settings."""

_waiting: dict[str, list[Callable[[ModuleType], None]]] = {}


def after_import(name: str, then: Callable[[ModuleType], None]) -> None:
    """Call `then(module)` after the module's import, or now if it is imported already.

    Args:
        name: Full name of the module.
        then: Called once with the module. What it raises is guarded: the import succeeds.
    """
    module = sys.modules.get(name)
    if module is not None:
        with guard(f"preparing {name}"):
            then(module)
        return
    _waiting.setdefault(name, []).append(then)
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)


_finding: set[tuple[int, str]] = set()
"""(thread, name) of the searches under way: another finder may ask all of them too, us included."""


class _Finder:
    """Finds a module by asking the other finders, and adds a step to its execution."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _waiting and name not in _brought:
            return None
        search = (get_ident(), name)
        if search in _finding:
            return None
        _finding.add(search)
        try:
            spec = _ask_others(name, path, target)
        finally:
            _finding.discard(search)
        if spec is not None:
            with guard(f"hooking the import of {name}"):
                _add_step(spec)
        return spec


def _ask_others(
    name: str, path: Sequence[str] | None, target: ModuleType | None
) -> ModuleSpec | None:
    for finder in list(sys.meta_path):
        find = getattr(finder, "find_spec", None)
        if finder is not _Finder and find is not None:
            spec: ModuleSpec | None = find(name, path, target)
            if spec is not None:
                return spec
    return None


def _add_step(spec: ModuleSpec) -> None:
    """Let the loader tell when it has executed a module that somebody waits for.

    A loader may serve many modules (those of one zip file do): it gets the step once and for good.
    """
    loader = spec.loader
    execute = getattr(loader, "exec_module", None)
    if execute is None or isinstance(loader, type) or hasattr(execute, "heliograph"):
        return  # a class is the loader of all built-in or frozen modules: left alone

    def exec_module(module: ModuleType) -> None:
        execute(module)
        name = module.__name__
        if name in _waiting or name in _brought:
            _ready(name, module)

    exec_module.heliograph = True  # type: ignore[attr-defined] # a mark on our own function
    # of an instance, not of the class
    loader.exec_module = exec_module  # type: ignore[method-assign,union-attr]


def _ready(name: str, module: ModuleType) -> None:
    for then in _waiting.pop(name, ()):
        with guard(f"preparing {name}"):
            then(module)
    if name in _brought:
        settings = _brought.pop(name)
        with guard(f"preparing {name}"):
            _switch_on(module, settings)
    if not _waiting and not _brought and _Finder in sys.meta_path:
        sys.meta_path.remove(_Finder)


def _switch_on(module: ModuleType, settings: Config) -> None:
    if module.__name__ != "urllib.request":
        part("brought").switch_on(module, settings)
    elif "urllib" not in taken and not settings.leaves_alone("urllib"):
        _putting_off("urllib")(module)


taken: set[str] = set()
"""The names of the instrumentors that the function or another layer brings."""


def forget() -> None:
    """Take all hooks back; what was already done to modules stays."""
    _waiting.clear()
    _brought.clear()
    taken.clear()
    if _Finder in sys.meta_path:
        sys.meta_path.remove(_Finder)
