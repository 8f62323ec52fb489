"""AWS credentials as init saw them: the function may change its environment, and mean others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.credentials import ContainerProvider, EnvProvider
from botocore.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping


def session(seen: Mapping[str, str] | None) -> Any:
    """Return a session of botocore whose chain begins with the credentials of an environment.

    Args:
        seen: The environment of init; None for the process's own as it is.
    """
    made = Session()
    if seen is not None:
        chain: Any = made.get_component("credential_provider")
        for provider in (EnvProvider, ContainerProvider):
            chain.insert_before(provider.METHOD, provider(dict(seen)))
    return made
