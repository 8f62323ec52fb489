"""A function whose OTLP backend is dead, in every way a network has: nobody notices but the log."""

from __future__ import annotations

import ipaddress
import ssl
import time
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.dead import REFUSED, UNREACHABLE, WAYS, Backend

BUDGET_MS = 300
OWN_TIMEOUT = 3600
"""Seconds that the exporter itself would wait: the lab gives whoever waits for it up before."""
DEAD = 5
"""Invocations with a dead backend: enough to open the breaker, whatever the failure."""

SOURCE = """
import heliograph
def handler(event, context):
    with heliograph.span(f"order {event['n']}"):
        return {"n": event["n"]}
"""
REASONS = {
    REFUSED: "ConnectionRefusedError: [Errno 111] Connection refused",
    UNREACHABLE: f"no answer within {BUDGET_MS} ms",
    "black hole": f"no answer within {BUDGET_MS} ms",
    "slow": f"no answer within {BUDGET_MS} ms",
    "429": "HTTP 429 Too Many Requests",
    "500": "HTTP 500 Internal Server Error",
    "503": "HTTP 503 Service Unavailable",
    "half a reply": "BadStatusLine: HTTP/1.1 2",
    "reset": "ConnectionResetError: [Errno 104] Connection reset by peer",
}


def env(endpoint, **more):
    return {
        "OTEL_TRACES_EXPORTER": "xray,otlp",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_TIMEOUT": str(OWN_TIMEOUT),
        "HELIOGRAPH_FLUSH_TIMEOUT": str(BUDGET_MS),
        **more,
    }


class Invoking:
    """Invokes a function with 1, 2, 3 ..."""

    def __init__(self, function):
        self.function = function
        self.number = 0
        self.answered = []

    def __call__(self, times=1):
        """Invoke; the caller's answer is what a bare function gives, whatever the backend does."""
        from heliograph.lab.invocation import Invocation

        for _ in range(times):
            self.number += 1
            answer = self.function.invoke(Invocation({"n": self.number}, timeout=120))
            assert (answer.kind, answer.json()) == ("response", {"n": self.number})
            self.answered.append(answer.t_answered)

    def lines(self, *words):
        """Return the lines of ours that hold one of the words."""
        return [
            line.partition("heliograph: ")[2]
            for line in self.function.stdout.lines()
            if any(word in line for word in words)
        ]

    def names(self):
        """Return how often the name of each span has to arrive."""
        orders = {f"order {number + 1}": 1 for number in range(self.number)}
        return {"lab": self.number, **orders}


def until_recovered(invoke, backend):
    """Invoke now and then until everything has arrived, the breaker's pauses included."""
    end = time.monotonic() + 30
    while Counter(backend.spans()) != invoke.names() and time.monotonic() < end:
        time.sleep(0.5)
        invoke()
    return Counter(backend.spans())


def check(invoke, daemon, reason, endpoint):
    """What holds of every dead backend."""
    invoke(DEAD)
    daemon.settle()
    names = {document["name"] for document in daemon.documents}
    assert names >= set(invoke.names()) - {"lab"}  # one dead exporter starves no other
    (opened,) = invoke.lines(" fails (")
    assert opened.startswith(f"OtlpSpanExporter to {endpoint}/v1/traces fails ({reason}")
    assert invoke.function.stderr.lines() == []


@pytest.mark.parametrize("way", [REFUSED, UNREACHABLE, *WAYS])
def test_dead(one_runtime, function, daemon, way):
    """The caller sees nothing, the log one line; what waited arrives after the recovery, once."""
    backend = Backend(way)
    endpoint = f"http://{backend.address}"
    invoke = Invoking(function(one_runtime, SOURCE, env=env(endpoint)))
    check(invoke, daemon, REASONS[way], endpoint)
    assert backend.spans() == []

    backend.revive()

    assert until_recovered(invoke, backend) == invoke.names()
    (works,) = invoke.lines("works again")
    assert works.endswith("that were kept are sent, 0 were dropped meanwhile.")
    invoke()
    assert Counter(backend.spans()) == invoke.names()
    backend.close()


def test_tls(one_runtime, function, daemon, tmp_path):
    """A certificate that is not trusted is a dead backend, until it has the right one."""
    backend = Backend("", tls=context(tmp_path / "wrong.pem"))
    right = context(tmp_path / "right.pem")
    endpoint = f"https://{backend.address}"
    trusted = {"OTEL_EXPORTER_OTLP_CERTIFICATE": str(tmp_path / "right.pem")}
    invoke = Invoking(function(one_runtime, SOURCE, env=env(endpoint, **trusted)))
    check(invoke, daemon, "SSLCertVerificationError: ", endpoint)

    backend.revive(right)

    assert until_recovered(invoke, backend) == invoke.names()
    backend.close()


def test_no_such_host(one_runtime, function, daemon):
    """A name that nobody knows is a dead backend."""
    endpoint = "http://backend.invalid:4318"

    check(Invoking(function(one_runtime, SOURCE, env=env(endpoint))), daemon, "", endpoint)


