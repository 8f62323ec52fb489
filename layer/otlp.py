"""Build the layers with OTLP: what the plain layer has, and `http/protobuf` and `grpc`.

`python -m layer.otlp [--only 3.13] [--machine aarch64] [--out DIR]` writes a zip for each Python of
this machine and each processor, `dist/heliograph-layer-otlp-3.13-x86_64.zip`. The machine code of
grpcio is 17 MB for each: all ten in one zip would take 170 MB of the 250 MB that a function may.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from layer import budget, build, wheels
from scripts import pythons, webassembly
from scripts.places import ROOT

MACHINES = ("x86_64", "aarch64")
"""Lambda's processors, as wheels call them; Lambda says arm64 to the second."""


def main() -> None:
    """Build what is not up to date, and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT, help="folder for build/ and dist/")
    parser.add_argument("--only", choices=pythons.SUPPORTED, help="for this Python alone")
    parser.add_argument("--machine", choices=MACHINES, help="for this processor alone")
    given = parser.parse_args()
    found = webassembly.compilers()
    if given.only and given.only not in found:
        sys.exit(f"layer: this machine has no python {given.only}")
    for version in [given.only] if given.only else found:
        for machine in [given.machine] if given.machine else MACHINES:
            platform = wheels.Platform(version, machine)
            out = given.out.resolve()
            try:
                build.build(out, found, [version], platform=platform)
            except (wheels.UnusableError, RuntimeError) as error:
                sys.exit(f"layer: {error}")
            target = build.paths(out, platform)[1]
            print(f"layer: {target}")
            print(budget.told(target, budget.OTLP))
    for version in [] if given.only else pythons.missing(found):
        print(f"  python {version} not found: there is no layer with OTLP for it")


if __name__ == "__main__":
    main()
