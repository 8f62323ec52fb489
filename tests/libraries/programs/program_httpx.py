"""httpx: clients of both kinds, a redirect, an error status, a refused connection."""

import asyncio
import contextlib
import json

import httpx


def main(at):
    with httpx.Client() as client:
        told = [client.get(f"{at['http']}/echo?page=1", headers={"x-mine": "1"}).json()]
        told.append(client.get(f"{at['http']}/redirect", follow_redirects=True).json())
        client.post(f"{at['http']}/status/503", json={"a": 1})
        with client.stream("GET", f"{at['http']}/echo") as response:
            told.append(json.loads(b"".join(response.iter_bytes())))
    told.append(httpx.get(f"{at['http']}/echo").json())
    with contextlib.suppress(httpx.ConnectError):
        httpx.get("http://127.0.0.1:1/")
    return [*told, asyncio.run(awaited(at))]


async def awaited(at):
    async with httpx.AsyncClient() as client:
        answers = await asyncio.gather(*(client.get(f"{at['http']}/echo") for _ in range(2)))
        return [answer.status_code for answer in answers]
