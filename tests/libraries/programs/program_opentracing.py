"""OpenTracing through the official shim: spans, tags, logs, references, inject and extract."""

import time

import opentracing
from opentelemetry import trace
from opentelemetry.shim.opentracing_shim import create_tracer
from opentracing.propagation import Format, UnsupportedFormatException


def main(at):
    tracer = create_tracer(trace.get_tracer_provider())
    opentracing.set_global_tracer(tracer)
    told = spans(tracer)
    headers = {}
    with opentracing.global_tracer().start_active_span("client", tags={"span.kind": "client"}):
        tracer.scope_manager.active.span.set_baggage_item("tenant", "blue")
        tracer.inject(tracer.active_span.context, Format.HTTP_HEADERS, headers)
        tracer.inject(tracer.active_span.context, Format.TEXT_MAP, {})
    came = tracer.extract(Format.HTTP_HEADERS, headers)
    with tracer.start_active_span("server", child_of=came, tags={"span.kind": "server"}) as scope:
        told.append(scope.span.get_baggage_item("tenant"))
    try:
        tracer.inject(came, Format.BINARY, bytearray())
    except UnsupportedFormatException:
        told.append("no binary format")
    return [*told, headers]


def spans(tracer):
    begun = time.time()
    with tracer.start_active_span("order", tags={"article": "lens", "count": 2}) as scope:
        order = scope.span
        order.set_tag("paid", True).log_kv({"event": "placed", "cents": 1200})
        with tracer.start_active_span("price") as inner:
            inner.span.set_operation_name("prices")
            told = [tracer.active_span is inner.span, tracer.scope_manager.active is inner]
        told.append(tracer.active_span is order)
        with tracer.start_active_span("alone", ignore_active_span=True):
            pass
        later = tracer.start_span("later", references=[opentracing.follows_from(order.context)])
        later.log_kv({"event": "error", "error.object": ValueError("out of stock")})
        later.finish()
    fails(tracer)
    kept = tracer.start_active_span("kept", finish_on_close=False)
    kept.close()
    kept.span.finish()
    given = tracer.start_span("given", start_time=begun, child_of=order)
    given.set_tag("error", True).log_kv({"event": "late"}, timestamp=begun)
    given.finish(finish_time=begun + 1)
    return told


def fails(tracer):
    try:
        with tracer.start_active_span("fails"):
            raise ValueError("out of stock")
    except ValueError:
        return
