"""Instrumentors that the function or a layer brings: on after their library's import.

They are found by the entry points `opentelemetry_instrumentor` of the packages whose names say that
they instrument something, and serve on the API that records: no SDK is loaded for it. Loaded where
there is any.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .._guard import guard
from . import TABLE, after_import, taken
from .switch import Instrumentor, Switch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..settings.config import Config

GROUP = "opentelemetry_instrumentor"

LIBRARIES = {
    "aio-pika": "aio_pika",
    "aiohttp-client": "aiohttp",
    "aiohttp-server": "aiohttp",
    "boto": "boto",
    "boto3": "boto3",
    "boto3sqs": "boto3",
    "cassandra": "cassandra",
    "django": "django",
    "google-genai": "google.genai",
    "grpc_aio_client": "grpc",
    "grpc_aio_server": "grpc",
    "grpc_client": "grpc",
    "grpc_server": "grpc",
    "mysql": "mysql.connector",
    "mysqlclient": "MySQLdb",
    "openai-v2": "openai",
    "system_metrics": "psutil",
    "tortoiseorm": "tortoise",
    "urllib": "urllib.request",
    "vertexai": "vertexai",
}
"""By entry point, the module whose import it waits for, where that is not named alike."""

OURS = frozenset({"aws-lambda", "aws_lambda", "threading", *TABLE})
"""What is done already: the handler's span, the current span in threads, recorded libraries."""


def install(settings: Config, folders: Iterable[str]) -> None:
    """Switch on what is installed, each when its library is imported.

    Args:
        settings: The settings.
        folders: Of the packages' metadata.
    """
    for folder in folders:
        with guard(f"reading the entry points of {os.path.basename(folder)}"):
            for found in _entry_points(folder):
                if found.name in OURS or found.name in taken:
                    continue
                taken.add(found.name)
                if not settings.leaves_alone(found.name):
                    switch = Switch(found)
                    after_import(found.module, switch.adopt)
                    after_import(library_of(found.name), switch.switch_on)


def library_of(name: str) -> str:
    """Return the module that an instrumentor waits for, by its entry point."""
    return LIBRARIES.get(name, name.replace("-", "_"))


def _entry_points(folder: str) -> list[Instrumentor]:
    """Return the instrumentors of a package; none if it has no such file."""
    place = os.path.join(folder, "entry_points.txt")
    if not os.path.exists(place):
        return []
    with open(place, encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    found, group = [], ""
    for line in lines:
        if line.startswith("["):
            group = line.strip("[] ")
        elif group == GROUP and "=" in line and not line.startswith("#"):
            name, _, target = line.partition("=")
            module, _, kind = target.partition("[")[0].strip().partition(":")
            found.append(Instrumentor(name.strip(), module, kind))
    return found
