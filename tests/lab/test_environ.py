"""What is given to the lab is checked, and the message names it and what would be right."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from heliograph.errors import ConfigurationError
from heliograph.lab.environ import find_interpreter, find_layers, find_wrapper

if TYPE_CHECKING:
    from pathlib import Path


def test_finds_the_present_python():
    """The present Python runs its own runtime client."""
    found = find_interpreter(sys.executable, None)

    assert found.version == "{}.{}".format(*sys.version_info)
    assert found.own_packages
    assert found.arguments == [sys.executable, found.arguments[-1]]
    assert found.arguments[-1].endswith("/lab/bootstrap.py")


@pytest.mark.parametrize(
    ("python", "message"),
    [
        pytest.param("no-such-python", "python 'no-such-python' was not found", id="missing"),
        pytest.param("/bin/false", "'/bin/false' does not run: exit status 1", id="no-python"),
    ],
)
def test_names_a_python_that_is_none(python, message):
    """A Python that is not there or does not run is named."""
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        find_interpreter(python, None)


def test_names_a_runtime_without_the_client(tmp_path):
    """An empty runtime directory is named, with the command that fills it."""
    message = f"runtime '{tmp_path}' has no awslambdaric for Python 3"
    with pytest.raises(ConfigurationError, match=re.escape(message)) as caught:
        find_interpreter(sys.executable, str(tmp_path))
    assert str(caught.value).endswith(f"--target {tmp_path} awslambdaric boto3")


def tree(root: Path, name: str, *files: str, mode: int = 0o755) -> str:
    """Make a layer with files of that mode."""
    for file in files:
        path = root / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        path.chmod(mode)
    return str(root / name)


def test_the_last_layer_covers_the_others(tmp_path):
    """Layers come back the last first; each may be a wrapper, modules, or both."""
    one = tree(tmp_path, "one", "python/a.py")
    two = tree(tmp_path, "two", "heliograph")

    layers = find_layers([one, two])

    assert list(map(str, layers)) == [two, one]
    assert find_wrapper(None, layers) == f"{two}/heliograph"
    assert find_wrapper("", layers) is None
    assert find_wrapper("/opt/heliograph", layers) == f"{two}/heliograph"
    assert find_wrapper("/bin/true", layers) == "/bin/true"
    assert find_wrapper(None, find_layers([one])) is None


@pytest.mark.parametrize(
    ("files", "mode", "message"),
    [
        pytest.param([], 0, "is no directory", id="missing"),
        pytest.param(["lib/x"], 0o644, "holds neither python/ nor heliograph; ", id="other"),
        pytest.param(["heliograph"], 0o644, "is not executable; run: chmod +x ", id="mode"),
    ],
)
def test_names_a_layer_that_is_none(tmp_path, files, mode, message):
    """What Lambda would silently not use is told."""
    layer = tree(tmp_path, "one", *files, mode=mode)

    with pytest.raises(ConfigurationError, match=re.escape(layer)) as caught:
        find_layers([layer])
    assert message in str(caught.value)


def test_names_a_wrapper_that_is_not_there():
    """A wrapper by name has to exist."""
    with pytest.raises(ConfigurationError, match="AWS_LAMBDA_EXEC_WRAPPER '/opt/x' is no exec"):
        find_wrapper("/opt/x", [])
