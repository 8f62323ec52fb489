"""Requests of urllib3 itself: pools, retries, redirects, streams, failures, kinds of headers."""

# ruff: noqa: BLE001, PT017 - a sample of users' code, which catches what it raises

import io
import socket
import threading

import boto3
import requests
import urllib3
from botocore.config import Config
from opentelemetry import trace
from urllib3.util import Retry, Timeout


def main(endpoint):
    get = urllib3.PoolManager().request
    get("GET", endpoint + "/status/200", timeout=5)
    get("GET", endpoint + "/status/200", fields={"q": "1", "page": "abc"}, timeout=5)
    for status in 201, 204, 304, 400, 401, 403, 404, 429, 500, 503:
        get("GET", f"{endpoint}/status/{status}", timeout=5)
    for method in "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "PURGE", "get":
        get(method, endpoint + "/status/200", timeout=5)
    urllib3.request("POST", endpoint + "/status/200", json={"a": 1}, timeout=5)
    urllib3.request("POST", endpoint + "/status/200", body=io.BytesIO(b"b"), timeout=5)
    get("GET", endpoint + "/status/200#fragment", timeout=5)
    redirects(get, endpoint)
    pools(endpoint)
    retries(get, endpoint)
    headers(endpoint)
    failures(get, endpoint)
    below_others(endpoint)
    in_a_thread(get, endpoint)


def redirects(get, endpoint):
    get("GET", endpoint + "/redirect/2", timeout=5)
    get("GET", endpoint + "/redirect/1", redirect=False, timeout=5)
    get("GET", endpoint + "/redirect/1", retries=False, timeout=5)
    with urllib3.connection_from_url(endpoint) as pool:
        pool.urlopen("GET", "/redirect/2", timeout=5)
        attempt(pool.urlopen, "GET", endpoint + "/whole", retries=0)  # as to a proxy


def pools(endpoint):
    with urllib3.connection_from_url(endpoint, headers={"X-Plain": "pool"}) as pool:
        pool.urlopen("GET", "/status/200")
        pool.urlopen("POST", "/status/200", b"body", {"X-Plain": "p"}, Retry(1), timeout=Timeout(5))
        pool.request("GET", "/status/404?q=1", headers=None)
        response = pool.urlopen(method="GET", url="/chunks/20", preload_content=False)
        assert b"".join(response.stream(16)) == b"abcd" * 20
        attempt(pool.urlopen, "GET")
        attempt(pool.urlopen, "GET", "http://other.invalid/")


def retries(get, endpoint):
    again = Retry(3, status_forcelist=[503], backoff_factor=0)
    get("GET", endpoint + "/fail/2/503/Busy", retries=again, timeout=5)
    attempt(get, "GET", endpoint + "/fail/9/503/Always", retries=again, timeout=5)
    attempt(get, "GET", endpoint + "/cut", retries=1, timeout=5)
    attempt(get, "GET", endpoint + "/redirect/99", retries=2, timeout=5)


def headers(endpoint):
    given = urllib3.HTTPHeaderDict({"X-Plain": "a", "User-Agent": "curl/8"})
    given.add("X-Plain", "b")
    with urllib3.PoolManager(headers={"X-Of-Pool": "p"}) as manager:
        manager.request("GET", endpoint + "/status/200", timeout=5)
        manager.request("GET", endpoint + "/status/200", headers=given, timeout=5)
        manager.request("GET", endpoint + "/status/200", headers={"traceparent": "x"}, timeout=5)
    assert given == urllib3.HTTPHeaderDict([("X-Plain", "a, b"), ("User-Agent", "curl/8")])


class Broken(urllib3.HTTPConnectionPool):
    def __init__(self, error):
        super().__init__("127.0.0.1", 1)
        self.error = error

    def _make_request(self, *_, **__):
        raise self.error


def failures(get, endpoint):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{free.getsockname()[1]}/"
    attempt(get, "GET", refused, retries=False)
    attempt(get, "GET", refused, retries=1)
    attempt(get, "GET", endpoint + "/slow/0.6", timeout=0.1, retries=False)
    attempt(get, "GET", "http://absent.invalid/", retries=False)
    attempt(get, "GET", "ftp://example.invalid/")
    for error in ValueError("no"), OSError(5, "io"), KeyError("k"), KeyboardInterrupt():
        attempt(Broken(error).urlopen, "GET", "/", retries=False)


def below_others(endpoint):
    """Calls of libraries that run on urllib3 are one span each."""
    requests.get(endpoint + "/status/200", timeout=5)
    table = boto3.Session("id", "secret", region_name="eu-central-1").client(
        "dynamodb",
        endpoint_url=endpoint + "/fail/0/200/none",
        config=Config(retries={"total_max_attempts": 1}),
    )
    table.get_item(TableName="orders", Key={"id": {"S": "1"}})


def in_a_thread(get, endpoint):
    with trace.get_tracer("pools").start_as_current_span("threads"):
        thread = threading.Thread(target=get, args=("GET", endpoint + "/status/200"))
        thread.start()
        thread.join()


def attempt(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except BaseException as error:
        assert not isinstance(error, AssertionError), error
    else:
        raise AssertionError(f"{args} did not fail")
