"""pika: a message that is published, one that is asked for, one that is consumed."""

import pika


def main(at):
    host, _, port = at["amqp"].partition(":")
    connection = pika.BlockingConnection(pika.ConnectionParameters(host, int(port)))
    channel = connection.channel()
    channel.queue_declare("pika")
    told = []

    def received(channel, method, properties, body):
        told.append([body.decode(), properties.headers])
        channel.basic_ack(method.delivery_tag)
        channel.stop_consuming()

    properties = pika.BasicProperties(headers={"mine": "1"})
    channel.basic_publish("", "pika", b"lens", properties)
    channel.basic_consume("pika", received)
    channel.start_consuming()
    channel.queue_delete("pika")
    connection.close()
    return told
