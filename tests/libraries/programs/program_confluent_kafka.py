"""confluent-kafka: a producer and a consumer, which reads the headers."""

import confluent_kafka


def main(at):
    producer = confluent_kafka.Producer({"bootstrap.servers": at["kafka"]})
    producer.produce("confluent", b"lens", headers=[("mine", b"1")], partition=0)
    producer.flush(20)
    settings = {"bootstrap.servers": at["kafka"], "group.id": "g", "enable.auto.commit": False}
    consumer = confluent_kafka.Consumer(settings)
    consumer.assign([confluent_kafka.TopicPartition("confluent", 0, 0)])
    message = consumer.poll(20)
    told = sorted([name, value.decode()] for name, value in message.headers())
    consumer.close()
    return told
