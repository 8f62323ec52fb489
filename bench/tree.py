"""What a variant runs on, laid out as in Lambda: a Python, the runtime, a layer, a function."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench import locks
from bench.peers import SINCE, Peer
from scripts import runtimes, uv
from scripts.locks import read
from scripts.places import BUILD, ROOT, kept, named

if TYPE_CHECKING:
    from scripts.pythons import Python

HERE = Path(__file__).parent
OUR_LAYER = BUILD / "layer"


@dataclass(frozen=True)
class Variant:
    """A peer with a workload: the four trees that Lambda shows to the function.

    Attributes:
        peer: How it is instrumented.
        workload: What it does.
        env: Variables that its user sets.
        lang, runtime, opt, task: What is mounted at /var/lang, /var/runtime, /opt and /var/task.
        hidden: Folders under /var/lang that hold the building machine's own packages.
    """

    peer: Peer
    workload: str
    env: dict[str, str]
    lang: Path
    runtime: Path
    opt: Path
    task: Path
    hidden: tuple[str, ...]


def serves(peer: Peer, python: Python) -> bool:
    """Tell whether a peer runs on this Python at all."""
    since = SINCE.get(peer.layer, python.version)
    return tuple(map(int, since.split("."))) <= tuple(map(int, python.version.split(".")))


def variant(peer: Peer, workload: str, python: Python) -> Variant:
    """Return the trees of a variant, made where they are not there yet."""
    lang = Path(python.path).parents[1]
    return Variant(
        peer=peer,
        workload=workload,
        env={**peer.env, **(peer.otel_env if workload == "otel_api" else {})},
        lang=lang,
        runtime=runtime(python),
        opt=opt(peer.layer, python, attached=peer.attached),
        task=task(peer, workload, python),
        hidden=tuple(
            path.relative_to(lang).as_posix()
            for path in lang.glob("lib/python3*/*-packages")
            if path.is_dir()
        ),
    )


def runtime(python: Python) -> Path:
    """Return what stands for /var/runtime: the runtime client, boto3, and a bootstrap."""
    source = runtimes.tree(python)
    start = (HERE / "bootstrap.py").read_text()

    def make(target: Path) -> None:
        shutil.copytree(source, target, copy_function=os.link, dirs_exist_ok=True)
        (target / "bootstrap.py").write_text(start)

    return kept(named(f"bench-{source.name}", start.encode()), make)


def opt(layer: str, python: Python, *, attached: bool = False) -> Path:
    """Return what stands for /opt: an installed layer, ours as it is built, or nothing."""
    if layer == "ours":
        return OUR_LAYER
    if not layer:
        return kept(named("bench-nothing"), lambda _: None)
    lock = locks.path(layer)
    attach, wrapper = (HERE / "attach.py").read_text(), (HERE / "exec.sh").read_text()

    def make(target: Path) -> None:
        install(lock, python, target / "python")
        if attached:
            (target / "python" / "peer_attach.py").write_text(attach)
            (target / "exec").write_text(wrapper)
            (target / "exec").chmod(0o755)
            compile_all(python, target / "python" / "peer_attach.py")

    inputs = lock.read_text() + (attach + wrapper if attached else "")
    return kept(named(f"bench-{layer}-{python.full}", inputs.encode()), make)


def task(peer: Peer, workload: str, python: Python) -> Path:
    """Return what stands for /var/task: the function, and the packages that it brings itself."""
    code = source(peer, workload)
    brought = [locks.path(name) for name in packages(peer, workload)]

    def install_all(target: Path) -> None:
        for lock in brought:
            install(lock, python, target)

    inputs = b"".join(lock.read_bytes() for lock in brought)
    needed = kept(named(f"bench-task-{python.full}", inputs), install_all)

    def make(target: Path) -> None:
        shutil.copytree(needed, target, copy_function=os.link, dirs_exist_ok=True)
        (target / "app.py").write_text(code)
        compile_all(python, target / "app.py")

    return kept(named(f"bench-{peer.name}-{workload}-{needed.name}", code.encode()), make)


def source(peer: Peer, workload: str) -> str:
    """Return the function's code: the workload between the lines of the peer's users."""
    metric = peer.metric if workload == "busy" else ""
    own = (HERE / "workloads" / f"{workload}.py").read_text()
    return f"{peer.before}{metric}{own}{peer.after}"


def packages(peer: Peer, workload: str) -> tuple[str, ...]:
    """Return the locks of the function's own packages: OpenTelemetry's API if no layer has it."""
    if workload == "clients":
        return ("task", "clients")
    if workload != "otel_api" or has_api(peer):
        return ("task",)
    return ("task", "otelapi")


def has_api(peer: Peer) -> bool:
    """Tell whether the layer of a peer has OpenTelemetry's API."""
    if peer.layer in ("", "ours"):
        return peer.layer == "ours"
    return any(pin.name == "opentelemetry-api" for pin in read(locks.path(peer.layer)))


def install(lock: Path, python: Python, target: Path) -> None:
    """Install what a lock pins, compiled: the peers pay for no compilation either."""
    print(f"bench: installing {lock.stem} for python {python.full}", flush=True)
    options = ["--no-deps", "--require-hashes", "--link-mode=copy", "--compile-bytecode", "--quiet"]
    options.append("--no-config")  # what we override for ourselves is nothing of theirs
    options += ["--python", python.path, "--target", str(target)]
    uv.run("pip", "install", *options, "-r", str(lock), cwd=ROOT)


def compile_all(python: Python, path: Path) -> None:
    """Compile one module for a Python."""
    subprocess.run([python.path, "-m", "compileall", "-q", str(path)], check=True)
