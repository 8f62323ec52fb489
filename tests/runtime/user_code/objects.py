"""The user's objects are touched by the base class's own descriptors, or not at all."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import inspect
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.stub import Stubber

from .recorded import Cases, everything, heliograph

CASES = Cases()
touched: collections.Counter[str] = collections.Counter()


class Touchy(Exception):  # noqa: N818 - a user's own name
    """Whoever reads or writes what is its own is counted."""

    def __getattribute__(self, name: str) -> Any:
        touched[name] += 1
        return super().__getattribute__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        touched[f"{name}="] += 1
        super().__setattr__(name, value)

    def __eq__(self, other: object) -> bool:
        touched["=="] += 1
        return self is other

    def __bool__(self) -> bool:
        touched["bool"] += 1
        raise RuntimeError("no truth")

    __hash__ = None  # type: ignore[assignment] # that is what it is about


class Frozen(Exception):  # noqa: N818 - a user's own name
    """As frozen dataclasses are: nothing can be set, not even a traceback."""

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"cannot assign to field {name!r}")

    def with_traceback(self, tb: Any) -> Any:
        raise AttributeError("frozen")


class Lying(Exception):  # noqa: N818 - a user's own name
    """Its class and its parts are not what they say."""

    __class__ = dict  # type: ignore[assignment] # the lie
    __traceback__ = __cause__ = __context__ = property(lambda self: 1 / 0)  # type: ignore[assignment] # lies, too
    __notes__ = property(lambda self: 1 / 0)
    args = property(lambda self: 1 / 0)


class Slotted(Exception):  # noqa: N818 - a user's own name
    """It has no room for anything of another's."""

    __slots__ = ("code",)

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Unreadable(Exception):  # noqa: N818 - a user's own name
    """It cannot be made again, and one text of it raises."""

    def __init__(self, *, code: int) -> None:
        super().__init__(code)

    def __repr__(self) -> str:
        raise RuntimeError("no representation")


class Meta(type):
    """A class that lies about its name."""

    __name__ = property(lambda cls: "Renamed")  # type: ignore[assignment] # the lie
    __module__ = property(lambda cls: 1 / 0)  # type: ignore[assignment] # the lie


def raised(error: BaseException) -> Any:
    """Raise through every kind of ours that an exception passes."""

    @heliograph.span("decorated")
    def decorated() -> None:
        with heliograph.span("entered"):
            raise error

    return decorated()


@CASES
def exception_counted() -> Any:
    """What has touched it is the answer: the function's own `except` alone."""
    touched.clear()
    error = Touchy("counted")
    try:
        raised(error)
    except Touchy as caught:
        return [caught is error, dict(touched)]


@CASES
def exception_touchy() -> Any:
    return raised(Touchy("touchy"))


@CASES
def exception_frozen() -> Any:
    return raised(Frozen("frozen"))


@CASES
def exception_lying() -> Any:
    try:
        raised(Lying("lying"))
    except BaseException as error:  # noqa: BLE001 - it says that it is none
        return [type(error) is Lying, BaseException.__str__(error)]


@CASES
def exception_slotted() -> Any:
    return raised(Slotted(7))


@CASES
def exception_unreadable() -> Any:
    return raised(Unreadable(code=7))


@CASES
def exception_renamed() -> Any:
    return raised(Meta("Odd", (ValueError,), {})("renamed"))


@CASES
def exception_chained() -> Any:
    try:
        raised(KeyError("first"))
    except KeyError as error:
        raise Slotted(8) from error


@CASES
def exception_circular() -> Any:
    """A cause of itself, twice around."""
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    try:
        raised(first)
    except ValueError as error:
        return [error is first, error.__cause__ is second]


@CASES
def exception_again() -> Any:
    """One object raised over and over keeps the traceback that it would have."""
    error, lengths = ValueError("again"), []
    for _ in range(3):
        try:
            with heliograph.span("entered"):
                raise error
        except ValueError as caught:
            depth, at = 0, caught.__traceback__
            while at is not None:
                depth, at = depth + 1, at.tb_next
            lengths.append(depth)
    return lengths


@CASES
def exception_kept() -> Any:
    """A finalizer runs when the function lets go, not when we do."""
    freed = []

    class Kept(Exception):  # noqa: N818 - a user's own name
        def __del__(self) -> None:
            freed.append(True)

    with contextlib.suppress(Kept):
        raised(Kept())
    return freed


class Own(threading.Thread):
    """A thread that keeps to itself."""

    __slots__ = ("seen",)

    def __getattribute__(self, name: str) -> Any:
        if name.startswith(("_heliograph", "_otel", "__wrapped__")):
            raise RuntimeError(f"{name} is nobody's")
        return super().__getattribute__(name)

    def run(self) -> None:
        self.seen = sorted(vars(self))
        everything()
        super().run()


@CASES
def thread_subclass() -> Any:
    thread = Own(target=everything, name="own")
    thread.start()
    thread.join()
    return [thread.name, thread.seen, sorted(vars(thread))]


