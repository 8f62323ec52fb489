"""Secrets in URLs, and in texts that hold URLs: their values become `REDACTED`, all else stays.

A pair is `name=value` behind one of `?&#;`, however often it is percent-encoded: a URL may be the
value of a parameter of another. Whether a value is a secret, its name says (lifecycle spec 6). The
bytes of everything else are kept: order, encoding, duplicates.
"""

from __future__ import annotations

import re
from functools import lru_cache

REDACTED = "REDACTED"

CREDENTIALS = "REDACTED:REDACTED@"
"""What stands for `user:password@`, as OpenTelemetry's own instrumentors write it."""

PARTS = (
    "password", "passwd", "passphrase", "secret", "token", "apikey", "accesskey", "privatekey",
    "securitykey", "clientkey", "masterkey", "signingkey", "encryptionkey", "authorization",
    "credential", "cookie", "signature", "sessionid", "connectionstring",
    # Of the clouds: CloudFront's signed URLs, Google's of version 2, Azure's keys of API
    # Management and of storage. What else they have is told by the parts above and `sig`.
    "keypairid", "googleaccessid", "subscriptionkey", "accountkey",
)  # fmt: skip
"""A name is sensitive that has one of these in it, without what stands between words."""

WORDS = frozenset(
    (
        "pass", "pwd", "pin", "pan", "otp", "totp", "auth", "bearer", "jwt", "sid", "ssn", "nin",
        "cvv", "cvc", "csc", "iban", "csrf", "xsrf", "mfa", "dob", "psk", "sas",
        "sig",  # of Azure's shared access signatures
    )
)  # fmt: skip
"""A name is sensitive that has one of these as a word."""

ALLOWED = frozenset(
    ("maxtokens", "inputtokens", "outputtokens", "totaltokens", "tokencount", "tokentype")
)
"""Names that are not sensitive, though they have such a part."""

UPLOAD = "upload_id"
"""Of Google Cloud Storage: whoever knows it may write."""

KEY, GOOGLE_KEY = "key", "AIza"
"""Parameter of Google's API keys, and what each of them begins with: other keys are names."""

