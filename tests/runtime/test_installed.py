"""An installed instrumentor is switched on when its library is imported, without code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INSTRUMENTOR = """
from opentelemetry import trace
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor

class ShopInstrumentor(BaseInstrumentor):
    def instrumentation_dependencies(self):
        return ("shoplib {wanted}",)
    def _instrument(self, **kwargs):
        import shoplib
        tracer = trace.get_tracer(__name__, "1", kwargs.get("tracer_provider"))
        self.order = order = shoplib.order
        def traced(number):
            with tracer.start_as_current_span(kwargs.get("called", "order")):
                return order(number)
        shoplib.order = traced
    def _uninstrument(self, **kwargs):
        import shoplib
        shoplib.order = self.order
"""
HANDLER = """
import sys
{top}
def handler(event, context):
    {inside}
    import shoplib
    answer = shoplib.order(7)
    return [answer, [name for name in sys.modules if name.startswith("opentelemetry.sdk")]]
"""
IMPORTS = {
    "at the top": ("import shoplib", ""),
    "in the function": ("", "import shoplib"),
    "in a thread": (
        "import threading, importlib; load = importlib.import_module",
        "t = threading.Thread(target=load, args=['shoplib']); t.start(); t.join()",
    ),
    "before OpenTelemetry": ("import shoplib, opentelemetry.trace", ""),
}


@pytest.fixture
def packages(tmp_path: Path) -> Callable[..., Path]:
    """A folder with a library and its instrumentor, as pip installs them."""

    def install(
        *, wanted: str = ">= 1", version: str | None = "1.0", name: str = "shoplib"
    ) -> Path:
        folder = tmp_path / "packages"
        place = folder / "opentelemetry" / "instrumentation" / "shoplib"
        place.mkdir(parents=True)
        (place / "__init__.py").write_text(INSTRUMENTOR.format(wanted=wanted))
        (folder / "shoplib.py").write_text("def order(number):\n    return number\n")
        if version is not None:
            about = folder / f"shoplib-{version}.dist-info"
            about.mkdir()
            (about / "METADATA").write_text(f"Name: shoplib\nVersion: {version}\n")
        about = folder / "opentelemetry_instrumentation_shoplib-1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Name: opentelemetry-instrumentation-shoplib\nVersion: 1\n")
        (about / "entry_points.txt").write_text(
            "[console_scripts]\nshop = shoplib:order\n\n[opentelemetry_instrumentor]\n"
            f"{name} = opentelemetry.instrumentation.shoplib:ShopInstrumentor\n"
        )
        return folder

    return install


@pytest.fixture
def ran(run: Any, one_runtime: dict[str, str]) -> Callable[..., Any]:
    """Run a handler with that folder on its path."""

    def start(folder: Path, top: str = "import shoplib", inside: str = "", **env: str) -> Any:
        source = HANDLER.format(top=top, inside=inside or "pass")
        return run(one_runtime, source, [{}], env={"PYTHONPATH": str(folder), **env})

    return start


def answer(ran: Any) -> Any:
    """What the handler returned."""
    [told] = ran.seen.answers
    return told[2]


def names(ran: Any) -> list[str]:
    """The spans below the handler's."""
    return [one["name"] for one in ran.documents if one["name"] in ("order", "mine")]


def told(ran: Any) -> list[str]:
    """The lines of ours but the one at start."""
    return [line for line in ran.ours if "traces to" not in line]


@pytest.mark.parametrize("where", IMPORTS)
def test_wherever_it_is_imported(ran: Any, packages: Any, where: str) -> None:
    """Its calls are spans below the handler's, and no SDK is loaded before the response."""
    done = ran(packages(), *IMPORTS[where])
    assert answer(done) == [7, []]
    assert names(done) == ["order"]
    assert told(done) == []


def test_disabled(ran: Any, packages: Any) -> None:
    """`OTEL_PYTHON_DISABLED_INSTRUMENTATIONS` names it by its entry point."""
    done = ran(packages(), OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="requests,shoplib")
    assert (answer(done), names(done)) == ([7, []], [])


def test_one_that_does_not_fit(ran: Any, packages: Any) -> None:
    """One line has both versions, and the library is left alone."""
    done = ran(packages(wanted=">= 2"))
    assert (answer(done), names(done)) == ([7, []], [])
    [line] = told(done)
    assert "shoplib is not instrumented" in line
    assert "shoplib >= 2" in line
    assert "shoplib 1.0" in line


def test_a_module_of_the_functions_own(ran: Any, packages: Any) -> None:
    """A module by the name of a library that is not installed is none."""
    done = ran(packages(version=None))
    assert (answer(done), names(done), told(done)) == ([7, []], [], [])


OWN = """import shoplib
from opentelemetry.instrumentation.shoplib import ShopInstrumentor
ShopInstrumentor().instrument({given})
"""
BEFORE = """from opentelemetry.instrumentation.shoplib import ShopInstrumentor
ShopInstrumentor().instrument({given})
"""


@pytest.mark.parametrize("code", [OWN, BEFORE], ids=["after the import", "before it"])
@pytest.mark.parametrize(("given", "name"), [("", "order"), ("called='mine'", "mine")])
def test_switched_on_by_the_function_too(
    ran: Any, packages: Any, code: str, given: str, name: str
) -> None:
    """It is on once, as the function's own code asks for."""
    done = ran(packages(), code.format(given=given))
    assert answer(done) == [7, []]
    assert names(done) == [name]
    assert "already instrumented" not in "".join(done.seen.stdout)


def test_one_that_cannot_be_loaded(ran: Any, packages: Any) -> None:
    """The function goes on, and a line says what failed."""
    folder = packages()
    place = folder / "opentelemetry" / "instrumentation" / "shoplib" / "__init__.py"
    place.write_text("raise RuntimeError('broken')\n")
    done = ran(folder)
    assert (answer(done), names(done)) == ([7, []], [])
    [line] = told(done)
    assert "failed while switching the installed instrumentor of shoplib on" in line
    assert "RuntimeError: broken" in line
