"""The X-Ray daemon: its address, and the socket to it (xray spec 1.1, 1.2)."""

from __future__ import annotations

import errno
import os
import socket

from .. import _notice
from ..settings.export import udp_address

HEADER = b'{"format":"json","version":1}\n'
DEFAULT = ("127.0.0.1", 2000)
PATIENCE = 0.005
"""Seconds that a send waits for room in the socket's buffer before the document is given up."""


class Daemon:
    """A socket to the daemon, opened when first needed.

    Args:
        address: `host:port`, or `tcp:host:port udp:host:port` in either order. A wrong one is told
            once, and the default used.

    Raises:
        OSError: No socket can be had now. An exporter is made again later, and loses nothing.
    """

    def __init__(self, address: str) -> None:
        self.address = _parsed(address)
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
        self._socket: socket.socket | None = None
        self._process = 0

    def send(self, payload: bytes) -> bool | None:
        """Send one datagram.

        A socket that has gone bad (a refusal of an earlier datagram, a network that changed while
        the environment was frozen) is replaced, and the datagram sent once more.

        Args:
            payload: What follows the header line.

        Returns:
            True if it is sent; None if this system takes no datagram of the size; False, with a
            line in the log the first time, for any other failure.
        """
        try:
            self._open().send(HEADER + payload)
        except TimeoutError as error:
            return self._failed(error)
        except OSError as error:
            if error.errno == errno.EMSGSIZE:
                return None
            return self._again(payload)
        return True

    def _again(self, payload: bytes) -> bool:
        self.close()
        try:
            self._open().send(HEADER + payload)
        except OSError as error:
            return self._failed(error)
        return True

    def settled(self) -> bool:
        """Return False, and say so once, if the system knows that nobody takes the datagrams."""
        if self._socket is None:
            return True
        try:
            number = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        except OSError as error:
            return self._failed(error)
        return not number or self._failed(OSError(number, os.strerror(number)))

    def close(self) -> None:
        """Close the socket; the next document opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _open(self) -> socket.socket:
        process = os.getpid()
        if self._process != process:  # a forked child sends from its own
            self.close()
            self._process = process
        if self._socket is None:
            opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                opened.settimeout(PATIENCE)  # non-blocking underneath, with a bounded wait
                opened.connect(self.address)
            except OSError:
                opened.close()
                raise
            self._socket = opened
        return self._socket

    def _failed(self, error: OSError) -> bool:
        host, port = self.address
        _notice.warn(
            "X-Ray daemon",
            f"the X-Ray daemon at {host}:{port} could not be reached ({error}): spans are lost. "
            "Further failures are counted, not told.",
        )
        return False


def _parsed(address: str) -> tuple[str, int]:
    try:
        return udp_address(address)
    except ValueError:
        from .._unusable import shown  # rare

        _notice.warn(
            "setting AWS_XRAY_DAEMON_ADDRESS",
            f"AWS_XRAY_DAEMON_ADDRESS is {shown('ADDRESS', address)}, which is no address: use "
            f"'host:port' or 'tcp:host:port udp:host:port'. Using {DEFAULT[0]}:{DEFAULT[1]}.",
        )
        return DEFAULT
