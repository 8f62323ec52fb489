"""The user's objects: nothing is kept on them, and none is replaced by a copy that can be seen."""

from __future__ import annotations

import ast
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import requests as library

import heliograph
from heliograph import testing
from heliograph.libraries import botocore
from heliograph.settings.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE = Path(heliograph.__file__).parent
MARKS = {
    ("__init__.py", "exec_module.heliograph"): "a function of ours",
}
"""Where a name of ours is set on an object, and whose that is."""


def marks() -> set[tuple[str, str]]:
    """Every assignment of an attribute named after us, but on `self`."""
    found = set()
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            targets = node.targets if isinstance(node, ast.Assign) else []
            for one in targets:
                if isinstance(one, ast.Attribute) and "heliograph" in one.attr.lower():
                    found.add((file.name, ast.unparse(one)))
    return found


def test_no_name_of_ours_is_set_on_an_object() -> None:
    """A mark on an object is a name that its class may own, refuse or copy."""
    assert marks() == set(MARKS)


class Picture:
    """What an object looks like to its owner, while and after we have it."""

    def __init__(self, one: Any) -> None:
        self.one = one
        self.members = {name: id(value) for name, value in vars(one).items()}
        self.kind = type(one)

    def is_still(self, *, but: frozenset[str] = frozenset()) -> bool:
        now = {name: id(value) for name, value in vars(self.one).items()}
        names = self.members.keys() | now.keys()
        changed = {name for name in names if self.members.get(name) != now.get(name)}
        return changed <= but and type(self.one) is self.kind


class Adapter(library.adapters.BaseAdapter):
    def __init__(self, seen: list[Any]) -> None:
        super().__init__()
        self.seen = seen

    def send(self, request: Any, **more: Any) -> Any:
        self.seen.append(request)
        response = self.response = library.Response()
        response.status_code, response.request, response.raw = 200, request, io.BytesIO()
        return response

    def close(self) -> None:
        """Nothing is open."""


def http_request() -> None:
    seen: list[Any] = []
    session = library.Session()
    adapter = Adapter(seen)
    session.mount("http://", adapter)
    request = library.Request("GET", "http://host/", headers={"A": "1"}).prepare()
    pictures = [Picture(request), Picture(session), Picture(request.headers)]
    response = session.send(request)
    assert seen == [request]
    assert response is adapter.response
    assert response.request is request
    assert all(one.is_still() for one in pictures)


def aws_call() -> None:
    class BaseClient:
        def __init__(self) -> None:
            model = SimpleNamespace(service_name="s3", service_id="S3")
            self.meta = SimpleNamespace(service_model=model)

        def _make_api_call(self, operation_name: str, api_params: Any) -> Any:
            assert (self, api_params) == (client, params)
            assert api_params is params
            return result

    module: Any = ModuleType("botocore.client")
    module.BaseClient = BaseClient
    botocore.install(module, Config.read())
    client, params, result = BaseClient(), {"Key": "k"}, {"Body": io.BytesIO()}
    picture, members = Picture(client), dict(result)
    assert client._make_api_call("GetObject", params) is result
    assert picture.is_still()
    assert params == {"Key": "k"}
    assert result == members


def thread() -> None:
    seen: list[Any] = []
    one = threading.Thread(target=lambda: seen.append(threading.current_thread()))
    names = {name for name in vars(one) if not name.startswith("_")}
    one.start()
    one.join()
    assert seen == [one]
    assert {name for name in vars(one) if not name.startswith("_")} == names
    assert "run" not in vars(one)
    assert "_bootstrap" not in vars(one)


def task() -> None:
    class Work:
        def __init__(self) -> None:
            self.given: Any = None

        def __call__(self, given: Any) -> Any:
            self.given = given
            return given

    work, given = Work(), SimpleNamespace(a=1)
    pictures = [Picture(work), Picture(given)]
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work, given).result() is given
    assert pictures[0].is_still(but=frozenset({"given"}))
    assert pictures[1].is_still()


def exception() -> None:
    error = ValueError("x")
    error.mine = 1  # type: ignore[attr-defined]
    picture, args = Picture(error), error.args
    with pytest.raises(ValueError, match="x") as raised, heliograph.span("inner"):
        raise error
    assert raised.value is error
    assert picture.is_still()
    assert (error.args, error.__cause__, error.__context__) == (args, None, None)


def function() -> None:
    def price(order: Any) -> Any:
        return order

    price.mine = 1  # type: ignore[attr-defined]
    picture = Picture(price)
    decorated = heliograph.span()(price)
    given = SimpleNamespace(a=1)
    seen = Picture(given)
    assert decorated(given) is given
    assert picture.is_still()
    assert seen.is_still()


WAYS = (http_request, aws_call, thread, task, exception, function)


@pytest.mark.parametrize("way", WAYS, ids=[way.__name__ for way in WAYS])
def test_objects_stay_what_they_are(way: Callable[[], None]) -> None:
    """The same object arrives, comes back, and has what it had, under a span and without."""
    with testing.capture():
        way()
        with heliograph.span("outer"):
            way()
