"""No line and no error of ours shows a secret that was put into a setting."""

from __future__ import annotations

from typing import Any

import pytest

import heliograph
from heliograph._unusable import address, shown
from heliograph.develop.development import SdkObjects
from heliograph.errors import ConfigurationError
from heliograph.exporters.aws_calls import UnreadyError
from heliograph.exporters.secret import Secret
from heliograph.exporters.target import resolve
from heliograph.runtime import lifecycle, wrapping
from heliograph.settings.config import Config, every

KEY = "hcaik_01hqk4k20cjeh63wca8vva5stw"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://host:4318/v1/traces", "https://host:4318/v1/traces"),
        ("https://user:pw@host/path?api_key=1#x", "https://host/path"),
        ("user:pw@host:4317", "host:4317"),
        ("grpc://user:pw@host", "grpc://host"),
        ("https:user:pw@host", "https:host"),
        ("https://user:p@w@host", "https://host"),
        ("https://user:p?w@host", "https://…"),
        ("https://host?to=a@b", "https://…"),
        ("host?key=1", "host"),
        ("", ""),
    ],
)
def test_addresses(url: str, expected: str) -> None:
    """Credentials and query are left out, in whatever form the address is."""
    assert address(url) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=b", "a text of 3 characters"),
        ("HELIOGRAPH_PRESET_KEY", KEY, "a text of 32 characters"),
        ("HELIOGRAPH_PRESET", KEY, "'<32 characters>'"),
        ("HELIOGRAPH_START", "sometimes", "'sometimes'"),
        ("HELIOGRAPH_START", "a\n\x1b[31m", r"'a\n\x1b[31m'"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", f"/{KEY}.pem", f"'/{KEY}.pem'"),
        ("otlp_endpoint", "x://u:p@host", "'host'"),
        ("flush", ["a"], "['a']"),
        ("preset", [KEY], "['<25 characters>'…]"),
    ],
)
def test_values(name: str, value: object, expected: str) -> None:
    """A secret is shown by its length, another value by its text, bounded and on one line."""
    assert shown(name, value) == expected
    assert len(shown(name, "x" * 10_000)) < 300


def test_no_error_in_code_shows_a_key() -> None:
    """What `configure` raises for a wrong value does not hold it, if it is a key."""
    said = {}
    for setting in every():
        for wrong in (KEY, [KEY, 1], {KEY: 1}, f"Bearer {KEY}"):
            try:
                Config.read({}, {setting.name: wrong})
            except ConfigurationError as error:
                said[setting.name, str(wrong)] = str(error)
    assert len(said) > 2 * len(every())  # lists and mappings, at least
    assert {where: line for where, line in said.items() if KEY in line} == {}


@pytest.mark.parametrize(
    "settings",
    [
        {"otlp_endpoint": f"https//user:{KEY}@host/v1"},
        {"otlp_endpoint": f"https://host:port/v1?key={KEY}"},
        {"otlp_endpoint": f"user:{KEY}@host:1", "otlp_traces_protocol": "grpc"},
        {"preset": "honeycomb", "preset_site": KEY + "!"},
        {"otlp_traces_headers": KEY},
        {"traces_exporters": KEY},
        {"traces_exporters": f"none,{KEY}"},
    ],
    ids=str,
)
def test_no_line_shows_a_key(
    settings: dict[str, Any], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor does a line in the log, ours or another's."""
    rows = {row.name: row.variables[0] for row in every()}
    given = {"traces_exporters": "otlp", "metrics_exporters": "none", **settings}
    config = Config.read({rows[name]: value for name, value in given.items()})
    target = resolve(config, "traces")
    assert target is None or KEY not in target.shown
    wrapping.record(config, SdkObjects())
    try:
        with heliograph.span("span"):
            pass
        heliograph.flush()
    finally:
        lifecycle.switch_off()
    assert KEY not in caplog.text
    assert KEY not in "".join(capsys.readouterr())


def test_a_key_in_place_of_its_secret(caplog: pytest.LogCaptureFixture) -> None:
    """`HELIOGRAPH_OTLP_HEADERS_SECRET` given the key itself: no line and no reason shows it."""
    secret = Secret(KEY)
    for _ in range(2):
        with pytest.raises(UnreadyError) as raised:
            secret.headers("POST", "https://host", {}, b"")
        assert KEY not in str(raised.value)
    assert KEY not in caplog.text
