"""docs/propagation.md says what the code does: which calls, which settings, what it costs."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import botocore.session

from heliograph import propagation
from heliograph.journal.entry import Remote, Trace
from heliograph.libraries.botocore import CARRYING, carrying
from heliograph.propagation import (
    agent_headers,
    client_context,
    event_detail,
    message_attributes,
    outgoing,
)
from heliograph.settings.config import every

PAGE = (Path(__file__).parents[2] / "docs" / "propagation.md").read_text()
VARIABLES = {row.name: (row.variables[0], row.default) for row in every()}
SPAN = Remote(Trace(0xA << 124), 0xB << 60)


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def table():
    """The rows of the page's table, by what is called."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]
    return {row[0].strip("`"): row[1:] for row in map(cells, lines[1:])}


def test_every_call_is_a_row():
    """Every service of the code is a row with its operations, default and setting; no other is."""
    rows = table()
    services = {name: rows[name] for name in rows if " " not in name}
    assert services.keys() == CARRYING.keys()
    for name, (operations, _, _, default, setting) in services.items():
        found = tuple(re.findall(r"`(\w+)`", operations))
        assert found == carrying.OPERATIONS.get(name, ())
        option = CARRYING[name] or (
            "message_attributes" if name in carrying.MESSAGES else "propagators"
        )
        variable, at_first = VARIABLES[option]
        assert setting == f"`{variable}`"
        assert default == ("off" if at_first == "off" else "on")
    assert rows["any AWS call"][-1] == f"`{VARIABLES['aws_header'][0]}`"
    assert f"`{VARIABLES['xray_flag'][0]}=env`" not in PAGE.partition("## The header")[0]
    assert f"`{VARIABLES['xray_flag'][0]}=env`" in PAGE


def test_operations_exist():
    """What is named is what botocore has, with the parameters that are written."""
    session = botocore.session.get_session()
    for service, names in carrying.OPERATIONS.items():
        model = session.get_service_model(service)
        assert set(names) <= set(model.operation_names)
    members = {
        ("lambda", "Invoke"): "ClientContext",
        ("lambda", "InvokeWithResponseStream"): "ClientContext",
        ("iot-data", "Publish"): "userProperties",
        ("events", "PutEvents"): "Entries",
    }
    for operation, (listed, body) in message_attributes.FORMS.items():
        service = next(one for one, names in carrying.MESSAGES.items() if operation in names)
        members[service, operation] = listed or body
    for (service, operation), name in members.items():
        shape = session.get_service_model(service).operation_model(operation).input_shape
        assert name in shape.members
    model = session.get_service_model("bedrock-agentcore")
    for operation in ("InvokeAgentRuntime", "InvokeHarness", "InvokeAgentRuntimeCommand"):
        shape = model.operation_model(operation).input_shape
        assert set(agent_headers.NAMES.values()) <= set(shape.members)


def test_costs():
    """The bytes of the page's table are those of a `traceparent` in each place."""
    context = {}
    propagation.w3c.write(SPAN, context)
    [(name, value)] = context.items()
    rows = table()
    attribute = len(name) + len("String") + len(value)
    assert f"{attribute} bytes of the message's size" in rows["sqs"][2]
    added = len(outgoing.spliced('{"a":1}', {"a": 1}, context)) - len('{"a":1}')
    assert f"{added} bytes of each entry" in rows["events"][2]
    client = base64.b64encode(json.dumps({"w3c": context}, separators=(",", ":")).encode())
    assert f"{len(client)} of its {client_context.MAX_SIZE:,} bytes" in rows["lambda"][2]
    user = json.dumps(context, separators=(",", ":"))
    assert f"{len(user)} bytes of JSON" in rows["iot-data"][2]
    assert f"one of {message_attributes.MOST} attributes" in rows["sqs"][2]


def test_bounds():
    """The bounds in the text are those of the code."""
    for text in (
        f"more than {message_attributes.MAX_SIZE:,} characters",
        f"at most {message_attributes.MAX_STATE} characters",
        f"more than {event_detail.MAX_SIZE:,}\n  bytes",
        f"pass {client_context.MAX_SIZE:,} bytes",
    ):
        assert text in PAGE, text
    most = 4 * message_attributes.MAX_SIZE + message_attributes.ROOM
    assert most < 262_144
    assert "262,144 bytes" in PAGE
