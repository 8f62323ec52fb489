"""SES: mail that was received (triggers spec 5.9). Neither addresses nor the subject are kept."""

from __future__ import annotations

from . import records
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep the message's id, and how many it was sent to."""
    mails = records.first(event, found)
    if mails:
        mail = table(table(mails[0], "ses"), "mail")
        found.put("messaging.message.id", text(mail, "messageId"))
        recipients = mail.get("destination")
        if type(recipients) is list:
            found.attributes["heliograph.ses.recipients"] = len(recipients)
        records.put_times(found, "iso", mail.get("timestamp"))
