"""Settings: what each variable means, what beats what, and what a bad value does."""

from __future__ import annotations

import os
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import heliograph
from heliograph import _notice, exporters, propagation, testing
from heliograph.errors import ConfigurationError
from heliograph.propagation import sampling
from heliograph.settings import in_code, lending
from heliograph.settings.config import EARLY, Config, every
from heliograph.settings.lending import LIMITS, accepted, lent
from heliograph.types import Settings

SOURCE = Path(heliograph.__file__).parent
BY_NAME = {setting.name: setting for setting in every()}


def both(name: str, cases: Any) -> dict[str, Any]:
    """Return the same cases for a setting of OTLP's traces and of its metrics."""
    return {f"otlp_{signal}_{name}": cases for signal in ("traces", "metrics")}


GOOD: dict[str, dict[str, object]] = {
    "disabled": {"true": True, "TRUE": True, "1": True, "on": True, "false": False, "0": False,
                 "off": False},
    "service_name": {"shop": "shop", " padded ": "padded"},
    "traces_exporters": {"xray,console": ("xray", "console"), " none ": ("none",),
                         ",a,,b,": ("a", "b")},
    "metrics_exporters": {"emf": ("emf",), "none": ("none",)},
    "propagators": {"b3, xray": ("b3", "xray")},
    "sampler": {"ALWAYS_ON": "always_on", "ParentBased_TraceIdRatio": "parentbased_traceidratio",
                "Their_Own": "Their_Own"},
    "sampler_argument": {"0.25": "0.25", "endpoint=http://x": "endpoint=http://x"},
    "disabled_instrumentations": {
        "botocore,requests": ("botocore", "requests"),
        "own, *": ("own", "*"),
    },
    "excluded_urls": {"healthz,/admin.*": ("healthz", "/admin.*")},
    "urllib3_excluded_urls": {"healthz,/admin.*": ("healthz", "/admin.*")},
    "black_box": {"off": (0, False), "FULL": (64, True), "128": (128, False), "on": (64, False)},
    "black_box_messages": {"on": True},
    "deadline": {"off": 0, "250": 250, "Auto": -1},
    "deadline_open": {"send": "send", "Keep": "keep"},
    "start": {"eager": "eager", "EAGER": "eager", "deferred": "deferred"},
    "span_name": {"function": "function", "Auto": "auto"},
    "parent": {"link": "link", "XRay": "xray", "event": "event", "auto": "auto"},
    "capture_query": {"off": False, "on": True},
    "messaging_span": {"merge": "merge", "Child": "child"},
    "event_age_metric": {"on": True},
    "inferred_spans": {"on": True},
    "authorizer_context": {"1": True},
    "kinesis_json": {"1": True},
    "warmup": {"drop": "drop", "keep": "keep"},
    "warmup_keys": {"ping, warm": ("ping", "warm")},
    "faas_cron": {"rate(1 day)": "rate(1 day)"},
    "capture_tenant": {"on": True},
    "capture_request_headers": {"x-shop,x-.*": ("x-shop", "x-.*")},
    "capture_response_headers": {"etag": ("etag",)},
    "sanitize_headers": {"x-secret": ("x-secret",)},
    "annotations": {"all": ("all",), "order.id,tenant.*": ("order.id", "tenant.*")},
    "baggage_attributes": {"session.id,tenant.*": ("session.id", "tenant.*")},
    "handler_as_segment": {"on": True},
    "aws_header": {"off": False},
    "xray_flag": {"ENV": "env", "own": "own"},
    "message_attributes": {"off": False},
    "client_context": {"W3C": "w3c", "off": "off"},
    "eventbridge_detail": {"1": True},
    "iot_user_properties": {"1": True},
    "daemon_address": {"169.254.79.129:2000": "169.254.79.129:2000"},
    "emf_namespace": {"Shop": "Shop"},
    "emf_dimensions": {"[[service],[service,route]]": (("service",), ("service", "route")),
                       "[['a', \"b\"]]": (("a", "b"),), "[[]]": ((),)},
    "emf_metric_dimensions": {
        "http.*=[[service]]; jobs = [[],[a,b]]": {
            "http.*": (("service",),), "jobs": ((), ("a", "b"))
        },
        " ": {},
    },
    "emf_default_dimensions": {"none": ("none",), "service=service.name,faas.name":
                               ("service=service.name", "faas.name")},
    "emf_properties": {"user.*,order": ("user.*", "order")},
    "emf_instrumentation_metrics": {"http.*,gen_ai.*": ("http.*", "gen_ai.*")},
    "emf_resource_properties": {"*": ("*",), "none": ("none",)},
    "emf_options": {"Scale_Units, drop_zeros": ("scale_units", "drop_zeros")},
    "emf_extraction_disabled": {"true": True},
    "flush_timeout": {"250": 250.0, "1000.5": 1000.5},
    "flush": {"interval:5s": 5.0, "Interval:250ms": 0.25, "interval:1m": 60.0, "invocation": 0.0},
    "otlp_endpoint": {"http://collector:4318": "http://collector:4318"},
    **both("endpoint", {"http://c/x": "http://c/x"}),
    **both("protocol", {"GRPC": "grpc", "http/protobuf": "http/protobuf"}),
    **both("headers", {"api-key=a%20b,c=d": "api-key=a%20b,c=d"}),
    **both("timeout", {"2.5": 2.5, "3": 3.0}),
    **both("compression", {"GZIP": "gzip", "deflate": "deflate"}),
    **both("certificate", {"/var/task/ca.pem": "/var/task/ca.pem"}),
    **both("client_certificate", {"/var/task/cert.pem": "/var/task/cert.pem"}),
    **both("client_key", {"/var/task/key.pem": "/var/task/key.pem"}),
    **both("insecure", {"true": True}),
    "otlp_temporality": {"DELTA": "delta", "lowmemory": "lowmemory"},
    "preset": {"Honeycomb": "honeycomb", "jaeger": "jaeger"},
    "preset_key": {"abc": "abc"},
    "preset_site": {"prod-eu-west-2": "prod-eu-west-2"},
    "otlp_headers_secret": {"arn:aws:ssm:eu-central-1:123456789012:parameter/otlp":
                            "arn:aws:ssm:eu-central-1:123456789012:parameter/otlp"},
    "sigv4": {"XRay": "xray", "off": "off", "false": "off", "auto": "auto"},
    "handler": {"app.handler": "app.handler"},
}  # fmt: skip
SWITCH, BAD_SWITCHES = "on or off (also true, false, 1, 0)", ("yes", "2", "tru")
BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "disabled": (BAD_SWITCHES, SWITCH),
    "capture_query": (BAD_SWITCHES, SWITCH),
    "handler_as_segment": (BAD_SWITCHES, SWITCH),
    "event_age_metric": (BAD_SWITCHES, SWITCH),
    "inferred_spans": (BAD_SWITCHES, SWITCH),
    "authorizer_context": (BAD_SWITCHES, SWITCH),
    "kinesis_json": (BAD_SWITCHES, SWITCH),
    "capture_tenant": (BAD_SWITCHES, SWITCH),
    "messaging_span": (("both",), "one of child, merge"),
    "warmup": (("on",), "one of keep, drop"),
    "aws_header": (BAD_SWITCHES, SWITCH),
    "xray_flag": (("1", "lambda"), "one of own, env"),
    "message_attributes": (BAD_SWITCHES, SWITCH),
    "client_context": (("on", "1"), "one of off, w3c"),
    "eventbridge_detail": (BAD_SWITCHES, SWITCH),
    "iot_user_properties": (BAD_SWITCHES, SWITCH),
    "emf_extraction_disabled": (BAD_SWITCHES, SWITCH),
    "black_box": (("yes", "15", "1025", "64KB"), "off, on, full, or a number of KB"),
    "black_box_messages": (BAD_SWITCHES, SWITCH),
    "deadline": (("0", "-1", "1s", "1000000"), "off, auto, or a number of milliseconds"),
    "deadline_open": (("drop",), "one of keep, send"),
    "start": (("now", "eager,deferred"), "one of deferred, eager"),
    "span_name": (("route",), "one of auto, function"),
    "parent": (("w3c", "none"), "one of auto, xray, event, link"),
    "emf_dimensions": (("service", "[service]", "[[service]"), "dimension sets such as"),
    "emf_metric_dimensions": (("[[service]]", "jobs=", "jobs=service", "=[[a]]"), "sets by metric"),
    "flush_timeout": (("0", "-1", "5s", "60001", "nan"), "milliseconds from 1 to 60000"),
    "flush": (
        ("always", "interval", "interval:5", "interval:0s", "invocation:5s"),
        "invocation, or an interval such as interval:5s",
    ),
    "emf_options": (("scale-units", "drop_zeros,rollup"), "a list of rollup_zero, rollup_single"),
    **dict.fromkeys(
        ("otlp_traces_protocol", "otlp_metrics_protocol"),
        (("http", "http/xml"), "one of http/json, http/protobuf, grpc"),
    ),
    **dict.fromkeys(
        ("otlp_traces_timeout", "otlp_metrics_timeout"),
        (("10s", "0", "-1", "nan", "inf"), "a number of seconds above 0"),
    ),
    **dict.fromkeys(
        ("otlp_traces_compression", "otlp_metrics_compression"),
        (("zstd",), "one of none, gzip, deflate"),
    ),
    **both("insecure", (BAD_SWITCHES, SWITCH)),
    "otlp_temporality": (("DELTAS",), "one of cumulative, delta, lowmemory"),
    "preset": (("honey",), "one of axiom, betterstack, "),
    "sigv4": (("on", "true", "1", "xray,logs"), "auto, off, or the service"),
}
JUNK: list[tuple[str, Any, str]] = [
    ("traces_exporters", "xray,nosuch", "xray, xray-otlp, otlp, console, none"),
    ("metrics_exporters", ["nosuch"], "emf, otlp, console, none"),
    ("propagators", "nosuch", "tracecontext, baggage, xray, xray-lambda, none"),
    ("sampler", "nosuch", "always_on, always_off, traceidratio"),
    ("excluded_urls", ["ok", "("], "a regular expression"),
    ("urllib3_excluded_urls", ["ok", "("], "a regular expression"),
    ("daemon_address", "junk", "host:port"),
    ("otlp_endpoint", "nonsense", "a URL such as"),
    ("otlp_traces_endpoint", "ftp://host", "a URL such as"),
    ("otlp_metrics_endpoint", "http://", "a URL such as"),
    ("otlp_traces_headers", "no pair", "name=value"),
    ("otlp_metrics_headers", "no pair", "name=value"),
]
"""What the environment is told of where it is used, and code at once."""
ANYTHING = (
    "service_name", "sampler_argument", "disabled_instrumentations", "annotations",
    "emf_namespace", "emf_default_dimensions", "emf_properties", "emf_resource_properties",
    "emf_instrumentation_metrics", "baggage_attributes",
    "warmup_keys", "faas_cron", "capture_request_headers", "capture_response_headers",
    "sanitize_headers",
    "preset_key", "preset_site", "otlp_headers_secret", "handler",
    *both("certificate", ()), *both("client_certificate", ()), *both("client_key", ()),
)  # fmt: skip
"""What is a name, a pattern of names or a path of somebody else's: any text may be right."""
BAD_CASES = [
    pytest.param(name, text, right, id=f"{name}={text}")
    for name, (texts, right) in BAD.items()
    for text in texts
]


