"""Stands for the `__init__` of a package whose modules are in files of many: see `layer/pack.py`.

`modules.bin` beside it has bytecode of those that something here imports: one file in place of
thirty, half of their bytes. The rest of the package, which instrumentors of others may import, is
kept once for all Pythons, as text, and compiled when it is asked for.
"""

from __future__ import annotations

import marshal
import sys
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Packed:
    """Finds and loads the modules of a package in the files that they are packed in."""

    def __init__(self, package: str, folder: str, rest: str) -> None:
        self.package = package
        self.folder = folder
        self.files = [f"{folder}/modules.bin", rest]
        self.read: dict[int, dict[str, Any]] = {}

    def index(self, number: int) -> dict[str, Any]:
        """Return what a file has, by the names of the modules; it is read when first asked."""
        if number not in self.read:
            try:
                with open(self.files[number], "rb") as packed:
                    self.read[number] = marshal.load(packed)
            except FileNotFoundError:
                self.read[number] = {}
        return self.read[number]

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Return the spec of a module of the package, or None."""
        if not name.startswith(self.package):
            return None
        short = name[len(self.package) :]
        for number in (0, 1):
            found = self.index(number).get(short)
            if found is not None:
                break
        else:
            return None
        file, is_package, _ = found
        place = f"{self.folder}/{file}c" if number == 0 else f"{self.folder}/{file}"
        loader: Any = self
        spec = ModuleSpec(name, loader, origin=place, is_package=is_package)
        if is_package:
            spec.submodule_search_locations = [place.rpartition("/")[0]]
        spec.has_location = True
        spec.loader_state = number
        return spec

    def create_module(self, spec: ModuleSpec) -> None:
        """Let Python make the module."""

    def exec_module(self, module: Any) -> None:
        """Run the module's code."""
        spec = module.__spec__
        _, _, code = self.index(spec.loader_state)[spec.name[len(self.package) :]]
        if isinstance(code, str):
            code = compile(code, spec.origin, "exec", dont_inherit=True)
        else:
            code = marshal.loads(code)
        exec(code, module.__dict__)

    def get_source(self, name: str) -> None:
        """Return None: there is none, as beside other bytecode of the layer."""


FOLDER = globals()["__path__"][0]
REST = f"{FOLDER.split('/lib/')[0]}/{__name__}.bin"
sys.meta_path.insert(0, Packed(f"{__name__}.", FOLDER, REST))
