"""Where a secret lies: Secrets Manager or Parameter Store, asked through the function's botocore.

Both services answer an ARN, which names the region too, so nothing but the ARN is set.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from .. import _notice
from .aws_calls import UnreadyError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

ARN = re.compile(
    r"arn:aws[a-z-]*:(?:secretsmanager:[a-z0-9-]+:\d+:secret:[^:]+(?::[^:]*){0,3}"
    r"|ssm:[a-z0-9-]+:\d+:parameter/.+)"
)

ACTIONS = {"secretsmanager": "secretsmanager:GetSecretValue", "ssm": "ssm:GetParameter"}
"""What the function's role has to be allowed, by service."""

TIMEOUT_S = 1.0
"""Seconds to connect, and to wait for the answer: the flush waits meanwhile. Both services answer
within some tens of milliseconds; where there is no route to them a longer wait would not help."""


def fetch(arn: str, seen: Mapping[str, str] | None = None) -> str:
    """Return the text of a secret or a parameter.

    Args:
        arn: Its own, with the additions that `Secret` takes.
        seen: The environment that has the credentials.

    Raises:
        UnreadyError: It cannot be read; the line in the log says why.
    """
    service, region = arn.split(":")[2:4]
    try:
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        from .credentials import session
    except ImportError as error:
        raise unread(arn, "botocore is not installed") from error
    wait = Config(
        connect_timeout=TIMEOUT_S, read_timeout=TIMEOUT_S, retries={"total_max_attempts": 1}
    )
    try:
        client = session(seen).create_client(service, region_name=region, config=wait)
        return _parameter(client, arn) if service == "ssm" else _secret(client, arn)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise unread(
            arn,
            f"{code}; the function's role needs {ACTIONS[service]} on it, and "
            "kms:Decrypt where it has a key of its own",
        ) from error
    except (BotoCoreError, OSError) as error:
        raise unread(arn, f"{type(error).__name__}: {error}") from error
    except (KeyError, ValueError) as error:
        raise unread(arn, "it has no text, or not the member that is asked for") from error


def _parameter(client: Any, arn: str) -> str:
    return str(client.get_parameter(Name=arn, WithDecryption=True)["Parameter"]["Value"])


def _secret(client: Any, arn: str) -> str:
    parts = arn.split(":")
    key, stage, version = (*parts[7:], "", "", "")[:3]
    which = {"VersionStage": stage, "VersionId": version}
    answer = client.get_secret_value(
        SecretId=":".join(parts[:7]), **{field: text for field, text in which.items() if text}
    )
    text = answer.get("SecretString") or answer["SecretBinary"].decode()
    return str(members(text)[key]) if key else str(text)


def members(text: str) -> dict[str, object]:
    """Return the members of a secret that is a JSON object.

    Raises:
        ValueError: It is none.
    """
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def unread(arn: str, why: str) -> UnreadyError:
    """Tell, once for each ARN, that a secret gives no headers; return the error to raise."""
    _notice.warn(f"secret {arn}", f"the headers in {arn} cannot be read: {why}.")
    return UnreadyError(why)
