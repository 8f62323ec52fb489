"""redis: commands, a pipeline, a failure, a client for asyncio."""

import asyncio
import contextlib

import redis
import redis.asyncio


def main(at):
    host, _, port = at["redis"].partition(":")
    with redis.Redis(host=host, port=int(port), decode_responses=True) as client:
        client.set("article", "lens", ex=60)
        told = [client.get("article"), client.get("nothing")]
        with client.pipeline(transaction=True) as pipeline:
            pipeline.incr("orders").incr("orders").get("orders")
            told.append(pipeline.execute())
        with contextlib.suppress(redis.ResponseError):
            client.lpush("article", "x")
        client.delete("article", "orders")
    return [*told, asyncio.run(awaited(host, int(port)))]


async def awaited(host, port):
    async with redis.asyncio.Redis(host=host, port=port, decode_responses=True) as client:
        await client.set("article", "lens")
        async with client.pipeline() as pipeline:
            await pipeline.get("article").delete("article").execute()
        return await client.get("article")
