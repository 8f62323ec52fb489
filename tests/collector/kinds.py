"""What many of the spans made by hand are."""

from __future__ import annotations

AWS = {"rpc.system": "aws-api", "rpc.service": "DynamoDB", "rpc.method": "GetItem"}
SERVER = {"kind": "SERVER", "parent": "remote", "resource": {"service.name": "signup"}}
CALL = {"kind": "CLIENT", "parent": "local"}
