"""aio-pika: a message that is published, and consumed."""

import asyncio

import aio_pika


def main(at):
    return asyncio.run(awaited(at))


async def awaited(at):
    connection = await aio_pika.connect(f"amqp://guest:guest@{at['amqp']}/")
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("aio_pika")
        done = asyncio.get_running_loop().create_future()

        async def received(message):
            async with message.process():
                done.set_result([message.body.decode(), dict(message.headers)])

        await queue.consume(received)
        message = aio_pika.Message(b"lens", headers={"mine": "1"})
        await channel.default_exchange.publish(message, routing_key="aio_pika")
        return await asyncio.wait_for(done, 20)
