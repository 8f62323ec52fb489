"""The Runtime API by its wire: statuses, headers, bodies, and who is woken by what."""

from __future__ import annotations

import http.client
import json
import threading

import pytest

from heliograph.lab.invocation import Invocation
from heliograph.lab.runtime_api import RuntimeApi

NEXT = "/2018-06-01/runtime/invocation/next"


@pytest.fixture
def api():
    """A Runtime API, closed after the test."""
    with RuntimeApi() as api:
        yield api


@pytest.fixture
def ask(api):
    """Send a request over one kept-alive connection; returns status, headers, body."""
    connection = http.client.HTTPConnection(api.address, timeout=10)

    def ask(method, path, body=None, headers=None, **more):
        connection.request(method, path, body, headers or {}, **more)
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()

    yield ask
    connection.close()


def answer_path(request_id, kind="response"):
    """Return the path that an answer is posted to."""
    return f"/2018-06-01/runtime/invocation/{request_id}/{kind}"


def test_next_has_every_header(api, ask):
    """The event goes out with all that Lambda says about it, under its header names."""
    api.hand_out(
        Invocation(
            {"a": 1},
            request_id="r-1",
            deadline_ms=1_700_000_000_000,
            trace_header="Root=1-5759e988-bd862e3fe1be46a994272793",
            function_arn="arn:f",
            client_context={"custom": {}},
            cognito_identity={"cognitoIdentityId": "c"},
            tenant_id="blue",
        )
    )

    status, headers, body = ask("GET", NEXT)

    nonce = headers["Lambda-Runtime-Invocation-Id"]
    assert (status, json.loads(body), len(nonce)) == (200, {"a": 1}, 32)
    lambdas = {name: value for name, value in headers.items() if name.startswith("Lambda-")}
    assert headers["Content-Type"] == "application/json"
    assert lambdas == {
        "Lambda-Runtime-Aws-Request-Id": "r-1",
        "Lambda-Runtime-Deadline-Ms": "1700000000000",
        "Lambda-Runtime-Invoked-Function-Arn": "arn:f",
        "Lambda-Runtime-Invocation-Id": nonce,
        "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793",
        "Lambda-Runtime-Client-Context": '{"custom": {}}',
        "Lambda-Runtime-Cognito-Identity": '{"cognitoIdentityId": "c"}',
        "Lambda-Runtime-Aws-Tenant-Id": "blue",
    }


@pytest.mark.parametrize(
    ("invocation", "request_id", "nonce", "status", "error_type"),
    [
        pytest.param({}, "r-1", None, 202, None, id="in-time"),
        pytest.param({}, "r-1", "stale", 410, "InvokeTimeout", id="stale-invocation-id"),
        pytest.param({"deadline_ms": 1}, "r-1", None, 410, "InvokeTimeout", id="late"),
        pytest.param({}, "r-2", None, 400, "InvalidRequestID", id="unknown-request-id"),
        pytest.param({"refuse_with": 503}, "r-1", None, 503, "Refused", id="forced"),
    ],
)
def test_judges_an_answer(api, ask, invocation, request_id, nonce, status, error_type):
    """An answer is taken, or refused with the service's status and error."""
    api.hand_out(Invocation(request_id="r-1", **invocation))
    _, headers, _ = ask("GET", NEXT)
    nonce = nonce or headers["Lambda-Runtime-Invocation-Id"]

    got, _, body = ask(
        "POST", answer_path(request_id), b"1", {"Lambda-Runtime-Invocation-Id": nonce}
    )

    assert (got, json.loads(body).get("errorType")) == (status, error_type)
    kept = api.strays if nonce == "stale" or request_id == "r-2" else api.answers
    assert [(answer.status, answer.body) for answer in kept] == [(status, b"1")]


