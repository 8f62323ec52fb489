"""Workers: everything out, nobody waits for a dead backend, nothing twice, nothing lost."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from itertools import chain

import pytest
from opentelemetry.sdk.trace.export import SpanExportResult

from heliograph.delivery import backlog
from heliograph.delivery.breaker import FAILURES
from heliograph.delivery.in_flight import REFUSALS
from heliograph.delivery.worker import Worker
from heliograph.delivery.workers import MAX_BATCH

FAILURE = SpanExportResult.FAILURE
SHORT = 0.05
"""Seconds of a budget that a test wants to run out."""


def wait_until(fact, seconds=20.0):
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, "it never comes"
        time.sleep(0.002)


def flush_until(workers, fact):
    """Flush again and again: a budget that is to run out may be over before a thread has begun."""

    def flushed():
        workers.flush(None)
        return fact()

    wait_until(flushed)


def counted(worker):
    """Whether an export that has no answer counts as a failure already."""
    flight = worker._in_flight
    return flight is not None and flight.counted


def lines(caplog):
    return [message.removeprefix("heliograph: ") for message in caplog.messages]


def test_delivered_when_the_flush_returns(workers, planned, offer):
    """What a healthy backend takes is out after the flush: once, in order, by one other thread."""
    all_of_them, exporter = workers(), planned()
    worker = all_of_them.for_spans(exporter)

    offer(worker, "a", "b")
    all_of_them.flush(None)
    offer(worker, "c")
    all_of_them.flush(10.0)

    assert exporter.got == [["a", "b"], ["c"]]
    assert len(exporter.threads) == 1
    assert threading.get_ident() not in exporter.threads
    assert worker.at_rest


def test_the_thread_is_none_of_the_functions():
    """`threading` does not know the thread, so no recorder sees it and no count changes."""
    program = """
import threading
from heliograph.delivery import workers, backlog
class Exporter:
    def export(self, spans): self.got = spans
    def shutdown(self): self.shut = True
exporter, all_of_them = Exporter(), workers.Workers(30.0, 0.0)
all_of_them.for_spans(exporter).offer([backlog.Item("span", 1)])
all_of_them.flush(None)
print(exporter.got, threading.active_count(), threading.enumerate() == [threading.main_thread()])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("['span'] 1 True\n", "")


def test_batches(workers, planned, offer):
    """More than one batch goes out as several, within one flush."""
    all_of_them, exporter = workers(), planned()
    names = [str(number) for number in range(2 * MAX_BATCH + 1)]

    offer(all_of_them.for_spans(exporter), *names)
    all_of_them.flush(None)

    assert [len(batch) for batch in exporter.got] == [MAX_BATCH, MAX_BATCH, 1]
    assert list(chain(*exporter.got)) == names


def test_one_that_hangs_starves_nobody(workers, planned, offer, hang):
    """While a flush waits for one exporter, the others deliver."""
    all_of_them, answer = workers(), hang()
    dead, alive = planned(answer), [planned() for _ in range(3)]
    for exporter in (alive[0], dead, *alive[1:]):
        offer(all_of_them.for_spans(exporter), "a")
    flush = threading.Thread(target=all_of_them.flush, args=(None,))

    flush.start()

    wait_until(lambda: [exporter.got for exporter in alive] == [[["a"]]] * 3)
    assert dead.got == []
    answer.set()
    flush.join()
    assert dead.got == [["a"]]


def test_budget_over_all(workers, planned, offer, hang, monkeypatch):
    """Several that hang cost one budget and not one each: all are waited for until one moment."""
    all_of_them, moments, wait = workers(SHORT), [], Worker.wait
    for _ in range(8):
        offer(all_of_them.for_spans(planned(hang())), "a")

    def waiting(worker, until):
        moments.append(until)
        wait(worker, until)

    monkeypatch.setattr(Worker, "wait", waiting)

    all_of_them.flush(None)  # returns: else this test never ends

    assert len(moments) == 8
    assert len(set(moments)) == 1


def test_the_invocations_time_is_a_bound_too(workers, planned, offer, hang):
    """With little time left the flush waits for that, and with none nothing is begun."""
    all_of_them, exporter = workers(budget=600.0), planned(hang())
    worker = all_of_them.for_spans(exporter)
    offer(worker, "a")

    all_of_them.flush(0.001)
    all_of_them.flush(-3.0)
    assert not worker._process  # no thread: nothing can have begun
    wait_until(lambda: all_of_them.flush(SHORT) or exporter.tried)  # returns: else it never ends
    assert exporter.tried == 1


