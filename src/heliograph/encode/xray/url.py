"""Addresses inside attribute values: hosts, ports, and no credentials (xray spec 5.3, 7.2)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

DEFAULT_PORTS = {"http": 80, "https": 443}

_END = re.compile("[/?#]")
_HIDDEN = r"(?i)\b(password|passwd|pwd)=[^;&\s]*"  # compiled by the first connection text


class Authority(NamedTuple):
    """Where a URL points: scheme in lower case, host without brackets, port if one is written."""

    scheme: str
    host: str
    port: str


def authority(url: str) -> Authority:
    """Return the parts of `scheme://[user-info@]host[:port]...`; empty parts for anything else."""
    scheme, found, rest = url.partition("://")
    return _authority(scheme, _cut(rest)) if found else Authority("", "", "")


@lru_cache(maxsize=64)  # a function calls few places, under many paths
def _authority(scheme: str, place: str) -> Authority:
    host, port = split_host(place.rpartition("@")[2].split(";")[0].split(",")[0])
    return Authority(scheme.rpartition(":")[2].lower(), host, port)  # jdbc:mysql -> mysql


def split_host(text: str) -> tuple[str, str]:
    """Return host and port of `host`, `host:port`, `[v6]:port` or a bare v6 address."""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, port.removeprefix(":")
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, port
    return text, ""


def bracketed(host: str) -> str:
    """Return a host as it stands in a URL: a v6 address in brackets (xray spec 7.2)."""
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host


def without_user(url: str) -> str:
    """Return a URL without `user:password@` (xray spec 7.2)."""
    if "@" not in url:
        return url
    scheme, found, rest = url.partition("://")
    if not found:
        return url
    place = _cut(rest)
    user, at, host = place.rpartition("@")
    return f"{scheme}://{host}{rest[len(place) :]}" if at or user else url


def without_password(connection: str) -> str:
    """Return a connection string without credentials in either form (xray spec 10.5)."""
    return re.sub(_HIDDEN, r"\1=***", without_user(connection))


def _cut(rest: str) -> str:
    """Return the part of a URL between `://` and path, query or fragment."""
    end = _END.search(rest)
    return rest[: end.start()] if end else rest
