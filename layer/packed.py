"""Finds and loads the modules that `layer/pack.py` has packed; `_heliograph_packed` in the layer.

Bytecode is read module by module from one file. The rest of the packages, which instrumentors of
others may import, is kept once for all Pythons, as text, and compiled when it is asked for.
"""

from __future__ import annotations

import marshal
import sys
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, FrameType, ModuleType
    from typing import Any

FOLDER = __file__.rpartition("/")[0]
BYTECODE = f"{FOLDER}/packed.bin"
TEXTS = f"{FOLDER}/heliograph.bin"
REST = f"{FOLDER.split('/lib/')[0]}/opentelemetry.bin"
NAMESPACE, SDK = "opentelemetry.", "opentelemetry.sdk."
LENGTH = len(NAMESPACE)
OURS = (lambda: None).__code__.co_filename.rpartition("/")[0] + "/"
"""Where frames say that the layer's modules are, wherever they are."""
APART = "_heliograph_apart."
"""Before the names of copies (`heliograph/develop/apart.py`)."""


class Packed:
    """The finder, and the loader of what it finds.

    Attributes:
        index: By name below the namespace: whether it is a package, and the place and length of its
            bytecode; no length for one that is in the rest.
    """

    def __init__(self) -> None:
        with open(BYTECODE, "rb") as packed:
            length = int.from_bytes(packed.read(8), "little")
            written = marshal.loads(packed.read(length))
        self.index: dict[str, tuple[bool, int, int]] = {}
        at = 8 + length
        for name, about in written.items():
            self.index[name] = bool(about & 1), at, about >> 1
            at += about >> 1
        self.rest: dict[str, str] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, _: object = None
    ) -> ModuleSpec | None:
        """Return the spec of a module whose package is ours and not the function's own; or None."""
        found = self.index.get(name[LENGTH:]) if name.startswith(NAMESPACE) else None
        if found is None or path is None or not [*path, ""][0].startswith(FOLDER):
            return None
        if name.rpartition(".")[0][LENGTH:] not in self.index:
            return None  # of a namespace: it is found by its file, and comes by `run`
        is_package, _, size = found
        place = self.place(name)
        loader: Any = self
        origin = f"{place}c" if size else place
        spec = ModuleSpec(name, loader, origin=origin, is_package=is_package)
        if is_package:
            spec.submodule_search_locations = [place.rpartition("/")[0]]
        spec.has_location = True
        return spec

    def serves(self, name: str) -> bool:
        """Tell whether a module is packed here, whoever else has one of its name."""
        return name.startswith(NAMESPACE) and name[LENGTH:] in self.index

    def is_package(self, name: str) -> bool:
        """Tell whether a module is a package."""
        return self.index[name[LENGTH:]][0]

    def place(self, name: str) -> str:
        """Return the file that a module would be."""
        file = f"{FOLDER}/{name.replace('.', '/')}"
        return f"{file}/__init__.py" if self.is_package(name) else f"{file}.py"

    def get_code(self, name: str) -> CodeType:
        """Return a module's code, as `runpy` asks for it too."""
        _, at, size = self.index[name[LENGTH:]]
        if not size:
            return self.compiled(name)
        with open(BYTECODE, "rb", buffering=0) as packed:
            packed.seek(at)
            code: CodeType = marshal.loads(packed.read(size))
        return code

    def compiled(self, name: str) -> CodeType:
        """Compile a module of the rest, which is read when first asked."""
        if not self.rest:
            import zlib

            with open(REST, "rb") as packed:
                self.rest = marshal.loads(zlib.decompress(packed.read()))
        text = self.rest[name[LENGTH:]]
        code: CodeType = compile(text, self.place(name), "exec", dont_inherit=True)
        return code

    def create_module(self, spec: ModuleSpec) -> None:
        """Let Python make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code."""
        exec(self.get_code(module.__name__), module.__dict__)

    def get_source(self, name: str) -> None:
        """Return None: there is none, as beside other bytecode of the layer."""


packed = Packed()
sys.meta_path.insert(0, packed)


def run(name: str) -> None:
    """Run the code of a module that was found by its file.

    Args:
        name: Its name; the module is being imported.

    Raises:
        ModuleNotFoundError: A library asks whether there is an SDK, which would not be there
            without the layer (`layer/probe.py`).
    """
    if not name.startswith(NAMESPACE):
        exec(_text_of_ours(name.removeprefix(APART)), sys.modules[name].__dict__)
        return
    if name.startswith(SDK) and _is_probed(sys._getframe(2)):  # noqa: SLF001 - what imports
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    packed.exec_module(sys.modules[name])


def _text_of_ours(name: str) -> CodeType:
    """Compile a module of ours that few functions load."""
    import zlib

    with open(TEXTS, "rb") as texts:
        text = marshal.loads(zlib.decompress(texts.read()))[name]
    place = f"{OURS}{name.replace('.', '/')}.py"
    code: CodeType = compile(text, place, "exec", dont_inherit=True)
    return code


def _is_probed(frame: FrameType | None) -> bool:
    """Tell whether a library only asks whether there is an SDK.

    Args:
        frame: What imports, below the frames of the import itself.
    """
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    if frame is None or frame.f_code.co_filename.startswith(OURS):
        return False
    if frame.f_code.co_name != "<module>":
        return False  # it is about to use it
    from _heliograph_probe import is_probed  # type: ignore[import-not-found] # the layer's

    probed: bool = is_probed(frame)
    return probed
