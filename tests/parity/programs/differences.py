"""One span for each accepted difference of docs/parity.md, named as its row."""

# ruff: noqa: BLE001, F841 - a sample of users' code, which catches what it raises

import boto3
import requests
from opentelemetry import trace
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor


def setup():
    BotocoreInstrumentor().instrument()
    RequestsInstrumentor().instrument()
    URLLib3Instrumentor().instrument()


def main(endpoint):
    tracer = trace.get_tracer("differences")
    for name, function in ROWS.items():
        try:
            with tracer.start_as_current_span(name) as span:
                function(span, endpoint + "/status/200")
        except Exception:
            pass


def long_values(span, url):
    span.set_attribute("text", "x" * 5000)
    span.set_attribute("list", list(range(100)))
    span.set_attribute("deep", [[[[[[[[1]]]]]]]])


def long_names(span, url):
    span.update_name(span.name + " " + "n" * 5000)


def many_calls(span, url):
    for number in range(1100):
        span.set_attribute(f"key {number % 50}", number)


def deep_stack(span, url):
    def fall(depth):
        return fall(depth - 1) if depth else 1 / 0

    fall(120)


def suggestions(span, url):
    number = 1
    return nunber  # noqa: F821


def text_that_raises(span, url):
    class Odd:
        def __str__(self):
            raise ValueError("no text")

    span.set_attribute("odd", Odd())


def hooked(url, **hooks):
    instrumentor = RequestsInstrumentor()
    instrumentor.uninstrument()
    instrumentor.instrument(**hooks)
    try:
        requests.get(url, timeout=5)
    finally:
        instrumentor.uninstrument()
        instrumentor.instrument()


def hook_that_raises(span, url):
    def fail(*_):
        raise ValueError("a hook's own failure")

    hooked(url, request_hook=fail)


def hook_that_reads(span, url):
    def read(span, request, response):
        span.set_attribute("seen", sorted(span.attributes))

    hooked(url, response_hook=read)


def empty_pattern(span, url):
    hooked(url, excluded_urls="absent,")


def many_headers(span, url):
    requests.get(url, headers={f"X-{n:03}": str(n) for n in range(100)}, timeout=5)


def bytes_header(span, url):
    requests.get(url, headers={"X-Bytes": b"value"}, timeout=5)


def long_url(span, url):
    requests.get(url + "?" + "q" * 5000, timeout=5)


def secrets_in_urls(span, url):
    span.set_attribute("url.full", url + "?token=abc&q=a%20b")
    requests.get(url + "?q=a%20b&sig=abc&q=c+d&api_key=abc", timeout=5)
    requests.get("http://127.0.0.1:9/?token=abc", timeout=5)


def queue(url):
    return boto3.client(
        "sqs",
        region_name="eu-central-1",
        endpoint_url=url.replace("/status/200", "/messages"),
        aws_access_key_id="id",
        aws_secret_access_key="secret",
    )


def message_sent(span, url):
    queue(url).send_message(QueueUrl="https://queues/1/orders", MessageBody="b")


def message_received(span, url):
    queue(url).receive_message(QueueUrl="https://queues/1/orders")


ROWS = {
    "long values": long_values,
    "long names": long_names,
    "many calls on a span": many_calls,
    "deep stacks": deep_stack,
    "suggestions": suggestions,
    "texts that raise": text_that_raises,
    "hooks that raise": hook_that_raises,
    "hooks that read": hook_that_reads,
    "empty patterns": empty_pattern,
    "many headers": many_headers,
    "headers of bytes": bytes_header,
    "long URLs": long_url,
    "messages that are sent": message_sent,
    "messages that are received": message_received,
    "secrets in URLs": secrets_in_urls,
}
