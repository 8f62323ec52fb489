"""Starlette, as an adapter calls it: a route, an error, one that is not there."""

import calling
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def order(request):
    return PlainTextResponse(request.path_params["number"])


async def broken(request):
    raise ValueError("out of stock")


def main(at):
    app = Starlette(routes=[Route("/orders/{number}", order), Route("/broken", broken)])
    paths = ("/orders/7", "/nowhere", "/broken")
    return calling.asgi(app, *(("GET", path, "a=1") for path in paths))
