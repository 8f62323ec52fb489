"""The decision to record: OpenTelemetry's standard samplers, decided without them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry import context, trace
from opentelemetry.sdk.trace import sampling as sdk

import heliograph
from heliograph import testing
from heliograph.journal.entry import new_trace_id
from heliograph.propagation import sampling
from heliograph.settings import in_code

if TYPE_CHECKING:
    from pathlib import Path

IDS = st.integers(min_value=1, max_value=(1 << 128) - 1)
RATIOS = st.floats(min_value=0, max_value=1)


def theirs(name: str, ratio: float) -> sdk.Sampler:
    known: Any = sdk._KNOWN_SAMPLERS[name]
    return known(ratio) if name.endswith("traceidratio") else known


def below(parent: bool | None, trace_id: int, remote: bool) -> context.Context:
    if parent is None:
        return context.Context()
    flags = trace.TraceFlags(int(parent))
    span = trace.NonRecordingSpan(trace.SpanContext(trace_id, 1, remote, flags))
    return trace.set_span_in_context(span, context.Context())


def test_names_are_the_sdks() -> None:
    """Every sampler that the SDK knows by name is decided here."""
    assert set(sampling.STANDARD) == set(sdk._KNOWN_SAMPLERS)


@pytest.mark.parametrize("name", sampling.STANDARD)
@given(
    trace_id=IDS, ratio=RATIOS, parent=st.sampled_from([None, True, False]), remote=st.booleans()
)
@example(trace_id=(1 << 63) - 1, ratio=0.5, parent=None, remote=False)
@example(trace_id=1 << 63, ratio=0.5, parent=None, remote=False)
@example(trace_id=(1 << 64) - 1, ratio=1.0, parent=None, remote=False)
@example(trace_id=1 << 64, ratio=0.0, parent=None, remote=False)
def test_same_decision(
    name: str, trace_id: int, ratio: float, parent: bool | None, remote: bool
) -> None:
    """For any trace, parent and ratio the decision is the SDK's sampler's."""
    result = theirs(name, ratio).should_sample(below(parent, trace_id, remote), trace_id, "name")
    assert sampling.decision(name, ratio)(parent, trace_id) is result.decision.is_sampled()


@pytest.mark.parametrize("name", ["traceidratio", "parentbased_traceidratio"])
def test_share_of_our_own_trace_ids(name: str) -> None:
    """X-Ray's form of a trace id, time first, leaves enough chance for a ratio to be met."""
    decide = sampling.decision(name, 0.25)
    share = sum(decide(None, new_trace_id()) for _ in range(8000)) / 8000
    assert 0.2 < share < 0.3


@pytest.mark.parametrize(
    ("settings", "parent", "recorded"),
    [
        ({"sampler": "always_off"}, None, 0),
        ({"sampler": "always_on"}, False, 2),
        ({"sampler": "parentbased_always_on"}, False, 0),
        ({"sampler": "parentbased_always_off"}, None, 0),
        ({"sampler": "parentbased_always_off"}, True, 2),
        ({"sampler": "traceidratio", "sampler_argument": 0}, True, 0),
        ({"sampler": "traceidratio", "sampler_argument": 1}, False, 2),
        ({"sampler": "traceidratio"}, None, 2),
    ],
)
def test_spans_follow_the_sampler(
    settings: dict[str, Any], parent: bool | None, recorded: int
) -> None:
    """A sampler set by its name decides for spans of the door and of the API."""
    with testing.capture(**settings) as captured:
        token = context.attach(below(parent, 5, True))
        with heliograph.span("door"), trace.get_tracer("t").start_as_current_span("api") as span:
            assert int(span.get_span_context().trace_flags) == int(recorded > 0)
            if parent is not None:
                assert span.get_span_context().trace_id == 5
        context.detach(token)
        assert len(captured.spans) == recorded


PROVIDED = """
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult

asked = []

class Odd(Sampler):
    def __init__(self, argument):
        asked.append(argument)
    def should_sample(self, parent_context, trace_id, name, *args, **kwargs):
        if asked[0] == "fail":
            raise RuntimeError("a sampler that fails")
        keep = trace_id % 2 or name != ""
        return SamplingResult(Decision.RECORD_AND_SAMPLE if keep else Decision.DROP)
    def get_description(self):
        return "Odd"
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that provides a sampler."""
    (tmp_path / "oddsampler.py").write_text(PROVIDED)
    about = tmp_path / "oddsampler-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: oddsampler\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[opentelemetry_traces_sampler]\nodd = oddsampler:Odd\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "oddsampler", raising=False)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("argument", "given"), [(None, None), ("a=1", "a=1")])
def test_sampler_of_a_package(argument: str | None, given: str | None) -> None:
    """Any other name is an entry point: its code decides, made with the argument as by the SDK."""
    settings = {} if argument is None else {"sampler_argument": argument}
    with testing.capture(sampler="odd", **settings) as captured:
        for _ in range(60):
            with heliograph.span("span"):
                pass
        ids = [span.context.trace_id for span in captured.spans if span.context]
    assert ids
    assert all(one % 2 for one in ids)
    assert sys.modules["oddsampler"].asked == [given]


@pytest.mark.guarded
@pytest.mark.usefixtures("installed")
def test_sampler_that_fails() -> None:
    """A sampler that raises reaches nobody: its parent's decision stands."""
    with testing.capture(sampler="odd", sampler_argument="fail") as captured:
        with heliograph.span("span"), trace.get_tracer("t").start_as_current_span("below"):
            pass
        assert [span.name for span in captured.spans] == ["span", "below"]


def test_unknown_sampler(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sampler that is not installed is told with those that there are; the default decides."""
    monkeypatch.delitem(in_code.CHECKS, "sampler")  # the environment is not asked
    with testing.capture(sampler="missing") as captured:
        with heliograph.span("span"):
            pass
        assert len(captured.spans) == 1
    [line] = [one for one in caplog.messages if "missing" in one]
    assert "OTEL_TRACES_SAMPLER='missing' is not installed; available: always_on" in line
