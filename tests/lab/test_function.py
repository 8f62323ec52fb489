"""A function under the real runtime client: what it answers and how it ends."""

from __future__ import annotations

import json
import time

import pytest

from heliograph.lab.invocation import Invocation

LIMIT = 6_291_556


def test_answers_with_what_the_handler_returned(start_on_each):
    """The value that the handler returns is the answer, with all its times in order."""
    function = start_on_each("def handler(event, context): return {'got': event}")

    answer = function.invoke(Invocation({"id": "é"}))

    assert (answer.kind, answer.status, answer.ok) == ("response", 202, True)
    assert answer.json() == {"got": {"id": "é"}}
    assert answer.t_asked < answer.t_sent < answer.t_answered < answer.t_over
    assert function.init_ms > 0


def test_reports_an_exception(start_on_each):
    """An exception becomes an error answer, and the environment lives on."""
    function = start_on_each(
        """
        def handler(event, context):
            if event:
                raise ValueError("no stock")
            return "fine"
        """
    )

    answer = function.invoke(Invocation({"x": 1}))

    assert (answer.kind, answer.status, answer.ok) == ("error", 202, False)
    assert answer.error_type == "ValueError"
    assert answer.json()["errorMessage"] == "no stock"
    assert "no stock" in answer.headers["lambda-runtime-function-xray-error-cause"]
    assert function.invoke(Invocation({})).json() == "fine"


@pytest.mark.parametrize(
    ("code", "handler", "error_type", "message"),
    [
        pytest.param(
            "raise ValueError('at import')", "app.handler", "ValueError", "at import", id="raises"
        ),
        pytest.param(
            "", "app.nope", "Runtime.HandlerNotFound", "Handler 'nope' missing on module 'app'",
            id="no-attribute",
        ),
        pytest.param(
            "", "nope.handler", "Runtime.ImportModuleError",
            "Unable to import module 'nope': No module named 'nope'", id="no-module",
        ),
        pytest.param(
            "", "handler", "Runtime.MalformedHandlerName",
            "Bad handler 'handler': not enough values to unpack (expected 2, got 1)", id="no-dot",
        ),
    ],
)  # fmt: skip
def test_reports_an_error_of_init(start_on_each, code, handler, error_type, message):
    """What fails before the first event is the answer to it, and the process ends with 1."""
    function = start_on_each(code, handler=handler)

    answer = function.invoke(Invocation())

    assert (answer.kind, answer.status, answer.ok) == ("init_error", 0, False)
    assert answer.error_type == error_type
    assert answer.json()["errorMessage"] == message
    assert len(function.api.init_errors) == 1
    assert function.exit_code == 1


@pytest.mark.parametrize(
    ("ending", "exit_code", "message"),
    [
        pytest.param("sys.exit(3)", 3, "error: exit status 3", id="sys.exit(3)"),
        pytest.param("sys.exit(0)", 0, "without providing a reason", id="sys.exit(0)"),
        pytest.param("os._exit(7)", 7, "error: exit status 7", id="os._exit"),
        pytest.param("os.kill(os.getpid(), 9)", -9, "error: signal: killed", id="sigkill"),
    ],
)
def test_tells_how_a_process_ended_without_an_answer(start_on_each, ending, exit_code, message):
    """An end of the process is an answer in itself, with what was written up to it."""
    function = start_on_each(
        f"""
        import os, sys
        def handler(event, context):
            print("last words", flush=True)
            {ending}
        """
    )

    answer = function.invoke(Invocation())

    assert (answer.kind, answer.error_type) == ("exit", "Runtime.ExitError")
    assert answer.json()["errorMessage"].endswith(
        f"Runtime exited {'with ' if exit_code else ''}{message}"
    )
    assert function.exit_code == function.wait_exit() == exit_code
    assert function.stdout.lines() == ["last words"]


@pytest.mark.parametrize(
    ("size", "status"),
    [pytest.param(LIMIT, 202, id="largest"), pytest.param(LIMIT + 1, 413, id="too-large")],
)
def test_refuses_a_response_that_is_too_large(start_on_each, size, status):
    """6 MiB and 100 bytes pass, one byte more is refused, which ends the on-demand runtime."""
    function = start_on_each("def handler(event, context): return 'x' * event")

    answer = function.invoke(Invocation(size - 2))  # JSON's quotes

    assert (answer.kind, answer.status, len(answer.body)) == ("response", status, size)
    if status == 413:
        assert function.wait_exit() == 1


def test_refuses_a_late_answer(start_on_each):
    """An answer after the deadline is told 410, which ends the on-demand runtime."""
    function = start_on_each(
        """
        import time
        def handler(event, context):
            time.sleep(context.get_remaining_time_in_millis() / 1000 + 0.01)
        """
    )

    answer = function.invoke(Invocation(timeout=0.05))

    assert (answer.kind, answer.status, answer.ok) == ("response", 410, False)
    assert function.wait_exit() == 1


