"""Calls of eleven services: clients and resources, paginators, waiters, failures, threads."""

import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    EndpointResolutionError,
    ParamValidationError,
    WaiterError,
)
from jmespath.exceptions import JMESPathTypeError

QUICK = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})


def expected(*errors):
    class Expected:
        def __enter__(self):
            return None

        def __exit__(self, kind, error, tb):
            assert kind is not None, f"{errors} did not come"
            return issubclass(kind, errors)

    return Expected()


def main(endpoint):
    session = boto3.Session("id", "secret", region_name="eu-central-1")

    def client(service):
        return session.client(service, endpoint_url=endpoint, config=QUICK)

    def resource(service):
        return session.resource(service, endpoint_url=endpoint, config=QUICK)

    dynamodb(client("dynamodb"), resource("dynamodb"))
    s3(client("s3"), resource("s3"))
    sqs(client("sqs"), resource("sqs"))
    sns(client("sns"), resource("sns"))
    functions(client("lambda"), client("iam"))
    secrets(client("secretsmanager"))
    states(client("stepfunctions"))
    kinesis(client("kinesis"))
    events(client("events"))
    parameters(client("ssm"))
    identity(client("sts"))
    threads(client("dynamodb"))


def dynamodb(client, resource):
    from collections import OrderedDict, defaultdict

    index = {
        "IndexName": "by-owner",
        "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["price", "when"]},
        "ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3},
    }
    definitions = [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "owner", "AttributeType": "S"},
    ]
    client.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=definitions,
        GlobalSecondaryIndexes=[index],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
    )
    client.get_waiter("table_exists").wait(TableName="orders")
    client.describe_table(TableName="orders")
    for number in range(5):
        client.put_item(
            TableName="orders",
            Item={"id": {"S": str(number)}, "owner": {"S": "a"}, "blob": {"B": b"\0" * 100}},
            ReturnConsumedCapacity="INDEXES",
            ReturnItemCollectionMetrics="SIZE",
        )
    client.get_item(
        TableName="orders",
        Key={"id": {"S": "1"}},
        ConsistentRead=True,
        ProjectionExpression="id",
        ReturnConsumedCapacity="TOTAL",
    )
    client.get_item(TableName="orders", Key={"id": {"S": "absent"}})
    client.query(
        TableName="orders",
        IndexName="by-owner",
        KeyConditionExpression="#o = :o",
        ExpressionAttributeNames={"#o": "owner"},
        ExpressionAttributeValues={":o": {"S": "a"}},
        ScanIndexForward=False,
        Limit=2,
        Select="ALL_PROJECTED_ATTRIBUTES",
    )
    client.scan(TableName="orders", Segment=0, TotalSegments=2, ReturnConsumedCapacity="TOTAL")
    for page in client.get_paginator("scan").paginate(
        TableName="orders", PaginationConfig={"PageSize": 2}
    ):
        assert page["Count"] <= 2
    for name in range(40):
        if name % 8 == 0:
            client.create_table(
                TableName=f"other-{name}",
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=definitions[:1],
                BillingMode="PAY_PER_REQUEST",
            )
    client.list_tables(Limit=3, ExclusiveStartTableName="orders")
    client.batch_get_item(
        RequestItems={"orders": {"Keys": [{"id": {"S": "1"}}, {"id": {"S": "2"}}]}},
        ReturnConsumedCapacity="TOTAL",
    )
    written = defaultdict(list)
    written["orders"].append({"PutRequest": {"Item": {"id": {"S": "9"}, "owner": {"S": "b"}}}})
    written["other-0"].append({"PutRequest": {"Item": {"id": {"S": "9"}}}})
    with expected(TypeError, JMESPathTypeError):  # botocore's endpoint rules want a plain dict
        client.batch_write_item(RequestItems=written, ReturnConsumedCapacity="TOTAL")
    client.batch_write_item(RequestItems=dict(written), ReturnConsumedCapacity="TOTAL")
    client.batch_write_item(
        RequestItems=OrderedDict(orders=[{"DeleteRequest": {"Key": {"id": {"S": "9"}}}}])
    )
    client.update_item(
        TableName="orders",
        Key={"id": {"S": "1"}},
        UpdateExpression="SET price = :p",
        ExpressionAttributeValues={":p": {"N": "7.5"}},
        ReturnValues="ALL_NEW",
    )
    with expected(ClientError):
        client.update_item(
            TableName="orders",
            Key={"id": {"S": "1"}},
            UpdateExpression="SET price = :p",
            ConditionExpression="attribute_not_exists(id)",
            ExpressionAttributeValues={":p": {"N": "7.5"}},
        )
    client.update_table(
        TableName="orders",
        AttributeDefinitions=[*definitions, {"AttributeName": "price", "AttributeType": "N"}],
        GlobalSecondaryIndexUpdates=[{"Create": {**index, "IndexName": "again"}}],
        ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 8},
    )
    client.transact_write_items(
        TransactItems=[{"Delete": {"TableName": "orders", "Key": {"id": {"S": "2"}}}}]
    )
    with expected(ClientError):
        client.get_item(TableName="absent", Key={"id": {"S": "1"}})
    with expected(client.exceptions.ResourceNotFoundException):
        client.describe_table(TableName="absent")
    with expected(EndpointResolutionError):
        client.put_item(TableName=7, Item="none")
    with expected(WaiterError):
        client.get_waiter("table_not_exists").wait(
            TableName="orders", WaiterConfig={"Delay": 0, "MaxAttempts": 2}
        )
    table = resource.Table("orders")
    table.put_item(Item={"id": "7", "owner": "c", "tags": {"x", "y"}})
    table.get_item(Key={"id": "7"})
    with table.batch_writer() as batch:
        for number in range(30):
            batch.put_item(Item={"id": f"batch-{number}", "owner": "d"})
    assert table.item_count >= 0
    client.delete_item(TableName="orders", Key={"id": {"S": "3"}}, ReturnValues="ALL_OLD")
    client.delete_table(TableName="other-8")


