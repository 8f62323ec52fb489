"""SNS as functions call it: the query protocol, forms that are answered with XML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

from ..invocation import new_request_id
from .names import last
from .refusal import RefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .queues import Attributes
    from .services import Services

NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/"


def answer(services: Services, form: bytes, header: str | None) -> bytes:
    """Do what a form asks for; return the XML of the answer.

    Raises:
        RefusalError: It cannot be done.
    """
    given = nested(form)
    action = str(given.get("Action"))
    root = ET.Element(f"{action}Response", xmlns=NAMESPACE)
    result = ET.SubElement(root, f"{action}Result")
    if action == "Publish":
        _say(result, MessageId=_publish(services, given, header))
    elif action == "PublishBatch":
        done = ET.SubElement(result, "Successful")
        ET.SubElement(result, "Failed")
        for entry in listed(given.get("PublishBatchRequestEntries"), "member"):
            whole = {**entry, "TopicArn": given.get("TopicArn")}
            sent = _publish(services, whole, header)
            _say(ET.SubElement(done, "member"), Id=entry["Id"], MessageId=sent)
    else:
        raise RefusalError("InvalidAction", f"The lab does not play {action} of SNS.")
    _say(ET.SubElement(root, "ResponseMetadata"), RequestId=new_request_id())
    return ET.tostring(root)


def refused(refusal: RefusalError) -> bytes:
    """Return the XML of a refusal."""
    root = ET.Element("ErrorResponse", xmlns=NAMESPACE)
    error = ET.SubElement(root, "Error")
    _say(error, Type="Sender", Code=refusal.code, Message=str(refusal))
    return ET.tostring(root)


def _say(element: ET.Element, **texts: str) -> None:
    for name, text in texts.items():
        ET.SubElement(element, name).text = text


def _publish(services: Services, given: Mapping[str, Any], header: str | None) -> str:
    topic = last(str(given.get("TopicArn")))
    if topic not in services.topics:
        raise RefusalError("NotFound", f"The pipeline has no topic {topic!r}.")
    return services.publish(
        topic,
        given["Message"],
        subject=given.get("Subject"),
        attributes=_attributes(given.get("MessageAttributes")),
        structured=given.get("MessageStructure") == "json",
        header=header,
    )


def _attributes(given: object) -> Attributes:
    return {one["Name"]: one["Value"] for one in listed(given, "entry")}


def nested(form: bytes) -> dict[str, Any]:
    """Return a form as tables in tables: `A.member.1.B=c` is in the first member's `B`."""
    whole: dict[str, Any] = {}
    for name, value in parse_qsl(form.decode(), keep_blank_values=True):
        *path, end = name.split(".")
        table = whole
        for part in path:
            table = table.setdefault(part, {})
        table[end] = value
    return whole


def listed(table: object, member: str) -> list[dict[str, Any]]:
    """Return the members of a list, in their order."""
    found = table.get(member, {}) if isinstance(table, dict) else {}
    return [found[number] for number in sorted(found, key=int)]
