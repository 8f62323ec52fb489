"""What each id of the table covers: `http`, `aws`, `sql`."""

from __future__ import annotations

import re

from tests.collector.comparing import ABSENT, Difference
from tests.collector.rules import HOSTS, SQL, rule

HTTP_ATTRIBUTES = (
    "http.method", "http.request.method", "http.status_code", "http.response.status_code",
    "http.user_agent", "user_agent.original", "http.url", "url.full", "http.scheme", "url.scheme",
    "http.client_ip", "http.host", "http.target", "http.server_name", "net.host.port", "url.path",
    "url.query", "network.peer.address", "net.peer.ip", "net.host.name", "host.name",
    "net.peer.name", "net.peer.port", "client.address", "server.address", "server.port",
)  # fmt: skip
SIZES = ("http.response_content_length", "http.response.body.size")
RESOURCES = {
    "bucket_name": "aws.s3.bucket",
    "topic_arn": "aws.sns.topic.arn",
    "function_name": "faas.invoked_name",
    "stream_name": "aws.kinesis.stream.name",
    "id_2": "aws.extended_request_id",
    "retries": "retry_attempts",
}
URL = ("http", "request", "url")


@rule
def no_length(d: Difference) -> bool:
    """A length that is not known is not written."""
    length = ("http", "response", "content_length")
    empty = d.path == ("http", "response") and d.theirs == {}
    return (d.path == length and d.theirs == 0 and d.only_theirs) or empty


@rule
def length_read(d: Difference) -> bool:
    """A response's length is read from the attributes that tell it."""
    known = [d.attributes[key] for key in SIZES if key in d.attributes]
    length = d.path == ("http", "response", "content_length") and d.ours in known
    return length or (d.key in SIZES and d.only_theirs)


@rule
def empty_http(d: Difference) -> bool:
    """A block, or a part of one, that says nothing is not written; what it took stays metadata."""
    hollow = not d.our.get("http", {}).get("request") and not d.their.get("http", {}).get("request")
    return (
        hollow
        and "http" in d.their
        and (
            (d.path in (("http", "request"), ("http",)) and d.theirs == {})
            or (d.key in HTTP_ATTRIBUTES and d.only_ours)
        )
    )


@rule
def kept_attributes(d: Difference) -> bool:
    """What no block says stays metadata: an address, a status text."""
    address = d.key in HTTP_ATTRIBUTES and "http" not in d.our
    return d.only_ours and (address or d.key == "http.status_text" or (d.key in SQL and not d.ours))


@rule
def url_brackets(d: Difference) -> bool:
    """A v6 address stands in brackets in a URL."""
    bare = str(d.ours).replace("[", "").replace("]", "")
    return d.path == URL and "[" in str(d.ours) and bare == d.theirs


@rule
def url_credentials(d: Difference) -> bool:
    """A URL has no user and password."""
    return d.path == URL and re.sub(r"//[^/?#]*@", "//", str(d.theirs)) == d.ours


@rule
def url_without_host(d: Difference) -> bool:
    """A URL is built only where the host is known."""
    place = str(d.theirs).partition("://")[2]
    nobody = not place or place[0] in ":/?" or place == d.attributes.get("url.query")
    return d.path == URL and not d.only_ours and nobody


@rule
def url_parts(d: Difference) -> bool:
    """The stable convention's parts, `url.path` and `url.query`, make a whole URL."""
    stable = {"url.path", "url.query", "server.address", "server.port"} & set(d.attributes)
    path, query = d.attributes.get("url.path", ""), d.attributes.get("url.query", "")
    whole = str(d.ours).endswith(f"?{query}" if query else path)
    glued = query and str(d.theirs).endswith(query) and "?" not in str(d.theirs)
    return d.path == URL and bool(stable and (whole or glued)) and "url.full" not in d.attributes


@rule
def url_usual_port(d: Difference) -> bool:
    """Port 443 without a scheme is https, and no usual port is written."""
    secure = str(d.theirs).replace("http://", "https://").replace(":443", "", 1)
    bare = str(d.ours).replace("[", "").replace("]", "")
    return d.path == URL and ":443" in str(d.theirs) and secure == bare


@rule
def url_slash(d: Difference) -> bool:
    """A path begins with a slash."""
    bare = str(d.attributes.get("http.target", "")).lstrip("/")
    return d.path == URL and bool(bare) and str(d.theirs) == str(d.ours).replace(f"/{bare}", bare)


@rule
def traced(d: Difference) -> bool:
    """A call says that the callee reports its own segment, if it is told so."""
    return d.path == ("http", "request", "traced") or d.key in (
        "aws.http.traced",
        "http.request.traced",
    )


