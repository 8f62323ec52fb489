"""AWS calls against a server that fails on purpose: throttles, retries, no connection, no time."""

# ruff: noqa: PT017, SIM105 - a sample of users' code, which catches what it raises

import socket

import boto3
import botocore.exceptions as errors
from botocore.config import Config

LEGACY = {"mode": "legacy", "max_attempts": 3}


def main(endpoint):
    session = boto3.Session("id", "secret", region_name="eu-central-1")

    def table(path, **options):
        options = {"retries": LEGACY, "read_timeout": 5, **options}
        return session.client("dynamodb", endpoint_url=endpoint + path, config=Config(**options))

    def attempt(client, expected=None):
        try:
            client.get_item(TableName="orders", Key={"id": {"S": "1"}})
        except errors.BotoCoreError as error:
            assert type(error) is expected, error
        except errors.ClientError as error:
            assert error.response["Error"]["Code"] == expected, error
        else:
            assert expected is None

    attempt(table("/fail/0/200/none"))
    attempt(table("/fail/2/400/ThrottlingException"))
    attempt(table("/fail/9/400/ThrottlingException"), "ThrottlingException")
    attempt(table("/fail/2/500/InternalServerError"))
    attempt(table("/fail/9/500/InternalServerError"), "InternalServerError")
    attempt(table("/fail/1/429/TooManyRequestsException"))
    attempt(table("/fail/9/503/Unavailable", retries={"total_max_attempts": 1}), "Unavailable")
    attempt(table("/fail/9/400/AccessDeniedException"), "AccessDeniedException")
    attempt(table("/fail/9/403/InvalidSignatureException"), "InvalidSignatureException")
    attempt(
        table("/slow/0.6", read_timeout=0.1, retries={"total_max_attempts": 1}),
        errors.ReadTimeoutError,
    )
    attempt(table("/cut", retries={"total_max_attempts": 1}), errors.ConnectionClosedError)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{free.getsockname()[1]}"
    client = session.client(
        "sqs", endpoint_url=refused, config=Config(retries={"total_max_attempts": 1})
    )
    try:
        client.list_queues()
    except errors.EndpointConnectionError:
        pass
    anonymous = boto3.Session(region_name="eu-central-1")
    anonymous._session.get_component("credential_provider").providers = []
    try:
        anonymous.client("sts", endpoint_url=endpoint).get_caller_identity()
    except errors.NoCredentialsError:
        pass
    interrupted(table("/fail/0/200/none"))


def interrupted(client):
    """An exception that is no `Exception` leaves a call."""

    def stop(**_):
        raise SystemExit(3)

    def fail(**_):
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise LookupError("outer") from error

    for action in (stop, fail):
        client.meta.events.register("before-send.dynamodb", action)
        try:
            client.list_tables()
        except (SystemExit, LookupError):
            pass
        client.meta.events.unregister("before-send.dynamodb", action)
