"""A shop: FastAPI behind Mangum, a database, a cache, and another team's prices."""

import os

import httpx
import redis
from fastapi import FastAPI, HTTPException
from mangum import Mangum
from pydantic import BaseModel
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

partner = httpx.Client(base_url=os.environ.get("PARTNER_URL", "http://127.0.0.1:8080"), timeout=2)
cache = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1"))
database = create_engine(os.environ.get("DATABASE_URL", "sqlite:////tmp/shop.db"))
shop = FastAPI()


class Table(DeclarativeBase):
    pass


class Article(Table):
    __tablename__ = "articles"
    name: Mapped[str] = mapped_column(primary_key=True)
    left: Mapped[int]


class Order(BaseModel):
    article: str
    count: int = 1


@shop.post("/orders", status_code=201)
def place(order: Order):
    with Session(database) as session:
        article = session.scalars(select(Article).where(Article.name == order.article)).one()
        if article.left < order.count:
            raise HTTPException(409, f"out of stock: {order.article}")
        article.left -= order.count
        session.commit()
    return {"cents": price(order.article) * order.count}


def price(article):
    """Return the price of an article, asked for at most once a minute."""
    known = cache.get(f"price:{article}")
    if known is None:
        known = partner.get(f"/prices/{article}").raise_for_status().json()["cents"]
        cache.set(f"price:{article}", known, ex=60)
    return int(known)


handler = Mangum(shop, lifespan="off")
