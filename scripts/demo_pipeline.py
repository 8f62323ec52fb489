"""`make demo-pipeline`: three functions, a topic, queues and a bus between them, as one tree.

The functions run under AWS's own runtime client, through the layer; what lies between them is the
lab's. Nothing leaves this machine.
"""

from __future__ import annotations

import subprocess
import sys

from scripts import demo
from scripts.places import ROOT

EXAMPLE = ROOT / "examples" / "pipeline"


def main() -> int:
    """Run the demo; return the exit status."""
    demo.alone()
    newest = demo.runtime()
    print(f"examples/pipeline through the layer, on Python {newest['version']}.\n", flush=True)
    command = [
        sys.executable, "-m", "heliograph.lab", "pipeline", str(EXAMPLE), f"--layer={demo.LAYER}",
        f"--python={newest['python']}", f"--runtime={ROOT / newest['runtime_dir']}",
    ]  # fmt: skip
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
