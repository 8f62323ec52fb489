"""Header values from a secret: Secrets Manager or Parameter Store, read when first needed.

Both services answer an ARN, which names the region too, so nothing but the ARN is set.
"""

from __future__ import annotations

import json
import os
import re
import threading
from contextlib import suppress
from functools import partial
from time import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .. import _notice
from .aws_calls import UnreadyError, quietly
from .presets import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ..settings.config import Config

ARN = re.compile(
    r"arn:aws[a-z-]*:(?:secretsmanager:[a-z0-9-]+:\d+:secret:[^:]+(?::[^:]*){0,3}"
    r"|ssm:[a-z0-9-]+:\d+:parameter/.+)"
)

ACTIONS = {"secretsmanager": "secretsmanager:GetSecretValue", "ssm": "ssm:GetParameter"}
"""What the function's role has to be allowed, by service."""

TIMEOUT_S = 1.0
"""Seconds to connect, and to wait for the answer: the flush waits meanwhile. Both services answer
within some tens of milliseconds; where there is no route to them a longer wait would not help."""

RETRY_S, REFRESH_S, LONGEST_S = 5.0, 60.0, 3600.0
"""Least seconds to the next reading, after one that failed and after one that did not; doubled for
as long as nothing changes, so that a dead key costs a call an hour. A failure may be no more than
that Lambda froze the environment meanwhile."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A header's name: a token (RFC 9110, 5.6.2)."""


class Secret:
    """Headers from a secret, kept in memory, and read again after a refusal.

    Args:
        arn: The secret's or the parameter's. `:key` after a secret's ARN takes one member of its
            JSON, as in an ECS task definition; `:key:stage:version` likewise.
        named: Makes headers of a secret that holds a bare key; None where nothing names a header.
        seen: The environment that has the credentials; None for the process's own as it is.
    """

    def __init__(
        self,
        arn: str,
        named: Callable[[str], Mapping[str, str]] | None = None,
        seen: Mapping[str, str] | None = None,
    ) -> None:
        self._arn = arn
        self._seen = seen
        self._named = named
        self._lock = threading.Lock()
        self._values: Mapping[str, str] | None = None
        self._process = os.getpid()
        self._pause = RETRY_S / 2
        self._last = 0.0  # of the wall's clock: the monotonic one may stand still in a freeze

    def headers(
        self,
        method: str,  # noqa: ARG002 - a source of headers is asked with the request
        url: str,  # noqa: ARG002 # a `HeaderSource`'s signature
        headers: Mapping[str, str],  # noqa: ARG002 # the same
        body: bytes,  # noqa: ARG002 # the same
    ) -> Mapping[str, str]:
        """Return the headers of the secret; it is read when they are asked for first.

        Raises:
            UnreadyError: The secret cannot be read, or holds no headers. It is asked again after a
                pause.
        """
        with self._guarded():
            if self._values is None:
                if self._waits():
                    raise UnreadyError("the headers' secret could not be read a moment ago")
                self._read()
            return self._values or {}

    def refused(self, status: int) -> bool:
        """Read the secret again, unless that was done a moment ago; True if it has other headers.

        Args:
            status: Of the response.
        """
        if status not in (401, 403):
            return False
        with self._guarded():
            if self._waits():
                return False
            before = self._values
            with suppress(UnreadyError):
                self._read()
            return self._values != before

    def _guarded(self) -> threading.Lock:
        if self._process != os.getpid():  # forked: the lock may be held by a thread that is gone
            self._process, self._lock = os.getpid(), threading.Lock()
        return self._lock

    def _waits(self) -> bool:
        return 0 <= time() - self._last < self._pause

    def _read(self) -> None:
        """Read the secret. What goes wrong is told once by ARN and action, never by value."""
        self._last, self._pause = time(), min(self._pause * 2, LONGEST_S)
        if not ARN.fullmatch(self._arn):  # not shown: it may well be the key itself
            raise _unread(
                "HELIOGRAPH_OTLP_HEADERS_SECRET",
                "that is no ARN of a Secrets Manager secret or of an SSM parameter",
            )
        values = parse(quietly(partial(fetch, self._arn, self._seen)), self._arn, self._named)
        if values != self._values:
            self._values, self._pause = values, REFRESH_S