def test_a_stale_answer_leaves_the_present_one_its_place(api, ask):
    """A caller-chosen request id may come back: the answer of the first run is not the second's."""
    api.hand_out(Invocation(request_id="r-1"))
    _, first, _ = ask("GET", NEXT)
    api.hand_out(Invocation(request_id="r-1"))
    _, second, _ = ask("GET", NEXT)

    statuses = [
        ask("POST", answer_path("r-1"), body, {"Lambda-Runtime-Invocation-Id": nonce})[0]
        for body, nonce in (
            (b"1", first["Lambda-Runtime-Invocation-Id"]),
            (b"2", second["Lambda-Runtime-Invocation-Id"]),
        )
    ]

    assert statuses == [410, 202]
    assert [answer.body for answer in api.answers] == [b"2"]


def test_an_older_client_sends_no_invocation_id(api, ask):
    """Clients before 4.2 do not echo the nonce: the request id is enough, once."""
    api.hand_out(Invocation(request_id="r-1"))
    ask("GET", NEXT)

    assert ask("POST", answer_path("r-1"), b"1")[0] == 202
    assert ask("POST", answer_path("r-1"), b"1")[0] == 400


def test_reads_chunked_bodies(api, ask):
    """A streamed response arrives whole."""
    api.hand_out(Invocation(request_id="r-1"))
    ask("GET", NEXT)

    ask("POST", answer_path("r-1"), iter([b"one, ", b"two"]), encode_chunked=True)

    assert api.wait_answer(5).body == b"one, two"


def test_an_error_answer_has_its_type(api, ask):
    """Kind, type and headers of an error are kept."""
    api.hand_out(Invocation(request_id="r-1"))
    ask("GET", NEXT)

    ask("POST", answer_path("r-1", "error"), b'{"errorType": "KeyError"}', {"X-Cause": "c"})

    answer = api.wait_answer(5)
    assert (answer.kind, answer.error_type, answer.headers["x-cause"]) == ("error", "KeyError", "c")
    assert answer.ok is False


@pytest.mark.parametrize("phase", ["init", "restore"])
def test_keeps_errors_of_init_and_restore(api, ask, phase):
    """What the runtime reports is taken with 202 and kept whole."""
    headers = {"Lambda-Runtime-Function-Error-Type": "Runtime.X"}

    status, _, _ = ask("POST", f"/2018-06-01/runtime/{phase}/error", b'{"a": 1}', headers)

    (error,) = api.init_errors if phase == "init" else api.restore_errors
    assert (status, error.error_type, error.json()) == (202, "Runtime.X", {"a": 1})
    assert len(api.init_errors) + len(api.restore_errors) == 1


def test_unknown_paths_are_told_so(ask):
    """A path that the Runtime API does not have is a 404 with the service's error shape."""
    status, _, body = ask("GET", "/2018-06-01/nope")

    assert (status, json.loads(body)["errorType"]) == (404, "NotFound")


def test_waiting_has_an_end(api):
    """Nothing asked for, nothing answered: the waits return what they know."""
    assert api.wait_next(1, 0.01) is False
    assert api.wait_answer(0.01) is None
    api.runtime_ended()
    assert api.wait_next(1, None) is False  # at once: there is nothing left to wait for


def test_a_runtime_that_went_away_takes_no_event(api, ask):
    """A process that died while it waited does not swallow the event of its successor."""
    gone = http.client.HTTPConnection(api.address, timeout=10)
    gone.request("GET", NEXT)
    assert api.wait_next(1, 10)
    gone.close()
    replies = []
    successor = threading.Thread(target=lambda: replies.append(ask("GET", NEXT)))
    successor.start()
    assert api.wait_next(2, 10)

    api.hand_out(Invocation("mine"))

    successor.join(10)
    assert [body for _, _, body in replies] == [b'"mine"']


def test_tells_when_the_runtime_rests_and_works():
    """Rest begins when an event is asked for and none is there, work before it is handed out."""
    told = []
    with RuntimeApi(lambda: told.append("idle"), lambda: told.append("work")) as api:
        connection = http.client.HTTPConnection(api.address, timeout=10)
        for number in range(2):
            connection.request("GET", NEXT)
            api.wait_next(number + 1, 10)
            api.hand_out(Invocation())
            connection.getresponse().read()
        connection.close()

    assert told == ["idle", "work", "idle", "work"]