CODE, LONG_CODE = "code", 40
"""Parameter of the keys of Azure's functions, and of OAuth's codes; shorter ones are words."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+")
_ESCAPE = re.compile(r"%(?:25)*([0-9A-Fa-f]{2})")

_AND, _EQUALS = r"%(?:25)*(?:26|23)", r"%(?:25)*3[Dd]"
_MARK = re.compile(r"[?&#;]|%(?:25)*(?:3[BbFf]|26|23)")
_PAIR = re.compile(
    rf"((?:(?!%(?:25)*(?:3[BbFf]|2[36Ff]))[^\s?&#;=/\"'<>]){{1,256}}?)(?:(=)|{_EQUALS})"
)
_FORM = re.compile(
    r"(?:^|(?<=[\s\"'(\[{,]))(?=[\w.%\[\]-]{1,128}=[^\s&\"'<>]*&[\w.%\[\]-]{1,128}=)"
)
"""Where a form begins in a text: pairs with `&` between them."""

_URL_ENDS = {
    "=": re.compile(r"[^&#]+"),
    ";": re.compile(r"[^&#;?]+"),
    "%": re.compile(rf"(?:(?!{_AND})[^&#])+"),
}
_QUERY_ENDS = {
    "=": re.compile(r"[^&]+"),
    ";": re.compile(r"[^&;]+"),
    "%": re.compile(rf"(?:(?!{_AND})[^&])+"),
}
_IN_TEXT = r"\\[^nrt]|'(?=[\w%])|(?!\\)[^&#\s\"'<>`{}]"
_TEXT_ENDS = {
    "=": re.compile(rf"(?:{_IN_TEXT.format('')})+"),
    ";": re.compile(rf"(?:{_IN_TEXT.format(';?')})+"),
    "%": re.compile(rf"(?:(?!{_AND})(?:{_IN_TEXT.format('')}))+"),
}
"""What a value has in it, by how its pair is written: plain, behind `;`, or percent-encoded."""

_AROUND = "'),.;:]}"
"""What may stand behind a URL in a text, and is no part of it there."""

_USER = re.compile(
    r"://(?:(?:[^\s/?#\"'<>]|'(?=\w))*"
    # a password with one of /?# in it, which no port has
    r"|[^\s/?#\"<>@:\[]*:(?!\d*(?:[/?#\s\"'<>]|$))[^\s\"<>]*)@"
)
_USER_ENCODED = re.compile(
    r"(%(?:25)*3[Aa](?:%(?:25)*2[Ff]|/){2})"
    rf"(?:(?!%(?:25)*(?:2[Ff]|3[Ff])|{_AND})[^\s?&#/\"'<>])*(%(?:25)*40)"
)
_CUT = re.compile(r"://[^\s/?#@:,\[\"'<>]*:(?!\d*['),.;:\]}]*\Z)[^\s/?#@:,\"'<>]*\Z")
"""Credentials whose `@` was cut off at the end of a text."""

_QUERY = re.compile(
    r"((?:://|(?<![^\s\"'(\[=:])/)[^\s?#\"'<>]*)(\?(?:\\[^nrt]|'(?=[\w%])|(?!\\)[^\s#\"'<>`])*)"
)


def url(text: str) -> str:
    """Return a URL, or the target of a request, without its secrets."""
    scheme, mark, rest = text.partition("://")
    if "@" in rest:
        end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
        _, user, host = rest[:end].rpartition("@")
        text = f"{scheme}{mark}{CREDENTIALS if user else ''}{host}{rest[end:]}"
    return _without_users(_without_values(text, _URL_ENDS))


def query(text: str) -> str:
    """Return a query, a form or a fragment without its secrets."""
    return _without_users(_without_values(text, _QUERY_ENDS, begins=True))


def text(whole: str) -> str:
    """Return any text without the secrets of the URLs and forms in it."""
    form = _FORM.search(whole) if "&" in whole else None
    while form is not None:  # the others of its pairs have a mark
        end = form.end()
        head = _without_values(whole[end:], _TEXT_ENDS, begins=True)
        whole, form = whole[:end] + head, _FORM.search(whole, end + 1)
    return _without_users(_without_values(whole, _TEXT_ENDS))


def without_query(text: str) -> str:
    """Return a URL without its query."""
    place, mark, fragment = text.partition("#")
    return place.partition("?")[0] + mark + fragment


def without_queries(whole: str) -> str:
    """Return any text without the queries of the URLs and of the absolute paths in it."""
    return _QUERY.sub(_ends, whole) if "?" in whole else whole


def _ends(found: re.Match[str]) -> str:
    return found[1] + found[2][len(found[2].rstrip(_AROUND)) :]


def is_secret(name: str, value: str) -> bool:
    """Tell whether the value of a parameter is a secret.

    Args:
        name: As it stands in the query.
        value: The same.
    """
    if is_sensitive(name):
        return True
    name = name.lower()
    if name == CODE:
        return len(value) >= LONG_CODE
    return name == UPLOAD or (name == KEY and value.startswith(GOOGLE_KEY))


@lru_cache(maxsize=4096)
def is_sensitive(name: str) -> bool:
    """Tell whether a name is one of secrets, in any case and however its words are joined."""
    if "%" in name:
        name = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), name)
    words = [word.lower() for word in _WORD.findall(name)]
    joined = "".join(words)
    if joined in ALLOWED:
        return False
    return any(part in joined for part in PARTS) or not WORDS.isdisjoint(words)


def _without_values(whole: str, ends: dict[str, re.Pattern[str]], *, begins: bool = False) -> str:
    """Return a text without the values of sensitive names.

    Args:
        whole: The text.
        ends: What a value has in it.
        begins: Whether a pair may stand at the very beginning.
    """
    if "=" not in whole and "%" not in whole:
        return whole
    pieces: list[str] = []
    done, at, mark = 0, 0, "&" if begins else ""
    while True:
        if not mark:
            found = _MARK.search(whole, at)
            if found is None:
                break
            at, mark = found.end(), found[0]
        pair = _PAIR.match(whole, at)
        if pair is None:
            mark = ""
            continue
        at = pair.end()
        way = "%" if pair[2] is None else ";" if mark == ";" else "="
        value = ends[way].match(whole, at)
        kept = value[0] if value is not None else ""
        if ends is _TEXT_ENDS:
            kept = kept.rstrip(_AROUND)
        if kept and is_secret(pair[1], kept):
            pieces += whole[done:at], REDACTED
            done = at = at + len(kept)
            mark = ""
        # else the value may be a form itself, or have one in it
    return "".join([*pieces, whole[done:]]) if pieces else whole


def _without_users(whole: str) -> str:
    if "@" in whole:
        whole = _USER.sub("://" + CREDENTIALS, whole)
    if "40" in whole and "%" in whole:
        whole = _USER_ENCODED.sub(rf"\1{REDACTED}\2", whole)
    if "://" in whole:
        whole = _CUT.sub("://" + CREDENTIALS, whole)
    return whole