def test_refuses_as_told(start_on_each):
    """A test can have any answer refused with any status."""
    function = start_on_each("def handler(event, context): return 1")

    answer = function.invoke(Invocation(refuse_with=500))

    assert (answer.kind, answer.status, answer.body) == ("response", 500, b"1")
    assert function.wait_exit() == 1
    assert "Failed to post invocation response" in function.stderr.raw.decode()


def test_kills_at_the_deadline_when_asked_to(start):
    """With `kill_at_deadline` a function that hangs is ended as Lambda's callers see it."""
    function = start(
        "import time\ndef handler(event, context): time.sleep(600)", kill_at_deadline=True
    )

    answer = function.invoke(Invocation(request_id="r-1", timeout=0.1))

    assert (answer.kind, answer.timed_out, function.exit_code) == ("timeout", True, -9)
    assert answer.json() == {
        "errorMessage": "RequestId: r-1 Error: Task timed out after 0.10 seconds",
        "errorType": "Sandbox.Timedout",
    }


def test_kills_what_goes_on_after_the_answer(start):
    """The deadline holds until the next event is asked for, answered or not."""
    function = start(
        """
        import time
        from awslambdaric.lambda_runtime_client import BaseLambdaRuntimeClient as Client
        wait = Client.wait_next_invocation
        def slow(self):
            time.sleep(600 if asked else 0)
            return wait(self)
        Client.wait_next_invocation = slow
        asked = []
        def handler(event, context):
            asked.append(1)
            return "answered"
        """,
        kill_at_deadline=True,
    )

    answer = function.invoke(Invocation(timeout=1.0))

    assert (answer.kind, answer.json()) == ("response", "answered")
    assert (answer.timed_out, answer.ok, function.exit_code) == (True, False, -9)


def test_says_what_a_function_wrote_when_it_hangs(start):
    """Patience has an end, and its error shows the last lines."""
    function = start(
        "print('hm')\nimport time\ndef handler(event, context): time.sleep(600)", patience=0.2
    )
    assert function.api.wait_next(1, 30)

    with pytest.raises(TimeoutError, match=r"not over; its last lines:\nhm"):
        function.invoke(Invocation())


def test_context_has_what_the_headers_said(start_on_each):
    """Every header of the Runtime API reaches the context or the environment."""
    function = start_on_each(
        """
        import os
        def handler(event, context):
            client = context.client_context
            return [
                context.aws_request_id, context.invoked_function_arn, context.tenant_id,
                client.client.installation_id, client.custom,
                context.identity.cognito_identity_id, context._epoch_deadline_time_in_ms,
                os.environ.get("_X_AMZN_TRACE_ID"), context.function_name,
                context.memory_limit_in_mb,
            ]
        """,
        memory=256,
    )
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders:live"
    deadline = int(time.time() * 1000) + 5000
    full = Invocation(
        request_id="r-1",
        deadline_ms=deadline,
        trace_header="Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
        function_arn=arn,
        client_context={"client": {"installation_id": "i-1"}, "custom": {"a": "b"}},
        cognito_identity={"cognitoIdentityId": "c-1"},
        tenant_id="blue",
    )

    answer = function.invoke(full)

    assert answer.json() == [
        "r-1", arn, "blue", "i-1", {"a": "b"}, "c-1", deadline,
        "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0", "lab", "256",
    ]  # fmt: skip


def test_context_without_what_is_optional(start):
    """Headers that are left out are absent, not empty."""
    function = start(
        """
        import os
        def handler(event, context):
            return [context.client_context, context.tenant_id, "_X_AMZN_TRACE_ID" in os.environ]
        """
    )

    assert function.invoke(Invocation()).json() == [None, None, True]
    assert function.invoke(Invocation(trace_header=None)).json() == [None, None, False]


def test_snap_start_restores(start):
    """A snap-start function asks for its restore before its first event."""
    function = start(
        "def handler(event, context): return 1",
        env={"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"},
    )

    assert function.invoke(Invocation()).ok
    assert len(function.api.restores) == 1
    assert function.api.restores[0] < function.api.nexts[0]


def test_an_event_may_be_junk(start):
    """An event of bytes goes out as it is: junk is the runtime's to report."""
    function = start("def handler(event, context): return 1")

    answer = function.invoke(Invocation(b"{nope"))

    assert (answer.kind, answer.error_type) == ("error", "Runtime.UnmarshalError")
    assert json.loads(answer.body)["errorMessage"].startswith("Unable to unmarshal input")
