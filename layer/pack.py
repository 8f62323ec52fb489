"""Pack OpenTelemetry's modules: one file for each Python in place of three hundred.

Packages under the namespace `opentelemetry` are packed whole. What the layer comes to import is
bytecode for each Python; the rest, which instrumentors of the function or of other layers may
import, is text for all of them. A package keeps its folder with an `__init__`, which hands itself
to `packed.py`.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAMESPACE = "opentelemetry"
"""The packages below it, which has no `__init__`, are packed."""

FINDER = "_heliograph_packed"
"""The module that serves what is packed: `packed.py`, under this name in the layer."""
PROBE = "_heliograph_probe"
"""The module that knows a library which only asks whether there is an SDK: `probe.py`."""

TEXT = (
    "heliograph.blackbox.crashes",
    "heliograph.blackbox.death",
    "heliograph.blackbox.reader",
    "heliograph.develop.apart",
    "heliograph.develop.background",
    "heliograph.develop.baggage",
    "heliograph.develop.fallback",
    "heliograph.develop.packages",
    "heliograph.develop.pipeline",
    "heliograph.develop.process",
    "heliograph.distro",
    "heliograph.encode.otlp",
    "heliograph.encode.protobuf",
    "heliograph.encode.xray.shrink",
    "heliograph.exporters.aws_calls",
    "heliograph.exporters.bridge",
    "heliograph.exporters.chosen_preset",
    "heliograph.exporters.console",
    "heliograph.exporters.credentials",
    "heliograph.exporters.otlp_grpc",
    "heliograph.exporters.partial",
    "heliograph.exporters.presets",
    "heliograph.exporters.secret",
    "heliograph.exporters.secret_headers",
    "heliograph.exporters.secret_store",
    "heliograph.exporters.signing",
    "heliograph.exporters.xray_otlp",
    "heliograph.journal.full",
    "heliograph.libraries.botocore.bedrock.describe",
    "heliograph.libraries.botocore.fallback",
    "heliograph.libraries.requests.fallback",
    "heliograph.libraries.urllib3.describe",
    "heliograph.libraries.urllib3.fallback",
    "heliograph.otel_api.added",
    "heliograph.otel_api.given",
    "heliograph.otel_api.handlers",
    "heliograph.otel_api.readable",
    "heliograph.otel_api.sampler",
    "heliograph.runtime.forks",
    "heliograph.runtime.process",
    "heliograph.runtime.refusal",
    "heliograph.runtime.unfinished",
    "heliograph.runtime.recovered",
    "heliograph.runtime.recovery",
    "heliograph.settings.fields",
    "heliograph.settings.in_code",
    "heliograph.testing",
    "heliograph.triggers.activemq",
    "heliograph.triggers.captured",
    "heliograph.triggers.destination",
    "heliograph.triggers.documentdb",
    "heliograph.triggers.rabbitmq",
    "heliograph.triggers.s3_batch",
    "heliograph.triggers.ses",
    "heliograph.types",
)
"""Modules of ours that are compressed text in the layer: what is for processes that are no
functions, for tests and type checkers, what the first fork and `configure` load, what is loaded
with gRPC, if that is there; what names a backend's address, fetches a secret or signs, beside a
request; what writes OTLP for the daemon, where that is asked for; documents that are too large,
the describers of urllib3 and of Bedrock, baggage as attributes, spans without an instrumentor; what
stands in where something of the function's or of another layer's is there that few have; what code
that expects the SDK's provider asks for; readers of events that nobody waits for and few functions
have; what is done when the journal is full, a response was refused or a span was left open. Each
takes 0.5 to 3 ms to compile, nearly all after the response."""

BYTECODE, OURS, REST = "packed.bin", "heliograph.bin", "opentelemetry.bin"
"""Beside the finder, both; and in the folder for all Pythons."""

STUB = f"__import__({FINDER!r}).run(__name__)\n"
"""The text of a module that is packed, and found by its file."""


def module_name(relative: Path) -> tuple[str, bool]:
    """Return a module's name, and whether it is a package."""
    parts = list(relative.with_suffix("").parts)
    is_package = parts[-1] == "__init__"
    return ".".join(parts[:-1] if is_package else parts), is_package


def below(name: str) -> str:
    """Return a module's name without that of the namespace, as the packed files have it."""
    return name[len(NAMESPACE) + 1 :]


def outermost(sources: Path, relative: Path) -> Path | None:
    """Return the `__init__` of the outermost package that a module is in, which is packed with all.

    None for a module of another namespace, or in none of its packages.
    """
    if relative.parts[0] != NAMESPACE:
        return None
    inits = (folder / "__init__.py" for folder in reversed(relative.parents))
    return next((init for init in inits if (sources / init).is_file()), None)


def whole(sources: Path) -> list[Path]:
    """Return the modules of all packages that are packed, from the sources' folder on, sorted."""
    return sorted(path.relative_to(sources) for path in (sources / NAMESPACE).rglob("*.py"))


def folders(known: Mapping[str, object]) -> list[str]:
    """Return the folders inside packages that have no `__init__` of their own, by name."""
    found = set()
    for name in known:
        above = name.rpartition(".")[0]
        while above.count(".") > 1 and above not in known:
            found.add(above)
            above = above.rpartition(".")[0]
    return sorted(found)


def joined(codes: Mapping[str, tuple[bool, bytes]], rest: Mapping[str, bool]) -> bytes:
    """Return the file of one Python: the length of an index, the index, the modules' bytecode.

    The index has, for each name below the namespace, how long its bytecode is, 0 for a module that
    is text; doubled, and 1 more for a package.

    Args:
        codes: By name: whether it is a package, and its bytecode.
        rest: The names of those that are text, and whether they are packages.
    """
    packed = dict(sorted(codes.items()))
    index = {name: 2 * len(code) + is_package for name, (is_package, code) in packed.items()}
    index |= {name: int(is_package) for name, is_package in rest.items()}
    written = marshal.dumps({below(name): about for name, about in index.items()}, 2)
    parts = [code for _, code in packed.values()]
    return b"".join([len(written).to_bytes(8, "little"), written, *parts])


def write_rest(sources: Path, reached: set[Path], target: Path) -> None:
    """Write the modules that nothing in the layer imports, as text without what nobody reads.

    Args:
        sources: The folder of all packages.
        reached: Those that have bytecode.
        target: The folder that serves every Python.
    """
    import deflate  # not where a Python that only compiles runs this

    from layer import stripped

    packed: dict[str, str] = {}
    for relative in whole(sources):
        if sources / relative in reached:
            continue
        name, _ = module_name(relative)
        packed[below(name)] = stripped.short_text(sources / relative)
    target.mkdir(parents=True, exist_ok=True)
    # as `archive.py` does it: a twenty-fifth less than what zlib makes of it, and read by zlib
    (target / REST).write_bytes(deflate.zlib_compress(marshal.dumps(packed, 2), 12))
