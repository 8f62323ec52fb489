"""The X-Ray daemon's ear, fed over a real socket."""

from __future__ import annotations

import json
import socket

import pytest

from heliograph.lab.daemon import XRayDaemon

HEADER = b'{"format": "json", "version": 1}\n'


@pytest.fixture
def daemon():
    """A daemon, closed after the test."""
    with XRayDaemon() as daemon:
        yield daemon


@pytest.fixture
def send(daemon):
    """Send one datagram to the daemon."""
    host, _, port = daemon.address.partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        yield lambda datagram: sender.sendto(datagram, (host, int(port)))


def test_keeps_documents_in_order(daemon, send):
    """Documents arrive parsed, in order, whatever the spacing of the header and the newlines."""
    send(HEADER + b'{"id": "a", "trace_id": "1-a"}')
    send(b'{"format":"JSON","version":1}\n{"id": "b",\n "trace_id": "1-b"}')

    assert daemon.wait_documents(2) == [
        {"id": "a", "trace_id": "1-a"},
        {"id": "b", "trace_id": "1-b"},
    ]
    assert daemon.trace("1-b") == [{"id": "b", "trace_id": "1-b"}]
    assert (daemon.rejected, daemon.unreadable) == (0, 0)


@pytest.mark.parametrize(
    ("datagram", "rejected", "unreadable"),
    [
        pytest.param(b'{"id": "a"}', 1, 0, id="no-header"),
        pytest.param(HEADER, 1, 0, id="no-document"),
        pytest.param(b'{"format": "json", "version": 2}\n{}', 1, 0, id="version"),
        pytest.param(b'{"format": "xml", "version": 1}\n{}', 1, 0, id="format"),
        pytest.param(b"[]\n{}", 1, 0, id="header-no-object"),
        pytest.param(b"\xff\n{}", 1, 0, id="header-no-json"),
        pytest.param(HEADER + b"T1Sabc", 0, 1, id="document-no-json"),
        pytest.param(HEADER + b"[1]", 0, 1, id="document-no-object"),
        pytest.param(HEADER + b'{"a": 1}{"b": 2}', 0, 1, id="two-documents"),
    ],
)
def test_counts_what_xray_would_not_take(daemon, send, datagram, rejected, unreadable):
    """A wrong datagram is counted by who would drop it, and nothing after it is lost."""
    send(datagram)
    send(HEADER + b'{"id": "next"}')

    assert daemon.wait_documents(1) == [{"id": "next"}]
    assert (daemon.rejected, daemon.unreadable) == (rejected, unreadable)
    assert daemon.datagrams == [datagram, HEADER + b'{"id": "next"}']


def test_takes_a_burst_of_the_largest_datagrams(daemon, send):
    """Forty datagrams of the largest size at once: none is lost."""
    for number in range(40):
        document = {"id": str(number), "pad": ""}
        document["pad"] = "x" * (65_507 - len(HEADER) - len(json.dumps(document)))
        assert send(HEADER + json.dumps(document).encode()) == 65_507

    assert [document["id"] for document in daemon.wait_documents(40)] == list(map(str, range(40)))


def test_settles(daemon, send):
    """After `settle` everything that was sent before is there."""
    for number in range(100):
        send(HEADER + json.dumps({"id": number}).encode())

    daemon.settle()

    assert len(daemon.documents) == 100


def test_waiting_has_an_end(daemon):
    """Too few documents: what there is."""
    assert daemon.wait_documents(1, 0.01) == []


def test_a_closed_daemon_is_closed():
    """Closing gives the port back, and may happen twice."""
    daemon = XRayDaemon()
    daemon.close()
    daemon.close()
    host, _, port = daemon.address.partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((host, int(port)))
