"""Secrets in URLs and in texts that hold URLs: their values go, every other byte stays."""

from __future__ import annotations

import string
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph._redaction import (
    is_secret,
    is_sensitive,
    query,
    text,
    url,
    without_queries,
    without_query,
)

NAMES = """password passwd user_password passphrase secret client_secret clientSecret token
access_token accessToken id_token refresh-token apikey api_key api-key apiKey APIKey X-API-Key
accessKey AWSAccessKeyId privateKey securityKey authorization credential credentials cookie
signature sessionId session_id connectionString pass PWD pin otp auth oauth.auth bearer jwt sid ssn
cvv csrf xsrf-value mfa psk sas user[password] user%5Bpassword%5D access%5Ftoken access%255Ftoken
X-Amz-Signature X-Amz-Credential X-Amz-Security-Token Key-Pair-Id Signature
X-Goog-Signature X-Goog-Credential GoogleAccessId upload_id
sig subscription-key SharedAccessKey SharedAccessSignature AccountKey"""

OTHERS = """passport compass author keyboard sortKey spinner q page id user name key code state
maxTokens token_count tokenType X-Amz-Algorithm X-Amz-Date X-Amz-Expires X-Amz-SignedHeaders
X-Goog-Algorithm X-Goog-Date X-Goog-Expires X-Goog-SignedHeaders Expires Policy response_type
sv se sp sr st spr sip skoid sktid comp restype uploadId design assign italy possible"""
SENSITIVE, HARMLESS = NAMES.split(), OTHERS.split()


@pytest.mark.parametrize("name", SENSITIVE)
def test_sensitive_names(name: str) -> None:
    """The rule of payloads (lifecycle spec 6), and every credential of three clouds' URLs."""
    assert is_secret(name, "x")
    assert url(f"https://h/a?b=1&{name}=c0ffee#d") == f"https://h/a?b=1&{name}=REDACTED#d"
    assert query(f"{name}=c0ffee&b=1") == f"{name}=REDACTED&b=1"


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_names(name: str) -> None:
    """Words that have a sensitive word in them are not."""
    assert not is_sensitive(name)
    assert url(f"https://h/a?{name}=c0ffee") == f"https://h/a?{name}=c0ffee"


def test_values_that_tell() -> None:
    """`key` and `code` are secrets where they look like Google's keys and Azure's or OAuth's."""
    key, code = "AIza" + "x" * 35, "y" * 54 + "=="
    assert url(f"?key={key}&code={code}") == "?key=REDACTED&code=REDACTED"
    assert url("?key=photos/1.jpg&code=US") == "?key=photos/1.jpg&code=US"


CASES = (
    pytest.param("https://u:S@h:8080/a", "https://REDACTED:REDACTED@h:8080/a", id="user"),
    pytest.param("redis://:S/S@h:1/0", "redis://REDACTED:REDACTED@h:1/0", id="slash-in-password"),
    pytest.param("postgres://u:S", "postgres://REDACTED:REDACTED@", id="cut-user"),
    pytest.param("to http://h:4318.", "to http://h:4318.", id="port-at-the-end-of-a-sentence"),
    pytest.param("('http://h:80')", "('http://h:80')", id="port-in-brackets"),
    pytest.param("https://h/a;jsessionid=S?b=1", "https://h/a;jsessionid=REDACTED?b=1", id="path"),
    pytest.param("https://h#token=S&b=1", "https://h#token=REDACTED&b=1", id="fragment"),
    pytest.param("https://h?a=1;token=S;b=2", "https://h?a=1;token=REDACTED;b=2", id="semicolons"),
    pytest.param("https://h?next=/b?token=S&c=1", "https://h?next=/b?token=REDACTED&c=1", id="raw"),
    pytest.param("https://h?b=password%3DS%26c%3D1", "https://h?b=password%3DREDACTED%26c%3D1",
                 id="form-in-a-value"),
    pytest.param("https://h?token=S=S/S?S", "https://h?token=REDACTED", id="odd-value"),
    pytest.param("https://h?token=&a", "https://h?token=&a", id="empty"),
    pytest.param("http://h:8080/a@b?c=d@e", "http://h:8080/a@b?c=d@e", id="no-user"),
    pytest.param("http://[::1]:80/a", "http://[::1]:80/a", id="v6"),
    pytest.param("https://h?n=https://token.h/a=b", "https://h?n=https://token.h/a=b", id="host"),
    pytest.param("https://h?n=https%3A%2F%2Fpassword.h%2Fa%3Fb%3D1",
                 "https://h?n=https%3A%2F%2Fpassword.h%2Fa%3Fb%3D1", id="encoded-host"),
    pytest.param("https://h?n=https%3A%2F%2Fu%3AS%40h", "https://h?n=https%3A%2F%2FREDACTED%40h",
                 id="encoded-user"),
)  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), CASES)
def test_urls(given: str, expected: str) -> None:
    """Secrets in every place of a URL, and what only looks like one."""
    assert url(given) == expected


