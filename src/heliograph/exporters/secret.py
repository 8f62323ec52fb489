"""Headers from a secret: read when first needed, kept in memory, read again after a refusal."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from functools import partial
from time import time
from typing import TYPE_CHECKING

from .aws_calls import UnreadyError, quietly
from .presets import TABLE
from .secret_headers import headers_in
from .secret_store import ARN, fetch, unread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..settings.config import Config

RETRY_S, REFRESH_S, LONGEST_S = 5.0, 60.0, 3600.0
"""Least seconds to the next reading, after one that failed and after one that did not; doubled for
as long as nothing changes, so that a dead key costs a call an hour. A failure may be no more than
that Lambda froze the environment meanwhile."""


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
            raise unread(
                "HELIOGRAPH_OTLP_HEADERS_SECRET",
                "that is no ARN of a Secrets Manager secret or of an SSM parameter",
            )
        values = headers_in(quietly(partial(fetch, self._arn, self._seen)), self._arn, self._named)
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