def test_alive(runtime, function):
    """A backend that is well gets each invocation's spans before the next one, and no line."""
    backend = Backend("")
    roomy = {"HELIOGRAPH_FLUSH_TIMEOUT": "30000"}
    invoke = Invoking(function(runtime, SOURCE, env=env(f"http://{backend.address}", **roomy)))

    for _ in range(DEAD):
        invoke()
        assert Counter(backend.spans()) == invoke.names()

    asked = zip(invoke.answered, backend.asked, strict=True)
    assert [sent > answered for answered, sent in asked] == [True] * DEAD  # after the response
    assert invoke.lines("OtlpSpanExporter") == []
    backend.close()


def test_late_answers(one_runtime, function):
    """An answer that comes when the budget is over, and the environment frozen, still counts."""
    backend = Backend("", late=3 * BUDGET_MS / 1000)
    more = {"OTEL_TRACES_EXPORTER": "otlp"}
    invoke = Invoking(function(one_runtime, SOURCE, env=env(f"http://{backend.address}", **more)))
    for _ in range(4):
        invoke()
        time.sleep(1)

    assert until_recovered(invoke, backend) == invoke.names()
    backend.close()


LATER = """
import time
from heliograph.journal import state
def later():
    state.development._pipeline._workers._clock = lambda: time.time() + 3600
"""
"""Sets the clock of the function's intervals ahead."""


def test_interval(one_runtime, function):
    """With an interval what happened since waits, and goes out when it has passed."""
    backend = Backend("")
    more = {"HELIOGRAPH_FLUSH": "interval:60m", "HELIOGRAPH_FLUSH_TIMEOUT": "30000"}
    source = SOURCE.replace("    with", "    if event['n'] == 5:\n        later()\n    with", 1)
    endpoint = env(f"http://{backend.address}", OTEL_TRACES_EXPORTER="otlp", **more)
    invoke = Invoking(function(one_runtime, LATER + source, env=endpoint))
    invoke()
    assert Counter(backend.spans()) == invoke.names()

    invoke(3)
    assert len(backend.bodies) == 1
    invoke()

    assert Counter(backend.spans()) == invoke.names()
    assert len(backend.bodies) == 2
    backend.close()


def test_snapshots(one_runtime, function):
    """After a restore the connection of before is gone: what comes then arrives all the same."""
    backend = Backend("")
    variables = {
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "HELIOGRAPH_FLUSH_TIMEOUT": "30000",
    }
    before = "import heliograph\nwith heliograph.span('init'): pass\nheliograph.flush()\n"
    started = function(
        one_runtime, before + SOURCE, env=env(f"http://{backend.address}", **variables)
    )
    started.api.wait_next(1, 60)
    assert backend.spans() == ["init"]
    backend.revive()  # hangs up
    invoke = Invoking(started)

    invoke(2)

    assert Counter(backend.spans()) == {"init": 1, **invoke.names()}
    assert invoke.lines("OtlpSpanExporter") == []
    backend.close()


def test_managed_instances(one_runtime, function):
    """Workers of a Managed Instance deliver each for itself, and outlive a dead backend."""
    backend = Backend(REFUSED)
    workers = function(one_runtime, SOURCE, concurrency=2, env=env(f"http://{backend.address}"))
    for number in range(2 * DEAD):
        answer = workers.invoke(invocation({"n": number + 1}))
        assert (answer.kind, answer.json()) == ("response", {"n": number + 1})
    backend.revive()
    sent = 2 * DEAD
    end = time.monotonic() + 30
    while len(backend.spans()) < 2 * sent and time.monotonic() < end:
        time.sleep(0.3)
        sent += 1
        workers.invoke(invocation({"n": sent}))
        time.sleep(0.2)

    orders = {f"order {number + 1}": 1 for number in range(sent)}
    assert Counter(backend.spans()) == {"lab": sent, **orders}
    backend.close()


def test_exit(one_runtime, function):
    """`sys.exit` delivers what waits first, and a dead backend does not keep the process."""
    source = "import sys\ndef handler(event, context): sys.exit(event['n'])"
    for backend, arrives in ((Backend(""), ["lab"]), (Backend("black hole"), [])):
        ended = function(one_runtime, source, env=env(f"http://{backend.address}"))

        assert ended.invoke(invocation({"n": 3})).kind == "exit"

        assert ended.exit_code == 3
        assert len(backend.asked) == 1
        assert backend.spans() == arrives
        lost = [line for line in ended.stdout.lines() if "at the end of the process" in line]
        assert len(lost) == (not arrives)
        backend.close()


def invocation(event):
    from heliograph.lab.invocation import Invocation

    return Invocation(event)


def context(path):
    """Return a TLS server's context with a new certificate of its own, in a file at this path."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, path.stem)])
    now = datetime.now(timezone.utc)
    local = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([local]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    whole = path.with_suffix(".whole")
    whole.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(whole)
    return made
