"""The parent of the handler's span: the environment's X-Ray header of each invocation."""

from __future__ import annotations

import pytest

import heliograph
from heliograph.journal import recording
from heliograph.lab.daemon import XRayDaemon
from heliograph.propagation import xray
from heliograph.testing import FakeContext, capture

ROOT = "1-6b0121d0-d42d886c791602ec6d4263c8"
TRACE = 0x6B0121D0D42D886C791602EC6D4263C8
HEADER = f"Root={ROOT};Parent=49b993bb9d11f70b;Sampled=1;Lineage=1:a87bd80c:0"


def handled(monkeypatch, header, **settings):
    """Handle one event with this header; returns the span, or None, and the header of a call."""
    written = []

    @heliograph.wrap
    def handler(event, context):
        headers = {xray.XRAY: header} if header else {}
        xray.onto_aws_call(heliograph.journal.current.span(), headers)
        written.append(headers[xray.XRAY])

    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    if header is not None:
        monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    with capture(**settings) as captured:
        handler({}, FakeContext())
        spans = captured.spans
    return (spans[0] if spans else None), written[0]


def test_the_parent_is_lambdas_segment(monkeypatch):
    """Root and Parent of the environment's header are trace and parent; Lineage is kept."""
    span, header = handled(monkeypatch, HEADER)

    assert span.context.trace_id == TRACE
    assert (span.parent.span_id, span.parent.is_remote) == (0x49B993BB9D11F70B, True)
    own = f"{span.context.span_id:016x}"
    assert header == f"Root={ROOT};Parent={own};Sampled=1;Lineage=1:a87bd80c:0"


def test_the_header_is_read_anew(monkeypatch):
    """Each invocation has its own header's trace; nothing of the last one stays."""
    other = "1-6b0121d1-000000000000000000000001"
    with capture() as captured:
        header_rest = []
        handler = heliograph.wrap(lambda e, c: header_rest.append(recording.header_rest()))
        for header in (f"Root={other};Parent=00000000000000aa;Sampled=1", HEADER, None):
            if header:
                monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
            else:
                monkeypatch.delenv("_X_AMZN_TRACE_ID")
            handler({}, FakeContext())

        first, second, third = captured.spans
        assert first.context.trace_id == 0x6B0121D1000000000000000000000001
        assert second.context.trace_id == TRACE
        assert third.context.trace_id not in (first.context.trace_id, second.context.trace_id)
        assert third.parent is None
        assert header_rest == ["", "Lineage=1:a87bd80c:0", ""]


def test_sampled_0_carries_its_ids_on(monkeypatch):
    """X-Ray gets nothing of an unsampled trace, and its ids are carried on."""
    with XRayDaemon() as daemon:
        header = HEADER.replace("Sampled=1", "Sampled=0")
        _, written = handled(
            monkeypatch, header, traces_exporters="xray", daemon_address=daemon.address
        )
        daemon.settle()

        assert daemon.datagrams == []
        assert written.startswith(f"Root={ROOT};Parent=")
        assert written.endswith(";Sampled=0;Lineage=1:a87bd80c:0")


def test_sampled_0_does_not_bind_other_exporters(monkeypatch):
    """Without X-Ray the flag only says that active tracing is off: our sampler decides."""
    span, _ = handled(monkeypatch, HEADER.replace("Sampled=1", "Sampled=0"))

    assert (span.context.trace_id, span.parent.span_id) == (TRACE, 0x49B993BB9D11F70B)


def test_a_root_without_parent_is_kept(monkeypatch):
    """Pass-through tracing gives a Root alone: its trace id is the root span's."""
    span, _ = handled(monkeypatch, f"Root={ROOT};Lineage=1:a87bd80c:0")

    assert (span.context.trace_id, span.parent) == (TRACE, None)


@pytest.mark.parametrize(
    "header",
    [
        None, "", "?", "garbage", "Root=;Parent=;Sampled=", "Root=1-2-3;Parent=x;Sampled=1", ";;;=",
        "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=1",
        "Sampled=1", "Parent=49b993bb9d11f70b;Sampled=1", "\u00e9" * 4000,
    ],
    ids=lambda value: f"{value!r:.30}",
)  # fmt: skip
def test_a_header_of_any_kind(monkeypatch, header):
    """Without a usable Root the span is the root of a trace of its own."""
    span, _ = handled(monkeypatch, header)

    assert span.parent is None
    assert span.context.trace_id != 0


@pytest.mark.parametrize("flag", ["?", "", "2", "yes"])
def test_an_undecided_flag_is_ours_to_decide(monkeypatch, flag):
    """`Sampled=?` asks the one who receives it; the sampler decides, parent and trace are kept."""
    header = f"Root={ROOT};Parent=49b993bb9d11f70b;Sampled={flag}"

    span, written = handled(monkeypatch, header)
    none, unsampled = handled(monkeypatch, header, sampler="parentbased_always_off")

    assert span.context.trace_id == TRACE
    assert "Sampled=1" in written
    assert none is None
    assert unsampled.startswith(f"Root={ROOT};")
    assert "Sampled=0" in unsampled
