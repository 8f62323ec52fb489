"""threading: a thread and a pool keep the current span."""

import threading
from concurrent.futures import ThreadPoolExecutor

from opentelemetry import trace


def work():
    with trace.get_tracer("shop").start_as_current_span("worked"):
        pass


def main(at):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()
