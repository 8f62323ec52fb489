"""Requests to AWS's own OTLP endpoints, signed with Signature Version 4 by botocore's signer.

The endpoints are `https://xray.REGION.amazonaws.com/v1/traces`, `monitoring` and `logs`
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html).
botocore comes with the function's runtime and is imported by the first request that is signed.
"""

from __future__ import annotations

import re
from time import time
from urllib.parse import unquote, urlsplit

from .. import _notice
from .._unusable import address
from .aws_calls import UnreadyError, quietly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

OTLP_SERVICES = frozenset({"xray", "monitoring", "logs"})
"""Services with an OTLP endpoint. No other AWS host is signed by itself: a collector of one's own
may well be behind an `elb` or `execute-api` name."""

DOMAINS = (
    ".amazonaws.com", ".api.aws",
    ".amazonaws.com.cn", ".api.amazonwebservices.com.cn",
    ".amazonaws.eu", ".api.amazonwebservices.eu",
    ".c2s.ic.gov", ".api.aws.ic.gov", ".sc2s.sgov.gov", ".api.aws.scloud",
    ".csp.hci.ic.gov", ".api.aws.hci.ic.gov",
)  # fmt: skip
"""DNS suffixes of AWS's partitions, and of their dual-stack endpoints."""

REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+")

SIGNED = ("content-type", "x-amz-")
"""Beginnings of the headers that are signed beside `host`: what the specification requires, and
nothing that a proxy on the way may rewrite."""

WRITTEN = ("authorization", "x-amz-date", "x-amz-security-token")

PAUSE_S = 60.0
"""Least seconds between two readings of the credential chain after refusals."""


def scope(host: str, service: str, region: str) -> tuple[str, str] | None:
    """Return what a request to a host is signed for, (service, region); None if it is not signed.

    Args:
        host: The endpoint's.
        service: `HELIOGRAPH_SIGV4`: "auto", "off", or a service for hosts that do not name one.
        region: The function's own; "" if not known.
    """
    if service == "off":
        return None
    named = ""
    if host.endswith(DOMAINS):  # service.region.suffix, or vpce-id.service.region.vpce.suffix
        labels = host.split(".")
        at = next((i for i, label in enumerate(labels) if i and REGION.fullmatch(label)), 0)
        if at:
            region, named = labels[at], labels[at - 1].removesuffix("-fips")
    if named in OTLP_SERVICES:
        return named, region
    return None if service == "auto" else (service, region)


def signature(
    url: str, service: str, region: str, seen: Mapping[str, str] | None = None
) -> Signature | None:
    """Return the source of the signature headers of an endpoint; None if it takes none.

    Args:
        url: The endpoint's.
        service: `HELIOGRAPH_SIGV4`.
        region: The function's own; "" if not known.
        seen: The environment that has the credentials.
    """
    found = scope(urlsplit(url).hostname or "", service, region)
    if found is not None and not found[1]:
        _notice.warn(
            "signing region",
            f"requests to {address(url)} cannot be signed: neither the host nor AWS_REGION "
            "names a region.",
        )
        return None
    return Signature(*found, seen) if found is not None else None


class Signature:
    """Signs requests with the credentials of botocore's chain, asked anew for each request.

    Args:
        service: The service's signing name.
        region: Its region.
        seen: The environment that has the credentials; None for the process's own as it is.
    """

    def __init__(self, service: str, region: str, seen: Mapping[str, str] | None = None) -> None:
        self.service = service
        self.region = region
        self._seen = seen
        self._credentials: Any = None
        self._used: object = None
        self._read = 0.0

    def headers(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Mapping[str, str]:
        """Return the headers that sign a request.

        Args:
            method: Of the request.
            url: The whole of it.
            headers: The others that are sent.
            body: As it is sent, compressed or not.

        Raises:
            UnreadyError: There are no credentials, or no botocore.
        """
        frozen = self._used = quietly(self._frozen)
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        address, _, query = url.partition("?")
        request = AWSRequest(
            method,
            address,
            headers={name: text for name, text in headers.items() if _is_signed(name)},
            data=body,
            params=[_pair(part) for part in query.split("&") if part],
        )
        SigV4Auth(frozen, self.service, self.region).add_auth(request)
        return {name: request.headers[name] for name in WRITTEN if name in request.headers}

    def refused(self, status: int) -> bool:
        """Tell whether there are other credentials now than those that were just refused.

        Args:
            status: Of the response.
        """
        if status not in (401, 403):
            return False
        now = time()  # the wall's clock: the monotonic one may stand still in a freeze
        if 0 <= now - self._read < PAUSE_S:
            return False
        self._read = now
        self._credentials = None
        try:
            return bool(quietly(self._frozen) != self._used)
        except UnreadyError:
            return False

    def _frozen(self) -> Any:
        """Return the credentials of this moment; botocore refreshes those that are about to end."""
        try:
            from botocore.exceptions import BotoCoreError, ClientError

            from .credentials import session
        except ImportError as error:
            raise _unsigned("botocore is not installed") from error
        try:
            if self._credentials is None:
                self._credentials = session(self._seen).get_credentials()
            if self._credentials is not None:
                return self._credentials.get_frozen_credentials()
        except (BotoCoreError, ClientError, RuntimeError, OSError) as error:
            raise _unsigned(f"{type(error).__name__}: {error}") from error
        raise _unsigned("there are no AWS credentials")


def _unsigned(why: str) -> UnreadyError:
    _notice.warn(
        "signing",
        f"requests to AWS's OTLP endpoint cannot be signed: {why}. Nothing is sent there.",
    )
    return UnreadyError(why)


def _is_signed(name: str) -> bool:
    return name.lower().startswith(SIGNED) and name.lower() not in WRITTEN


def _pair(part: str) -> tuple[str, str]:
    """Return a parameter of a query as the signer takes it, which encodes it as AWS does."""
    name, _, value = part.partition("=")
    return unquote(name), unquote(value)
