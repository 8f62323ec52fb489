"""aiohttp: a session, an error status, a refused connection."""

import asyncio
import contextlib

import aiohttp


def main(at):
    return asyncio.run(awaited(at))


async def awaited(at):
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{at['http']}/echo", headers={"x-mine": "1"}) as answer:
            told = await answer.json()
        async with session.post(f"{at['http']}/status/503", data=b"x"):
            pass
        with contextlib.suppress(aiohttp.ClientError):
            await session.get("http://127.0.0.1:1/")
    return told
