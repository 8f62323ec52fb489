"""Say clearly that this Python is too old or incomplete. Runs on any Python, even 2."""
# ruff: noqa: UP031, UP036 - a Python that is too old has to get as far as the message

import sys

if sys.version_info < (3, 10):
    sys.exit(
        "python %d.%d is too old: Heliograph needs 3.10 or newer. "
        "If the machine has one, name it: make PYTHON=python3.12 ..." % tuple(sys.version_info[:2])
    )

from importlib.util import find_spec

if not (find_spec("venv") and find_spec("ensurepip")):
    sys.exit("this python has no venv module: install it (on Debian and Ubuntu: python3-venv)")
