"""Flask, as an adapter calls it: a route, an error, one that is not there."""

import calling
from flask import Flask


def main(at):
    app = Flask("shop")

    @app.get("/orders/<number>")
    def order(number):
        return {"number": number}

    @app.get("/broken")
    def broken():
        raise ValueError("out of stock")

    told = [calling.wsgi(app, "/orders/7", query="a=1"), calling.wsgi(app, "/nowhere")]
    return [*told, calling.wsgi(app, "/broken")]
