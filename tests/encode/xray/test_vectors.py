"""The test vectors of the X-Ray rules, as whole documents in gold files."""

import json
from pathlib import Path

import pytest

from heliograph.encode import xray
from tests.collector import stacks

TESTS = Path(__file__).parents[2]
GOLD = TESTS / "gold" / "xray"
START, SECOND = 1_696_954_761_000_001_000, 1_000_000_000
AWS_CALL = {"rpc.system": "aws-api", "rpc.service": "DynamoDB", "rpc.method": "GetItem"}
LOCAL_ROOT = {
    "aws.span.kind": "LOCAL_ROOT",
    "aws.local.service": "myLocalService",
    "aws.remote.service": "myRemoteService",
    "http.method": "GET",
    "aws.region": "us-east-1",
}
INVOCATION = {
    "cloud.resource_id": "arn:aws:lambda:us-east-1:1:function:orders",
    "faas.invocation_id": "i1",
}
MYSQL = {
    "db.system": "mysql",
    "db.name": "customers",
    "db.connection_string": "mysql://db.dev.example.com:3306",
    "db.user": "userprefsw",
    "db.statement": "SELECT * FROM user WHERE user_id = ?",
    "enterprise.app.id": "85AF51",
    "net.peer.name": "db.dev.example.com",
}
RESOURCE_KEYS = {
    "string.key": "string",
    "int.key": 10,
    "double.key": 5.0,
    "bool.key": True,
    "map.key": {"a": 1},
    "array.key": ["x", "y"],
}
RESOURCE_PATTERNS = tuple(f"otel.resource.{key}" for key in RESOURCE_KEYS)
MALFORMED_TRACE = """Traceback (most recent call last):
  File "main.py", line 14 in <module>
    greet_many(['Chad', 'Dan', 1])
  File "greetings.py", line twelve, in greet_many
    print('hello, ' + person)
  File "greetings.py" line 13, in greet_many
TypeError: must be str, not int
"""


def exception(text):
    told = {"exception.type": "TypeError", "exception.message": "must be str, not int"}
    return ("exception", {**told, "exception.stacktrace": text})


def client(name, attributes, **more):
    return {"name": name, "kind": "CLIENT", "attributes": attributes, **more}


def server(name, attributes, **more):
    return {"name": name, "kind": "SERVER", "attributes": attributes, "parent": "remote", **more}


