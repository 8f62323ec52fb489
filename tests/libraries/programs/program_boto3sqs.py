"""boto3's SQS: messages that are sent, one and many, and received."""

import boto3


def main(at):
    sqs = boto3.client(
        "sqs",
        endpoint_url=at["moto"],
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    queue = sqs.create_queue(QueueName=at["queue"])["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="lens")
    entries = [{"Id": name, "MessageBody": name} for name in ("tripod", "mirror")]
    sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    told = []
    answer = sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    for message in answer["Messages"]:
        told.append([message["Body"], message.get("MessageAttributes")])
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    sqs.delete_queue(QueueUrl=queue)
    return told
