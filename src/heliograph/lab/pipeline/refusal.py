"""What a call is told that cannot be done."""

from __future__ import annotations


class RefusalError(Exception):
    """A call that is refused, with the service's code for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
