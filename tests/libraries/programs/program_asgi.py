"""An ASGI application in the official middleware, as an adapter calls it."""

import calling
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware


async def app(scope, receive, send):
    if scope["path"] == "/broken":
        raise ValueError("out of stock")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"lens"})


def main(at):
    paths = ("/orders/7", "/broken")
    return calling.asgi(OpenTelemetryMiddleware(app), *(("GET", path, "a=1") for path in paths))
