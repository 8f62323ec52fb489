"""What each id of the table covers, as narrowly as it can be said: place, names and flags."""

from __future__ import annotations

from tests.collector.comparing import ABSENT, Difference, Rules

rule = Rules()
FLAGS = ("error", "fault", "throttle")
HOSTS = ("ec2", "ecs", "eks", "elastic_beanstalk", "cloudwatch_logs")
CALLED = {
    "region": ("aws.region", "cloud.region"),
    "queue_url": ("aws.queue_url", "aws.queue.url", "aws.sqs.queue.url"),
    "table_name": ("aws.table_name", "aws.table.name"),
    "table_names": (),
}
SQL = ("db.system", "db.system.name", "db.name", "db.namespace", "db.user", "db.statement",
       "db.query.text", "db.connection_string")  # fmt: skip
FALLBACK = ("server.address", "url.full", "http.url", "http.host", "db.system", "db.system.name",
            "db.namespace", "net.peer.name")  # fmt: skip
NAMES = {
    "method": ("http.request.method", "http.method"),
    "status": ("http.response.status_code", "http.status_code"),
    "user_agent": ("user_agent.original", "http.user_agent"),
    "url": ("url.full", "http.url"),
    "client_ip": ("client.address", "http.client_ip", "network.peer.address", "net.peer.ip"),
    "request_id": ("aws.request_id", "aws.requestId"),
    "queue_url": ("messaging.url", "aws.queue_url", "aws.queue.url", "aws.sqs.queue.url"),
}
ALLOWED = set("_.:/%&#=+-@0123456789")


@rule
def part(d: Difference) -> bool:
    """One is a segment, the other a subsegment."""
    if d.our.get("type") == d.their.get("type"):
        return False
    of_the_part = ("type", "name", "namespace", "origin", "service", "user", "sql")
    of_hosts = d.at("aws") and d.path[1] in (*HOSTS, *CALLED)
    of_resource = d.path[-1] != d.path[0] and str(d.path[-1]).startswith("otel.resource.")
    of_sql = d.key in (*SQL, "enduser.id")
    return d.path[0] in of_the_part or of_hosts or of_resource or of_sql


@rule
def local_root_resource(d: Difference) -> bool:
    """Documents of a marked local root that are segments have the resource."""
    marked = d.attributes.get("aws.span.kind") == "LOCAL_ROOT" and d.segment
    empty = d.path == ("metadata", "default") and d.theirs == {}
    return marked and (empty or (d.key.startswith("otel.resource.") and d.only_ours))


@rule
def segment_only(d: Difference) -> bool:
    """What belongs to segments stands on none but them."""
    if d.segment:
        return False
    user = d.path in (("user",), ("http", "request", "x_forwarded_for")) or d.key == "enduser.id"
    host = d.at("aws") and d.path[1] in HOSTS
    return user or ((host or d.path[0] in ("origin", "service")) and d.only_theirs)


@rule
def subsegment_only(d: Difference) -> bool:
    """What belongs to subsegments stands on none but them; its attributes stay metadata."""
    if not d.segment:
        return False
    attributes = [key for keys in CALLED.values() for key in keys]
    blocks = d.path[0] in ("namespace", "sql") or (d.at("aws") and d.path[1] in CALLED)
    kept = d.key in (*SQL, *attributes) and d.ours == d.attributes.get(d.key)
    return (blocks and d.only_theirs) or (kept and d.only_ours)


@rule
def producer_remote(d: Difference) -> bool:
    """A producer's message goes to another service."""
    producer = d.span.kind.name == "PRODUCER"
    return d.path == ("namespace",) and producer and (d.ours, d.theirs) == ("remote", ABSENT)


@rule
def microseconds(d: Difference) -> bool:
    """Times are written to the microsecond."""
    if d.path not in (("start_time",), ("end_time",)) or ABSENT in (d.ours, d.theirs):
        return False
    return abs(d.ours - d.theirs) < 2e-6


@rule
def end_before_start(d: Difference) -> bool:
    """No span ends before it starts."""
    if d.path != ("end_time",) or d.only_ours or d.only_theirs:
        return False
    return d.theirs < d.our["start_time"] == d.ours


@rule
def in_progress(d: Difference) -> bool:
    """A span that goes on is told as such."""
    going_on = d.attributes.get("aws.xray.inprogress") is True
    fields = (("in_progress",), ("end_time",))
    return going_on and (d.path in fields or d.key == "aws.xray.inprogress")


