"""Requests of every kind: redirects, sessions, streams, failures, odd methods, secrets in URLs."""

# ruff: noqa: BLE001, N818, PT017, SIM105 - a sample of users' code, which catches what it raises

import socket

import requests
from requests.adapters import HTTPAdapter


def main(endpoint):
    get = requests.get
    get(endpoint + "/status/200", timeout=5)
    get(
        endpoint + "/status/200?q=1&Signature=abc&sig=x&AWSAccessKeyId=y&X-Goog-Signature=z",
        timeout=5,
    )
    get(endpoint.replace("//", "//user:pass@") + "/basic", timeout=5)
    get(endpoint + "/basic", auth=("user", "pass"), timeout=5)
    for status in 201, 204, 304, 400, 401, 403, 404, 429, 500, 503:
        get(f"{endpoint}/status/{status}", timeout=5)
    get(endpoint + "/redirect/3", timeout=5)
    get(endpoint + "/redirect/1", allow_redirects=False, timeout=5)
    for method in "post", "put", "delete", "head", "options", "patch":
        getattr(requests, method)(endpoint + "/status/200", timeout=5)
    requests.post(endpoint + "/status/200", json={"a": 1}, timeout=5)
    requests.request("PURGE", endpoint + "/status/200", timeout=5)
    requests.request("get", endpoint + "/status/200", timeout=5)
    agents = "curl/8", "Googlebot/2.1", "alwayson", b"bytes-agent", None
    for agent in agents:
        get(
            endpoint + "/status/200",
            headers={"User-Agent": agent, "X-Plain": "p", "X-Token": "t"},
            timeout=5,
        )
    sessions(endpoint)
    failures(endpoint)


def sessions(endpoint):
    with requests.Session() as session:
        session.headers["X-Of-Session"] = "s"
        session.get(endpoint + "/status/200", timeout=5)
        with session.get(endpoint + "/chunks/20", stream=True, timeout=5) as response:
            assert b"".join(response.iter_content(16)) == b"abcd" * 20
        prepared = session.prepare_request(requests.Request("GET", endpoint + "/status/200"))
        session.send(prepared, timeout=5)
        session.send(prepared, timeout=5)
        bare = requests.PreparedRequest()
        bare.prepare("GET", endpoint + "/status/404")
        bare.headers = None
        with_headers_none(session, bare)


def with_headers_none(session, request):
    try:
        session.send(request, timeout=5)
    except (TypeError, AttributeError):
        pass


class Weird(Exception):
    """Wants two arguments and has a property in the way."""

    def __init__(self, one, two):
        super().__init__(one)

    def __new__(cls, one, two):
        return super().__new__(cls)

    @property
    def response(self):
        return None


class Adapter(HTTPAdapter):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def send(self, *_, **__):
        raise self.error


def failures(endpoint):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{free.getsockname()[1]}/"
    answered = requests.get(endpoint + "/status/502", timeout=5)
    with_response = requests.HTTPError("bad", response=answered)
    raised = [
        with_response,
        ValueError("no"),
        OSError(5, "io"),
        Weird("a", "b"),
        KeyboardInterrupt(),
    ]
    for number, error in enumerate(raised):
        session = requests.Session()
        session.mount(endpoint, Adapter(error))
        attempt(session.get, f"{endpoint}/{number}")
    attempt(requests.get, refused)
    attempt(requests.get, endpoint + "/slow/0.6", timeout=0.1)
    attempt(requests.get, endpoint + "/cut")
    attempt(requests.get, endpoint + "/redirect/99")
    attempt(requests.get, "http://absent.invalid/")
    attempt(requests.get, "nothing")
    attempt(requests.get, "ftp://example.invalid/")
    attempt(lambda url: requests.get(url, timeout=5).raise_for_status(), endpoint + "/status/404")


def attempt(function, *args, **kwargs):
    kwargs.setdefault("timeout", 5) if function is requests.get else None
    try:
        function(*args, **kwargs)
    except BaseException as error:
        assert not isinstance(error, AssertionError), error
    else:
        raise AssertionError(f"{args} did not fail")
