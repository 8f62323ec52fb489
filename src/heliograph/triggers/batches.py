"""Batches of records, and how many of them the handler's result failed (triggers spec 7)."""

from __future__ import annotations

from .values import lookup, sequence, string

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import Request, Result

MAX_RECORDS = 10_000
"""The largest batch of SQS, Kinesis, DynamoDB and Kafka: more entries than that are no answer."""

MAX_TRANSFORMED = 128
"""Records of Firehose and S3 Batch that are looked at (triggers spec 7)."""


def count(trigger: str, value: object, call: Request, found: Result) -> None:
    """Fill in how many records failed; one is enough to fail the span."""
    if trigger == "firehose":
        failures = _firehose_failures(value)
    elif trigger == "s3_batch":
        failures = _s3_batch_failures(value)
    else:
        failures = _item_failures(value, call.batch_size)
    if failures is not None:
        found.attributes["heliograph.batch.failures"] = failures
        if call.consumer is not None:
            call.consumer["heliograph.batch.failures"] = failures
        if failures:
            found.error_type = "batch_item_failures"


def _item_failures(value: object, batch_size: int | None) -> int | None:
    entries = lookup(value, "batchItemFailures")
    if not issubclass(type(entries), list):
        return None
    failed = sequence(entries, MAX_RECORDS)
    for entry in failed:
        identifier = lookup(entry, "itemIdentifier")
        if identifier is None or string(identifier) == "":
            return batch_size or len(failed)  # AWS takes it as the failure of the whole batch
    return len(failed)


def _firehose_failures(value: object) -> int | None:
    records = lookup(value, "records")
    if not issubclass(type(records), list):
        return None
    results = [string(lookup(item, "result")) for item in sequence(records, MAX_TRANSFORMED)]
    return results.count("ProcessingFailed")


def _s3_batch_failures(value: object) -> int | None:
    results = lookup(value, "results")
    if not issubclass(type(results), list):
        return None
    codes = [string(lookup(item, "resultCode")) for item in sequence(results, MAX_TRANSFORMED)]
    return len(codes) - codes.count("Succeeded")
