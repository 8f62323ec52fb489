"""What a function writes: the framed log, and the streams of workers."""

from __future__ import annotations

import time

from heliograph.lab.invocation import Invocation


def test_framed_log(start_on_each):
    """Given a log descriptor the runtime frames its log; prints still go to stdout."""
    function = start_on_each(
        """
        import logging
        def handler(event, context):
            print("printed")
            logging.warning("two\\nlines")
        """,
        framed_log=True,
    )

    function.invoke(Invocation(request_id="r-1"))

    (frame,) = function.log.frames()
    assert frame.kind == 0xA55A0003
    assert frame.text.startswith("[WARNING]\t")
    assert frame.text.endswith("\tr-1\ttwo\nlines\n")
    assert abs(frame.time_us / 1e6 - time.time()) < 600
    assert function.stdout.lines() == ["printed"]


def test_managed_instance(start_on_each):
    """Each worker has its own process and streams; workers serve at the same time."""
    function = start_on_each(
        """
        import os, sys, time
        def handler(event, context):
            print(f"out {event}", flush=True)
            print(f"err {event}", file=sys.stderr, flush=True)
            return [os.getpid(), os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]]
        """,
        concurrency=2,
    )
    assert function.api.wait_next(2, 30)

    answers = [function.invoke(Invocation(number)).json() for number in range(4)]

    assert {kind for _, kind in answers} == {"lambda-managed-instances"}
    assert {pid for pid, _ in answers} <= set(function.workers)
    streams = list(function.workers.values())
    assert [[stream.name for stream in pair] for pair in streams] == [["stdout", "stderr"]] * 2
    for place, word in enumerate(("out", "err")):
        lines = sorted(line for pair in streams for line in pair[place].lines())
        assert lines == [f"{word} {number}" for number in range(4)]
