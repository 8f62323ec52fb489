"""gRPC: a client and a server in one process, calls and streams of both kinds, failures."""

import asyncio
from concurrent import futures

import grpc
import grpc.aio


def echo(request, context):
    if request == b"refuse":
        context.abort(grpc.StatusCode.NOT_FOUND, "no such article")
    found = dict(context.invocation_metadata())
    return str({name: found[name] for name in ("traceparent", "mine") if name in found}).encode()


def count(request, context):
    yield from (str(number).encode() for number in range(3))


def total(requests, context):
    return str(len(list(requests))).encode()


class Shop(grpc.GenericRpcHandler):
    def service(self, details):
        handlers = {
            "/shop.Shop/Echo": grpc.unary_unary_rpc_method_handler(echo),
            "/shop.Shop/Count": grpc.unary_stream_rpc_method_handler(count),
            "/shop.Shop/Total": grpc.stream_unary_rpc_method_handler(total),
        }
        return handlers.get(details.method)


def main(at):
    server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[Shop()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    address = f"127.0.0.1:{port}"
    try:
        with grpc.insecure_channel(address) as channel:
            call = channel.unary_unary("/shop.Shop/Echo")
            told = [call(b"lens", metadata=(("mine", "1"),)).decode()]
            told.append([one.decode() for one in channel.unary_stream("/shop.Shop/Count")(b"x")])
            told.append(channel.stream_unary("/shop.Shop/Total")(iter([b"1", b"2"])).decode())
            for method, words in (("Echo", b"refuse"), ("Unknown", b"x")):
                try:
                    channel.unary_unary(f"/shop.Shop/{method}")(words)
                except grpc.RpcError as error:
                    told.append(error.code().name)
        return [*told, asyncio.run(awaited(address))]
    finally:
        server.stop(None).wait()


async def awaited(address):
    async with grpc.aio.insecure_channel(address) as channel:
        told = [(await channel.unary_unary("/shop.Shop/Echo")(b"lens")).decode()]
        stream = channel.unary_stream("/shop.Shop/Count")(b"x")
        told.append([one.decode() async for one in stream])
        try:
            await channel.unary_unary("/shop.Shop/Echo")(b"refuse")
        except grpc.aio.AioRpcError as error:
            told.append(error.code().name)
    return told
