"""Any user code: bare, under the layer, wrapped in code, switched off: nobody can tell which."""

from __future__ import annotations

import importlib
import itertools
import shutil
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).with_name("user_code")
NAMES = ("objects", "values", "interrupts", "surroundings")
FORMS = {
    "bare": {},
    "layer": {},
    "wrap": {"AWS_LAMBDA_EXEC_WRAPPER": "", "WRAPPED": "1"},
    "off": {"OTEL_SDK_DISABLED": "true"},
}


def cases(program):
    return list(importlib.import_module(f"{__package__}.user_code.{program}").CASES)


@pytest.fixture
def seen(run, daemon, handlers_of, tmp_path):
    """Run a program's cases in a form: what was seen, and how many invocations arrived."""
    tasks = itertools.count()

    def ran(runtime, program, form, events):
        shutil.copytree(PROGRAMS, tmp_path / f"task{next(tasks)}" / "user_code")
        before = len(handlers_of(daemon.documents))
        handler = f"user_code.{program}.handler"
        options = {"layers": []} if form == "bare" else {}
        done = run(runtime, None, events, handler=handler, env=FORMS[form], **options)
        done.function.close()
        return done.seen, len(handlers_of(daemon.documents)) - before

    return ran


@pytest.mark.parametrize("program", NAMES)
def test_cold_then_warm(runtime, seen, program):
    """Answers, tracebacks, output and exit are the bare function's; every invocation arrives."""
    events = cases(program) * 2

    done = {form: seen(runtime, program, form, events) for form in FORMS}

    bare, _ = done["bare"]
    for form, (its, arrived) in done.items():
        for event, answer, expected in zip(events, its.answers, bare.answers, strict=False):
            assert answer == expected, f"{form}: {event}"
        assert its == bare, form
        assert arrived == (len(events) if form in ("layer", "wrap") else 0), form


@pytest.mark.parametrize("program", NAMES)
def test_each_case_cold(one_runtime, seen, program):
    """The same where the case is the first that an environment meets, and the only one."""
    asked = cases(program)
    bare, _ = seen(one_runtime, program, "bare", asked)
    for case, expected in zip(asked, bare.answers, strict=True):
        events = [case, "undone"] if "undone" in asked else [case]  # some arrive with the next
        its, arrived = seen(one_runtime, program, "layer", events)

        assert (its.answers[0], its.exit_code, arrived) == (expected, None, len(events)), case