@rule
def name_fallback(d: Difference) -> bool:
    """A callee's host or system is a better name than `GET`."""
    if d.path != ("name",) or d.span.kind.name not in (
        "CLIENT",
        "PRODUCER",
        "CONSUMER",
        "INTERNAL",
    ):
        return False
    host = str(d.ours).rpartition("@")[2]
    values = [str(d.attributes[key]) for key in FALLBACK if d.attributes.get(key)]
    return squashed(d.theirs) == (squashed(d.span.name) or "span") and any(
        squashed(host.partition(":")[0]) in squashed(value) for value in values
    )


@rule
def name_host(d: Difference) -> bool:
    """The callee's host comes from the stable attributes first, then from the URL."""
    if d.path != ("name",) or d.span.kind.name not in ("CLIENT", "PRODUCER"):
        return False
    old = [str(d.attributes.get(key, "")) for key in ("http.host", "net.peer.name")]
    new = [str(d.attributes.get(key, "")) for key in ("server.address", "url.full", "http.url")]
    theirs = squashed(d.theirs)
    return theirs in map(squashed, old) and any(squashed(d.ours) in squashed(n) for n in new)


@rule
def name_database(d: Difference) -> bool:
    """A database's name has its host, wherever the host is written."""
    values = d.attributes
    names = [str(values.get(key, "")) for key in ("db.namespace", "db.name")]
    hosts = [str(values.get("server.address", ""))]
    whole = [name for one in names if one for name in (one, *(f"{one}@{host}" for host in hosts))]
    cut = {squashed(name)[: len(squashed(d.ours))] for name in whole}
    return d.path == ("name",) and (squashed(d.ours) in cut or at_host(d, names))


def at_host(d: Difference, names: list[str]) -> bool:
    """Whether our name is a database at the host of its connection string."""
    name, _, host = str(d.ours).rpartition("@")
    connection = str(d.attributes.get("db.connection_string", ""))
    return squashed(name) in map(squashed, names) and host in connection


@rule
def name_usual_port(d: Difference) -> bool:
    """A usual port is no part of a name."""
    return d.path == ("name",) and d.theirs in (f"{d.ours}:443", f"{d.ours}:80")


@rule
def name_characters(d: Difference) -> bool:
    """A name has only what X-Ray takes, wherever it comes from; breaks become spaces."""
    fits = all(c.isalpha() or c in ALLOWED or c == " " for c in str(d.ours)) and d.ours
    same = squashed(d.ours) == squashed(d.theirs)
    nothing = d.ours == "span" and not squashed(d.theirs)
    return d.path == ("name",) and bool(fits) and (same or nothing)


@rule
def name_length(d: Difference) -> bool:
    """A name has 200 characters, not bytes; one from an attribute too."""
    if d.path != ("name",) or len(d.ours) > 200:
        return False
    ours, theirs = squashed(d.ours), squashed(str(d.theirs).rstrip("\ufffd"))
    return (ours.startswith(theirs) or theirs.startswith(ours)) and len(ours) > 60


@rule
def name_function(d: Difference) -> bool:
    """A function whose service has no name is named after itself."""
    unknown = str(d.resource.get("service.name", "unknown_service")).startswith("unknown_service")
    return d.path == ("name",) and unknown and d.ours == d.resource.get("faas.name")


@rule
def name_service(d: Difference) -> bool:
    """A segment is named after the service, whatever its span's kind."""
    services = (d.attributes.get("aws.local.service"), d.resource.get("service.name"))
    named = squashed(d.ours) in map(squashed, services)
    return d.path == ("name",) and d.segment and d.span.kind.name != "SERVER" and named


@rule
def name_newer_peer(d: Difference) -> bool:
    """`service.peer.name` is the newer `peer.service`."""
    return d.path == ("name",) and d.ours == d.attributes.get("service.peer.name")


@rule
def false_flags(d: Difference) -> bool:
    """Only flags that are true are written."""
    return d.path[0] in FLAGS and d.theirs is False and d.only_theirs


@rule
def first_name(d: Difference) -> bool:
    """Of several names of one thing the stable one counts, everywhere."""
    field = "status" if d.path[0] in FLAGS else str(d.path[-1])
    given = [d.attributes[key] for key in NAMES.get(field, ()) if key in d.attributes]
    place = d.path[0] in (*FLAGS, "http", "aws", "sql")
    return place and len(set(given)) > 1 and (d.path[0] in FLAGS or d.ours in given)


@rule
def throttled(d: Difference) -> bool:
    """AWS throttles with 400 and a code, too."""
    kinds = [str(d.attributes.get("error.type", "")), str(d.our.get("cause", ""))]
    status = d.our.get("http", {}).get("response", {}).get("status")
    named = any("Throttl" in kind or "LimitExceeded" in kind for kind in kinds)
    return d.path == ("throttle",) and d.ours is True and status == 400 and named


def squashed(name: object) -> str:
    """Return what X-Ray takes of a name, without spaces."""
    return "".join(c for c in str(name) if c.isalpha() or c in ALLOWED)