TEXTS = (
    pytest.param(
        "HTTPConnectionPool(host='h', port=80): Max retries exceeded with url: /a?b=1&token=S "
        "(Caused by NewConnectionError('refused'))",
        "HTTPConnectionPool(host='h', port=80): Max retries exceeded with url: /a?b=1"
        "&token=REDACTED (Caused by NewConnectionError('refused'))",
        id="requests",
    ),
    pytest.param("('https://h?token=S', 3)", "('https://h?token=REDACTED', 3)", id="repr"),
    pytest.param("(see https://h?pin=S).", "(see https://h?pin=REDACTED).", id="sentence"),
    pytest.param('{"u": "https://h?pin=S\\"S", "b": 1}', '{"u": "https://h?pin=REDACTED", "b": 1}',
                 id="json"),
    pytest.param("sent password=S&a=1 there", "sent password=REDACTED&a=1 there", id="form"),
    pytest.param("Endpoint=sb://h/;SharedAccessKey=S=;a=1",
                 "Endpoint=sb://h/;SharedAccessKey=REDACTED;a=1", id="connection-string"),
    pytest.param("http://u:S@h, http://h:1/a@b", "http://REDACTED:REDACTED@h, http://h:1/a@b",
                 id="users"),
    pytest.param("call(a=1, token=None) # x", "call(a=1, token=None) # x", id="code"),
    pytest.param("it's a & b = c? 50% of @x", "it's a & b = c? 50% of @x", id="prose"),
)  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), TEXTS)
def test_texts(given: str, expected: str) -> None:
    """URLs, targets and forms inside messages."""
    assert text(given) == expected


def test_without_queries() -> None:
    """HELIOGRAPH_CAPTURE_QUERY=off leaves place and fragment."""
    assert without_query("https://h/a?b=1#c?d") == "https://h/a#c?d"
    assert without_query("/a?b") == "/a"
    said = "with url: /a?b=1&c=it's (see 'https://h/x?y=1', right?)"
    assert without_queries(said) == "with url: /a (see 'https://h/x', right?)"


anything = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=20).map(
    lambda made: quote(made, "")
)
harmless = st.tuples(
    st.sampled_from([name for name in HARMLESS if name not in ("key", "code")]),
    anything | st.text(string.digits, max_size=5),
)
secret = st.tuples(
    st.sampled_from(SENSITIVE),
    st.text(string.ascii_letters + string.digits + "/+=_-.~$!*", max_size=30).map(
        "S3cr3t{}0".format
    ),
)  # fmt: skip
pairs = st.lists(harmless | secret, max_size=8)


@given(st.lists(harmless, max_size=8), st.booleans())
def test_harmless_bytes_stay(given: list[tuple[str, str]], fragment: bool) -> None:
    """Order, encoding and duplicates of what is no secret are as they were."""
    whole = "https://h.example/a%20b?" + "&".join(f"{name}={value}" for name, value in given)
    whole += "#part" if fragment else ""
    assert url(whole) == whole
    assert text(whole) == whole


def joined(given: list[tuple[str, str]], *, redacted: bool) -> str:
    """A query."""
    return "&".join(
        f"{name}={'REDACTED' if redacted and value.startswith('S3cr3t') else value}"
        for name, value in given
    )


@given(pairs)
def test_only_secrets_go(given: list[tuple[str, str]]) -> None:
    """Exactly the values of sensitive names are exchanged, in a URL, a query and a fragment."""
    raw, clean = joined(given, redacted=False), joined(given, redacted=True)
    assert url(f"https://h/a?{raw}") == f"https://h/a?{clean}"
    assert url(f"https://h/a#{raw}") == f"https://h/a#{clean}"
    assert query(raw) == clean


@given(secret, st.integers(1, 3), harmless, harmless)
def test_encoded_in_a_parameter(
    one: tuple[str, str], depth: int, before: tuple[str, str], after: tuple[str, str]
) -> None:
    """A URL that is the value of a parameter, of a parameter of a parameter, and so on."""
    inner = f"https://i/?{'='.join(before)}&{'='.join(one)}&{'='.join(after)}"
    for _ in range(depth):
        inner = "https://h/?next=" + quote(inner, "") + "&z=1"
    found = url(inner)
    assert "S3cr3t" not in found
    assert found.endswith("&z=1")
    assert url(found) == found


SAYS = ("{}", "failed: {}", "('{}', 1)", '{{"at": "{}"}}', "see <{}>, it is there.", "url: {}\n  x")


@given(pairs, st.sampled_from(SAYS))
def test_in_a_text(given: list[tuple[str, str]], says: str) -> None:
    """No secret of a URL is left in a text around it; the text around it is."""
    found = text(says.format("https://h/a?" + joined(given, redacted=False) + "&z=1"))
    assert "S3cr3t" not in found
    head, _, tail = says.partition("{}")
    assert found.startswith(head.format())
    assert found.endswith("&z=1" + tail.format())


@given(st.text(st.sampled_from("ab=&?#;%3DF25:/@'\"\\ .token") | st.characters(), max_size=60))
def test_any_text(given: str) -> None:
    """Any text passes, and what was redacted once is as it was."""
    for function in (url, query, text):
        once = function(given)
        assert function(once) == once
    without_query(without_queries(given))


@pytest.mark.parametrize(
    "unit", ["?", "&a=", "%3Fa", "%25", "://a:", "@", "?token=", "a=b&", "'", "\\", "%253D", "/?"]
)
def test_time_is_linear(unit: str) -> None:
    """A text as long as any stack's takes no time that is worth a thought."""
    times = []
    for length in 20_000, 80_000:
        began = time.perf_counter()
        text((unit * length)[:length])
        url((unit * length)[:length])
        times.append(time.perf_counter() - began)
    assert times[1] < 2
