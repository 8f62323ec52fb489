"""The `aws` block: the call, the account, the SDK (xray spec 10.1, 10.2)."""

from __future__ import annotations

from typing import NamedTuple

from . import host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .attributes import Attributes
    from .resource import Service
    from .role import Role

    Rows = tuple[tuple[str, tuple[str, ...]], ...]

ACCOUNT = ("aws.account_id", "cloud.account.id")
REQUEST = ("aws.request_id", "aws.requestId")
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
TABLE_NAMES = "aws.dynamodb.table_names"
RETRIES = ("retry_attempts", "http.request.resend_count")


class Asked(NamedTuple):
    """Which parts of the block attributes of these names can fill.

    Attributes:
        account: There is an account's id.
        fields: Fields and the attributes that may hold them: of a segment or not, of an AWS call
            or not.
        further: There is any of what follows.
        queue: There is a queue's URL.
        tables: There are tables, by name or as a list.
        retries: The attributes that may say how often the call was repeated.
    """

    account: bool
    fields: dict[tuple[bool, bool], Rows]
    further: bool
    queue: bool
    tables: bool
    retries: tuple[str, ...]


def asked_of(keys: frozenset[str]) -> Asked:
    """Return the parts that attributes of these names can fill."""

    def among(wanted: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(key for key in wanted if key in keys)

    def rows(*, segment: bool, aws_api: bool) -> Rows:
        # another RPC system's method stays metadata (xray spec 10.1)
        operation = ("aws.operation", "rpc.method") if aws_api else ("aws.operation",)
        wanted = (("operation", operation), ("request_id", REQUEST), *(() if segment else CALLED))
        found = ((field, among(names)) for field, names in wanted)
        return tuple((field, names) for field, names in found if names)

    queue, tables, retries = (
        among(names) for names in ((*QUEUES, "messaging.url"), (*TABLES, TABLE_NAMES), RETRIES)
    )
    return Asked(
        account=bool(among(ACCOUNT)),
        fields={(a, b): rows(segment=a, aws_api=b) for a in (True, False) for b in (True, False)},
        further=bool(queue or tables or retries),
        queue=bool(queue),
        tables=bool(tables),
        retries=retries,
    )


def aws_of(attributes: Attributes, service: Service, role: Role, asked: Asked) -> dict[str, object]:
    """Return the block; `{}` on another provider's cloud.

    Args:
        attributes: The span's attributes; takes what the block says.
        service: Its resource.
        role: What a call acted on is for subsegments, what a host is for segments (xray spec 3).
        asked: What `asked_of` returned for these attributes.
    """
    if service.foreign:
        return {}
    block: dict[str, object] = {}
    account = service.account
    if asked.account:
        account = attributes.take("aws.account_id") or attributes.text(*ACCOUNT) or account
    if account:
        block["account_id"] = account
    values, taken = attributes.values, attributes.taken
    for field, keys in asked.fields[role.segment, attributes.aws_api]:
        for key in keys:
            value = values[key]
            if value and isinstance(value, str):
                taken.add(key)
                block.setdefault(field, value)
    if role.segment:
        block.update(host.host_of(attributes, service.values))
    elif asked.further:
        _add_called(block, attributes, asked)
    block["xray"] = service.sdk
    return block


def _add_called(block: dict[str, object], attributes: Attributes, asked: Asked) -> None:
    if asked.queue:
        queue = attributes.take(*QUEUES)
        if queue := attributes.text("messaging.url") or queue:
            block["queue_url"] = queue
    if asked.tables:
        block.update(_tables(attributes))
    if asked.retries and attributes.aws_api:
        retries = attributes.integer(*asked.retries)
        if retries is not None and 0 <= retries < 2**31:
            attributes.taken.update(asked.retries)
            block["retries"] = retries


def _tables(attributes: Attributes) -> dict[str, object]:
    """Return one table's name or the list; the list's attribute stays metadata (xray spec 10.1)."""
    table = attributes.take(*TABLES)
    names = attributes.values.get(TABLE_NAMES)
    if not isinstance(names, (tuple, list)):
        names = ()
    if len(names) == 1 and isinstance(names[0], str):  # most calls
        return {"table_name": table or names[0]}
    tables = [name for name in names if isinstance(name, str)]
    if len(tables) > 1:
        return {"table_name": table, "table_names": tables} if table else {"table_names": tables}
    table = table or "".join(tables)
    return {"table_name": table} if table else {}
