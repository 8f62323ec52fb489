"""What stands in the layer under a public name is whole, and served as pip's package is (4a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layer import build, pack
from scripts.places import packages
from tests.layer.trying import places_of, told

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.pythons import Python

NAMES = """
import importlib, json, sys
found = {}
for name in sys.argv[1].split():
    try:
        module = importlib.import_module(name)
    except Exception as error:
        found[name] = f"{type(error).__name__}: {error}"
        continue
    assert module.__spec__.name == module.__name__ == name and module.__doc__ is not Ellipsis
    found[name] = sorted(n for n in vars(module) if not n.startswith("__") and n != "annotations")
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of the layer as their wheels have them."""
    folder = tmp_path_factory.mktemp("wheels") / "sources"
    build.gather(folder)
    return folder


def test_every_module_is_as_pips(tree: Path, python: Python, sources: Path) -> None:
    """Whatever an instrumentor of another layer imports is there, with all that it has."""
    modules = [pack.module_name(path)[0] for path in pack.whole(sources)]
    names = " ".join(name for name in modules if "__main__" not in name)
    assert len(modules) > 300
    ours = told(python, NAMES, places_of(tree, python), names)
    theirs = told(python, NAMES, [sources], names)
    assert ours.keys() == theirs.keys()
    differing = {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]}
    assert differing == {}


LOADER = """
import importlib, importlib.util, inspect, json, sys, traceback
import opentelemetry.sdk.trace.export as packed
spec = importlib.util.find_spec("opentelemetry.sdk.trace.id_generator")
try:
    packed.BatchSpanProcessor(None, max_queue_size=-1)
except ValueError as error:
    shown = traceback.format_exception(error)
try:
    source = inspect.getsource(packed.BatchSpanProcessor)
except OSError as error:
    source = str(error)
try:
    import opentelemetry.sdk.trace.no_such_module
except ModuleNotFoundError as error:
    absent = str(error)
again = importlib.reload(packed) is packed
print(json.dumps([
    packed.__file__, packed.__path__, spec.origin, shown[-2].split(", in")[0], source, absent, again
]))
"""


def test_modules_look_as_loaded_from_files(tree: Path, python: Python) -> None:
    """`__file__`, `find_spec`, tracebacks, errors and `reload` are as those of other bytecode."""
    site = packages(tree, python.version)
    file, path, origin, line, source, absent, again = told(python, LOADER, places_of(tree, python))
    folder = f"{site}/opentelemetry/sdk/trace"
    assert (file, path) == (f"{folder}/export/__init__.pyc", [f"{folder}/export"])
    assert origin == f"{folder}/id_generator.pyc"
    assert f"/opt/python/lib/python{python.version}/site-packages/opentelemetry/sdk/" in line
    assert source in ("could not get source code", "source code not available")
    assert absent == "No module named 'opentelemetry.sdk.trace.no_such_module'"
    assert again is True


OWN = """
import json, sys
import opentelemetry.semconv.trace as own, opentelemetry.trace.span
import opentelemetry.instrumentation.theirs as beside
served = [name for name, module in sys.modules.items()
          if type(getattr(module, "__loader__", None)).__name__ == "Packed"]
print(json.dumps([own.OWN, beside.OWN, [name for name in served if "semconv" in name]]))
"""


def test_packages_of_the_functions_own(tree: Path, tmp_path: Path, python: Python) -> None:
    """A package of the function's own is served by its files alone; the namespace is shared."""
    for name, text in (
        ("semconv/__init__.py", "OWN = 1"),
        ("semconv/trace.py", "OWN = 2"),
        ("instrumentation/theirs.py", "OWN = 3"),
    ):
        path = tmp_path / "opentelemetry" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert told(python, OWN, [tmp_path, *places_of(tree, python)]) == [2, 3, []]


PROBING = """
try:
    from opentelemetry import trace
    api = True
except ImportError:
    api = False
try:
    from opentelemetry.sdk.metrics import MeterProvider
    sdk = True
except ImportError as error:
    sdk = str(error)
def use():
    from opentelemetry.sdk.trace import TracerProvider
    return TracerProvider.__name__
"""
ASK = """
import json, sys
import probing
before = [name for name in sys.modules if name.startswith("opentelemetry.sdk.")]
print(json.dumps([probing.api, probing.sdk, before, probing.use()]))
"""
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1\nRequires-Dist: opentelemetry-api\n"


@pytest.mark.parametrize("layout", ["module", "package"])
@pytest.mark.parametrize(
    ("name", "required", "found"),
    [
        ("probing", "", False),
        ("probing", "Requires-Dist: opentelemetry-sdk ; extra == 'otel'\n", False),
        ("other-name", "Requires-Dist: opentelemetry-sdk>=1; extra=='otel'\n", False),
        ("probing", "Requires-Dist: opentelemetry-sdk (>=1.2)\n", True),
        ("probing", "Requires-Dist: opentelemetry-exporter-otlp\n", True),
        ("other-name", "Requires-Dist: opentelemetry_sdk\n", True),
        ("", "", True),
    ],
)
def test_a_library_that_only_asks_for_the_sdk(
    tree: Path,
    tmp_path: Path,
    python: Python,
    layout: str,
    name: str,
    required: str,
    *,
    found: bool,
) -> None:
    """One that does not require the SDK finds none; one that does, and the function's code, do.

    It finds the API, and the SDK once it is about to use it.
    """
    file = tmp_path / ("probing.py" if layout == "module" else "probing/__init__.py")
    file.parent.mkdir(exist_ok=True)
    file.write_text(PROBING)
    if name:
        info = tmp_path / f"{name.replace('-', '_')}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(METADATA.format(name=name) + required)
        (info / "RECORD").write_text(f"{file.relative_to(tmp_path)},,\n")
    api, sdk, before, used = told(python, ASK, [tmp_path, *places_of(tree, python)])
    assert (api, used) == (True, "TracerProvider")
    if found:
        assert sdk is True
    else:
        assert sdk == "No module named 'opentelemetry.sdk.metrics'"
        assert before == []
