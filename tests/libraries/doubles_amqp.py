"""AMQP 0-9-1 as RabbitMQ speaks it: queues, the default exchange, consumers, `basic.get`."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from socketserver import StreamRequestHandler
from typing import Any

from pamqp import body, commands, frame, header, heartbeat

LOCK = threading.Lock()
QUEUES: dict[str, deque] = {}
CONSUMERS: dict[str, tuple[Amqp, int, str]] = {}


class Amqp(StreamRequestHandler):
    """A connection; messages are kept in memory, and need no acknowledgement."""

    def handle(self) -> None:
        assert self.rfile.read(8) == b"AMQP\x00\x00\x09\x01"
        self.tags = itertools.count(1)
        self.published: dict[int, list[Any]] = {}
        self.confirmed: dict[int, Any] = {}
        can = ("basic.nack", "publisher_confirms", "consumer_cancel_notify")
        about = {"product": "double", "version": "3.10", "capabilities": dict.fromkeys(can, True)}
        start = commands.Connection.Start(
            server_properties=about, mechanisms="PLAIN", locales="en_US"
        )
        self.send(0, start)
        while data := self.one_frame():
            _, channel, read = frame.unmarshal(data)
            if self.take(channel, read):
                return

    def one_frame(self) -> bytes:
        head = self.rfile.read(7)
        if len(head) < 7:
            return b""
        return head + self.rfile.read(int.from_bytes(head[3:7], "big") + 1)

    def send(self, channel: int, *values: Any) -> None:
        self.wfile.write(b"".join(frame.marshal(value, channel) for value in values))

    def take(self, channel: int, read: Any) -> bool:
        """Answer a frame; true when the connection is over."""
        if isinstance(read, heartbeat.Heartbeat):
            return False
        if isinstance(read, commands.Basic.Publish):
            self.published[channel] = [read]
        elif isinstance(read, (header.ContentHeader, body.ContentBody)):
            self.published[channel].append(read)
            self.maybe_deliver(channel)
        else:
            answer = getattr(self, read.name.replace(".", "_").lower(), None)
            if answer:
                answer(channel, read)
        return isinstance(read, commands.Connection.Close)

    def maybe_deliver(self, channel: int) -> None:
        method, about, *parts = self.published[channel]
        if sum(len(part.value) for part in parts) < about.body_size:
            return
        del self.published[channel]
        with LOCK:
            queue = QUEUES.get(method.routing_key)
            if queue is None:
                pass  # no route: the message is gone
            elif method.routing_key in CONSUMERS:
                consumer, on, tag = CONSUMERS[method.routing_key]
                consumer.deliver(on, tag, (method, about, parts))
            else:
                queue.append((method, about, parts))
        if channel in self.confirmed:
            self.send(channel, commands.Basic.Ack(next(self.confirmed[channel])))

    def deliver(self, channel: int, tag: str, message: Any) -> None:
        method, about, parts = message
        number, key = next(self.tags), method.routing_key
        to = commands.Basic.Deliver(tag, number, False, method.exchange, key)
        self.send(channel, to, about, *parts)

    def connection_startok(self, channel: int, _: Any) -> None:
        self.send(channel, commands.Connection.Tune(2047, 131072, 0))

    def connection_open(self, channel: int, _: Any) -> None:
        self.send(channel, commands.Connection.OpenOk())

    def connection_close(self, channel: int, _: Any) -> None:
        self.send(channel, commands.Connection.CloseOk())

    def channel_open(self, channel: int, _: Any) -> None:
        self.send(channel, commands.Channel.OpenOk())

    def channel_close(self, channel: int, _: Any) -> None:
        self.send(channel, commands.Channel.CloseOk())

    def confirm_select(self, channel: int, _: Any) -> None:
        self.confirmed[channel] = itertools.count(1)
        self.send(channel, commands.Confirm.SelectOk())

    def basic_qos(self, channel: int, _: Any) -> None:
        self.send(channel, commands.Basic.QosOk())

    def queue_declare(self, channel: int, read: Any) -> None:
        with LOCK:
            queue = QUEUES.setdefault(read.queue, deque())
        self.send(channel, commands.Queue.DeclareOk(read.queue, len(queue), 0))

    def queue_delete(self, channel: int, read: Any) -> None:
        QUEUES.pop(read.queue, None)
        self.send(channel, commands.Queue.DeleteOk(0))

    def basic_get(self, channel: int, read: Any) -> None:
        queue = QUEUES[read.queue]
        if not queue:
            self.send(channel, commands.Basic.GetEmpty())
            return
        method, about, parts = queue.popleft()
        got = commands.Basic.GetOk(
            next(self.tags), False, method.exchange, method.routing_key, len(queue)
        )
        self.send(channel, got, about, *parts)

    def basic_consume(self, channel: int, read: Any) -> None:
        tag = read.consumer_tag or f"consumer-{next(self.tags)}"
        self.send(channel, commands.Basic.ConsumeOk(tag))
        with LOCK:
            CONSUMERS[read.queue] = (self, channel, tag)
            while QUEUES[read.queue]:
                self.deliver(channel, tag, QUEUES[read.queue].popleft())

    def basic_cancel(self, channel: int, read: Any) -> None:
        with LOCK:
            for queue, (_, _, tag) in list(CONSUMERS.items()):
                if tag == read.consumer_tag:
                    del CONSUMERS[queue]
        self.send(channel, commands.Basic.CancelOk(read.consumer_tag))
