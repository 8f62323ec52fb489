"""S3 Batch Operations: a task of a job (triggers spec 5.6). Its arguments are the user's."""

from __future__ import annotations

from .s3 import decoded
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep job, bucket and key."""
    found.put("heliograph.s3.batch_job", text(table(event, "job"), "id"))
    found.attributes["faas.document.operation"] = "edit"
    tasks = event.get("tasks")
    if type(tasks) is not list or not tasks or type(tasks[0]) is not dict:
        return
    found.batch_size = len(tasks)
    arn = text(tasks[0], "s3BucketArn")
    bucket = text(tasks[0], "s3Bucket") or (arn.rpartition(":")[2] if arn else None)
    found.put("heliograph.trigger.arn", arn)
    found.put("faas.document.collection", bucket)
    key = text(tasks[0], "s3Key")
    if len(tasks) == 1 and key:
        found.attributes["faas.document.name"] = decoded(key)