VECTORS = {
    "01_aws_call": client(
        "DynamoDB.GetItem", {**AWS_CALL, "aws.request_id": "75107C82", "aws.table_name": "xray"}
    ),
    "02_legacy_operation": client(
        "DynamoDB.GetItem",
        {**AWS_CALL, "aws.service": "DynamoDB", "aws.operation": "PutItem"},
    ),
    "03_peer_service": client("call", {"peer.service": "cats-table", "aws.service": "DynamoDB"}),
    "03_peer_service_aws_api": client(
        "call", {"peer.service": "cats-table", "aws.service": "DynamoDB", "rpc.system": "aws-api"}
    ),
    "04_server_500": server(
        "/widgets", {"http.status_code": 500}, resource={"service.name": "signup_aggregator"}
    ),
    "05_server_429": server("/widgets", {"http.status_code": 429}, status=("ERROR",)),
    "06_server_400": server("/widgets", {"http.status_code": 400}),
    "07_mysql": client("users.findUnique", MYSQL),
    "08_host_before_peer": client("GET", {"http.host": "foo.com", "net.peer.name": "bar.com"}),
    "09_rpc_before_host": client(
        "Roar",
        {"rpc.service": "com.foo.AnimalService", "http.host": "foo.com", "net.peer.name": "b.com"},
    ),
    "10_brackets": {"name": "<subDomain>.example.com"},
    "10_nothing_left": {"name": "<>"},
    "10_all_good": {"name": "EP @ test_15.testing-dömain.org#GO"},
    "11_annotation_keys": {
        "attributes": {"Key@1": 1, "attr1@1": "val1", "a.b": True},
        "annotations": ("Key@1", "attr1@1", "a.b"),
    },
    "12_listed_annotations": {
        "attributes": {
            "attr1@1": "val1",
            "attr2@2": "val2",
            "aws.xray.annotations": ["attr2@2", "not_exist"],
        }
    },
    "13_metadata_namespaces": {
        "attributes": {
            "plain": 1,
            "aws.xray.metadata.default": '{"custom_key": "custom_value"}',
            "aws.xray.metadata.http": '{"connection": {"reused": false, "was_idle": false}}',
            "aws.xray.metadata.non-xray-sdk": '{"array": [1, 2]}',
            "aws.xray.metadata.broken": "{",
        }
    },
    "14_resource_annotations": server(
        "/", {}, resource=RESOURCE_KEYS, annotations=RESOURCE_PATTERNS
    ),
    "15_no_resource_on_subsegment": client(
        "/", {}, resource=RESOURCE_KEYS, annotations=RESOURCE_PATTERNS
    ),
    "16_remote_service_dot": client(
        "op", {"rpc.system": "aws-api", "aws.remote.service": "AWS.SDK.DynamoDb"}
    ),
    "16_remote_service_colon": client(
        "op", {"rpc.system": "aws-api", "aws.remote.service": "AWS::DynamoDB"}
    ),
    "17_local_root_client": client("op", LOCAL_ROOT, parent="remote"),
    "17_local_root_producer": {"kind": "PRODUCER", "attributes": LOCAL_ROOT, "parent": "remote"},
    "17_local_root_consumer": {
        "kind": "CONSUMER",
        "attributes": LOCAL_ROOT,
        "parent": None,
        "links": ((0x1, 0x2, None),),
        "status": ("ERROR", "no"),
    },
    "18_local_root_server": server("op", LOCAL_ROOT),
    "18_local_root_internal": {"attributes": LOCAL_ROOT},
    "19_server_url": server(
        "/users",
        {
            "http.method": "GET",
            "http.scheme": "https",
            "http.server_name": "kb234.example.com",
            "net.host.port": 8080,
            "http.target": "/users/junit",
            "http.client_ip": "192.168.15.32",
            "http.status_code": 200,
        },
    ),
    "20_client_ipv6": client(
        "/users",
        {
            "http.method": "GET",
            "http.scheme": "https",
            "net.peer.ip": "2001:db8:85a3::8a2e:370:7334",
            "net.peer.port": "443",
            "http.target": "/users/junit",
        },
    ),
    "21_server_without_host": server(
        "/widgets",
        {
            "http.method": "GET",
            "http.user_agent": "PostmanRuntime/7.21.0",
            "http.client_ip": "192.168.15.32",
        },
        events=(
            ("sent", {"message.type": "SENT", "messaging.message_payload_size_bytes": 7480}),
            ("got", {"message.type": "RECEIVED", "messaging.message_payload_size_bytes": 12452}),
        ),
    ),
    "22_client_address_no_ip": server("/", {"http.method": "GET", "client.address": "not an ip"}),
    "22_client_address_behind_peer": server(
        "/",
        {
            "http.method": "GET",
            "client.address": "192.0.2.1",
            "network.peer.address": "192.0.2.9",
        },
    ),
    "23_sqs": client(
        "SQS.SendMessage",
        {
            "rpc.system": "aws-api",
            "rpc.service": "SQS",
            "rpc.method": "SendMessage",
            "aws.queue_url": "https://sqs.use1.amazonaws.com/Meltdown-Alerts",
            "aws.region": "us-east-2",
        },
    ),
    "24_one_table": client("op", {**AWS_CALL, "aws.dynamodb.table_names": ["t1"]}),
    "24_two_tables": client("op", {**AWS_CALL, "aws.dynamodb.table_names": ["t1", "t2"]}),
    "24_no_table": client("op", {**AWS_CALL, "aws.dynamodb.table_names": []}),
    "25_redis": client("SET", {"db.system": "redis", "db.statement": "SET k v"}),
    "26_failed_try": client(
        "DynamoDB.GetItem",
        AWS_CALL,
        events=(
            (
                "HTTP request failure",
                {
                    "http.response.status_code": 503,
                    "aws.http.error_message": "service is temporarily unavailable",
                },
            ),
        ),
    ),
    "27_sdk": client(
        "op", {}, resource={
            "telemetry.sdk.language": "java",
            "telemetry.sdk.version": "1.2.3",
            "telemetry.auto.version": "0.1",
        },
    ),
    "28_stack": client("op", {}, events=(exception(stacks.PLAIN),), status=("ERROR", "no")),
    "29_chained_stack": {"events": (exception(stacks.DURING),)},
    "30_malformed_frames": {"events": (exception(MALFORMED_TRACE),)},
    "35_traceparent_won": server(
        "mocks.lambda_function.handler",
        INVOCATION,
        trace=0x5CE0E9A56015FEC5AADFA328AE398115,
        parent_id=0xAB54A98CEB1F0AD2,
        resource={
            "cloud.provider": "aws",
            "cloud.platform": "aws_lambda",
            "service.name": "unknown_service",
            "faas.name": "orders",
            "faas.version": "$LATEST",
            "service.version": "1.2.0",
            "cloud.account.id": "123456789012",
            "aws.log.group.names": "/aws/lambda/orders",
        },
    ),
    "36_sixty_attributes": {
        "attributes": {f"key{number:02}": number for number in range(60)},
        "annotations": ("all",),
    },
    "37_long_name": {"name": "a" * 250},
    "38_client_subsegment": client(
        "GET", {"server.address": "api.example.com"}, lambda_segment=True
    ),
    "41_status_429": client("GET", {"http.response.status_code": 429}),
    "41_status_503": client("GET", {"http.response.status_code": 503}),
    "41_status_403": client("GET", {"http.response.status_code": 403}),
    "39_siblings_unnested": [
        {"name": f"s{number}", "own_id": number, "start": START + number * 2 * SECOND,
         "end": START + (number * 2 + 1) * SECOND}
        for number in (1, 2, 3)
    ],
    "42_names_of_fields": client(
        "S3.ListObjects",
        {
            "rpc.system": "aws-api",
            "rpc.service": "S3",
            "rpc.method": "ListObjects",
            "aws.s3.bucket": "prices",
            "aws.table_name": "orders",
            "aws.extended_request_id": "x2",
        },
    ),
    "43_url_with_query": client("GET", {"http.url": "https://amazon.com/page?getdata=response"}),
    "43_host_of_url": client("GET", {"http.url": "https://aws.amazon.com/a"}),
    "44_handler": server(
        "mocks.lambda_function.handler",
        INVOCATION,
        trace=0x5FB7331105E8BB83207FA31D4D9CDB4C,
        parent_id=0x3328B8445A6DBAD2,
        lambda_segment=True,
        resource={"cloud.provider": "aws", "cloud.platform": "aws_lambda", "faas.name": "orders"},
    ),
    "44_handler_as_segment": server(
        "mocks.lambda_function.handler",
        INVOCATION,
        trace=0x5FB7331105E8BB83207FA31D4D9CDB4C,
        parent_id=0x3328B8445A6DBAD2,
        lambda_segment=True,
        as_segment=True,
        resource={"cloud.provider": "aws", "cloud.platform": "aws_lambda", "faas.name": "orders"},
    ),
}  # fmt: skip


