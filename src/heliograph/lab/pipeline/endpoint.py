"""The AWS that functions of a pipeline call, on a loopback port: `AWS_ENDPOINT_URL`.

It plays what a pipeline is made of, by the protocols that boto3 speaks: JSON for SQS and
EventBridge, forms for SNS. Any other call is refused by name.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..wire import HttpServer, Reply
from . import calls_events, calls_sns, calls_sqs
from .refusal import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

    from ..wire import Request
    from .services import Services

HEADER = "x-amzn-trace-id"
PREFIXES = {"AmazonSQS": calls_sqs.CALLS, "AWSEvents": calls_events.CALLS}
"""Operations of the JSON protocol, by the first part of `X-Amz-Target`."""


class Endpoint:
    """The endpoint; `url` is what `AWS_ENDPOINT_URL` has to say."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._http = HttpServer(self._answer)
        self.url = f"http://{self._http.address}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def _answer(self, request: Request) -> Reply:
        header = request.headers.get(HEADER)
        target = request.headers.get("x-amz-target")
        if target is None:
            return self._answer_form(request.body, header)
        try:
            with _whole():
                return _json(200, self._call(target, json.loads(request.body), header))
        except RefusalError as refusal:
            return _json(400, {"__type": refusal.code, "message": str(refusal)})

    def _call(self, target: str, given: dict[str, Any], header: str | None) -> dict[str, Any]:
        prefix, _, operation = target.partition(".")
        call = PREFIXES.get(prefix, {}).get(operation)
        if call is None:
            raise RefusalError("UnknownOperationException", f"The lab does not play {target}.")
        answer = call(self._services, given, header)
        if operation == "GetQueueUrl":
            answer["QueueUrl"] = self.url + answer["QueueUrl"]
        return answer

    def _answer_form(self, form: bytes, header: str | None) -> Reply:
        kind = {"Content-Type": "text/xml"}
        try:
            with _whole():
                return Reply(200, calls_sns.answer(self._services, form, header), kind)
        except RefusalError as refusal:
            return Reply(400, calls_sns.refused(refusal), kind)


@contextmanager
def _whole() -> Iterator[None]:
    """Refuse a call that lacks something, or has text where JSON should be."""
    try:
        yield
    except KeyError as error:
        raise RefusalError("MissingParameter", f"The call lacks {error}.") from error
    except ValueError as error:
        raise RefusalError("InvalidParameter", f"The call is malformed: {error}") from error


def _json(status: int, value: object) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/x-amz-json-1.1"})
