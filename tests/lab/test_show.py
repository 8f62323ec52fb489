"""What a person reads: whole outputs, 100 columns wide, without a terminal."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from heliograph.lab.invocation import Answer
from heliograph.lab.session import Outcome
from heliograph.lab.show import show

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
DOCUMENTS = [
    {
        "id": "b", "parent_id": "a", "trace_id": TRACE, "name": "DynamoDB", "namespace": "aws",
        "start_time": 10.001, "end_time": 10.0125, "http": {"response": {"status": 200}},
        "aws": {"operation": "PutItem", "table_name": "orders"},
        "metadata": {"default": {"rpc.service": "DynamoDB", "tries": [1, "é"]}},
    },
    {
        "id": "c", "parent_id": "a", "trace_id": TRACE, "name": "partner.example.com",
        "namespace": "remote", "start_time": 10.02, "end_time": 10.0925, "fault": True,
        "http": {
            "request": {"method": "GET", "url": "https://partner.example.com/stock?key=1"},
            "response": {"status": 503},
        },
        "cause": {"exceptions": [{"type": "HTTPError", "message": "503 for [/stock]"}]},
    },
    {
        "id": "a", "parent_id": "53995c3f42cd8ad8", "trace_id": TRACE, "name": "app.handler",
        "start_time": 10.0, "end_time": 10.1, "annotations": {"order": 7, "tenant": "[blue]"},
    },
    {
        "id": "d", "parent_id": "c", "trace_id": TRACE, "name": "retry", "start_time": 10.05,
        "in_progress": True,
    },
]  # fmt: skip
METRICS = json.dumps(
    {
        "_aws": {
            "Timestamp": 1,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Shop",
                    "Dimensions": [["service"]],
                    "Metrics": [{"Name": "latency", "Unit": "Milliseconds"}, {"Name": "lost"}],
                }
            ],
        },
        "service": "orders",
        "latency": [1, 2, 10],
    }
)


def shown(outcome: Outcome, width: int = 100) -> str:
    """Return what is printed, 100 columns wide, without the blanks that fill a line."""
    out = io.StringIO()
    show(outcome, Console(file=out, width=width, highlight=False))
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def outcome(answer: Answer, **more: object) -> Outcome:
    """Return an outcome with a trace header and the like filled in."""
    given = {"number": 1, "cold": True, "trace_header": None, "init_ms": None, "exit_code": None}
    return Outcome(answer=answer, **{**given, **more})


def test_shows_everything():
    """Times, answer, tree, metrics, log and stderr, in this order."""
    answer = Answer(
        "response", 202, b'{"statusCode": 200}', "r-1", t_sent=1.0, t_answered=1.0125, t_over=1.07
    )

    text = shown(
        outcome(
            answer,
            init_ms=120.04,
            documents=DOCUMENTS,
            refused=2,
            stdout=["hello [bold]you[/bold]", METRICS, "x" * 120, f"[INFO]\t{'word ' * 20}end"],
            stderr=["careful\x1b[2J"],
        )
    )

    assert text == (
        "1 · cold · ok "
        + "─" * 86
        + f"""
init 120.0 ms · response 12.5 ms · after the response 57.5 ms
response  {{"statusCode": 200}}

trace {TRACE}
└── Lambda service (its own segment, 53995c3f42cd8ad8)
    └── app.handler                             +0.0    100.0 ms
        annotation order = 7
        annotation tenant = [blue]
        ├── DynamoDB PutItem orders             +1.0     11.5 ms  aws  200
        │   metadata tries = [1, "é"]
        └── partner.example.com GET /stock     +20.0     72.5 ms  remote  503  FAULT
            HTTPError: 503 for [/stock]
            └── retry                          +50.0  in progress

datagrams that X-Ray would not take: 2

metric   count  min    avg  p50  max  unit          namespace  dimensions
latency      3    1  4.333    2   10  Milliseconds  Shop       service=orders

CloudWatch will leave this out: metric 'lost' is None, no number or numbers

log
  hello [bold]you[/bold]
  {"x" * 120}
  [INFO]  {"word " * 17}word
      word word end