def default(name: str) -> object:
    return getattr(Config.read({}), name)


def test_every_setting_is_in_these_tables() -> None:
    """A new setting comes with its good values here, and with what can be wrong of it."""
    assert set(GOOD) == set(BY_NAME)
    assert set(BAD) | {case[0] for case in JUNK} | set(ANYTHING) == set(BY_NAME)
    assert set(ANYTHING).isdisjoint([*BAD, *(case[0] for case in JUNK)])


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package provides whatever name is given, but for one."""
    monkeypatch.setattr(in_code, "is_provided", lambda _, name: name != "nosuch")


def test_good_values(caplog: pytest.LogCaptureFixture) -> None:
    """Each variable of a setting gives its value, and so does the same text in code."""
    offenders = [
        (where, text, found, value)
        for name, cases in GOOD.items()
        for text, value in cases.items()
        for where, found in [
            *((v, getattr(Config.read({v: text}), name)) for v in BY_NAME[name].variables),
            (name, getattr(Config.read({}, {name: text.strip()}), name)),
        ]
        if found != value or type(found) is not type(value)
    ]
    assert offenders == []
    assert caplog.messages == []


@pytest.mark.parametrize(("name", "text", "right"), BAD_CASES)
def test_bad_value(name: str, text: str, right: str, caplog: pytest.LogCaptureFixture) -> None:
    """From the environment it is told once by name, value and choices; in code it raises so."""
    variable = BY_NAME[name].variables[0]
    for _ in range(2):
        assert getattr(Config.read({variable: text}), name) == default(name)
    [line] = caplog.messages
    assert line.startswith(f"heliograph: {variable}={text!r} is not usable: it must be {right}")
    assert f"Used instead: {BY_NAME[name].default or 'nothing'}." in line
    with pytest.raises(
        ConfigurationError, match=f"^{name}={re.escape(repr(text))}: must be "
    ) as raised:
        Config.read({}, {name: text})
    assert right in str(raised.value)


def test_empty_is_not_set(caplog: pytest.LogCaptureFixture) -> None:
    """An empty variable is one that is not set, as OpenTelemetry says."""
    assert [
        (name, text)
        for name, setting in BY_NAME.items()
        for text in ("", "  ")
        if getattr(Config.read(dict.fromkeys(setting.variables, text)), name) != default(name)
    ] == []
    assert caplog.messages == []


def test_what_beats_what() -> None:
    """A value in code beats the environment, which beats the default; the first variable wins."""
    offenders = []
    for name, setting in BY_NAME.items():
        text, value = next(pair for pair in GOOD[name].items() if pair[1] != default(name))
        texts = [one.strip() for one in GOOD[name]]
        opposite = next(one for one in [*texts, setting.default] if setting.read(one) != value)
        first = dict(zip(setting.variables, [text, "junk", "junk"], strict=False))
        found = getattr(Config.read(first), name)
        in_place = getattr(Config.read(first, {name: opposite}), name)
        if (found, in_place) != (value, setting.read(opposite)):
            offenders.append((name, found, in_place))
    assert offenders == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("disabled", True, True),
        ("traces_exporters", ["xray", "console"], ("xray", "console")),
        ("traces_exporters", (), ()),
        ("sampler_argument", 0.5, "0.5"),
        ("sampler_argument", 1, "1"),
        ("otlp_traces_timeout", 5, 5.0),
        ("emf_dimensions", [["a"], ("b", "c")], (("a",), ("b", "c"))),
        ("emf_dimensions", [], ()),
        ("emf_metric_dimensions", {"a*": [["b"], []]}, {"a*": (("b",), ())}),
        ("emf_options", ["stats_only"], ("stats_only",)),
    ],
)
def test_objects_in_code(name: str, value: object, expected: object) -> None:
    """Python's own types are taken in code."""
    assert getattr(Config.read({}, {name: value}), name) == expected


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("disabled", 1, "bool, not int"),
        ("disabled", [], "bool, not list"),
        ("service_name", ["a"], "str, not list"),
        ("service_name", True, "str, not bool"),
        ("traces_exporters", 5, "a list, not int"),
        ("traces_exporters", [1], "a list of texts"),
        ("traces_exporters", {"xray"}, "a list, not set"),
        ("emf_dimensions", ["ab"], "a list, not str"),
        ("emf_dimensions", [[1]], "a list of texts"),
        ("emf_dimensions", 7, "a list, not int"),
        ("emf_metric_dimensions", [["a"]], "a dict, not list"),
        ("emf_metric_dimensions", {"a": ["b"]}, "a list, not str"),
        ("emf_metric_dimensions", {1: []}, "a list of texts"),
    ],
)
def test_wrong_type_in_code(name: str, value: object, right: str) -> None:
    """A value of another type raises, and says the name, the value and what would be right."""
    with pytest.raises(ConfigurationError) as raised:
        Config.read({}, {name: value})
    assert str(raised.value) == f"{name}={_notice.shown(value)}: must be {right}"


