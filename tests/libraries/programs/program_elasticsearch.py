"""Elasticsearch: a document, a search, one that is not there."""

import contextlib

import elasticsearch


def main(at):
    client = elasticsearch.Elasticsearch(f"{at['http']}/es")
    client.index(index="orders", id="1", document={"article": "lens"})
    told = [client.get(index="orders", id="1")["_source"]]
    told.append(client.search(index="orders", query={"match": {"article": "lens"}})["took"])
    with contextlib.suppress(elasticsearch.NotFoundError):
        client.get(index="orders", id="missing")
    client.close()
    return told