def test_an_export_in_flight_is_waited_for_again(workers, planned, offer, hang, caplog):
    """Cut short by the invocation's end it is no failure: the next flush waits for the same one."""
    all_of_them, answer = workers(budget=600.0), hang()
    exporter = planned(answer)
    worker = all_of_them.for_spans(exporter)
    offer(worker, "a")
    wait_until(lambda: all_of_them.flush(0.01) or exporter.tried)
    for _ in range(FAILURES + 1):
        all_of_them.flush(0.01)
    offer(worker, "b")
    answer.set()

    all_of_them.flush(None)

    assert exporter.got == [["a"], ["b"]]
    assert lines(caplog) == []


def test_nothing_is_lost_or_doubled_when_an_answer_is_late(workers, planned, offer, hang):
    """A batch in flight stays one batch: later spans wait, then follow, none goes out twice."""
    all_of_them, answer = workers(SHORT), hang()
    exporter = planned(answer)
    worker = all_of_them.for_spans(exporter)
    offer(worker, "a")
    flush_until(all_of_them, lambda: exporter.tried)
    offer(worker, "b")
    all_of_them.flush(None)
    offer(worker, "c")
    assert (exporter.tried, exporter.got) == (1, [])

    answer.set()
    wait_until(lambda: not worker._in_flight)
    assert exporter.got == [["a"]]
    flush_until(all_of_them, lambda: worker.at_rest)

    assert exporter.got == [["a"], ["b", "c"]]


def test_what_failed_is_kept(workers, planned, offer):
    """A batch is kept until an export of it succeeded, and goes out before what came later."""
    all_of_them, exporter = workers(), planned(FAILURE, FAILURE)
    worker = all_of_them.for_spans(exporter)

    for name in ("a", "b", "c"):
        offer(worker, name)
        all_of_them.flush(None)

    assert exporter.tried == 3
    assert exporter.got == [["a", "b", "c"]]


def test_a_result_that_is_none(workers, planned, offer):
    """An exporter that returns nothing, as some do, has not failed."""
    all_of_them, exporter = workers(), planned(None)
    worker = all_of_them.for_spans(exporter)
    offer(worker, "a")

    all_of_them.flush(None)

    assert exporter.got == [["a"]]
    assert worker.at_rest


@pytest.mark.guarded
def test_an_exporter_that_raises(workers, planned, offer, caplog):
    """An exception is a failure, and the reason that the log gives when it opens the breaker."""
    all_of_them, exporter = workers(), planned(*[OSError("no route")] * FAILURES)
    worker = all_of_them.for_spans(exporter)

    for _ in range(FAILURES):
        offer(worker, "a")
        all_of_them.flush(None)

    failed, opened = lines(caplog)
    assert failed.startswith("failed while exporting by Planned: OSError: no route")
    assert opened == (
        "Planned fails (OSError: no route). It is tried again in 2 s and then ever more rarely; "
        f"until it works up to {backlog.MAX_WAITING} spans are kept, and no invocation waits for "
        "it."
    )


@pytest.mark.guarded
def test_an_exporter_that_ends_its_thread(workers, planned, offer):
    """What it was given is kept, and tried again."""
    all_of_them, exporter = workers(), planned(SystemExit())
    worker = all_of_them.for_spans(exporter)

    for name in ("a", "b"):
        offer(worker, name)
        all_of_them.flush(None)

    assert exporter.got == [["a", "b"]]
    assert exporter.tried == 2


# -- the breaker -----------------------------------------------------------------------------------


def test_open(workers, planned, offer, caplog):
    """After failures nothing is tried, each flush returns at once, and one line says it."""
    all_of_them, exporter = workers(), planned(*[FAILURE] * 99)
    exporter.endpoint = "https://user:secret@backend.example:4318/v1/traces?key=secret"
    exporter.failure = "HTTP 503 Service Unavailable"
    worker = all_of_them.for_spans(exporter)

    for number in range(20):
        offer(worker, str(number))
        all_of_them.flush(None)

    assert exporter.tried == FAILURES
    (line,) = lines(caplog)
    assert line == (
        "Planned to https://backend.example:4318/v1/traces fails (HTTP 503 Service Unavailable). "
        "It is tried again in 2 s and then ever more rarely; until it works up to "
        f"{backlog.MAX_WAITING} spans are kept, and no invocation waits for it."
    )


