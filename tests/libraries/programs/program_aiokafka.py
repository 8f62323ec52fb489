"""aiokafka: a producer and a consumer, which reads the headers."""

import asyncio

import aiokafka


def main(at):
    return asyncio.run(awaited(at))


async def awaited(at):
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=at["kafka"])
    await producer.start()
    await producer.send_and_wait("aiokafka", b"lens", partition=0, headers=[("mine", b"1")])
    await producer.stop()
    consumer = aiokafka.AIOKafkaConsumer(
        bootstrap_servers=at["kafka"], auto_offset_reset="earliest"
    )
    await consumer.start()
    consumer.assign([aiokafka.TopicPartition("aiokafka", 0)])
    message = await asyncio.wait_for(consumer.getone(), 20)
    await consumer.stop()
    return sorted([name, value.decode()] for name, value in message.headers)
