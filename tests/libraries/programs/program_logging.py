"""logging: a record has the ids of the span that it was written in."""

import logging


def main(at):
    from opentelemetry import trace

    records = []
    handler = logging.Handler()
    handler.emit = records.append
    logger = logging.getLogger("shop")
    logger.addHandler(handler)
    with trace.get_tracer("shop").start_as_current_span("logged"):
        logger.error("within")
    logger.removeHandler(handler)
    [record] = records
    return [record.otelTraceID, record.otelSpanID, record.otelTraceSampled]
