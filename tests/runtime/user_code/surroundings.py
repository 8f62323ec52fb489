"""What the function does to the process is its own affair; the next case undoes each change."""

from __future__ import annotations

import builtins
import gc
import json
import locale
import logging
import os
import random
import socket
import sys
import tempfile
import threading
import time
import warnings
from typing import Any

from .recorded import Cases, everything, heliograph

CASES = Cases()
undo: list[Any] = []


def changed(place: Any, name: str, value: Any) -> None:
    """Change an attribute until the next case."""
    before = getattr(place, name)
    setattr(place, name, value)
    undo.append(lambda: setattr(place, name, before))


def nothing_left(*_: Any, **__: Any) -> Any:
    """Fail as a process does that has none left."""
    raise OSError(24, "Too many open files")


@CASES
def environment_cleared() -> Any:
    before = dict(os.environ)
    undo.append(lambda: os.environ.update(before))
    os.environ.clear()
    everything()


@CASES
def environment_junk() -> Any:
    before = dict(os.environ)
    undo.append(lambda: (os.environ.clear(), os.environ.update(before)))
    for name in ("AWS_XRAY_DAEMON_ADDRESS", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER",
                 "OTEL_TRACES_SAMPLER", "OTEL_PROPAGATORS", "HELIOGRAPH_EMF_NAMESPACE",
                 "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_SDK_DISABLED",
                 "OTEL_EXPORTER_OTLP_ENDPOINT"):  # fmt: skip
        os.environ[name] = "\udcff junk"
    everything()


@CASES
def environment_replaced() -> Any:
    changed(os, "environ", {})
    everything()


@CASES
def folder_gone() -> Any:
    before = os.getcwd()
    undo.append(lambda: os.chdir(before))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
    everything()


@CASES
def paths_replaced() -> Any:
    changed(sys, "path", [])
    changed(sys, "meta_path", [*sys.meta_path])
    everything()


@CASES
def finder_raises() -> Any:
    """A finder of the function's own that fails for whatever is not its own."""

    class Finder:
        def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
            if name.startswith("own_"):
                raise RuntimeError(f"no {name}")
            return None

    finder = Finder()
    sys.meta_path.insert(0, finder)  # type: ignore[arg-type] # as users write them
    undo.append(lambda: sys.meta_path.remove(finder))  # type: ignore[arg-type] # the same
    everything()
    try:
        __import__("own_module")
    except RuntimeError as error:
        return str(error)


@CASES
def import_patched() -> Any:
    """An import hook that counts, as profilers of imports have it."""
    original, seen = builtins.__import__, []

    def counting(name: str, *args: Any, **kwargs: Any) -> Any:
        seen.append(name)
        return original(name, *args, **kwargs)

    changed(builtins, "__import__", counting)
    import colorsys

    return ["colorsys" in seen, colorsys.__name__]


@CASES
def clock_frozen() -> Any:
    changed(time, "time", lambda: 0.0)
    changed(time, "time_ns", lambda: 0)
    everything()
    return time.time()


@CASES
def clock_backwards() -> Any:
    ticking = iter(range(10**18, 0, -1))
    changed(time, "time_ns", lambda: next(ticking))
    everything()


@CASES
def random_seeded() -> Any:
    """The same numbers as ever: nothing of ours draws from the user's generator."""
    random.seed(7)
    everything()
    return [random.random(), random.getrandbits(16)]


@CASES
def recursion_low() -> Any:
    before = sys.getrecursionlimit()
    undo.append(lambda: sys.setrecursionlimit(before))
    depth = 0
    frame: Any = sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    sys.setrecursionlimit(depth + 60)
    everything()


@CASES
def recursion_deep() -> Any:
    """Records at the very end of the stack, and beyond."""

    def deeper(depth: int) -> int:
        everything()
        return deeper(depth + 1)

    try:
        deeper(0)
    except RecursionError as error:
        return str(error)[:32]  # what it was that hit the limit may differ


@CASES
def warnings_raise() -> Any:
    before = warnings.filters[:]
    undo.append(lambda: warnings.filters.__setitem__(slice(None), before))  # type: ignore[index]
    warnings.simplefilter("error")
    everything()
    warnings.warn("the function's own", stacklevel=1)


@CASES
def logging_raises() -> Any:
    """A filter, a record factory and levels of the function's own."""

    def no_record(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no record")

    before = logging.getLogRecordFactory()
    undo.append(lambda: logging.setLogRecordFactory(before))
    logging.setLogRecordFactory(no_record)
    logging.disable(logging.CRITICAL)
    undo.append(lambda: logging.disable(logging.NOTSET))
    heliograph.annotate("", object())  # what we have to say of it cannot be said
    everything()


@CASES
def logging_speaks() -> Any:
    root = logging.getLogger()
    before = root.level
    undo.append(lambda: root.setLevel(before))
    root.setLevel(logging.INFO)
    logging.getLogger("orders").info("an order")
    print("a line of the function's own")
    print("another", file=sys.stderr)
    everything()


@CASES
def collector_off() -> Any:
    gc.disable()
    undo.append(gc.enable)
    changed(gc, "collect", nothing_left)
    everything()
    return gc.isenabled()


@CASES
def sockets_refused() -> Any:
    """No socket for datagrams any more; the runtime's own are of another kind."""

    class Refusing(socket.socket):
        def __init__(self, family: int = -1, kind: int = -1, *more: Any, **named: Any) -> None:
            if kind == socket.SOCK_DGRAM:
                nothing_left()
            super().__init__(family, kind, *more, **named)

    changed(socket, "socket", Refusing)
    everything()


@CASES
def json_patched() -> Any:
    """An encoder of the function's own, in the place of Python's."""
    changed(json, "dumps", lambda value, **_: '{"patched": true}')
    everything()
    return json.dumps({})


@CASES
def threads_refused() -> Any:
    """No thread can be started any more, but for the runtime's own pool."""
    start = threading.Thread.start

    def refusing(thread: threading.Thread) -> None:
        return start(thread) if thread.name.startswith("ThreadPool") else nothing_left()

    changed(threading.Thread, "start", refusing)
    everything()


@CASES
def random_bytes_refused() -> Any:
    changed(os, "urandom", nothing_left)
    everything()


@CASES
def hooks_of_the_function() -> Any:
    said: list[Any] = []
    changed(sys, "excepthook", lambda *args: said.append(args))
    changed(sys, "unraisablehook", lambda args: said.append(args))
    changed(threading, "excepthook", lambda args: said.append(args))
    everything()
    gc.collect()
    return len(said)


@CASES
def locale_changed() -> Any:
    before = locale.setlocale(locale.LC_ALL)
    undo.append(lambda: locale.setlocale(locale.LC_ALL, before))
    locale.setlocale(locale.LC_ALL, "C")
    os.environ["TZ"] = "Asia/Kathmandu"
    time.tzset()
    undo.append(lambda: (os.environ.__setitem__("TZ", ":UTC"), time.tzset()))
    everything()
    return time.localtime(0).tm_hour


@CASES
def modules_deleted() -> Any:
    """As those do that load anew what their own test or plugin has loaded."""
    dropped = {
        name: module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in ("opentelemetry", "colorsys", "json")
    }
    for name in dropped:
        del sys.modules[name]
    undo.append(lambda: sys.modules.update(dropped))
    everything()


@CASES
def undone() -> Any:
    everything()


def then(case: Any) -> Any:
    """Undo what the case before has done, and go on."""

    def run() -> Any:
        while undo:
            undo.pop()()
        return case()

    return run


for name in CASES:
    CASES[name] = then(CASES[name])
handler = CASES.handler()