def test_unknown_name_in_code() -> None:
    """A misspelled setting names those that there are."""
    with pytest.raises(
        ConfigurationError, match="unknown setting 'exporter'; available: disabled, "
    ):
        Config.read({}, {"exporter": "xray"})


@pytest.mark.parametrize("argument", ["2", "-1", "x", "nan", 2.0])
def test_ratio_in_code(argument: Any) -> None:
    """A ratio that is none raises in code; other samplers take any argument."""
    with pytest.raises(ConfigurationError, match="must be a number from 0 to 1"):
        Config.read({}, {"sampler": "traceidratio", "sampler_argument": argument})
    assert Config.read({}, {"sampler": "own", "sampler_argument": argument}).sampler == "own"


@pytest.mark.parametrize("argument", ["2", "x", "nan"])
def test_ratio_in_the_environment(
    argument: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told, and everything is sampled."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", argument)
    with testing.capture() as captured:
        for _ in range(20):
            with heliograph.span("span"):
                pass
        assert len(captured.spans) == 20
    [line] = [one for one in caplog.messages if "OTEL_TRACES_SAMPLER_ARG" in one]
    assert (
        f"OTEL_TRACES_SAMPLER_ARG={argument!r} is not usable: it must be a number from 0 to 1"
        in line
    )


