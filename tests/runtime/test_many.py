"""Two hundred invocations with a freeze after each: nothing is lost, no two are alike."""

from __future__ import annotations

from collections import Counter

from heliograph.lab.invocation import Invocation

SOURCE = """
import threading
from concurrent.futures import ThreadPoolExecutor
import heliograph

@heliograph.span()
def price(item):
    heliograph.annotate("item", item)
    return item * 2

def handler(event, context):
    with heliograph.span("order"):
        with ThreadPoolExecutor(2) as pool:
            prices = list(pool.map(price, range(3)))
        thread = threading.Thread(target=price, args=(3,))
        thread.start()
        with heliograph.span("stock"):
            heliograph.metric("orders", 1)
        thread.join()
    return sum(prices)
"""
N = 200


def tree(documents):
    """The tree of a trace by names, whatever its ids."""
    children = {}
    for document in documents:
        children.setdefault(document["parent_id"], []).append(document)

    def below(parent):
        return sorted((d["name"], below(d["id"])) for d in children.get(parent, ()))

    ids = {document["id"] for document in documents}
    (top,) = [d for d in documents if d["parent_id"] not in ids]
    return top["name"], below(top["id"])


def test_every_span_arrives(one_runtime, function, daemon):
    """Cold and warm give the same tree, 200 times, each in its own trace; each metric counts."""
    running = function(one_runtime, SOURCE)
    asked = [Invocation(n) for n in range(N)]

    answers = [running.invoke(invocation) for invocation in asked]

    assert {answer.body for answer in answers} == {b"6"}
    documents = daemon.wait_documents(N * 7)
    traces = {}
    for document in documents:
        traces.setdefault(document["trace_id"], []).append(document)
    headers = [invocation.trace_header.split(";")[0].partition("=")[2] for invocation in asked]
    assert set(traces) == set(headers)
    shapes = Counter(repr(tree(traces[header])) for header in headers)
    price = ("price", [])
    order = ("order", sorted([price, price, price, price, ("stock", [])]))
    assert shapes == {repr(("app.handler", [order])): N}
    records = [line for line in running.stdout.lines() if line.startswith('{"_aws"')]
    assert len(records) == N


def test_cold_and_warm_on_each_python(runtime, run):
    """The first invocation and the third give the same tree."""
    ran = run(runtime, SOURCE, [1, 2, 3])

    traces = {}
    for document in ran.documents:
        traces.setdefault(document["trace_id"], []).append(document)
    assert len(traces) == 3
    assert len({repr(tree(documents)) for documents in traces.values()}) == 1


def test_a_thread_left_running(runtime, function, daemon):
    """A span open at the freeze ends in a later invocation, and belongs to the one it began in."""
    source = """
import threading
import heliograph
begun, go = threading.Event(), threading.Event()
def work():
    with heliograph.span("late"):
        begun.set()
        go.wait(10)
def handler(event, context):
    global thread
    if event == 0:
        thread = threading.Thread(target=work); thread.start()
        begun.wait(10)
    else:
        go.set(); thread.join()
"""
    running = function(runtime, source)
    first, second = Invocation(0), Invocation(1)

    running.invoke(first)
    assert [document["name"] for document in daemon.wait_documents(1)] == ["app.handler"]
    running.invoke(second)

    documents = daemon.wait_documents(3)
    assert len(documents) == 3
    late = next(document for document in documents if document["name"] == "late")
    handled = documents[0]
    assert (late["trace_id"], late["parent_id"]) == (handled["trace_id"], handled["id"])
    assert handled["trace_id"] in first.trace_header


def test_a_deadline_too_near(runtime, function, daemon):
    """With too little time the journal is kept, a line says so, the next invocation sends it."""
    running = function(runtime, "def handler(event, context): return event")
    near, far = Invocation(0, timeout=0.05), Invocation(1)

    assert running.invoke(near).json() == 0
    daemon.settle()
    assert daemon.documents == []
    assert running.invoke(far).json() == 1

    documents = daemon.wait_documents(2)
    assert [
        document["trace_id"] in asked.trace_header
        for document, asked in zip(documents, (near, far), strict=True)
    ] == [True, True]
    said = [line for line in running.stdout.lines() if "kept for the next one" in line]
    assert len(said) == 1
