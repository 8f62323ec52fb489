"""kafka-python: a producer and a consumer, which reads the headers."""

import kafka


def main(at):
    # asked for its versions as a newer client asks, the broker answers what the client cannot read
    settings = {"bootstrap_servers": at["kafka"], "api_version": (2, 3)}
    producer = kafka.KafkaProducer(acks=1, **settings)
    producer.send("kafka_python", b"lens", partition=0, headers=[("mine", b"1")]).get(20)
    producer.send("kafka_python", b"tripod", partition=0).get(20)
    producer.close()
    consumer = kafka.KafkaConsumer(consumer_timeout_ms=20000, **settings)
    partition = kafka.TopicPartition("kafka_python", 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    told = [next(consumer), next(consumer)]
    consumer.close()
    return [sorted([name, value.decode()] for name, value in one.headers) for one in told]