def test_frozen() -> None:
    """A configuration cannot be changed once it is read."""
    config = Config.read({})
    with pytest.raises(AttributeError, match="fixed once read; start cannot be set"):
        config.start = "eager"
    with pytest.raises(AttributeError, match="fixed once read; start cannot be deleted"):
        del config.start
    assert config.start == "deferred"


def test_the_functions_own_facts() -> None:
    """What Lambda says of the function; junk and absence cost nothing."""
    config = Config.read(
        {
            "AWS_LAMBDA_FUNCTION_NAME": "shop", "AWS_LAMBDA_FUNCTION_VERSION": "7",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_REGION": "eu-central-1",
            "AWS_LAMBDA_LOG_STREAM_NAME": "s", "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
        }
    )  # fmt: skip
    facts = (config.function_name, config.service_name, config.function_version, config.memory_mb)
    assert facts == ("shop", "shop", "7", 512)
    assert (config.region, config.log_stream, config.init_type) == (
        "eu-central-1",
        "s",
        "snap-start",
    )
    assert (config.in_lambda, config.eager) == (True, True)
    nothing = Config.read({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "lots"})
    assert (nothing.memory_mb, nothing.in_lambda, nothing.eager) == (0, False, False)


@pytest.mark.parametrize(
    ("environ", "given", "expected"),
    [
        ({}, None, "unknown_service"),
        ({"OTEL_SERVICE_NAME": "environment"}, None, "environment"),
        ({"OTEL_SERVICE_NAME": "environment"}, "code", "code"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=resource,a=b"}, None, "resource"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=resource"}, "code", "code"),
    ],
)
def test_name_of_the_service(
    environ: dict[str, str], given: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name that reaches the spans follows the same order."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    settings = {} if given is None else {"service_name": given}
    with testing.capture(**settings) as captured:
        with heliograph.span("span"):
            pass
        assert captured.span("span").resource.attributes["service.name"] == expected


@pytest.mark.parametrize(
    "text", ["many", "-1", "1.5", ""], ids=["text", "negative", "part", "empty"]
)
def test_limit_that_the_sdk_raises_for(
    text: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bad limit of OpenTelemetry's is told, and its default is used: no span is lost."""
    for name in LIMITS:
        with monkeypatch.context() as patched:
            patched.setenv(name, text)
            with testing.capture() as captured:
                with heliograph.span(name):
                    pass
                assert [span.name for span in captured.spans] == [name]
            assert os.environ[name] == text  # the function's own
    told = {name: sum(f" {name}=" in line for line in caplog.messages) for name in LIMITS}
    assert told == dict.fromkeys(LIMITS, 1 if text else 0)


@pytest.mark.parametrize(
    ("text", "lent_as"), [("5", "5"), ("0", "0"), ("unset", ""), (" UNSET ", ""), ("9" * 40, None)]
)
def test_good_limit_is_lent_to_the_sdk(
    text: str, lent_as: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`unset` is no limit, as OpenTelemetry's specification says; the SDK's word is the empty."""
    monkeypatch.setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", text)
    settings = Config.read()
    with lent(settings):
        shown = os.environ["OTEL_SPAN_EVENT_COUNT_LIMIT"]
    assert shown == (str(sys.maxsize) if lent_as is None else lent_as)
    assert os.environ["OTEL_SPAN_EVENT_COUNT_LIMIT"] == text


def test_environment_is_what_init_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the function does to its environment changes no setting, and is the function's still."""
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "a=init")
    monkeypatch.setenv("HELIOGRAPH_EMF_NAMESPACE", "Init")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://init.example")
    settings = Config.read()
    monkeypatch.delenv("OTEL_RESOURCE_ATTRIBUTES")
    monkeypatch.setenv("HELIOGRAPH_EMF_NAMESPACE", "Handler")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://thief.example")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert settings.emf_namespace == "Init"
    assert settings.otlp_endpoint == "https://init.example"
    with lent(settings):
        assert os.environ["OTEL_RESOURCE_ATTRIBUTES"] == "a=init"
        assert os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] == "https://init.example"
        assert "OTEL_SDK_DISABLED" not in os.environ
        assert os.environ["HELIOGRAPH_EMF_NAMESPACE"] == "Handler"
        os.environ["OTEL_SDK_DISABLED"] = "meanwhile"
    assert "OTEL_RESOURCE_ATTRIBUTES" not in os.environ
    assert os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] == "https://thief.example"
    assert os.environ["OTEL_SDK_DISABLED"] == "meanwhile"


