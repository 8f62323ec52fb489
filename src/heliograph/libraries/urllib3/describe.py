"""HTTP requests as the official `URLLib3Instrumentor` describes them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ...develop.describe import answer, described
from ..official import Official
from . import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...develop.describe import Describer, ReplayProvider
    from ...journal.entry import Entry


def describer(provider: ReplayProvider) -> Describer:
    """Build the describer of HTTP requests: the official wrapper of `urlopen`."""
    official = Official("urllib3")
    wrappers: list[Callable[[Any, Any, Any, Any], Any]] = []
    official.instrument(
        provider,
        "wrapt",
        SimpleNamespace(wrap_function_wrapper=lambda *given: wrappers.append(given[-1])),
        response_hook=provider.response_hook,
        url_filter=lambda _: _call(provider.entry).request[1],
        excluded_urls="",  # decided when the request was recorded
    )
    (wrapper,) = wrappers

    def describe(entry: Entry) -> None:
        call = _call(entry)
        if call.answer is None and call.exception is None:
            return  # what answered is no response of urllib3's: the official one would read it
        method, url, headers = call.request
        # with the entry of this call
        answering = lambda *_, **__: answer(entry, _Response)  # noqa: E731
        described(lambda: wrapper(answering, _POOL, (method, url), {"headers": headers}))

    return describe


def _call(entry: Any) -> Any:
    return entry.call


_POOL = SimpleNamespace(scheme="http", host="", port=None)
"""Stands for the pool of a request, which is in its URL; metrics would say it."""


class _Response:
    """Stands for the response, of which describers read status and headers; metrics the version."""

    version = 0

    def __init__(self, kept: object) -> None:
        known = kept if isinstance(kept, Answer) else None  # an exception's may be of any library
        self.status = known.status if known is not None else 0
        self.headers = _Headers(known.headers if known is not None else ())


class _Headers(dict[str, str]):
    """The headers of a response; the length of a body is asked for a metric only."""

    def get(self, *_: object) -> Any:
        """Return no length: one that is no number would raise."""
        return 0
