"""Spans made by hand: `http`, flags, `aws`, hosts, `sql` (xray spec 7, 8, 10)."""

from __future__ import annotations

from typing import Any

from tests.collector.kinds import AWS, CALL, SERVER

EC2 = {
    "cloud.provider": "aws", "cloud.platform": "aws_ec2", "cloud.account.id": "123456789012",
    "cloud.availability_zone": "us-east-1c", "host.id": "i-00f7c0bcb26da2a99",
    "host.type": "m5.xlarge", "host.image.id": "ami-1",
}  # fmt: skip
ECS = {
    "cloud.provider": "aws", "cloud.platform": "aws_ecs", "cloud.availability_zone": "us-east-1c",
    "container.name": "signup", "container.id": "dcf4d2", "container.image.tags": ["v1.2"],
    "aws.ecs.container.arn": "arn:c", "aws.ecs.cluster.arn": "arn:cl", "aws.ecs.task.arn": "arn:t",
    "aws.ecs.task.family": "family", "aws.ecs.launchtype": "fargate",
}  # fmt: skip
MYSQL = {
    "db.system": "mysql", "db.name": "customers", "db.user": "userprefsw",
    "db.connection_string": "mysql://db.dev.example.com:3306",
    "db.statement": "SELECT * FROM user WHERE user_id = ?", "net.peer.name": "db.dev.example.com",
    "enterprise.app.id": "85AF51",
}  # fmt: skip