@rule
def status_text(d: Difference) -> bool:
    """A status written as text is a status; what cannot be one stays metadata."""
    codes = ("http.status_code", "http.response.status_code")
    texts = [d.attributes[key] for key in codes if isinstance(d.attributes.get(key), str)]
    return d.at("http", "response") and d.theirs == 0 and str(d.ours) in texts


@rule
def newer_rpc(d: Difference) -> bool:
    """`rpc.system.name` is the newer `rpc.system`."""
    newer = d.attributes.get("rpc.system.name") == "aws-api" != d.attributes.get("rpc.system")
    return newer and d.path == ("namespace",) and d.ours == "aws"


@rule
def operation_of_others(d: Difference) -> bool:
    """Another RPC system's method is no operation of AWS."""
    other = "aws-api" not in (d.attributes.get("rpc.system"), d.attributes.get("rpc.system.name"))
    operation = d.path == ("aws", "operation") and d.only_theirs
    return other and (operation or (d.key == "rpc.method" and d.only_ours))


@rule
def account_of_the_span(d: Difference) -> bool:
    """The account may stand on the span, as Lambda's instrumentation puts it there."""
    return d.path == ("aws", "account_id") and d.ours == d.attributes.get("cloud.account.id")


@rule
def newer_aws(d: Difference) -> bool:
    """The newer names of region, queue and extended request id are read."""
    newer = {"region": "cloud.region", "queue_url": "aws.sqs.queue.url"}
    field = str(d.path[1]) if d.at("aws") else ""
    said = field in newer and d.ours == d.attributes.get(newer[field])
    return (said and d.only_ours) or (d.key in newer.values() and d.only_theirs)


@rule
def table_and_tables(d: Difference) -> bool:
    """A table's name beside a list of several is told, too."""
    both = d.attributes.get("aws.dynamodb.table_names") and d.attributes.get("aws.table_name")
    return d.path == ("aws", "table_name") and bool(both) and d.ours == both


@rule
def called_resources(d: Difference) -> bool:
    """What a call acted on is told as X-Ray's own SDK tells it."""
    field = str(d.path[1]) if d.at("aws") and len(d.path) == 2 else ""
    said = field in RESOURCES and d.ours == d.attributes.get(RESOURCES[field])
    return (said and d.only_ours) or (d.key in RESOURCES.values() and d.only_theirs)


@rule
def sdk_language(d: Difference) -> bool:
    """The SDK's language is named once."""
    twice = f"{d.ours} for {d.resource.get('telemetry.sdk.language')}"
    return d.path == ("aws", "xray", "sdk") and d.theirs == twice


@rule
def image_tags(d: Difference) -> bool:
    """An image's newer `tags` tell the version, too."""
    tags = d.resource.get("container.image.tags") or [None]
    return d.path == ("service", "version") and d.ours == tags[0]


@rule
def null_fields(d: Difference) -> bool:
    """What is not known of a host is not written."""
    return d.at("aws") and d.path[1] in HOSTS and d.theirs in (None, {}) and d.only_theirs


@rule
def other_clouds(d: Difference) -> bool:
    """On another provider's cloud there is no `aws` block, and its attributes stay metadata."""
    elsewhere = d.resource.get("cloud.provider", "aws") != "aws"
    call = d.key.startswith("aws.") or d.key == "rpc.method"
    return elsewhere and call and d.ours == d.attributes.get(d.key) and d.only_ours


@rule
def lambda_segment(d: Difference) -> bool:
    """In a trace that Lambda has no segment in, the function has one of its own."""
    fields = ("function_arn", "request_id", "resource_names")
    block = d.at("aws") and d.path[1] in fields and d.only_ours
    here = d.resource.get("cloud.platform") == "aws_lambda"
    return here and (block or (d.path == ("origin",) and d.ours == "AWS::Lambda::Function"))


@rule
def sql_connection(d: Difference) -> bool:
    """A connection string is as it was written, or made of the host; no password."""
    connection = d.path == ("sql", "connection_string")
    database = d.key in ("db.name", "db.namespace", "net.peer.name", "net.peer.port")
    return connection or (database and d.only_ours and "sql" in d.our)


@rule
def stable_sql(d: Difference) -> bool:
    """The stable database convention makes a block, too."""
    stable = {"db.system.name", "db.query.text", "db.namespace"} & set(d.attributes)
    kept = d.key in SQL and d.only_theirs
    systems = d.attributes.get("db.system"), d.attributes.get("db.system.name")
    if None not in systems and systems[0] != systems[1]:
        return d.at("sql") or d.key in SQL
    return bool(stable) and ((d.at("sql") and d.theirs in (ABSENT, "")) or kept)