ELSEWHERE = {
    31: ("propagation/test_header_vectors.py", "31_header"),
    32: ("propagation/test_header_vectors.py", "32_pass_through"),
    33: ("propagation/test_header_vectors.py", "33_no_header"),
    34: ("propagation/test_header_vectors.py", "34_undecided"),
    40: ("exporters/test_xray_otlp.py", "40_datagram"),
}
"""Vectors that are about more than one span's document: the test, and its gold file."""
NUMBERED = range(1, 45)


@pytest.mark.parametrize("name", VECTORS)
def test_vector(name, ended, new_id, gold):
    """Each vector's spans become the documents of its gold file, to the last field."""
    several = VECTORS[name]
    number, _, about = name.partition("_")
    documents = []
    for spec in several if isinstance(several, list) else [several]:
        span = dict(spec)
        options = {key: span.pop(key, False) for key in ("lambda_segment", "as_segment")}
        rule = xray.AnnotationRule(span.pop("annotations", ()))
        made = xray.documents(ended(**span), new_id=new_id, annotate=rule, **options)
        documents += [json.loads(xray.to_bytes(document)) for document in made]
    gold(name, int(number), about.replace("_", " "), documents)


def test_every_vector_is_accounted_for():
    """Each numbered vector has a gold file here, or one that another test reads."""
    here = {int(name.partition("_")[0]) for name in VECTORS}
    assert sorted([*here, *ELSEWHERE]) == list(NUMBERED)
    for file, name in ELSEWHERE.values():
        assert f'"{name}"' in (TESTS / file).read_text(encoding="utf-8")


def test_no_gold_file_is_left_over():
    """A gold file that no vector asks for would be read by nobody."""
    asked = {*VECTORS, *(name for _, name in ELSEWHERE.values())}
    assert {file.stem for file in GOLD.glob("*.json")} == asked


def test_gold_names_its_vector():
    """A gold file says which vector it is, so that the rule can be found."""
    assert [
        file.name
        for file in GOLD.glob("*.json")
        if json.loads(file.read_text(encoding="utf-8"))["vector"] != int(file.stem.split("_")[0])
    ] == []
