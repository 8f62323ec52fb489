"""HTTP requests through urllib3: recorded, and given the configured propagators' headers.

boto3 and requests run on it: this is loaded by the first request that is no part of a call of
theirs (`LATE` in the room), and sees none of those.
"""

from __future__ import annotations

import sys
from time import time_ns

from ..._guard import guarded, unframe
from ...journal import current
from ...journal.recording import recorders
from ...propagation import onto_request
from ..requests import HttpRecorder, bounded_headers, bounded_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any


class Answer:
    """What is kept of a response: never its body.

    Attributes:
        status: Status code.
        headers: Bounded copy.
    """

    __slots__ = ("headers", "status")

    def __init__(self, response: Any) -> None:
        self.status = response.status
        self.headers = bounded_headers(response.headers.items())


_response_type: type = Answer
"""The base of urllib3's responses, once it is known."""


def _kept(response: Any) -> Answer | None:
    return Answer(response) if issubclass(type(response), _response_type) else None


class _Recorder(HttpRecorder):
    """Records urllib3's requests.

    Attributes:
        url_filter: The user's: what it makes of a URL is excluded or not, and kept.
    """

    url_filter: Callable[[str], Any] | None = None

    def adopted(self, given: dict[str, Any]) -> None:
        super().adopted(given)
        url_filter = given.get("url_filter")
        self.url_filter = url_filter if callable(url_filter) else None


recorder = _Recorder("urllib3", _kept, "urllib3_excluded_urls")


def install(module: ModuleType, original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what records `HTTPConnectionPool.urlopen`, on which every request of the library runs.

    A redirect that a `PoolManager` follows is a request of its own; retries are part of one.

    Args:
        module: `urllib3.connectionpool`.
        original: The method.
    """
    global _response_type
    responses = sys.modules[module.__name__.replace("connectionpool", "response")]
    # urllib3 1.26 has no base
    _response_type = getattr(responses, "BaseHTTPResponse", None) or responses.HTTPResponse
    recorder.exclude()

    def urlopen(self: Any, *args: Any, **kwargs: Any) -> Any:
        before, entry = current.here.get(), None
        try:
            sent = guarded("reading an HTTP request", Sent.of, self, args, kwargs)
            if sent is not None:
                entry = guarded("recording an HTTP request", _begin, sent)
                guarded("writing the trace headers of an HTTP request", sent.carry)
                args, kwargs = sent.args, sent.kwargs
            response = original(self, *args, **kwargs)
            if entry is not None:
                recorder.answer(entry, response, self, response)
        except BaseException as error:
            guarded(f"recording an exception of {recorder.library}", _fail, error, entry, before)
            unframe(error)
            raise
        finally:
            if entry is not None:
                current.here.set(before)
                entry.end = entry.end or time_ns() or 1  # what interrupts us may have left it open
        return response

    recorders["urllib3"] = recorder
    return urlopen


class Sent:
    """A request that is about to be sent.

    The caller's headers stay as they are: what is sent is a copy of them, as urllib3 itself makes
    one.

    Args:
        pool: The pool that sends it.
        args: The arguments of `urlopen`.
        kwargs: Its keywords.
        method: Of these, the method, in capitals.
        url: Of these, the URL, whole.

    Attributes:
        given: The headers that the caller gave, or None.
    """

    __slots__ = ("_copied", "args", "given", "kwargs", "method", "pool", "url")

    def __init__(
        self, pool: Any, args: tuple[Any, ...], kwargs: dict[str, Any], method: str, url: str
    ) -> None:
        self.pool, self.args, self.kwargs = pool, args, kwargs
        self.method, self.url = method.upper(), _whole(pool, url)
        self.given = args[HEADERS] if len(args) > HEADERS else kwargs.get("headers")
        self._copied: Any = None

    @classmethod
    def of(cls, pool: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Sent | None:
        """Return the request of a call; None where it is none, and urllib3 says so."""
        method: Any = args[0] if args else kwargs.get("method")
        url: Any = args[1] if len(args) > 1 else kwargs.get("url")
        if not issubclass(type(method), str) or not issubclass(type(url), str):
            return None
        exact = str.__getitem__
        return cls(pool, args, kwargs, exact(method, _ALL), exact(url, _ALL))

    def headers(self) -> Any:
        """Return the headers that are sent, which may be changed; None where there can be none."""
        if self._copied is None:
            # as urllib3 itself takes the pool's where it is given none
            headers = self.pool.headers if self.given is None else self.given
            copy = getattr(headers, "copy", None)
            if copy is None:
                return None  # urllib3 refuses them
            self._copied = copied = copy()
            if len(self.args) > HEADERS:
                self.args = (*self.args[:HEADERS], copied, *self.args[HEADERS + 1 :])
            else:
                self.kwargs = {**self.kwargs, "headers": copied}
        return self._copied

    def carry(self) -> None:
        """Write the current span's headers, in place of those that are there in any case."""
        span = current.span()
        wanted: dict[str, Any] = {}
        if span is not None:
            onto_request(span, wanted)
        headers = self.headers() if wanted else None
        if headers is None:
            return
        names = {name.lower(): name for name in headers if type(name) is str}
        for name, value in wanted.items():
            headers[names.get(name.lower(), name)] = value


_ALL = slice(None)
HEADERS = 3
"""The place of the headers among the arguments of `urlopen`, after method, URL and body."""
BODY = 2


def _whole(pool: Any, url: str) -> str:
    """Return a request's URL with the place that its pool is for, as the official one has it."""
    if not url.startswith("/"):
        return url
    usual = {"http": 80, "https": 443}.get(pool.scheme)
    port = f":{pool.port}" if pool.port and pool.port != usual else ""
    return f"{pool.scheme}://{pool.host}{port}{url}"


def _begin(sent: Sent) -> Any:
    if recorder.url_filter is not None:
        filtered = guarded(
            f"calling the URL filter of {recorder.library}", recorder.url_filter, sent.url
        )
        sent.url = "" if filtered is None else str(filtered)  # what it hides stays hidden
    if recorder.excluded is not None and recorder.excluded(sent.url):
        return None
    parent = recorder.parent()
    if parent is None:
        return None
    headers = bounded_headers(() if sent.given is None else sent.given.items())
    facts = (sent.method, bounded_url(sent.url), headers)
    entry = recorder.begin("HTTP", parent, (), facts)
    if recorder.request_hook is not None:
        guarded(f"calling the request hook of {recorder.library}", _ask, entry, sent)
    return entry


def _ask(entry: Any, sent: Sent) -> None:
    """Call the user's request hook, which may change the headers that are sent."""
    about = sys.modules["opentelemetry.instrumentation.urllib3"].RequestInfo
    body = sent.args[BODY] if len(sent.args) > BODY else sent.kwargs.get("body")
    info = about(method=sent.method, url=sent.url, headers=sent.headers(), body=body)
    recorder.ask(entry, sent.pool, info)


def _fail(error: BaseException, entry: Any, before: object) -> None:
    from ...journal.recorded_exception import fail  # by the first failure

    fail(recorder, entry, before, error)
