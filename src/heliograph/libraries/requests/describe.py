"""HTTP requests as the official `RequestsInstrumentor` describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...develop.describe import answer, described
from ..official import Official
from . import Answer

if TYPE_CHECKING:
    from ...develop.describe import Describer, ReplayProvider
    from ...journal.entry import Entry


def describer(provider: ReplayProvider) -> Describer:
    """Build the describer of HTTP requests: the official wrapper of `Session.send`."""
    official = Official("requests")
    module = official.module

    class Session:
        def send(self, request: Any, **_: Any) -> Any:
            return answer(request.entry, response)

    def response(kept: Any) -> Any:
        if not isinstance(kept, Answer):  # an exception's `.response` may be of any library
            return None
        made = module.Response.__new__(module.Response)
        made.status_code, made.reason = kept.status, kept.reason
        made.headers = module.CaseInsensitiveDict(kept.headers)
        made.raw = _Raw(kept.version)
        return made

    official.instrument(
        provider,
        "Session",
        Session,
        response_hook=provider.response_hook,
        excluded_urls="",  # decided when the request was recorded
    )

    def describe(entry: Entry) -> None:
        call: Any = entry.call
        request = module.PreparedRequest.__new__(module.PreparedRequest)
        request.method, request.url, headers = call.request
        request.headers = module.CaseInsensitiveDict(headers)
        request.entry = entry
        provider.url = without_secrets(request.url)
        described(lambda: Session().send(request))

    return describe


def without_secrets(url: str) -> str:
    """Return a URL whose query has all that is no secret as it was; "" where it has no query.

    The instrumentor writes a query anew in which it redacts something.
    """
    if "?" not in url or "=" not in url:
        return ""
    from ... import _redaction

    return _redaction.url(url)


class _Raw:
    """Stands for the connection's response; describers read its `version` only."""

    def __init__(self, version: int | None) -> None:
        self.version = version
