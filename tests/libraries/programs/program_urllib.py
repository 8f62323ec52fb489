"""urllib: an answer, an error status, a refused connection."""

import json
import urllib.error
import urllib.request


def main(at):
    with urllib.request.urlopen(f"{at['http']}/echo") as answer:
        told = json.load(answer)
    for url in (f"{at['http']}/status/500", "http://127.0.0.1:1/"):
        try:
            urllib.request.urlopen(urllib.request.Request(url, method="POST", data=b"x"))
        except urllib.error.URLError as error:
            getattr(error, "close", int)()
    return told
