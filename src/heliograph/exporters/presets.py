"""Backends by name: endpoint, protocol and headers as each vendor documents them."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Literal

JSON, PROTOBUF = "http/json", "http/protobuf"
"""Protocols. JSON where the vendor's documentation names it: the layer has it without protobuf."""


@dataclass(frozen=True)
class Preset:
    """A backend.

    Attributes:
        title: Its name as the vendor writes it.
        page: The vendor's documentation, which all of this is from.
        base: Base URL; `{site}` is replaced.
        about: What the site is; "" where there is none.
        site: The site if none is given; "" where one has to be.
        header: Name of the header with the key; "" where none is needed.
        value: Its value; `{key}` is replaced by the key, `{basic}` by the key in base64.
        key: What the key is called there.
        more: Further headers of every request; `{site}` is replaced.
        traces, metrics: Paths below the base; "" for a signal that it does not take.
        protocol: `http/json` or `http/protobuf`.
        temporality: `delta` where sums of metrics have to be increments.
    """

    title: str
    page: str
    base: str
    about: str = ""
    site: str = ""
    header: str = "authorization"
    value: str = "Bearer {key}"
    key: str = "API token"
    more: tuple[tuple[str, str], ...] = ()
    traces: str = "/v1/traces"
    metrics: str = "/v1/metrics"
    protocol: str = JSON
    temporality: Literal["", "delta"] = ""

    def named(self, key: str) -> dict[str, str]:
        """Return the header that a key goes in."""
        if not self.header:
            return {}
        basic = b64encode(key.encode()).decode()
        return {self.header: self.value.replace("{key}", key).replace("{basic}", basic)}