@pytest.mark.parametrize(
    ("batch", "queue", "expected"), [("5000", None, "512"), (None, "100", "100"), ("7", "9", "7")]
)
def test_batches_fit_the_queue(
    batch: str | None, queue: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch larger than the queue, for which the SDK raises, is told and made to fit."""
    for name, value in (("EXPORT_BATCH", batch), ("QUEUE", queue)):
        if value:
            monkeypatch.setenv(f"OTEL_BSP_MAX_{name}_SIZE", value)
    with lent(Config.read()):
        assert os.environ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] == expected
        BatchSpanProcessor(InMemorySpanExporter()).shutdown()


def test_what_is_lent_already_is_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that is as init saw it, and usable, is not written to at all."""
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "a=b")
    settings = Config.read()
    monkeypatch.setattr(lending, "_set", None)
    with lent(settings), lent(settings):
        assert accepted(settings) == {"OTEL_RESOURCE_ATTRIBUTES": "a=b"}


def test_settings_of_exporting_are_read_by_any_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that ask for the first late setting at once all get it."""
    monkeypatch.setenv("HELIOGRAPH_EMF_NAMESPACE", "Init")
    for _ in range(50):
        settings, gate = Config.read(), threading.Barrier(8)

        def ask(settings: Config = settings, gate: threading.Barrier = gate) -> object:
            gate.wait()
            return settings.emf_namespace, settings.explicit

        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(ask) for _ in range(8)]
        assert {one.result() for one in asked} == {("Init", frozenset({"emf_namespace"}))}


def test_configure_has_every_setting() -> None:
    """The typed arguments of `configure` are the settings and the SDK's objects, and no more."""
    objects = [
        "span_processors",
        "span_exporters",
        "metric_readers",
        "metric_exporters",
        "views",
        "request_hook",
        "response_hook",
    ]
    assert set(Settings.__annotations__) == {*BY_NAME, *objects}


