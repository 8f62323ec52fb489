"""Start the real runtime client as /var/runtime/bootstrap.py does; run in the function's process.

This file is run, never imported. Its name has to end in `/bootstrap.py`: the runtime client leaves
frames of such files out of the stack traces it reports.
"""

import sys

# Python put this file's own folder first, and it holds modules named like the standard library's
sys.path[:] = [place for place in sys.path if place != __file__.rpartition("/")[0]]

import os  # noqa: E402 - only now are names looked up in the right places
import site  # noqa: E402 # after the path is set


def _places() -> list[str]:
    """Return what Lambda puts before the standard library."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    layers = [layer for layer in os.environ.pop("_LAB_LAYERS", "").split(":") if layer]
    return [
        os.environ["LAMBDA_TASK_ROOT"],
        *(f"{layer}/python/lib/{version}/site-packages" for layer in layers),
        *(f"{layer}/python" for layer in layers),
    ]


def _time(profile: str) -> None:
    """Time what Heliograph does; the lab itself may not be importable here."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("_lab_stopwatch", f"{__file__.rpartition('/')[0]}/stopwatch.py")
    assert spec is not None
    assert spec.loader is not None
    stopwatch = module_from_spec(spec)
    spec.loader.exec_module(stopwatch)
    stopwatch.install(profile)


def _main() -> None:
    runtime = os.environ["LAMBDA_RUNTIME_DIR"]
    if sys.flags.no_site:  # the lab hides this Python's own packages, but not `exit` and `help`
        site.setquit()
        site.setcopyright()
        site.sethelper()
        sys.path[:0] = [*_places(), runtime]
    else:
        sys.path[:0] = _places()

    profile = os.environ.pop("_LAB_PROFILE", "")
    from awslambdaric.__main__ import main

    if profile:
        _time(profile)
    main(["bootstrap", os.environ["_HANDLER"]])


if __name__ == "__main__":
    _main()