stderr
  careful [2J

"""
    )


ERROR = {
    "errorType": "ValueError",
    "errorMessage": "no stock",
    "stackTrace": ['  File "app.py", line 2, in handler\n    raise ValueError\n'],
}


@pytest.mark.parametrize(
    ("answer", "more", "expected"),
    [
        pytest.param(
            Answer("error", 202, json.dumps(ERROR).encode(), "r"),
            {"cold": False, "number": 2},
            'error  ValueError: no stock\n  File "app.py", line 2, in handler\n'
            "    raise ValueError",
            id="error",
        ),
        pytest.param(
            Answer("error", 202, b"not as a runtime posts it", "r"),
            {},
            "error  not as a runtime posts it",
            id="odd-error",
        ),
        pytest.param(
            Answer("response", 413, b"1", "r"),
            {"exit_code": 1},
            "response  1\nrefused by the Runtime API with 413\nthe process ended with exit code 1",
            id="refused",
        ),
        pytest.param(
            Answer("response", 202, b"1", "r", timed_out=True),
            {"exit_code": -9},
            "response  1\nanswered, but killed at the deadline before it was over",
            id="late",
        ),
        pytest.param(
            Answer("init_error", 0, json.dumps({**ERROR, "stackTrace": []}).encode(), "r"),
            {"exit_code": 1},
            "init error  ValueError: no stock\nthe process ended with exit code 1",
            id="init-error",
        ),
        pytest.param(
            Answer("exit", 0, b'{"errorType": "T", "errorMessage": "m"}', "r"),
            {"exit_code": 3},
            "exit  T: m\nthe process ended with exit code 3",
            id="exit",
        ),
    ],
)
def test_shows_a_failure(answer, more, expected):
    """A failed invocation says so in its title, and how it failed below."""
    title, _, rest = shown(outcome(answer, **more)).partition("\n")

    start = "cold" if more.get("cold", True) else "warm"
    assert title.rstrip("─ ") == f"{more.get('number', 1)} · {start} · failed"
    assert rest.rstrip("\n") == expected


def test_cuts_what_is_long():
    """An answer of megabytes does not fill the screen."""
    text = shown(outcome(Answer("response", 202, b"x" * 5000, "r")))

    assert f"response  {'x' * 2000} … (5000 characters)\n" in text


def test_an_outcome_is_json():
    """`--json` has everything, in plain values."""
    answer = Answer("response", 202, b"1", "r-1", t_sent=1.0, t_answered=1.5)

    value = outcome(answer, stdout=[METRICS, "line"], documents=DOCUMENTS[:1]).as_dict()

    assert json.loads(json.dumps(value)) == {
        "number": 1,
        "start": "cold",
        "failed": False,
        "request_id": "r-1",
        "trace_header": None,
        "init_ms": None,
        "response_ms": 500.0,
        "after_ms": None,
        "answer": {
            "kind": "response", "status": 202, "error_type": None, "timed_out": False, "body": "1",
        },
        "exit_code": None,
        "documents": DOCUMENTS[:1],
        "metrics": [
            {
                "namespace": "Shop", "metric": "latency", "unit": "Milliseconds",
                "dimensions": {"service": "orders"}, "count": 3, "minimum": 1,
                "average": 13 / 3, "maximum": 10, "p50": 2,
            },
        ],
        "metric_problems": ["metric 'lost' is None, no number or numbers"],
        "stdout": ["line"],
        "stderr": [],
    }  # fmt: skip


def test_a_thousand_nested_spans():
    """As deep as there is room for; what is below is counted."""
    chain = [
        {
            "id": f"{n:04}", "parent_id": f"{n - 1:04}", "trace_id": TRACE, "name": f"span {n}",
            "start_time": 10.0 + n / 1e6, "end_time": 11.0,
        }
        for n in range(1, 1001)
    ]  # fmt: skip
    text = shown(outcome(Answer("response", 202, b"1", "r"), documents=chain))

    assert "span 15" in text
    assert "spans below" in text


ESCAPE = "\x1b[31mred\x1b]0;title\x07"


def test_no_text_commands_the_terminal():
    """Whatever is in a document, a metric or an answer: nothing moves the cursor (F15)."""
    document = {
        "id": ESCAPE, "parent_id": ESCAPE, "trace_id": TRACE, "name": ESCAPE, "namespace": ESCAPE,
        "start_time": 10.0, "end_time": 10.1, "fault": True,
        "cause": {"exceptions": [{"type": ESCAPE, "message": ESCAPE}]},
        "annotations": {ESCAPE: ESCAPE}, "metadata": {ESCAPE: {ESCAPE: ESCAPE}},
        "http": {"request": {"method": ESCAPE, "url": ESCAPE}},
        "aws": {"operation": ESCAPE, "table_name": ESCAPE},
    }  # fmt: skip
    metric = json.loads(METRICS)
    metric["_aws"]["CloudWatchMetrics"][0]["Namespace"] = ESCAPE
    metric["service"] = ESCAPE * 200
    answer = Answer("response", 202, ESCAPE.encode(), "r")
    text = shown(outcome(answer, documents=[document], stdout=[json.dumps(metric), ESCAPE]))

    assert "\x1b" not in text
    assert "\x07" not in text
    assert len(text) < 4000, "a dimension of a thousand characters is cut"


def test_the_users_own_attributes_are_shown():
    """Names that only begin like OpenTelemetry's are the user's; its own are left out."""
    own = {"otel.mine": 1, "server.rack": 2, "net.zone": 3, "db.pool.mine": 4}
    known = {"server.address": "x", "http.route": "/y", "faas.coldstart": True}
    document = {
        "id": "a", "trace_id": TRACE, "name": "one", "start_time": 10.0, "end_time": 10.1,
        "metadata": {"default": {**own, **known}},
    }  # fmt: skip
    text = shown(outcome(Answer("response", 202, b"1", "r"), documents=[document]))

    assert [name for name in own if f"metadata {name} = " not in text] == []
    assert [name for name in known if name in text] == []


WIDE = json.dumps(
    {
        "_aws": {
            "Timestamp": 1,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Shop",
                    "Dimensions": [["service", "region"]],
                    "Metrics": [{"Name": "processing.latency.of.orders", "Unit": "Milliseconds"}],
                }
            ],
        },
        "service": "orders",
        "region": "eu-central-1",
        "processing.latency.of.orders": [1, 2, 10],
    }
)


@pytest.mark.parametrize("width", [200, 100, 60, 40])
def test_metrics_can_be_read_at_any_width(width):
    """Names, figures and dimensions of a metric are whole, on a narrow screen below each other."""
    answer = Answer("response", 202, b"1", "r-1")
    printed = shown(outcome(answer, stdout=[WIDE]), width)
    lines = printed.splitlines()
    assert all(len(line) <= width for line in lines if "trace" not in line)
    words = printed.split()
    for whole in ("processing.latency.of.orders", "Milliseconds", "region=eu-central-1"):
        assert whole in printed.replace(",", "").split(), printed
    assert {"1", "10"} <= set(words)
