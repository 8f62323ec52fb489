"""A UDP socket that stands for the X-Ray daemon."""

import json
import socket

import pytest


class Receiver:
    """What reached a loopback port, one datagram after the other."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(10)
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"

    def datagrams(self, number):
        return [self.socket.recv(65536) for _ in range(number)]

    def documents(self, number):
        return [json.loads(data.partition(b"\n")[2]) for data in self.datagrams(number)]

    def is_empty(self):
        self.socket.setblocking(False)
        try:
            return not self.socket.recv(65536)
        except BlockingIOError:
            return True


@pytest.fixture
def receiver():
    """Return a receiver on a free port."""
    made = Receiver()
    yield made
    made.socket.close()
