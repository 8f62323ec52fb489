"""Official instrumentors in the function's own code: what is done already is not done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider

from heliograph.journal import recording
from heliograph.libraries.botocore import recorder
from heliograph.testing import capture

if TYPE_CHECKING:
    from pathlib import Path

OFFICIAL = """
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor
class AwsLambdaInstrumentor(BaseInstrumentor):
    def instrumentation_dependencies(self):
        return ()
    def _instrument(self, **kwargs):
        raise AssertionError("a second span of the handler")
    def _uninstrument(self, **kwargs):
        raise AssertionError("what was never done is taken back")
"""
"""The shape of `opentelemetry.instrumentation.aws_lambda` 0.66b1."""

SOURCE = """
import sys
sys.path.insert(0, {path!r})
from opentelemetry import baggage, propagate, trace
from opentelemetry.instrumentation.aws_lambda import AwsLambdaInstrumentor
AwsLambdaInstrumentor().instrument({given})
def handler(event, context):
    with trace.get_tracer("app").start_as_current_span("work"):
        sdk = [name for name in sys.modules if name.startswith("opentelemetry.sdk.trace")]
        return {{"sdk": sdk, "baggage": dict(baggage.get_all())}}
"""
EXTRACTOR = "event_context_extractor=lambda event: propagate.extract(event['custom'])"
FAILING = "event_context_extractor=lambda event: event['missing']"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
EVENT = {"custom": {"traceparent": PARENT, "baggage": "a=b"}}


@pytest.mark.parametrize("given", ["", EXTRACTOR, FAILING], ids=["plain", "extractor", "failing"])
def test_the_instrumentor_of_handlers_is_taken_as_done(
    run: Any, runtime: Any, tmp_path: Path, given: str
) -> None:
    """The call that stays in a function's code makes no second span, loads no SDK before the
    response, and what its extractor finds in an event counts."""
    place = tmp_path / "own" / "opentelemetry" / "instrumentation" / "aws_lambda"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text(OFFICIAL)
    ran = run(runtime, SOURCE.format(path=str(tmp_path / "own"), given=given), [EVENT])
    [answer] = ran.seen.answers
    found = given == EXTRACTOR
    assert answer[2] == {"sdk": [], "baggage": {"a": "b"} if found else {}}
    segments = [one for one in ran.documents if "parent_id" not in one or one["name"] != "work"]
    [work] = [one for one in ran.documents if one["name"] == "work"]
    [handled] = [one for one in segments if one["id"] == work["parent_id"]]
    assert segments == [handled]
    links = [(link["trace_id"], link["id"]) for link in handled.get("links", ())]
    assert links == ([("1-0af76519-16cd43dd8448eb211c80319c", PARENT[36:52])] if found else [])
    assert [line for line in ran.ours if "is taken as done" in line]
    assert bool([line for line in ran.ours if "event context extractor" in line]) == (
        given == FAILING
    )


@pytest.mark.parametrize("kind", [BotocoreInstrumentor, RequestsInstrumentor])
def test_nothing_is_kept_on_an_instrumentor(kind: Any, clean_provider: None) -> None:
    """It is the user's: what is left to it is known elsewhere."""
    instrumentor = kind()
    with capture():
        before = set(vars(instrumentor))
        given = TracerProvider(shutdown_on_exit=False)
        instrumentor.uninstrument()
        for more in ({"tracer_provider": given}, {}):
            instrumentor.instrument(**more)
            own = set(vars(instrumentor)) - before
            assert not [name for name in own if "heliograph" in name]
            if kind is BotocoreInstrumentor:
                assert recorder.recording is not bool(more)
            instrumentor.uninstrument()
        recording.recorders[instrumentor.__module__.rpartition(".")[2]].recording = True