def test_closed_again(workers, planned, offer, clock, caplog):
    """After the pause one try delivers all that was kept, and one line says so."""
    all_of_them, exporter = workers(), planned(FAILURE)
    exporter.retry_after = 0.5
    worker = all_of_them.for_spans(exporter)
    names = [str(number) for number in range(MAX_BATCH + 3)]
    offer(worker, "0")
    all_of_them.flush(None)
    all_of_them.flush(None)
    assert exporter.tried == 1
    offer(worker, *names[1:])
    clock.now += exporter.retry_after

    caplog.set_level(logging.INFO, logger="heliograph")
    all_of_them.flush(None)

    assert list(chain(*exporter.got)) == names
    assert lines(caplog)[-1] == (
        f"Planned works again: the {len(names)} spans that were kept are sent, 0 were dropped "
        "meanwhile."
    )


def test_a_backend_that_never_answers_opens_it(workers, planned, offer, hang, caplog):
    """One flush waits for it; the following ones find it still silent, and count that."""
    all_of_them, exporter = workers(SHORT), planned(hang())
    worker = all_of_them.for_spans(exporter)
    offer(worker, "a")
    flush_until(all_of_them, lambda: exporter.tried)

    for _ in range(FAILURES + 2):
        offer(worker, "a")
        all_of_them.flush(None)

    assert exporter.tried == 1
    assert [line.partition(" It is")[0] for line in lines(caplog)] == [
        "Planned fails (no answer within 50 ms)."
    ]


def test_a_late_failure_counts_once(workers, planned, offer, hang, caplog):
    """An export that was counted when it gave no answer is not counted again when it fails."""
    all_of_them, answers = workers(SHORT), [hang(FAILURE) for _ in range(FAILURES - 1)]
    exporter = planned(*answers)
    worker = all_of_them.for_spans(exporter)
    for number, answer in enumerate(answers, 1):
        offer(worker, "a")
        flush_until(all_of_them, lambda tried=number: exporter.tried == tried and counted(worker))
        answer.set()
        wait_until(lambda: not worker._in_flight)

    all_of_them._budget = worker._patience = 30.0
    all_of_them.flush(None)

    assert exporter.got == [["a"] * (FAILURES - 1)]
    assert lines(caplog) == []


def test_what_a_backend_refuses_for_good(workers, planned, offer, clock, caplog):
    """A batch that it says again and again that it will never take is dropped, told and counted."""
    all_of_them, exporter = workers(), planned(*[FAILURE] * REFUSALS)
    exporter.retryable, exporter.retry_after, exporter.failure = False, 1.0, "HTTP 400"
    worker = all_of_them.for_spans(exporter)
    offer(worker, "bad", "worse")
    for _ in range(REFUSALS):
        all_of_them.flush(None)
        clock.now += exporter.retry_after
    offer(worker, "good")

    all_of_them.flush(None)

    assert exporter.got == [["good"]]
    assert [line for line in lines(caplog) if "rejected" in line] == [
        "Planned: 2 spans are rejected for good (HTTP 400). Further ones are counted, not told."
    ]


def test_flapping(workers, planned, offer, clock, caplog):
    """A backend that comes and goes is told a few times, and no more."""
    all_of_them, exporter = workers(), planned()
    exporter.retry_after = 1.0
    worker = all_of_them.for_spans(exporter)
    caplog.set_level(logging.INFO, logger="heliograph")
    for _ in range(20):
        exporter.plan = [FAILURE]
        for _ in range(2):
            offer(worker, "a")
            all_of_them.flush(None)
            clock.now += exporter.retry_after

    assert len(exporter.got) == 20
    assert [line.split()[1] for line in lines(caplog)] == ["fails", "works"] * 4


# -- bounds ----------------------------------------------------------------------------------------


