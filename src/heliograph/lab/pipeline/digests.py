"""MD5 of what a message says, as the service returns it for clients to check."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .queues import Attributes


def of_body(body: str) -> str:
    """Return the digest of a body."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def of_attributes(attributes: Attributes) -> str:
    """Return the digest of attributes: of each name, type and value, in the order of the names."""
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        attribute = attributes[name]
        binary = attribute["DataType"].startswith("Binary")
        value = (
            base64.b64decode(attribute["BinaryValue"])
            if binary
            else attribute["StringValue"].encode()
        )
        for part in (name.encode(), attribute["DataType"].encode()):
            digest.update(len(part).to_bytes(4, "big") + part)
        digest.update(b"\2" if binary else b"\1")
        digest.update(len(value).to_bytes(4, "big") + value)
    return digest.hexdigest()
