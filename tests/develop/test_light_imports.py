"""Stand-ins for imports are for the thread that lends them; all others meet the real modules."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys, threading
from heliograph.libraries.light_imports import light

found = {}

def another():
    import wrapt
    from wrapt import ObjectProxy

    class Own(ObjectProxy):
        pass

    found["length"] = len(Own([1, 2, 3]))
    found["version"] = wrapt.__version__

def lender():
    from wrapt import ObjectProxy
    found["stand-in"] = isinstance(object(), ObjectProxy)

with light("opentelemetry.instrumentation.dependencies"):
    lender()
    assert "wrapt.wrappers" not in sys.modules
    thread = threading.Thread(target=another)
    thread.start()
    thread.join()
    real = sys.modules["wrapt"]
assert sys.modules["wrapt"] is real and hasattr(real, "__path__"), real
assert found["length"] == 3 and found["version"] == real.__version__, found
assert found["stand-in"] is False
from wrapt import ObjectProxy
assert len(ObjectProxy([1])) == 1
"""


def test_another_thread_meets_the_real_modules() -> None:
    """A class that another thread derives meanwhile is one of the real `wrapt`, and works."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