@CASES
def thread_target() -> Any:
    """The target is called as it is: an object without truth, whose attributes raise."""
    calls = []

    class Target:
        def __call__(self, *args: Any, **kwargs: Any) -> None:
            calls.append([args, kwargs])

        def __bool__(self) -> bool:
            return True

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(f"{name} is nobody's")

    target = Target()
    thread = threading.Thread(target=target, args=(1,), kwargs={"target": 2, "self": 3})
    same = thread._target is target  # type: ignore[attr-defined] # the user's look at it
    thread.start()
    thread.join()
    return [same, calls]


@CASES
def thread_fails() -> Any:
    """What a thread raises comes to the function's own hook."""
    seen: list[Any] = []
    before, threading.excepthook = threading.excepthook, lambda args: seen.append(args)
    try:
        error = Frozen("in a thread")
        thread = threading.Thread(target=raised, args=(error,))
        thread.start()
        thread.join()
    finally:
        threading.excepthook = before
    (args,) = seen
    return [args.exc_value is error, args.thread is thread, inspect.getinnerframes(args[2])[-1][3]]


@CASES
def thread_started_twice() -> Any:
    thread = threading.Thread(target=everything)
    thread.start()
    thread.join()
    thread.start()


@CASES
def executor() -> Any:
    with ThreadPoolExecutor(2, initializer=everything) as pool:
        done = pool.submit(raised, Slotted(9))
        return [type(done.exception()).__name__, list(pool.map(abs, [-1, -2]))]


@CASES
def tasks() -> Any:
    async def one(number: int) -> int:
        with heliograph.span("task"):
            await asyncio.sleep(0)
            return number

    async def both() -> list[int]:
        return await asyncio.gather(one(1), asyncio.create_task(one(2)))

    return asyncio.run(both())


def stubbed(**more: Any) -> tuple[Any, Stubber]:
    client = boto3.client("sqs", region_name="us-east-1", **more)
    return client, Stubber(client)


@CASES
def client_call() -> Any:
    """A client, its parameters and its response are the user's: nothing is added to them."""
    client, stub = stubbed()
    response = {"MessageId": "1", "MD5OfMessageBody": "x"}
    given = {"QueueUrl": "https://queue.example/1/q", "MessageBody": "b", "MessageAttributes": {}}
    before = dict(given)
    stub.add_response("send_message", response)
    with stub:
        answer = client.send_message(**given)
    return [answer is response, answer, given == before, sorted(vars(client))]


@CASES
def client_error() -> Any:
    client, stub = stubbed()
    stub.add_client_error("receive_message", "Odd\nCode", "a message " * 3)
    with stub:
        client.receive_message(QueueUrl="https://queue.example/1/q")


@CASES
def client_parameters() -> Any:
    """Parameters that are wrong are refused by botocore, in its words."""
    client, _ = stubbed()
    client.send_message(QueueUrl=Touchy, MessageBody=5, Nothing=None)


@CASES
def client_hook_raises() -> Any:
    client, _ = stubbed()

    def hook(**_: Any) -> None:
        raise Frozen("in a hook")

    client.meta.events.register("before-call", hook)
    client.receive_message(QueueUrl="https://queue.example/1/q")


@CASES
def functions() -> Any:
    """A decorated function is what it was, to all who look at it."""

    @heliograph.span("named")
    def plain(a: int, *, b: str = "b") -> str:
        """Its text."""
        return f"{a}{b}"

    plain.own = 1  # type: ignore[attr-defined] # as users do

    @heliograph.span("generator")
    def generator() -> Any:
        got = yield 1
        yield got

    running = generator()
    return [
        plain.__name__, plain.__doc__, plain.__qualname__, str(inspect.signature(plain)),
        plain(1), plain.own, next(running), running.send(5),  # type: ignore[attr-defined]
        inspect.isgeneratorfunction(generator), pickle.loads(pickle.dumps(module_level))(3),
    ]  # fmt: skip


@heliograph.span("module")
def module_level(number: int) -> int:
    return number


class Service:
    """Methods of every kind, decorated."""

    @heliograph.span("method")
    def method(self) -> Any:
        return type(self).__name__

    @classmethod
    @heliograph.span("class")
    def of_class(cls) -> str:
        return cls.__name__

    @staticmethod
    @heliograph.span("static")
    def static() -> str:
        return "static"

    @property
    @heliograph.span("property")
    def value(self) -> int:
        return 5


@CASES
def methods() -> Any:
    service = Service()
    return [service.method(), Service.of_class(), Service.static(), service.value]


class Result(dict[str, Any]):
    """A result that counts who looks into it."""

    def __getitem__(self, key: str) -> Any:
        touched[f"[{key}]"] += 1
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        touched[f"get {key}"] += 1
        raise RuntimeError("no get")

    def __bool__(self) -> bool:
        raise RuntimeError("no truth")

    __contains__ = __len__ = get  # type: ignore[assignment] # that is what it is about


@CASES
def result_touchy() -> Any:
    touched.clear()
    return Result(statusCode=200, body="fine")


@CASES
def result_touched() -> Any:
    """Whoever has looked into the result before: the runtime alone."""
    return dict(touched)


@CASES
def result_no_json() -> Any:
    return {"when": object()}


@CASES
def result_circular() -> Any:
    result: dict[str, Any] = {}
    result["self"] = result
    return result


@CASES
def result_deep() -> Any:
    result: list[Any] = []
    for _ in range(200):
        result = [result]
    return result


handler = CASES.handler()
