"""Instrumentors that the layer brings: on after their library's import, unless one is installed.

Loaded by the first import of one of these libraries. What they are is written down here, so nothing
is searched; a test of the layer compares it with the packages' own words.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from .. import _notice
from .._guard import guard
from . import taken
from .numbers import within
from .switch import BASE, Instrumentor, Switch

if TYPE_CHECKING:
    from types import ModuleType

    from ..settings.config import Config


class Row(NamedTuple):
    """An instrumentor of the layer.

    Attributes:
        name: Its entry point.
        module: Its module, below `opentelemetry.instrumentation`.
        kind: Its class.
        wanted: The package that it instruments, and the versions; "" for the standard library.
    """

    name: str
    module: str
    kind: str
    wanted: str = ""


TABLE = {
    "MySQLdb": [Row("mysqlclient", "mysqlclient", "MySQLClientInstrumentor", "mysqlclient < 3")],
    "aio_pika": [Row("aio-pika", "aio_pika", "AioPikaInstrumentor", "aio_pika >= 7.2.0, < 11.0.0")],
    "aiohttp": [
        Row("aiohttp-client", "aiohttp_client", "AioHttpClientInstrumentor", "aiohttp ~= 3.0")
    ],
    "aiokafka": [Row("aiokafka", "aiokafka", "AIOKafkaInstrumentor", "aiokafka >= 0.8, < 1.0")],
    "asyncpg": [Row("asyncpg", "asyncpg", "AsyncPGInstrumentor", "asyncpg >= 0.12.0")],
    "confluent_kafka": [
        Row(
            "confluent_kafka",
            "confluent_kafka",
            "ConfluentKafkaInstrumentor",
            "confluent-kafka >= 1.8.2, < 3.0.0",
        )
    ],
    "django": [Row("django", "django", "DjangoInstrumentor", "django >= 2.0")],
    "elasticsearch": [
        Row("elasticsearch", "elasticsearch", "ElasticsearchInstrumentor", "elasticsearch >= 6.0")
    ],
    "fastapi": [Row("fastapi", "fastapi", "FastAPIInstrumentor", "fastapi ~= 0.92")],
    "flask": [Row("flask", "flask", "FlaskInstrumentor", "flask >= 1.0")],
    "grpc": [
        Row("grpc_client", "grpc", "GrpcInstrumentorClient", "grpcio >= 1.42.0"),
        Row("grpc_server", "grpc", "GrpcInstrumentorServer", "grpcio >= 1.42.0"),
        Row("grpc_aio_client", "grpc", "GrpcAioInstrumentorClient", "grpcio >= 1.42.0"),
        Row("grpc_aio_server", "grpc", "GrpcAioInstrumentorServer", "grpcio >= 1.42.0"),
    ],
    "httpx": [Row("httpx", "httpx", "HTTPXClientInstrumentor", "httpx >= 0.18.0")],
    "httpx2": [Row("httpx2", "httpx", "HTTPX2ClientInstrumentor", "httpx2 >= 2.0.0")],
    "jinja2": [Row("jinja2", "jinja2", "Jinja2Instrumentor", "jinja2 >= 2.7, < 4.0")],
    "kafka": [Row("kafka", "kafka", "KafkaInstrumentor", "kafka-python >= 2.0, < 4.0")],
    "pika": [Row("pika", "pika", "PikaInstrumentor", "pika >= 0.12.0")],
    "psycopg": [Row("psycopg", "psycopg", "PsycopgInstrumentor", "psycopg >= 3.1.0")],
    "psycopg2": [Row("psycopg2", "psycopg2", "Psycopg2Instrumentor", "psycopg2 >= 2.7.3.1")],
    "pymongo": [Row("pymongo", "pymongo", "PymongoInstrumentor", "pymongo >= 3.1, < 5.0")],
    "pymysql": [Row("pymysql", "pymysql", "PyMySQLInstrumentor", "PyMySQL < 2")],
    "redis": [Row("redis", "redis", "RedisInstrumentor", "redis >= 2.6")],
    "sqlalchemy": [
        Row("sqlalchemy", "sqlalchemy", "SQLAlchemyInstrumentor", "sqlalchemy >= 1.0.0, < 2.1.0")
    ],
    "sqlite3": [Row("sqlite3", "sqlite3", "SQLite3Instrumentor")],
    "starlette": [Row("starlette", "starlette", "StarletteInstrumentor", "starlette >= 0.13")],
    "urllib.request": [Row("urllib", "urllib", "URLLibInstrumentor")],
}
"""By the module whose import they wait for. The package's `BROUGHT` has these names."""


def switch_on(library: ModuleType, settings: Config) -> None:
    """Switch on what instruments a library, unless it is installed or left alone.

    Args:
        library: The library, just imported.
        settings: The settings.
    """
    for row in TABLE[library.__name__]:
        if row.name not in taken and not settings.leaves_alone(row.name):
            _Brought(row).switch_on(library)


class _Brought(Switch):
    place = "layer's"

    def __init__(self, row: Row) -> None:
        super().__init__(Instrumentor(row.name, f"{BASE}.{row.module}", row.kind))
        self._wanted = row.wanted

    def switch_on(self, library: ModuleType) -> None:
        with guard(f"preparing {library.__name__}"):
            if self._is_fit(library):
                super().switch_on(library)

    def _switch_on(self, library: ModuleType) -> None:
        try:
            super()._switch_on(library)
        except ImportError as error:
            if not (error.name or "").startswith("opentelemetry."):
                raise
            name = self._found.name
            _notice.warn(
                f"instrumentor {name}",
                f"{library.__name__} is not instrumented: the layer's instrumentor of {name} needs "
                f"newer packages of OpenTelemetry than the function's own ({error.name}). Install "
                "an instrumentor that fits those, or newer ones.",
            )

    def fits(self, *_: object) -> bool:
        return True  # asked before it is imported

    def _is_fit(self, library: ModuleType) -> bool:
        package, _, wanted = self._wanted.partition(" ")
        if not wanted:
            return _is_of_python(library)
        found = _version(package, library)
        if found and not within(found, wanted):
            self.misfit(library, f'requested: "{self._wanted}" but found: "{package} {found}"')
            return False
        return found != ""


def _is_of_python(library: ModuleType) -> bool:
    """Tell whether a module is the standard library's, and none of the function's by that name."""
    return (library.__file__ or "").startswith(os.path.dirname(os.__file__) + "/")


def _version(package: str, library: ModuleType) -> str:
    """Return the version of a library; "" for a module of the function's own by that name.

    As the module says it, else as the metadata beside it do: `importlib.metadata` takes ten
    milliseconds to import.
    """
    known = vars(library)  # PyMySQL says mysqlclient's version in `__version__`, for Django
    said = known.get("VERSION_STRING") or known.get("__version__")
    if isinstance(said, str):
        return said
    place = os.path.dirname(os.path.dirname(library.__file__ or ""))
    wanted = {_plain(package), _plain(f"{package}-binary")}
    for name in os.listdir(place or "."):
        found, _, version = name.removesuffix(".dist-info").partition("-")
        if name.endswith(".dist-info") and _plain(found) in wanted:
            return version
    return ""


def _plain(package: str) -> str:
    return package.lower().replace("-", "_").replace(".", "_")