def s3(client, resource):
    where = {"LocationConstraint": "eu-central-1"}
    client.create_bucket(Bucket="bucket", CreateBucketConfiguration=where)
    client.put_object(Bucket="bucket", Key="a/1", Body=b"x" * 3000, Metadata={"a": "b"})
    client.put_object(Bucket="bucket", Key="a/2", Body=io.BytesIO(b"stream"))
    assert client.get_object(Bucket="bucket", Key="a/2")["Body"].read() == b"stream"
    client.head_object(Bucket="bucket", Key="a/1")
    with expected(ClientError):
        client.head_object(Bucket="bucket", Key="absent")
    with expected(client.exceptions.NoSuchKey):
        client.get_object(Bucket="bucket", Key="absent")
    with expected(client.exceptions.NoSuchBucket):
        client.list_objects_v2(Bucket="absent")
    list(
        client.get_paginator("list_objects_v2").paginate(
            Bucket="bucket", PaginationConfig={"PageSize": 1}
        )
    )
    client.get_waiter("object_exists").wait(Bucket="bucket", Key="a/1")
    url = client.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "a/1"})
    assert "X-Amzn-Trace-Id" not in url
    post = client.generate_presigned_post("bucket", "a/3")
    assert not [field for field in post["fields"] if "trace" in field.lower()]
    client.copy_object(Bucket="bucket", Key="a/4", CopySource={"Bucket": "bucket", "Key": "a/1"})
    parts = TransferConfig(
        multipart_threshold=5_242_880, multipart_chunksize=5_242_880, max_concurrency=3
    )
    client.upload_fileobj(io.BytesIO(b"\1" * 6_000_000), "bucket", "big", Config=parts)
    into = io.BytesIO()
    client.download_fileobj("bucket", "big", into, Config=parts)
    assert len(into.getvalue()) == 6_000_000
    for summary in resource.Bucket("bucket").objects.all():
        summary.delete()
    resource.Object("bucket", "b").put(Body="text")
    client.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "b"}]})


def sqs(client, resource):
    url = client.create_queue(QueueName="queue")["QueueUrl"]
    client.send_message(
        QueueUrl=url,
        MessageBody="body",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "order"}},
    )
    entries = [{"Id": str(n), "MessageBody": "b"} for n in range(3)]
    client.send_message_batch(QueueUrl=url, Entries=entries)
    got = client.receive_message(QueueUrl=url, MaxNumberOfMessages=2)
    client.delete_message(QueueUrl=url, ReceiptHandle=got["Messages"][0]["ReceiptHandle"])
    client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    client.purge_queue(QueueUrl=url)
    assert "Messages" not in client.receive_message(QueueUrl=url)
    with expected(ClientError):
        client.send_message(QueueUrl=url + "-absent", MessageBody="body")
    resource.Queue(url).send_message(MessageBody="from a resource")