TABLE = {
    "axiom": Preset(
        "Axiom", "https://axiom.co/docs/send-data/opentelemetry",
        "https://api.axiom.co",
        about="dataset", more=(("x-axiom-dataset", "{site}"),),
        metrics="",  # a dataset takes one kind of data; the variable names that of the traces
    ),
    "betterstack": Preset(
        "Better Stack", "https://betterstack.com/docs/logs/ingesting-data/http/traces",
        "https://{site}",
        about="ingesting host of the source", key="source token", metrics="",
    ),
    "coralogix": Preset(
        "Coralogix",
        "https://coralogix.com/docs/developer-portal/apis/data-ingestion/opentelemetry-custom-traces",
        "https://ingress.{site}",
        about="domain, such as `eu1.coralogix.com`", key="Send-Your-Data API key",
    ),
    "dash0": Preset(
        "Dash0", "https://www.dash0.com/hub/integrations/int_otlp/overview",
        "https://ingress.{site}.dash0.com",
        about="region, such as `eu-west-1.aws`", key="auth token", protocol=PROTOBUF,
    ),
    "datadog": Preset(
        "Datadog", "https://docs.datadoghq.com/opentelemetry/setup/otlp_ingest/traces/",
        "https://otlp.{site}",
        about="site, such as `datadoghq.eu`", site="datadoghq.com",
        header="dd-api-key", value="{key}", key="API key", temporality="delta",
    ),
    "dynatrace": Preset(
        "Dynatrace",
        "https://docs.dynatrace.com/docs/ingest-from/opentelemetry/getting-started/otlp-export",
        "https://{site}.live.dynatrace.com/api/v2/otlp",
        about="environment id", value="Api-Token {key}", key="access token",
        protocol=PROTOBUF, temporality="delta",
    ),
    "elastic": Preset(
        "Elastic Cloud",
        "https://www.elastic.co/docs/reference/opentelemetry/motlp/managed-otlp-endpoint",
        "https://{site}",
        about="host of the managed OTLP endpoint", value="ApiKey {key}", key="API key",
        protocol=PROTOBUF,
    ),
    "grafana": Preset(
        "Grafana Cloud", "https://grafana.com/docs/grafana-cloud/send-data/otlp/send-data-otlp/",
        "https://otlp-gateway-{site}.grafana.net/otlp",
        about="zone of the stack, such as `prod-eu-west-2`",
        value="Basic {basic}", key="`instance id:token`",
    ),
    "honeycomb": Preset(
        "Honeycomb", "https://docs.honeycomb.io/send-data/opentelemetry",
        "https://{site}",
        about="host; `api.eu1.honeycomb.io` in Europe", site="api.honeycomb.io",
        header="x-honeycomb-team", value="{key}", key="ingest API key",
    ),
    "jaeger": Preset(
        "Jaeger", "https://www.jaegertracing.io/docs/2.2/apis/",
        "http://{site}",
        about="host and port", site="localhost:4318", header="", key="", metrics="",
    ),
    "langfuse": Preset(
        "Langfuse", "https://langfuse.com/docs/opentelemetry/introduction",
        "https://{site}/api/public/otel",
        about="host; `us.cloud.langfuse.com` in the USA", site="cloud.langfuse.com",
        value="Basic {basic}", key="`public key:secret key`", metrics="",
        more=(("x-langfuse-ingestion-version", "4"),),
    ),
    "lightstep": Preset(
        "Lightstep (ServiceNow Cloud Observability)",
        "https://docs.lightstep.com/docs/send-otlp-over-http-to-lightstep",
        "https://{site}",
        about="host", site="ingest.lightstep.com",
        header="lightstep-access-token", value="{key}", key="access token",
        traces="/traces/otlp/v0.9", metrics="/metrics/otlp/v0.9",
    ),
    "logfire": Preset(
        "Pydantic Logfire", "https://logfire.pydantic.dev/docs/how-to-guides/alternative-clients",
        "https://logfire-{site}.pydantic.dev",
        about="region: `us` or `eu`", site="us", value="{key}", key="write token",
    ),
    "newrelic": Preset(
        "New Relic", "https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-otlp/",
        "https://{site}",
        about="host; `otlp.eu01.nr-data.net` in Europe", site="otlp.nr-data.net",
        header="api-key", value="{key}", key="license key", temporality="delta",
    ),
    "observe": Preset(
        "Observe", "https://docs.observeinc.com/en/latest/content/data-ingestion/endpoints/otel.html",
        "https://{site}.collect.observeinc.com/v2/otel",
        about="customer id", key="datastream token", protocol=PROTOBUF,
        metrics="",  # it takes no histograms, which most metrics of a function are
    ),
    "sentry": Preset(
        "Sentry", "https://docs.sentry.io/concepts/otlp/direct/traces",
        "https://{site}/integration/otlp",
        about="host and project of the DSN, such as `o1.ingest.us.sentry.io/api/2`",
        header="x-sentry-auth", value="sentry sentry_key={key}", key="public key", metrics="",
    ),
    "signoz": Preset(
        "SigNoz Cloud", "https://signoz.io/docs/ingestion/signoz-cloud/overview/",
        "https://ingest.{site}.signoz.cloud",
        about="region: `us`, `eu` or `in`",
        header="signoz-ingestion-key", value="{key}", key="ingestion key", protocol=PROTOBUF,
    ),
    "splunk": Preset(
        "Splunk Observability Cloud",
        "https://help.splunk.com/splunk-observability-cloud/manage-data/"
        "other-data-ingestion-methods/other-data-ingestion-methods/"
        "send-traces-to-splunk-observability-cloud-using-the-grpc-endpoint",
        "https://ingest.{site}.signalfx.com",
        about="realm, such as `eu0`",
        header="x-sf-token", value="{key}", key="access token",
        traces="/v2/trace/otlp", metrics="/v2/datapoint/otlp", protocol=PROTOBUF,
    ),
    "uptrace": Preset(
        "Uptrace", "https://uptrace.dev/get/opentelemetry-python/otlp",
        "https://{site}",
        about="host", site="api.uptrace.dev",
        header="uptrace-dsn", value="{key}", key="DSN", protocol=PROTOBUF,
    ),
}  # fmt: skip
