"""Exceptions that stand for recorded ones: same class, same text, no state and no traceback.

Describers ask whether they are of a class, for its name and for their text; Python's `traceback`
for what it keeps of an exception. None of it may run code of the function's: it would meet an
object that its class never set up.
"""

from __future__ import annotations

from types import BuiltinMethodType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..journal.fault import Fault


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


_classes: dict[type[BaseException], tuple[type[BaseException], type[BaseException]]] = {}

MAX_CLASSES = 256
"""Classes of exceptions remembered: a program may make new ones for ever."""


def stand_in(fault: Fault) -> BaseException:
    """Return an exception of the recorded one's class, text, notes and causes."""
    kind, base = _class_of(fault.kind)
    if fault.members:
        members = [stand_in(member) for member in fault.members]
        error: Any = base.__new__(kind, fault.text, members)
    else:
        error = base.__new__(kind)
    members_of(error).update(kept=fault.text, response=fault.response)
    if fault.notes:
        members_of(error)["__notes__"] = list(fault.notes)
    if isinstance(fault.details, dict) and issubclass(kind, SyntaxError):
        for name, value in fault.details.items():
            BaseException.__setattr__(error, name, value)
    if fault.link == "cause":
        BaseException.__setattr__(error, "__cause__", stand_in(fault.previous))  # type: ignore[arg-type]
    elif fault.previous is not None:
        BaseException.__setattr__(error, "__context__", stand_in(fault.previous))
    return error  # type: ignore[no-any-return]


def _class_of(kind: type[BaseException]) -> tuple[type[BaseException], type[BaseException]]:
    """Return a class that shows as `kind`, and the class that makes its instances."""
    known = _classes.get(kind)
    if known is not None:
        return known
    from .._shown import class_name, classes  # loaded by the first exception

    made: type[BaseException] = StandIn
    base: type[BaseException] = BaseException
    for base in classes(kind):
        if not _plain(base):
            continue
        try:
            # `base` first: its `__new__` allocates
            bases = (StandIn,) if base is BaseException else (base, StandIn)
            made = type(class_name(kind), bases, _about(kind))
        except TypeError:  # a class that no other can be mixed with
            continue
        break
    if len(_classes) < MAX_CLASSES:
        _classes[kind] = made, base
    return made, base


LEFT = {"__new__", "__init__", "__init_subclass__", "__subclasshook__", "__doc__", "__dict__"}
"""Of Python's own classes: what makes instances, and what is the class's and not theirs."""


def _about(kind: type[BaseException]) -> dict[str, Any]:
    """Return the members of a stand-in's class: Python's own, whatever `kind` has instead."""
    from .._shown import class_name, classes, module_name

    about: dict[str, Any] = {}
    for base in reversed(classes(kind)):
        if module_name(base) == "builtins":
            about.update({name: it for name, it in vars(base).items() if name not in LEFT})
    about.update({name: it for name, it in vars(StandIn).items() if callable(it)})
    about["__notes__"] = about["response"] = None  # `kind` may have properties of these names
    about["__module__"] = module_name(kind)
    about["__qualname__"] = class_name(kind, "__qualname__")
    return about


def _plain(kind: type[BaseException]) -> bool:
    """Tell whether making a class and an instance of it runs no code of the function's."""
    if type(kind) is not type:
        return False
    from .._shown import classes

    own = [vars(base) for base in classes(kind)]
    new = next(members["__new__"] for members in own if "__new__" in members)
    ruled = sum("__init_subclass__" in members for members in own)
    return type(new) is BuiltinMethodType and ruled == 1  # object's own