def test_configure_passes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is given to `configure` arrives; what is None is not given."""
    from heliograph.runtime import wrapping

    given: dict[str, Any] = {}
    monkeypatch.setattr(wrapping, "configure", lambda **settings: given.update(settings))
    heliograph.configure(disabled=False, service_name="", sampler=None, views=[])
    assert given == {"disabled": False, "service_name": "", "views": []}


def test_only_config_reads_the_environment() -> None:
    """No other module of ours reads a variable; the lab, which plays the environment, apart."""
    reading = re.compile(r"\benvironb?\b|\bgetenv\b|\bputenv\b")
    found = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if reading.search(re.sub(r'"""[\s\S]*?"""|#.*', "", path.read_text()))
    }
    assert {path for path in found if not path.startswith("lab/")} == {
        "settings/__init__.py",  # what it is handed
        "settings/config.py",
        "settings/seldom.py",
        "settings/lending.py",  # lends it, and puts it back
    }


def test_all_libraries_are_left_alone() -> None:
    """`*` is every library, whatever else the list has, and no name is of another."""
    all_of_them = Config.read({"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "own, *"})
    one = Config.read({"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "requests"})
    assert all(all_of_them.leaves_alone(name) for name in ("aws-lambda", "botocore", "threading"))
    assert [one.leaves_alone(name) for name in ("requests", "botocore")] == [True, False]


@pytest.mark.parametrize(("name", "value", "right"), JUNK)
def test_junk_in_code_raises(name: str, value: Any, right: str) -> None:
    """What the environment's value is told for where it is used, code is told at once."""
    with pytest.raises(ConfigurationError, match=name) as raised:
        Config.read({}, {name: value})
    assert right in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("otlp_endpoint", "collector:4317"),
        ("otlp_endpoint", "https://host/path"),
        ("daemon_address", "tcp:1.2.3.4:2000 udp:1.2.3.5:2001"),
        ("propagators", "b3"),
        ("traces_exporters", ""),
        ("otlp_traces_headers", "a=1, b=2,"),
    ],
)
def test_good_in_code(name: str, value: Any) -> None:
    """What is usable passes: other forms of an address, what packages provide, nothing at all."""
    assert getattr(Config.read({}, {name: value}), name) in (value, (value,), ())


