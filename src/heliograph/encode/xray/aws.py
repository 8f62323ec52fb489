"""The `aws` block: the call, the account, the SDK (xray spec 10.1, 10.2)."""

from __future__ import annotations

from collections.abc import Sequence

from . import host
from .attributes import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .attributes import Attributes
    from .role import Role

CALLED = (
    ("region", ("aws.region", "cloud.region")),
    ("bucket_name", ("aws.s3.bucket",)),
    ("topic_arn", ("aws.sns.topic.arn",)),
    ("function_name", ("aws.lambda.function.name", "faas.invoked_name")),
    ("stream_name", ("aws.kinesis.stream.name",)),
    ("id_2", ("aws.extended_request_id",)),
)
"""What a call acted on: X-Ray's own SDK sends these, the console shows them (xray spec 10.1)."""

QUEUES = ("aws.queue_url", "aws.queue.url", "aws.sqs.queue.url")
TABLES = ("aws.table_name", "aws.table.name")
RETRIES = ("retry_attempts", "http.request.resend_count")
OF_CALLS = frozenset(
    (*(key for _, keys in CALLED for key in keys), *QUEUES, *TABLES, *RETRIES,
     "messaging.url", "aws.dynamodb.table_names")
)  # fmt: skip


def aws_of(attributes: Attributes, resource: Mapping[str, object], role: Role) -> dict[str, object]:
    """Return the block; `{}` on another provider's cloud.

    Args:
        attributes: The span's attributes; takes what the block says.
        resource: The resource's attributes.
        role: What a call acted on is for subsegments, what a host is for segments (xray spec 3).
    """
    if text_of(resource, "cloud.provider") not in ("", "aws"):
        return {}
    block: dict[str, object] = {}
    account = attributes.take("aws.account_id")
    account = (
        account or attributes.text("cloud.account.id") or text_of(resource, "cloud.account.id")
    )
    if account:
        block["account_id"] = account
    if operation := _operation(attributes):
        block["operation"] = operation
    if request := attributes.take("aws.request_id", "aws.requestId"):
        block["request_id"] = request
    block.update(host.host_of(attributes, resource) if role.segment else _called(attributes))
    block["xray"] = _sdk(resource)
    return block


def _operation(attributes: Attributes) -> str:
    """Return the AWS operation; another RPC system's method stays metadata (xray spec 10.1)."""
    if is_aws_api(attributes):
        return attributes.take("aws.operation", "rpc.method")
    return attributes.take("aws.operation")


def is_aws_api(attributes: Attributes) -> bool:
    """True for a span of an AWS call."""
    return attributes.text("rpc.system.name", "rpc.system") == "aws-api"


def _called(attributes: Attributes) -> dict[str, object]:
    block: dict[str, object] = {}
    if attributes.values.keys().isdisjoint(OF_CALLS):  # most spans call nothing of AWS
        return block
    for field, keys in CALLED:
        if value := attributes.take(*keys):
            block[field] = value
    queue = attributes.take(*QUEUES)
    if queue := attributes.text("messaging.url") or queue:
        block["queue_url"] = queue
    block.update(_tables(attributes))
    retries = attributes.integer(*RETRIES)
    if retries is not None and 0 <= retries < 2**31 and is_aws_api(attributes):
        attributes.taken.update(RETRIES)
        block["retries"] = retries
    return block


def _tables(attributes: Attributes) -> dict[str, object]:
    """Return one table's name or the list; the list's attribute stays metadata (xray spec 10.1)."""
    table = attributes.take(*TABLES)
    names = attributes.values.get("aws.dynamodb.table_names")
    if not isinstance(names, Sequence) or isinstance(names, (str, bytes)):
        names = ()
    tables = [name for name in names if isinstance(name, str)]
    if len(tables) > 1:
        return {"table_name": table, "table_names": tables} if table else {"table_names": tables}
    table = table or "".join(tables)
    return {"table_name": table} if table else {}


def _sdk(resource: Mapping[str, object]) -> dict[str, object]:
    """Return who made the span, in the words of the collector (xray spec 10.2)."""
    sdk = text_of(resource, "telemetry.sdk.name")
    language = text_of(resource, "telemetry.sdk.language")
    if sdk and language and not sdk.endswith(f" for {language}"):
        sdk = f"{sdk} for {language}"
    block: dict[str, object] = {}
    if sdk:
        block["sdk"] = sdk
    if version := text_of(resource, "telemetry.sdk.version"):
        block["sdk_version"] = version
    block["auto_instrumentation"] = bool(
        text_of(resource, "telemetry.auto.version", "telemetry.distro.version")
    )
    return block
