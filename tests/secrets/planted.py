"""A function with a secret in each place where a URL may have one. The secrets begin with `s3cr3t`.

It prints none and returns none: what is found of them in an output is ours.
"""

import os

import requests
from opentelemetry import trace
from opentelemetry.trace import Link, SpanContext, TraceFlags
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

import heliograph

HTTP = os.environ["HTTP_TARGET"]
HARMLESS = "keep=a%20b&keep=c+d&empty=&sortKey=%2F"
TRACER = trace.get_tracer("planted")


def query():
    requests.get(f"{HTTP}/a?{HARMLESS}&token=s3cr3t-01&api_key=s3cr3t-02", timeout=5)


def aws():
    signed = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=s3cr3t-03%2F20261121%2Fs3"
    requests.get(
        f"{HTTP}/b?{signed}&X-Amz-Security-Token=s3cr3t-04&X-Amz-Signature=s3cr3t-05", timeout=5
    )


def google():
    requests.get(f"{HTTP}/c?X-Goog-Credential=s3cr3t-06&X-Goog-Signature=s3cr3t-07", timeout=5)


def azure():
    requests.get(f"{HTTP}/d?sv=2024-11-04&sp=r&sig=s3cr3t-08%2Fa%3D", timeout=5)


def form():
    requests.post(f"{HTTP}/form", data={"password": "s3cr3t-09", "user": "x"}, timeout=5)


def fragment():
    requests.get(f"{HTTP}/e#access_token=s3cr3t-10&state=1", timeout=5)


def redirect():
    requests.get(f"{HTTP}/redirect?to=%2Fback%3Fcode_token%3Ds3cr3t-11%26b%3D1", timeout=5)


def refused():
    requests.get(f"http://127.0.0.1:9/f?{HARMLESS}&token=s3cr3t-12", timeout=5)


def refused_within_a_span():
    with heliograph.span("manual"):
        requests.get("http://127.0.0.1:9/g?pin=s3cr3t-13", timeout=5)


def retried():
    with requests.Session() as session:
        retries = Retry(2, status_forcelist=[503], backoff_factor=0)
        session.mount("http://", HTTPAdapter(max_retries=retries))
        session.get(f"{HTTP}/503?session_id=s3cr3t-14", timeout=5)


def raised_for_status():
    requests.get(f"{HTTP}/503/h?secret=s3cr3t-15", timeout=5).raise_for_status()


def credentials():
    requests.get(HTTP.replace("//", "//user:s3cr3t-16@") + "/i", timeout=5)


def api():
    context = SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(1))
    link = Link(context, {"from": "https://h/a?b=1&token=s3cr3t-17"})
    with TRACER.start_as_current_span("api", links=[link]) as span:
        span.set_attribute("url.full", "https://h/a?b=1&token=s3cr3t-18")
        span.set_attribute("http.target", "/a?b=1&token=s3cr3t-19")
        span.set_attribute("url.query", "token=s3cr3t-20&b=1")
        span.set_attribute("urls", ["https://h/a?pin=s3cr3t-21", "b"])
        span.add_event("called", {"url": "https://h/a?b=1&token=s3cr3t-22"})
        span.set_status(trace.StatusCode.ERROR, "no answer from https://h/a?token=s3cr3t-23")


def noted():
    error = ValueError("no https://u:s3cr3t-24@h/a")
    error.__notes__ = ["see https://h/a?token=s3cr3t-25"]
    try:
        raise error
    except ValueError:
        raise RuntimeError("while asking https://h/a?jwt=s3cr3t-26&b=1")  # noqa: B904  # noqa: B904 - a context


def door():
    with heliograph.span("door", asked="https://h/a?b=1&token=s3cr3t-27"):
        heliograph.event("asked", url="https://h/a?token=s3cr3t-28")
        heliograph.metadata("asked", {"url": 'https://h/a?token=s3cr3t-29"s3cr3t-29'})
        heliograph.metric("asked", 1, url="https://h/a?token=s3cr3t-30")


PLACES = [
    query, aws, google, azure, form, fragment, redirect, refused, refused_within_a_span, retried,
    raised_for_status, credentials, api, noted, door,
]  # fmt: skip


def handler(event, context):
    for place in PLACES:
        try:
            with heliograph.span(place.__name__):
                place()
        except Exception:  # noqa: BLE001 - not printed
            pass
    return {"statusCode": 200}