def test_anything_in_code(caplog: pytest.LogCaptureFixture) -> None:
    """A text that only its user can judge is taken as it is, from either side."""
    for name in ANYTHING:
        (variable, *_), read = BY_NAME[name].variables, BY_NAME[name].read
        found = [Config.read({variable: "any (text"}), Config.read({}, {name: "any (text"})]
        assert [getattr(config, name) for config in found] == [read("any (text")] * 2, name
    assert caplog.messages == []


def test_what_checks_know_is_what_there_is() -> None:
    """The names that code may give are those of the exporters, propagators and samplers."""
    known = {
        "traces_exporters": [*exporters.TABLE["traces"], "none"],
        "metrics_exporters": [*exporters.TABLE["metrics"], "none"],
        "propagators": [*propagation.NATIVE, "none"],
        "sampler": sampling.STANDARD,
    }
    for name, names in known.items():
        with pytest.raises(ValueError, match="one of") as raised:
            in_code.CHECKS[name]("nosuch")
        said = str(raised.value).partition("one of ")[2].partition(", or ")[0].split(", ")
        assert sorted(said) == sorted(names)


def test_a_configuration_file_is_refused_aloud(caplog: pytest.LogCaptureFixture) -> None:
    """OpenTelemetry's declarative configuration is not followed: one line says so."""
    Config.read({"OTEL_CONFIG_FILE": "/etc/otel.yaml"})
    [line] = [line for line in caplog.messages if "OTEL_CONFIG_FILE" in line]
    assert "is set, and not read" in line
    Config.read({})
    assert len([line for line in caplog.messages if "OTEL_CONFIG_FILE" in line]) == 1


def test_what_is_asked_for_early() -> None:
    """A late setting that is not set has its row's default, and no other is read for it."""
    for name, usual in EARLY.items():
        (variable,) = BY_NAME[name].variables
        settings = Config.read({})
        assert getattr(settings, name) == usual == default(name)
        assert "seen" not in vars(settings)
        text, value = next(pair for pair in GOOD[name].items() if pair[1] != usual)
        settings = Config.read({variable: text})
        assert getattr(settings, name) == value
        assert "seen" not in vars(settings)