def sns(client, resource):
    arn = client.create_topic(Name="topic")["TopicArn"]
    client.publish(TopicArn=arn, Message="m")
    client.publish(TargetArn=arn, Message="m", Subject="s")
    client.publish(PhoneNumber="+4915112345678", Message="m")
    client.publish_batch(
        TopicArn=arn,
        PublishBatchRequestEntries=[{"Id": "1", "Message": "m"}, {"Id": "2", "Message": "m"}],
    )
    client.get_topic_attributes(TopicArn=arn)
    list(client.get_paginator("list_topics").paginate())
    with expected(ClientError):
        client.publish(TopicArn=arn + "-absent", Message="m")
    resource.Topic(arn).publish(Message="from a resource")


def functions(client, iam):
    import zipfile

    trust = {"Version": "2012-10-17", "Statement": []}
    role = iam.create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(trust))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("app.py", "def handler(event, context): return event")
    made = client.create_function(
        FunctionName="function",
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="app.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    client.get_function(FunctionName="function")
    client.list_functions()
    with expected(ClientError):
        client.invoke(FunctionName="absent", Payload=b'{"headers": {"a": "b"}}')
    with expected(ClientError):
        client.invoke(
            FunctionName=made["FunctionArn"] + "-absent", InvocationType="Event", Payload="[1]"
        )
    with expected(ParamValidationError):
        client.invoke(FunctionName=7)


def secrets(client):
    arn = client.create_secret(Name="secret", SecretString="s")["ARN"]
    client.get_secret_value(SecretId="secret")
    client.get_secret_value(SecretId=arn)
    client.describe_secret(SecretId=arn)
    with expected(ClientError):
        client.get_secret_value(SecretId="absent")


def states(client):
    definition = {"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}
    arn = client.create_state_machine(
        name="machine",
        definition=json.dumps(definition),
        roleArn="arn:aws:iam::123456789012:role/role",
    )["stateMachineArn"]
    run = client.start_execution(stateMachineArn=arn, input='{"a": 1}')
    client.describe_execution(executionArn=run["executionArn"])
    client.describe_state_machine(stateMachineArn=arn)
    client.create_activity(name="activity")
    with expected(ClientError):
        client.start_execution(stateMachineArn=arn + "-absent")


def kinesis(client):
    client.create_stream(StreamName="stream", ShardCount=1)
    client.put_record(StreamName="stream", Data=b"data", PartitionKey="k")
    client.put_records(StreamName="stream", Records=[{"Data": b"d", "PartitionKey": "k"}])
    shard = client.describe_stream(StreamName="stream")["StreamDescription"]["Shards"][0]
    at = client.get_shard_iterator(
        StreamName="stream", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    client.get_records(ShardIterator=at["ShardIterator"])
    with expected(ClientError):
        client.put_record(StreamName="absent", Data=b"data", PartitionKey="k")


def events(client):
    client.create_event_bus(Name="bus")
    client.put_events(Entries=[{"Source": "s", "DetailType": "t", "Detail": "{}"}])
    client.put_rule(Name="rule", EventPattern='{"source": ["s"]}')
    client.list_rules()
    with expected(ClientError):
        client.describe_rule(Name="absent")


def parameters(client):
    client.put_parameter(Name="/a/b", Value="v", Type="SecureString")
    client.get_parameter(Name="/a/b", WithDecryption=True)
    list(client.get_paginator("get_parameters_by_path").paginate(Path="/a"))
    with expected(client.exceptions.ParameterNotFound):
        client.get_parameter(Name="/absent")


def identity(client):
    client.get_caller_identity()
    client.assume_role(RoleArn="arn:aws:iam::123456789012:role/role", RoleSessionName="session")


def threads(client):
    from opentelemetry import trace

    with trace.get_tracer("threads").start_as_current_span("threads"):
        with ThreadPoolExecutor(3) as pool:
            for number in range(6):
                pool.submit(client.describe_table, TableName=f"other-{number * 8}")
        worker = threading.Thread(target=client.list_tables)
        worker.start()
        worker.join()
