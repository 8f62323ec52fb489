"""Start the `heliograph` command, or say what to install for it."""

from __future__ import annotations

import sys
from importlib.util import find_spec

NEEDED = ("click", "rich")


def main() -> None:
    """Run the command; its tools are an extra, so a plain install does not have them."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        print(
            f"heliograph: this command needs {' and '.join(missing)}; "
            "install them with: pip install 'heliograph[lab]'",
            file=sys.stderr,
        )
        sys.exit(2)
    from .cli import command

    command(prog_name="heliograph")


if __name__ == "__main__":
    main()
