"""requests: an answer, an error status, a refused connection."""

import contextlib

import requests


def main(at):
    told = requests.get(f"{at['http']}/echo", timeout=5).json()
    requests.post(f"{at['http']}/status/500", timeout=5)
    with contextlib.suppress(requests.ConnectionError):
        requests.get("http://127.0.0.1:1/", timeout=5)
    return told
