"""Calls of applications as a server or an adapter makes them."""

import asyncio
import io
from wsgiref.util import setup_testing_defaults

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def wsgi(app, path, method="GET", query=""):
    """Call a WSGI application; returns status, headers and body."""
    environ = {"PATH_INFO": path, "REQUEST_METHOD": method, "QUERY_STRING": query}
    environ |= {"HTTP_TRACEPARENT": PARENT, "SERVER_NAME": "shop.example", "SERVER_PORT": "443"}
    environ |= {"wsgi.input": io.BytesIO(), "HTTP_USER_AGENT": "curl", "wsgi.url_scheme": "https"}
    setup_testing_defaults(environ)
    seen = []
    answer = app(environ, lambda status, headers, error=None: seen.extend([status]))
    try:
        return [*seen, b"".join(answer).decode()]
    finally:
        getattr(answer, "close", int)()


def asgi(app, *requests):
    """Call an ASGI application with (method, path, query) each; returns statuses and bodies."""

    async def call(method, path, query):
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "https", "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": query.encode(), "client": ("203.0.113.7", 4711),
            "server": ("shop.example", 443),
            "headers": [
                (b"host", b"shop.example"), (b"traceparent", PARENT.encode()),
                (b"user-agent", b"curl"),
            ],
        }  # fmt: skip
        seen = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            seen.append(message.get("status") or message["body"].decode())

        try:
            await app(scope, receive, send)
        except ValueError as error:
            seen.append(str(error))
        return seen

    async def all_of_them():
        return [await call(*request) for request in requests]

    return asyncio.run(all_of_them())