_shared: dict[str, Secret] = {}
"""The one that is in use: the exporters of traces and of metrics read it once."""


def shared(config: Config) -> Secret:
    """Return the secret that the settings name.

    Args:
        config: The settings; the preset among them names the header of a bare key.
    """
    arn, preset = config.otlp_headers_secret, TABLE.get(config.preset)
    known = f"{arn} {config.preset}"
    secret = _shared.get(known)
    if secret is None:
        made = Secret(arn, preset.named if preset and preset.header else None, config.seen)
        secret = _shared.setdefault(known, made)  # of threads that ask at once, the first
        for other in _shared.keys() - {known}:
            _shared.pop(other, None)
    return secret


def fetch(arn: str, seen: Mapping[str, str] | None = None) -> str:
    """Return the text of a secret or a parameter.

    Args:
        arn: Its own, with the additions that `Secret` takes.
        seen: The environment that has the credentials.

    Raises:
        UnreadyError: It cannot be read; the line in the log says why.
    """
    service, region = arn.split(":")[2:4]
    try:
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        from .credentials import session
    except ImportError as error:
        raise _unread(arn, "botocore is not installed") from error
    wait = Config(
        connect_timeout=TIMEOUT_S, read_timeout=TIMEOUT_S, retries={"total_max_attempts": 1}
    )
    try:
        client = session(seen).create_client(service, region_name=region, config=wait)
        return _parameter(client, arn) if service == "ssm" else _secret(client, arn)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise _unread(
            arn,
            f"{code}; the function's role needs {ACTIONS[service]} on it, and "
            "kms:Decrypt where it has a key of its own",
        ) from error
    except (BotoCoreError, OSError) as error:
        raise _unread(arn, f"{type(error).__name__}: {error}") from error
    except (KeyError, ValueError) as error:
        raise _unread(arn, "it has no text, or not the member that is asked for") from error


def _parameter(client: Any, arn: str) -> str:
    return str(client.get_parameter(Name=arn, WithDecryption=True)["Parameter"]["Value"])


def _secret(client: Any, arn: str) -> str:
    parts = arn.split(":")
    key, stage, version = (*parts[7:], "", "", "")[:3]
    which = {"VersionStage": stage, "VersionId": version}
    answer = client.get_secret_value(
        SecretId=":".join(parts[:7]), **{field: text for field, text in which.items() if text}
    )
    text = answer.get("SecretString") or answer["SecretBinary"].decode()
    return str(_members(text)[key]) if key else str(text)


def parse(
    text: str, arn: str, named: Callable[[str], Mapping[str, str]] | None = None
) -> dict[str, str]:
    """Return the headers that a secret holds, names in lower case.

    Args:
        text: `name=value,name=value` with percent-encoded values, as in
            `OTEL_EXPORTER_OTLP_HEADERS`; a JSON object of texts; or a bare key. Base64's padding
            makes no pair.
        arn: Whose text it is, for the line in the log.
        named: Makes headers of a bare key.

    Raises:
        UnreadyError: It holds no headers.
    """
    text = text.strip()
    try:
        if text.startswith("{"):
            found = _members(text)
        elif _is_pairs(text):
            pairs = [part.partition("=") for part in text.split(",") if part.strip()]
            found = {name.strip(): unquote(value.strip()) for name, _, value in pairs}
        else:
            found = dict(named(text)) if named and text else {}
    except ValueError:
        found = {}
    clean = (_NAME.fullmatch(name) and _is_value(value) for name, value in found.items())
    if not found or not all(clean):
        hint = "" if named else "; for a bare key HELIOGRAPH_PRESET has to name the header"
        raise _unread(
            arn, 'it holds no headers such as name=value,name=value or {"name": "value"}' + hint
        )
    return {name.lower(): str(value) for name, value in found.items()}


def _members(text: str) -> dict[str, object]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _is_pairs(text: str) -> bool:
    name, _, value = text.partition("=")
    return bool(_NAME.fullmatch(name.strip())) and bool(value.strip("= "))


def _is_value(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable() and bool(value)


def _unread(arn: str, why: str) -> UnreadyError:
    _notice.warn(f"secret {arn}", f"the headers in {arn} cannot be read: {why}.")
    return UnreadyError(why)
