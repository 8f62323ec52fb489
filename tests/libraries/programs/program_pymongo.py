"""PyMongo: inserts, finds, updates, a failure."""

import contextlib

import pymongo
from pymongo.errors import OperationFailure


def main(at):
    with pymongo.MongoClient(f"mongodb://{at['mongo']}/?directConnection=true") as client:
        orders = client.shop.orders
        orders.insert_one({"_id": 1, "article": "lens"})
        orders.insert_many([{"_id": 2, "article": "tripod"}])
        told = [one["article"] for one in orders.find({"_id": 2})]
        orders.update_one({"_id": 1}, {"$set": {"article": "mirror"}})
        with contextlib.suppress(OperationFailure):
            client.shop.command("unknown", "orders")
        orders.delete_one({"_id": 1})
    return told