def test_the_queue_is_bounded(workers, planned, offer, caplog):
    """What is too much drops the oldest: told once with its number, and summed up at the end."""
    all_of_them, exporter = workers(), planned(FAILURE)
    exporter.retry_after = 60.0
    worker = all_of_them.for_spans(exporter)
    offer(worker, "first")
    all_of_them.flush(None)
    caplog.clear()

    for _ in range(3):
        offer(worker, *["more"] * (backlog.MAX_WAITING // 2))
    all_of_them.close()

    most = backlog.MAX_WAITING
    full, summary = lines(caplog)
    assert full == (
        f"Planned: {most} spans wait already, the oldest 1 are dropped. Further ones are counted, "
        "not told."
    )
    assert summary == (
        f"Planned at the end of the process: 0 spans delivered, {most // 2 + 1} dropped, {most} "
        "not delivered."
    )


# -- the interval ----------------------------------------------------------------------------------


def test_interval(workers, planned, offer, clock):
    """With an interval the first flush is due, the next one when the time has passed."""
    all_of_them = workers(interval=5.0)
    offer(all_of_them.for_spans(planned()), "a")

    assert all_of_them.due()
    all_of_them.flush(None)
    assert not all_of_them.due()
    clock.now += 4.9
    assert not all_of_them.due()
    clock.now += 0.1
    assert all_of_them.due()
    all_of_them.flush(None)
    clock.now -= 86_400  # set back
    assert all_of_them.due()


def test_much_that_waits_is_due(workers, planned, offer):
    """Half of the queue's bound does not wait for the interval."""
    all_of_them = workers(interval=600.0)
    worker = all_of_them.for_spans(planned())
    all_of_them.flush(None)
    offer(worker, *["a"] * (backlog.MAX_WAITING // 2 - 1))
    assert not all_of_them.due()

    offer(worker, "a")

    assert all_of_them.due()


# -- the end ---------------------------------------------------------------------------------------


def test_close(workers, planned, offer, caplog):
    """What waits goes out, then exporters are shut down in their own threads, which end."""
    all_of_them, exporters = workers(), [planned(), planned()]
    for exporter in exporters:
        offer(all_of_them.for_spans(exporter), "a")

    all_of_them.close()

    assert [(exporter.got, exporter.shut) for exporter in exporters] == [([["a"]], True)] * 2
    assert lines(caplog) == []


def test_close_lets_an_open_breaker_try_once(workers, planned, offer):
    """The end of the process is the last chance: a backend that has recovered gets everything."""
    all_of_them, exporter = workers(), planned(*[FAILURE] * FAILURES)
    worker = all_of_them.for_spans(exporter)
    for _ in range(FAILURES + 1):
        offer(worker, "a")
        all_of_them.flush(None)
    assert exporter.got == []

    all_of_them.close()

    assert exporter.got == [["a"] * (FAILURES + 1)]


def test_close_waits_for_nobody(workers, planned, offer, hang, caplog):
    """An export and a shutdown that hang do not keep the process; what is lost is told."""
    all_of_them = workers(1.0)
    dead, stuck = planned(hang()), planned(shutdown=hang())
    offer(all_of_them.for_spans(dead), "a", "b")
    offer(all_of_them.for_spans(stuck), "a")

    all_of_them.close()

    assert stuck.got == [["a"]]
    assert (dead.shut, stuck.shut) == (False, False)
    assert lines(caplog) == [
        "Planned at the end of the process: 0 spans delivered, 0 dropped, 2 not delivered."
    ]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # of 3.12 and later
def test_after_a_fork(workers, planned, offer):
    """A child, in which its parent's threads are not, delivers by a thread of its own."""
    all_of_them, exporter = workers(), planned()
    worker = all_of_them.for_spans(exporter)
    offer(worker, "parent")
    all_of_them.flush(None)

    child = os.fork()
    if not child:
        offer(worker, "child")
        all_of_them.flush(None)
        os._exit(0 if exporter.got == [["parent"], ["child"]] else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# -- what exporters log ----------------------------------------------------------------------------


def test_complaints(workers, planned, offer, caplog):
    """What OpenTelemetry's exporters log of a failure is its reason, and no line of its own."""
    logger = logging.getLogger("opentelemetry.exporter.otlp.test")

    class Complaining(planned):
        def export(self, spans):
            logger.error("Failed to export %s", len(spans))
            return super().export(spans)

    all_of_them = workers()
    worker = all_of_them.for_spans(Complaining(*[FAILURE] * FAILURES))
    for _ in range(FAILURES):
        offer(worker, "a")
        all_of_them.flush(None)
    logger.warning("of another thread")

    (opened, other) = caplog.messages
    assert opened.startswith("heliograph: Complaining fails (Failed to export 3). It is tried")
    assert other == "of another thread"
    all_of_them.close()
    assert logging.getLogger("opentelemetry.exporter").propagate
