"""User code that gives the official instrumentors hooks, and takes them back."""

import importlib.util
from pathlib import Path

import requests
import urllib3
from opentelemetry import trace
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor

spec = importlib.util.spec_from_file_location("variants", Path(__file__).with_name("variants.py"))
variants = importlib.util.module_from_spec(spec)
spec.loader.exec_module(variants)


def before_aws(span, service, operation, params):
    span.set_attribute("hook.request", f"{service} {operation} {sorted(params)}")
    span.update_name(f"{operation} by hook")
    assert trace.get_current_span() is span


def after_aws(span, service, operation, result):
    span.set_attribute("hook.response", f"{service} {operation} {sorted(result or {})}")
    span.add_event("answered", {"keys": sorted(result or {})})


def before_http(span, request):
    span.set_attribute("hook.request", f"{request.method} {request.url}".partition("?")[0][-11:])
    request.headers["X-Hook"] = "h"


def after_http(span, request, response):
    span.set_attribute("hook.response", response.status_code)
    span.set_attribute("hook.header", request.headers["X-Hook"])
    span.set_attribute("http.status_code", 299)


def before_urllib3(span, pool, request):
    names = sorted(name for name in request.headers if "trace" not in name.lower())
    shown = f"{request.method} {request.url[-11:]} {names} {request.body}"
    span.set_attribute("hook.request", f"{pool.scheme} {shown}")
    request.headers["X-Hook"] = "h"
    assert trace.get_current_span() is span


def after_urllib3(span, pool, response):
    span.set_attribute("hook.response", f"{pool.host} {response.status}")
    span.set_attribute("http.status_code", 299)


def setup():
    BotocoreInstrumentor().instrument(request_hook=before_aws, response_hook=after_aws)
    RequestsInstrumentor().instrument(
        request_hook=before_http, response_hook=after_http, excluded_urls="status/404,absent"
    )
    URLLib3Instrumentor().instrument(
        request_hook=before_urllib3,
        response_hook=after_urllib3,
        url_filter=lambda url: url.partition("?")[0],
        excluded_urls="status/500$,absent",
    )


def main(endpoint):
    variants.main(endpoint)
    tracer = trace.get_tracer("hooks")
    with tracer.start_as_current_span("one session uninstrumented"):
        session = requests.Session()
        RequestsInstrumentor.uninstrument_session(session)
        session.get(endpoint + "/status/200", timeout=5)
        requests.get(endpoint + "/status/200", timeout=5)
        headers = {"X-One": "1"}
        urllib3.request("POST", endpoint + "/status/500?q=1", body="b", headers=headers, timeout=5)
        urllib3.request("POST", endpoint + "/status/200?q=1", body="b", headers=headers, timeout=5)
        assert headers == {"X-One": "1"}
    URLLib3Instrumentor().uninstrument()
    RequestsInstrumentor().uninstrument()
    BotocoreInstrumentor().uninstrument()
    with tracer.start_as_current_span("uninstrumented"):
        variants.main(endpoint)
    RequestsInstrumentor().instrument()
    URLLib3Instrumentor().instrument()
    with tracer.start_as_current_span("instrumented again"):
        variants.main(endpoint)
