"""A WSGI application in the official middleware, as an adapter calls it."""

import calling
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware


def app(environ, start_response):
    start_response("500 Broken" if environ["PATH_INFO"] == "/broken" else "200 OK", [])
    return [b"lens"]


def main(at):
    middleware = OpenTelemetryMiddleware(app)
    return [calling.wsgi(middleware, "/orders/7"), calling.wsgi(middleware, "/broken")]
