"""The sandbox of a function: its Python, its layers, and the environment that Lambda gives it."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WRAPPER = "heliograph"
"""File in a layer that `AWS_LAMBDA_EXEC_WRAPPER` names: /opt/heliograph in Lambda."""

BOOTSTRAP = str(Path(__file__).resolve().with_name("bootstrap.py"))

_PROBE = """
import importlib.util, os, sys
sys.path[:0] = sys.argv[1:]
found = [name for name in ("awslambdaric", "runtime_client") if importlib.util.find_spec(name)]
place = importlib.util.find_spec("awslambdaric")
root = os.path.dirname(place.submodule_search_locations[0]) if place else ""
print("%d.%d" % sys.version_info[:2], root, *found, sep="|")
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python and the runtime client that it will run."""

    executable: str
    version: str
    """Such as `3.13`."""
    runtime_dir: str
    """Where awslambdaric lies: stands for /var/runtime."""
    own_packages: bool
    """Whether the runtime client is one of the Python's own packages."""

    @property
    def arguments(self) -> list[str]:
        """Return the command line that starts the runtime client."""
        hidden = [] if self.own_packages else ["-S", "-s"]
        return [self.executable, *hidden, BOOTSTRAP]


@functools.lru_cache
def find_interpreter(python: str, runtime_dir: str | None) -> Interpreter:
    """Look at a Python and check that it can run the runtime client.

    Args:
        python: Path or name of the executable.
        runtime_dir: Directory with awslambdaric and boto3 for this Python; `None` takes the
            Python's own packages.

    Raises:
        ConfigurationError: No such Python, or no runtime client for it.
    """
    executable = shutil.which(python)
    if executable is None:
        raise ConfigurationError(
            f"python {python!r} was not found; give the path of a Python executable"
        )
    # not resolved: a virtual environment is found by the path of its link
    executable = os.path.abspath(executable)
    hidden = ["-S", "-s"] if runtime_dir else []
    places = [str(Path(runtime_dir).resolve())] if runtime_dir else []
    version, root, *found = _probe([executable, *hidden, "-c", _PROBE, *places])
    if len(found) < 2:
        if runtime_dir is None:
            raise ConfigurationError(
                f"python {python!r} has no awslambdaric; install it with: "
                f"{python} -m pip install 'heliograph[lab]'"
            )
        raise ConfigurationError(
            f"runtime {runtime_dir!r} has no awslambdaric for Python {version}; fill it with: "
            f"{python} -m pip install --target {runtime_dir} awslambdaric boto3"
        )
    return Interpreter(executable, version, root, own_packages=not runtime_dir)


def _probe(command: Sequence[str]) -> list[str]:
    try:
        done = subprocess.run(
            command, env=_libraries(), cwd="/", capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise ConfigurationError(f"python {command[0]!r} does not run: {error}") from error
    if done.returncode:
        tail = done.stderr.strip().rpartition("\n")[2] or f"exit status {done.returncode}"
        raise ConfigurationError(f"python {command[0]!r} does not run: {tail}")
    return done.stdout.strip().split("|")


def _libraries() -> dict[str, str]:
    """Return what a Python built with shared libraries needs to start; Lambda sets it too."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}


def find_layers(layers: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """Check the trees that stand for /opt, the last first, since in Lambda it covers the others.

    Raises:
        ConfigurationError: A path is no directory or holds nothing that Lambda would look at.
    """
    found = []
    for layer in layers:
        path = Path(layer).resolve()
        wrapper = path / WRAPPER
        if not path.is_dir():
            raise ConfigurationError(f"layer {str(layer)!r} is no directory")
        if not (path / "python").is_dir() and not wrapper.is_file():
            raise ConfigurationError(
                f"layer {str(layer)!r} holds neither python/ nor {WRAPPER}; "
                "a layer is the tree that goes under /opt, such as build/layer"
            )
        if wrapper.is_file() and not os.access(wrapper, os.X_OK):
            raise ConfigurationError(f"{str(wrapper)!r} is not executable; run: chmod +x {wrapper}")
        found.append(path)
    return found[::-1]


def find_wrapper(named: str | None, layers: Sequence[Path]) -> str | None:
    """Return the exec wrapper: the one that is named, else a layer's own, else `None`.

    Args:
        named: What `AWS_LAMBDA_EXEC_WRAPPER` says; a path under /opt is looked up in the layers,
            the empty string means none.
        layers: As `find_layers` returns them.

    Raises:
        ConfigurationError: The wrapper that is named is not there.
    """
    if named == "":
        return None
    if named is None:
        return next((str(path / WRAPPER) for path in layers if (path / WRAPPER).is_file()), None)
    inside = named.removeprefix("/opt/")
    places = [layer / inside for layer in layers] if inside != named else []
    for path in [*places, Path(named)]:
        if os.access(path, os.X_OK):
            return str(path)
    raise ConfigurationError(f"AWS_LAMBDA_EXEC_WRAPPER {named!r} is no executable file")


@dataclass(frozen=True)
class Sandbox:
    """What Lambda's environment says about a function."""

    interpreter: Interpreter
    task_root: Path
    handler: str
    api: str
    daemon: str
    layers: Sequence[Path] = ()
    memory: int = 512
    concurrency: int = 0
    tmp: str = "/tmp"
    """What stands for /tmp where Heliograph writes: functions share this machine's."""

    def variables(self, extra: Mapping[str, str]) -> dict[str, str]:
        """Return the whole environment; nothing of the caller's own but what is passed."""
        folder = os.path.dirname(self.interpreter.executable)
        host, _, port = self.daemon.rpartition(":")
        variables = {
            "_HANDLER": self.handler,
            "LAMBDA_TASK_ROOT": str(self.task_root),
            "LAMBDA_RUNTIME_DIR": self.interpreter.runtime_dir,
            "AWS_LAMBDA_RUNTIME_API": self.api,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{self.interpreter.version}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_FUNCTION_NAME": "lab",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/lab",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]" + "0" * 32,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "lab",
            "AWS_SECRET_ACCESS_KEY": "lab",
            "AWS_SESSION_TOKEN": "lab",
            "AWS_XRAY_DAEMON_ADDRESS": self.daemon,
            "_AWS_XRAY_DAEMON_ADDRESS": host,
            "_AWS_XRAY_DAEMON_PORT": port,
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "_LAB_TMP": self.tmp,
            "PATH": f"{folder}:/usr/local/bin:/usr/bin:/bin:/opt/bin",
            **_libraries(),
        }
        if self.layers:
            variables["_LAB_LAYERS"] = ":".join(map(str, self.layers))
        if self.concurrency:
            variables |= {
                "AWS_LAMBDA_INITIALIZATION_TYPE": "lambda-managed-instances",
                "AWS_LAMBDA_MAX_CONCURRENCY": str(self.concurrency),
                "AWS_LAMBDA_LOG_FORMAT": "JSON",
            }
        return variables | dict(extra)
