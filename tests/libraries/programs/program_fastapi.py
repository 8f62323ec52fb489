"""FastAPI, as an adapter calls it: a route, an error, one that is not there."""

import calling
from fastapi import FastAPI, HTTPException


def main(at):
    app = FastAPI()

    @app.get("/orders/{number}")
    async def order(number: int):
        return {"number": number}

    @app.get("/refused")
    def refused():
        raise HTTPException(409, "out of stock")

    @app.get("/broken")
    async def broken():
        raise ValueError("out of stock")

    paths = ("/orders/7", "/orders/x", "/refused", "/nowhere", "/broken")
    return calling.asgi(app, *(("GET", path, "a=1") for path in paths))