BLOCKS: dict[str, dict[str, Any]] = {
    # 7: http
    "http server": {
        **SERVER,
        "attributes": {
            "http.method": "GET", "http.scheme": "https", "http.server_name": "kb234.example.com",
            "net.host.port": 8080, "http.target": "/users/junit", "http.client_ip": "192.168.15.32",
            "http.status_code": 200, "http.user_agent": "PostmanRuntime/7.21.0",
        },
    },
    "http server stable": {
        **SERVER,
        "attributes": {
            "http.request.method": "GET", "url.scheme": "https", "url.path": "/u",
            "url.query": "a=1",
            "server.address": "kb234.example.com", "server.port": 8080,
            "client.address": "192.168.15.32", "http.response.status_code": 200,
            "user_agent.original": "PostmanRuntime/7.21.0", "http.route": "/u",
        },
    },
    "http both conventions": {
        **SERVER,
        "attributes": {
            "http.method": "GET", "http.request.method": "POST", "http.status_code": 500,
            "http.response.status_code": 404, "http.user_agent": "old",
            "user_agent.original": "new", "http.url": "http://old/", "url.full": "http://new/",
        },
    },
    "http server without port": {
        **SERVER,
        "attributes": {"http.host": "foo.com", "http.target": "/a?b=1", "http.method": "GET"},
    },
    "http server, only scheme": {**SERVER, "attributes": {"http.scheme": "https"}},
    "http server host.name": {
        **SERVER, "attributes": {"http.method": "GET", "host.name": "h1", "net.host.port": 80},
    },
    "http server net.host.name": {
        **SERVER, "attributes": {"http.method": "GET", "net.host.name": "h1", "http.target": "/"},
    },
    "http server host and port": {
        **SERVER, "attributes": {"http.method": "GET", "http.host": "foo.com", "net.host.port": 81},
    },
    "http target without slash": {
        **SERVER, "attributes": {"http.method": "GET", "http.host": "foo.com", "http.target": "a"},
    },
    "http without host": {
        **SERVER,
        "attributes": {
            "http.method": "GET", "http.target": "/users/junit", "http.client_ip": "192.168.15.32",
            "http.user_agent": "a", "http.scheme": "https",
        },
        "events": [("message", {"message.type": "RECEIVED",
                                "messaging.message_payload_size_bytes": 12452})],
    },
    "http size": {
        **SERVER, "attributes": {"http.method": "GET", "http.response_content_length": 12},
    },
    "http size stable": {
        **SERVER, "attributes": {"http.request.method": "GET", "http.response.body.size": 12},
    },
    "http client ip behind peer": {
        **SERVER,
        "attributes": {"http.request.method": "GET", "client.address": "192.168.15.32",
                       "network.peer.address": "10.0.0.1"},
    },
    "http client ip no ip": {
        **SERVER, "attributes": {"http.request.method": "GET", "client.address": "not an ip"},
    },
    "http peer only": {
        **SERVER, "attributes": {"http.request.method": "GET", "network.peer.address": "10.0.0.1"},
    },
    "http both client ips": {
        **SERVER, "attributes": {"http.method": "GET", "http.client_ip": "1.1.1.1",
                                 "client.address": "2.2.2.2"},
    },
    "http client v6": {
        **CALL,
        "attributes": {"http.method": "GET", "http.scheme": "https", "http.target": "/users/junit",
                       "net.peer.ip": "2001:db8:85a3::8a2e:370:7334", "net.peer.port": 443},
    },
    "http client ip": {
        **CALL,
        "attributes": {"http.method": "GET", "http.scheme": "http", "http.target": "/users/junit",
                       "net.peer.ip": "10.0.0.1", "net.peer.port": 8080},
    },
    "http client peer name": {
        **CALL,
        "attributes": {"http.method": "GET", "http.scheme": "https", "http.target": "/users/junit",
                       "net.peer.name": "foo.com", "net.peer.port": 9443},
    },
    "http client host": {
        **CALL,
        "attributes": {"http.method": "GET", "http.scheme": "https", "http.host": "foo.com",
                       "http.target": "/users/junit", "http.status_code": 200},
    },
    "http client host and port": {
        **CALL, "attributes": {"http.method": "GET", "http.host": "foo.com", "net.peer.port": 9443},
    },
    "http url and credentials": {
        **CALL, "attributes": {"http.method": "GET", "http.url": "https://u:p@foo.com/"},
    },
    "http stable parts": {
        **CALL,
        "attributes": {"http.request.method": "GET", "url.scheme": "https", "url.path": "/a",
                       "url.query": "b=1", "server.address": "foo.com", "server.port": 8443},
    },
    "http traced": {**CALL, "attributes": {"http.method": "GET", "aws.http.traced": True}},
    "http status text": {
        **CALL, "attributes": {"http.method": "GET", "http.status_code": "200"},
    },
    "http address alone": {**CALL, "attributes": {"server.address": "foo.com"}},
    # 8: flags
    **{
        f"status {code} {status}": {
            **CALL, "attributes": {"http.method": "GET", "http.status_code": code},
            "status": status and (status,),
        }
        for code in (200, 400, 403, 429, 500, 599, 600)
        for status in (None, "ERROR")
    },
    "status error": {"status": ("ERROR",)},
    "status error why": {"status": ("ERROR", "no stock")},
    "status text": {"status": ("ERROR",), "attributes": {"http.status_text": "Bad Gateway"}},
    "status ok": {"status": ("OK",)},
    "throttled call": {
        **CALL, "attributes": {**AWS, "http.status_code": 400, "error.type": "ThrottlingException"},
        "status": ("ERROR",),
    },
    # 10: aws, sql, origin
    "aws call": {
        **CALL, "name": "DynamoDB.GetItem",
        "attributes": {**AWS, "aws.request_id": "r1", "aws.table_name": "t",
                       "aws.region": "us-east-2"},
    },
    "aws call, newer rpc": {
        **CALL, "attributes": {"rpc.system.name": "aws-api", "rpc.service": "S3",
                               "rpc.method": "ListBuckets"},
    },
    "aws legacy operation": {
        **CALL, "attributes": {**AWS, "aws.operation": "QueryTable", "aws.service": "DynamoDB"},
    },
    "aws requestId": {**CALL, "attributes": {**AWS, "aws.requestId": "r1"}},
    "aws account": {**CALL, "attributes": {**AWS, "aws.account_id": "1"},
                    "resource": {"cloud.account.id": "2"}},
    "aws account of the span": {**CALL, "attributes": {**AWS, "cloud.account.id": "1"}},
    "aws cloud.region": {**CALL, "attributes": {**AWS, "cloud.region": "us-west-2"}},
    "aws queue": {
        **CALL,
        "attributes": {"rpc.system": "aws-api", "rpc.service": "SQS", "rpc.method": "SendMessage",
                       "aws.queue_url": "https://sqs/q", "messaging.url": "https://sqs/m"},
    },
    "aws queue.url": {**CALL, "attributes": {"aws.queue.url": "https://sqs/q"}},
    "aws sqs queue": {**CALL, "attributes": {**AWS, "aws.sqs.queue.url": "https://sqs/q"}},
    "aws table.name": {**CALL, "attributes": {"aws.table.name": "t"}},
    "aws one table": {**CALL, "attributes": {**AWS, "aws.dynamodb.table_names": ["t1"]}},
    "aws two tables": {**CALL, "attributes": {**AWS, "aws.dynamodb.table_names": ["t1", "t2"]}},
    "aws table and tables": {**CALL, "attributes": {
        **AWS, "aws.table_name": "t0", "aws.dynamodb.table_names": ["t1", "t2"]}},
    "aws resources": {
        **CALL,
        "attributes": {**AWS, "aws.s3.bucket": "b", "aws.sns.topic.arn": "arn:t",
                       "retry_attempts": 1,
                       "faas.invoked_name": "f", "aws.kinesis.stream.name": "s",
                       "aws.extended_request_id": "x"},
    },
    "other cloud": {**SERVER, "resource": {"service.name": "s", "cloud.provider": "gcp",
                                           "cloud.account.id": "1"}},
    "call from another cloud": {**CALL, "attributes": {**AWS, "aws.request_id": "r"},
                                "resource": {"cloud.provider": "gcp"}},
    "distro": {"resource": {"telemetry.distro.version": "0.1"}},
    "auto": {"resource": {"telemetry.auto.version": "0.1"}},
    "sdk named for a language": {"resource": {"telemetry.sdk.name": "opentelemetry for python"}},
    "no sdk": {"resource": dict.fromkeys(
        ("telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version"))},
    "ec2": {**SERVER, "resource": {"service.name": "s", **EC2}},
    "ec2 of a call": {**CALL, "resource": {"service.name": "s", **EC2}},
    "ecs fargate": {**SERVER, "resource": {"service.name": "s", **ECS}},
    "ecs ec2": {**SERVER, "resource": {"service.name": "s", **ECS, "aws.ecs.launchtype": "ec2"}},
    "ecs": {**SERVER, "resource": {"service.name": "s", "cloud.provider": "aws",
                                   "cloud.platform": "aws_ecs", "container.id": "1"}},
    "eks": {**SERVER, "resource": {"service.name": "s", "cloud.provider": "aws",
                                   "cloud.platform": "aws_eks", "k8s.cluster.name": "c",
                                   "k8s.pod.name": "p", "container.id": "1"}},
    "beanstalk": {**SERVER, "resource": {
        "service.name": "s", "cloud.provider": "aws", "cloud.platform": "aws_elastic_beanstalk",
        "service.namespace": "production", "service.instance.id": "32", "service.version": "v1"}},
    "beanstalk, no number": {**SERVER, "resource": {
        "service.name": "s", "cloud.provider": "aws", "cloud.platform": "aws_elastic_beanstalk",
        "service.namespace": "production", "service.instance.id": "x"}},
    "app runner": {**SERVER, "resource": {"service.name": "s", "cloud.provider": "aws",
                                          "cloud.platform": "aws_app_runner"}},
    "lambda": {**SERVER, "resource": {"service.name": "s", "cloud.provider": "aws",
                                      "cloud.platform": "aws_lambda", "faas.name": "f",
                                      "aws.log.group.names": "/aws/lambda/f"},
               "attributes": {"faas.invocation_id": "i1", "cloud.resource_id": "arn:f",
                              "cloud.account.id": "1"}},
    "log groups": {**SERVER, "resource": {"service.name": "s", "cloud.provider": "aws",
                                          "aws.log.group.names": ["g1", "g2"]}},
    "log group arns": {**SERVER, "resource": {
        "service.name": "s",
        "aws.log.group.arns": "arn:aws:logs:us-east-1:1:log-group:g1:*&"
                              "arn:aws:logs:us-east-1:1:log-group:g2"}},
    "sql": {**CALL, "name": "users.findUnique", "attributes": MYSQL},
    "sql without connection": {**CALL, "attributes": {
        "db.system": "postgresql", "db.name": "customers", "net.peer.name": "db",
        "net.peer.port": 1}},
    "sql jdbc": {**CALL, "attributes": {
        **MYSQL, "db.connection_string": "jdbc:mysql://u:p@db.dev.example.com:3306"}},
    "sql on a segment": {**SERVER, "attributes": MYSQL},
    "redis": {**CALL, "attributes": {"db.system": "redis", "db.statement": "GET a"}},
    "dynamodb": {**CALL, "attributes": {**AWS, "db.system": "dynamodb"}},
}  # fmt: skip
