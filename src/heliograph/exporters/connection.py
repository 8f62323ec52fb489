"""A connection to one host, kept from one request to the next, on the standard library.

`http.client` takes 23 modules and 11 ms to import, most of it `ssl`.
"""

from __future__ import annotations

import os
import select
import socket
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead
from threading import Timer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from http.client import HTTPResponse

IDLE_SECONDS = 50
"""Age of an unused connection that is not used again: load balancers forget one after 60 s."""

ANSWER_BYTES = 65_536
"""What is read of an answer: it says how much was rejected, and why."""


class MovedError(HTTPException):
    """The server answered with a redirection, which an exporter does not follow."""


class Connection:
    """Asks one host, each time on the connection of the time before if that is still usable.

    Args:
        tls: Makes the context of https connections, when the first is opened.
    """

    def __init__(self, tls: Callable[[], ssl.SSLContext] | None = None) -> None:
        self._tls = tls
        self._context: ssl.SSLContext | None = None
        self._kept: tuple[HTTPConnection, float, int] | None = None

    def ask(
        self, method: str, url: str, headers: dict[str, str], body: bytes, until: float
    ) -> tuple[HTTPResponse, bytes]:
        """Make a request; return the answer and its first bytes.

        Raises:
            TimeoutError: It is not over at `until`, a time of `monotonic()`.
            MovedError: The answer is a redirection.
            OSError, HTTPException: There is none.
        """
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = self._take()
        if connection is not None:
            try:
                return self._exchange(connection, method, target, headers, body, until)
            except (TimeoutError, MovedError):
                raise
            except (OSError, HTTPException):
                _left(until)  # the time may be what ended it
                # closed while the environment was frozen, and nothing answered: sent anew
        connection = self._open(parts.scheme, parts.hostname or "", parts.port, until)
        return self._exchange(connection, method, target, headers, body, until)

    def close(self) -> None:
        """Close the connection; another request opens a new one."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept[0].close()

    def _exchange(
        self,
        connection: HTTPConnection,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes,
        until: float,
    ) -> tuple[HTTPResponse, bytes]:
        """Send a request and read the answer; keep the connection, or close it."""
        kept = False
        limit = Timer(_left(until), _cut_off, (connection,))
        limit.daemon = True
        limit.start()
        try:
            connection.sock.settimeout(_left(until))
            connection.request(method, target, body, headers)
            connection.sock.settimeout(_left(until))
            response = connection.getresponse()
            try:
                content = response.read(ANSWER_BYTES)
            except IncompleteRead as cut:  # the status has said it
                content = cut.partial
            else:
                kept = response.isclosed() and not response.will_close
        finally:
            limit.cancel()
            if not kept:
                connection.close()
        if kept:
            self._kept = (connection, time.time(), os.getpid())
        if 300 <= response.status < 400:  # the official client would take it for a success
            raise MovedError(f"the server answers {response.status}, a redirection")
        return response, content

    def _take(self) -> HTTPConnection | None:
        """Return the kept connection if it can be used again.

        The clock is the wall's: the monotonic one may stand still while Lambda freezes us.
        """
        kept, self._kept = self._kept, None
        if kept is None:
            return None
        connection, since, process = kept
        fresh = process == os.getpid() and 0 <= time.time() - since < IDLE_SECONDS
        if not fresh or connection.sock is None or _is_readable(connection.sock.fileno()):
            connection.close()
            return None
        return connection

    def _open(self, scheme: str, host: str, port: int | None, until: float) -> HTTPConnection:
        if scheme == "https":
            if self._context is None:
                self._context = self._tls() if self._tls else None
            connection: HTTPConnection = HTTPSConnection(
                host, port, timeout=_left(until), context=self._context
            )
        else:
            connection = HTTPConnection(host, port, timeout=_left(until))
        connection.connect()
        return connection


def _cut_off(connection: HTTPConnection) -> None:
    """End an exchange whose time is over: a socket's own timeout counts for each read anew."""
    with suppress(OSError, AttributeError):  # closed meanwhile
        connection.sock.shutdown(socket.SHUT_RDWR)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def _is_readable(descriptor: int) -> bool:
    """Tell whether a connection on which nothing was asked has something to read: its end."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
