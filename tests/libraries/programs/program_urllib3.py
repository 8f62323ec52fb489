"""urllib3: a pool, a redirect, an error status, a refused connection."""

import contextlib

import urllib3


def main(at):
    pool = urllib3.PoolManager(retries=False)
    told = [pool.request("GET", f"{at['http']}/echo").json()]
    pool.request("PUT", f"{at['http']}/status/404", body=b"x")
    with contextlib.suppress(urllib3.exceptions.HTTPError):
        pool.request("GET", "http://127.0.0.1:1/")
    return told
