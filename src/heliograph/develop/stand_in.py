"""Exceptions that stand for recorded ones: same class, same text, no state and no traceback.

Describers ask whether they are of a class, for its name and for their text; Python's `traceback`
for what it keeps of an exception. None of it may run code of the function's: it would meet an
object that its class never set up.
"""

from __future__ import annotations

import builtins
import sys
from types import BuiltinMethodType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..journal.recorded_exception import RecordedException


def members_of(error: BaseException) -> dict[str, Any]:
    """Return what an exception has of its own, by Python's own record of it."""
    return vars(BaseException)["__dict__"].__get__(error)  # type: ignore[no-any-return] # that it is


class StandIn(BaseException):
    """Marks the exceptions that stand for recorded ones."""

    kept: str

    def __str__(self) -> str:
        return str(members_of(self)["kept"])

    def __bool__(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def __del__(self) -> None:
        """Do nothing in place of what the class does."""


_classes: dict[
    tuple[str, tuple[tuple[str, str], ...]], tuple[type[BaseException], type[BaseException]]
] = {}

MAX_CLASSES = 256
"""Classes of exceptions remembered: a program may make new ones for ever."""


def stand_in(recorded: RecordedException) -> BaseException:
    """Return an exception of the recorded one's class, text, notes and causes."""
    kind, base = _class_of(recorded)
    if recorded.members:
        members = [stand_in(member) for member in recorded.members]
        error: Any = base.__new__(kind, recorded.text, members)
    else:
        error = base.__new__(kind)
    members_of(error).update(kept=recorded.text, response=recorded.response)
    if recorded.notes:
        members_of(error)["__notes__"] = list(recorded.notes)
    if isinstance(recorded.details, dict) and issubclass(kind, SyntaxError):
        for name, value in recorded.details.items():
            BaseException.__setattr__(error, name, value)
    if recorded.link == "cause":
        # it is there where there is a link
        BaseException.__setattr__(error, "__cause__", stand_in(recorded.previous))  # type: ignore[arg-type]
    elif recorded.previous is not None:
        BaseException.__setattr__(error, "__context__", stand_in(recorded.previous))
    return error  # type: ignore[no-any-return] # its class was found by name


def _class_of(recorded: RecordedException) -> tuple[type[BaseException], type[BaseException]]:
    """Return a class that shows as the recorded one, and the class that makes its instances."""
    key = recorded.name, recorded.classes
    known = _classes.get(key)
    if known is not None:
        return known
    made: type[BaseException] = StandIn
    base: type[BaseException] = BaseException
    for called in recorded.classes:
        found = _find(*called)
        if found is None or not _plain(found):
            continue
        base = found
        try:
            # `base` first: its `__new__` allocates
            bases = (StandIn,) if base is BaseException else (base, StandIn)
            made = type(recorded.name, bases, _about(recorded.classes))
        except TypeError:  # a class that no other can be mixed with
            continue
        break
    if len(_classes) < MAX_CLASSES:
        _classes[key] = made, base
    return made, base


def _find(module: str, name: str) -> type[BaseException] | None:
    """Return an exception class by its name; None for one that is made within a function."""
    place, found = sys.modules.get(module), None
    if not issubclass(type(place), ModuleType):
        return None
    members: Any = vars(ModuleType)["__dict__"].__get__(place)
    for part in name.split("."):
        found = members.get(part)
        if not issubclass(type(found), type):
            return None
        members = vars(type)["__dict__"].__get__(found)
    return found if BaseException in vars(type)["__mro__"].__get__(found) else None


LEFT = {"__new__", "__init__", "__init_subclass__", "__subclasshook__", "__doc__", "__dict__"}
"""Of Python's own classes: what makes instances, and what is the class's and not theirs."""


def _about(classes: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Return the members of a stand-in's class: Python's own, whatever the recorded one has."""
    about: dict[str, Any] = {}
    for module, name in reversed(classes):
        base = getattr(builtins, name, None) if module == "builtins" else None
        if issubclass(type(base), type):
            about.update({member: it for member, it in vars(base).items() if member not in LEFT})
    about.update({name: it for name, it in vars(StandIn).items() if callable(it)})
    about["__notes__"] = about["response"] = None  # the class may have properties of these names
    about["__module__"], about["__qualname__"] = classes[0]
    return about


def _plain(kind: type[BaseException]) -> bool:
    """Tell whether making a class and an instance of it runs no code of the function's."""
    if type(kind) is not type:
        return False
    own = [vars(base) for base in kind.__mro__]
    new = next(members["__new__"] for members in own if "__new__" in members)
    ruled = sum("__init_subclass__" in members for members in own)
    return type(new) is BuiltinMethodType and ruled == 1  # object's own
