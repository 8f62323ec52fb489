"""Services of others that functions call: each answers every request with its status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..wire import HttpServer, Reply

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..wire import Request


class Partner:
    """A service on a loopback port.

    Attributes:
        url: Its address.
        requests: What it was asked, in order.
    """

    def __init__(self, status: int) -> None:
        self._status = status
        self.requests: list[Request] = []
        self._http = HttpServer(self._answer)
        self.url = f"http://{self._http.address}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def _answer(self, request: Request) -> Reply:
        self.requests.append(request)
        return Reply(self._status, b"{}", {"Content-Type": "application/json"})
