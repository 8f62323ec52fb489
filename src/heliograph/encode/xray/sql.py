"""The `sql` block of a call to a relational database (xray spec 10.5)."""

from __future__ import annotations

from ..._limits import XRAY_STRING
from .url import bracketed, without_password

TYPE_CHECKING = False
if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from .attributes import Attributes

SYSTEM = ("db.system.name", "db.system")
SYSTEMS = frozenset({
    "db2", "derby", "hive", "ibm.db2", "mariadb", "microsoft.sql_server", "mssql", "mysql",
    "oracle", "oracle.db", "other_sql", "postgresql", "sqlite", "teradata",
})  # fmt: skip


def sql_of(span: ReadableSpan, attributes: Attributes) -> dict[str, object]:
    """Return the block, or `{}`; another kind of database stays metadata.

    Args:
        span: The span: X-Ray's console shows `url`, and the span's name says most.
        attributes: Its attributes; takes what the block says.
    """
    system = attributes.text(*SYSTEM)
    if system not in SYSTEMS:
        return {}
    connection, database = _connection(attributes, system), _database(attributes)
    fields = {
        "url": span.name[:XRAY_STRING],
        "connection_string": connection,
        "database_type": system,
        "user": attributes.take("db.user"),
        "sanitized_query": attributes.take("db.query.text", "db.statement"),
    }
    attributes.take(*SYSTEM, "db.connection_string")
    if connection and database in connection:
        attributes.take("db.namespace", "db.name")
    return {field: value for field, value in fields.items() if value}


def _connection(attributes: Attributes, system: str) -> str:
    """Return where the database is, without credentials, or `""`."""
    if written := attributes.text("db.connection_string"):
        return without_password(written)
    host = attributes.text("server.address", "net.peer.name")
    if not host:
        return ""
    port = attributes.integer("server.port", "net.peer.port")
    place = bracketed(host) if port is None else f"{bracketed(host)}:{port}"
    return f"{system}://{place}/{_database(attributes)}"


def _database(attributes: Attributes) -> str:
    return attributes.text("db.namespace", "db.name")
