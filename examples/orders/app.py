"""An order service: DynamoDB, an HTTP partner, worker threads, and an order that fails."""

import os
from concurrent.futures import ThreadPoolExecutor

import boto3
import requests

import heliograph

TABLE = os.environ.get("ORDERS_TABLE", "orders")
PARTNER = os.environ.get("PARTNER_URL", "http://127.0.0.1:8080")

orders = boto3.resource("dynamodb").Table(TABLE)
pool = ThreadPoolExecutor(max_workers=2)


class OutOfStock(Exception):
    """No warehouse has the article."""


def handler(event, context):
    order = event["order"]
    heliograph.annotate("order.id", order["id"])
    heliograph.metadata("order", order)

    orders.put_item(Item={"id": order["id"], "articles": order["articles"]})
    with heliograph.span("price", currency="EUR") as span:
        cents = sum(price(article) for article in order["articles"])
        span.attribute("price.cents", cents)

    stock = list(pool.map(in_stock, order["articles"]))
    try:
        reserve(order["articles"], stock)
    except OutOfStock as missing:
        heliograph.metric("orders.refused", 1, unit="Count")
        return {"statusCode": 409, "body": str(missing)}

    heliograph.metric("orders.value", cents / 100, unit="None", currency="EUR")
    heliograph.metric("orders.articles", len(order["articles"]), unit="Count")
    return {"statusCode": 201, "body": order["id"]}


def price(article):
    """Ask the partner for the price of an article."""
    answer = requests.get(f"{PARTNER}/prices/{article}", timeout=2)
    return answer.json()["cents"]


@heliograph.span()
def in_stock(article):
    """Look an article up; the pool's threads keep their place in the trace."""
    found = orders.get_item(Key={"id": f"stock-{article}"}).get("Item")
    return bool(found and found["left"] > 0)


@heliograph.span("reserve")
def reserve(articles, stock):
    """Take the articles out of stock."""
    missing = [article for article, there in zip(articles, stock) if not there]
    if missing:
        raise OutOfStock(f"out of stock: {', '.join(missing)}")
