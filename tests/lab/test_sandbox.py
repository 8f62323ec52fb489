"""What a function finds around it: variables, layers, paths, the exec wrapper."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from heliograph.errors import ConfigurationError
from heliograph.lab.function import Function
from heliograph.lab.invocation import Invocation


def test_environment_is_lambdas_own(start, monkeypatch):
    """The function sees Lambda's variables and what was passed, nothing of the caller's."""
    monkeypatch.setenv("CALLERS_OWN", "1")
    function = start(
        "import os, sys\ndef handler(event, context): return [dict(os.environ), os.getcwd()]",
        env={"TABLE": "orders", "AWS_REGION": "eu-west-1"},
    )

    variables, cwd = function.invoke(Invocation(trace_header=None)).json()

    variables.pop("LC_CTYPE", None)  # Python's own doing in a C locale
    variables.pop("LD_LIBRARY_PATH", None)
    version = variables["AWS_EXECUTION_ENV"].removeprefix("AWS_Lambda_python")
    assert cwd == variables["LAMBDA_TASK_ROOT"]
    assert version.startswith("3.")
    assert Path(variables["LAMBDA_RUNTIME_DIR"], "awslambdaric").is_dir()
    assert (variables["TABLE"], variables["AWS_REGION"]) == ("orders", "eu-west-1")
    assert sorted(variables) == [
        "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_XRAY_CONTEXT_MISSING",
        "AWS_XRAY_DAEMON_ADDRESS", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "LANG", "PATH",
        "TABLE", "TZ", "_AWS_XRAY_DAEMON_ADDRESS", "_AWS_XRAY_DAEMON_PORT", "_HANDLER",
        "_LAB_TMP",  # what stands for `/tmp`
    ]  # fmt: skip


def layer(root: Path, name: str, wrapper: str = "") -> Path:
    """Make a layer with a module `shared` that says its layer's name, and maybe a wrapper."""
    tree = root / name
    (tree / "python").mkdir(parents=True)
    (tree / "python" / "shared.py").write_text(f"NAME = {name!r}")
    (tree / "python" / f"{name}.py").write_text("")
    if wrapper:
        (tree / "heliograph").write_text(f'#!/bin/sh\n{wrapper}\nexec "$@"\n')
        (tree / "heliograph").chmod(0o755)
    return tree


PATHS = """
import os, shared, sys
def handler(event, context):
    return [shared.NAME, sys.path[:6], os.environ.get("WRAPPED"), os.environ.get("_LAB_LAYERS")]
"""


def test_layers_are_on_the_path_as_in_lambda(start, one_runtime, tmp_path):
    """Task root, layers (the last covers the first), runtime, standard library, in this order."""
    first, second = layer(tmp_path, "first"), layer(tmp_path, "second")
    function = start(PATHS, layers=[first, second])

    name, path, wrapped, private = function.invoke(Invocation()).json()

    site = next(place for place in path if place.startswith(f"{second}/python/lib/python3."))
    assert site.endswith("/site-packages")
    version = site.split("/")[-2]
    assert path[:5] == [
        str(tmp_path / "task"),
        f"{second}/python/lib/{version}/site-packages",
        f"{first}/python/lib/{version}/site-packages",
        f"{second}/python",
        f"{first}/python",
    ]
    assert path[5] == str((Path(__file__).parents[2] / one_runtime["runtime_dir"]).resolve())
    assert (name, wrapped, private) == ("second", None, None)


@pytest.mark.parametrize(
    ("env", "wrapped"),
    [
        pytest.param({}, "yes", id="by-itself"),
        pytest.param({"AWS_LAMBDA_EXEC_WRAPPER": "/opt/heliograph"}, "yes", id="by-name"),
        pytest.param({"AWS_LAMBDA_EXEC_WRAPPER": ""}, None, id="turned-off"),
    ],
)
def test_a_layer_may_bring_the_exec_wrapper(start, tmp_path, env, wrapped):
    """The wrapper starts the runtime, unless it is turned off."""
    function = start(PATHS, layers=[layer(tmp_path, "one", "export WRAPPED=yes")], env=env)

    assert function.invoke(Invocation()).json()[2] == wrapped


def test_pythonpath_of_the_function_works(start, tmp_path):
    """A `PYTHONPATH` among the function's variables is honoured, with a runtime tree too."""
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "found.py").write_text("")
    function = start(
        "import found\ndef handler(event, context): return found.__file__",
        env={"PYTHONPATH": str(tmp_path / "extra")},
    )

    assert function.invoke(Invocation()).json() == str(tmp_path / "extra" / "found.py")


def test_modules_of_the_lab_are_not_in_the_way(start_on_each):
    """`trace` is the standard library's, `exit` is there, and the lab never loads OpenTelemetry."""
    function = start_on_each(
        """
        import sys, trace
        def handler(event, context):
            ours = [name for name in sys.modules if name.startswith(("heliograph", "opentelem"))]
            return [hasattr(trace, "CoverageResults"), callable(exit), ours]
        """
    )

    assert function.invoke(Invocation()).json() == [True, True, []]


def test_a_wrapper_that_cannot_run_is_named(tmp_path, task):
    """What cannot be started is told by its path, and nothing is left behind."""
    tree = layer(tmp_path, "one", "true")
    (tree / "heliograph").write_text("no shebang")
    function = Function(task(""), layers=[tree])

    with pytest.raises(ConfigurationError, match=r"/one/heliograph' does not start: "), function:
        pass


def test_lab_does_not_import_opentelemetry():
    """The lab stands beside the product: none of it loads OpenTelemetry or the heavy floors."""
    code = (
        "import sys, heliograph.lab.cli\n"
        "print([n for n in sys.modules if n.startswith(('opentelemetry', 'awslambdaric', 'boto'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ)
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
