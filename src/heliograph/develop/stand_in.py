"""Exceptions that stand for recorded ones: same class, same text, no state and no traceback."""

from __future__ import annotations

from types import BuiltinMethodType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..journal.fault import Fault


class StandIn(BaseException):
    """Marks the exceptions that stand for recorded ones."""

    kept: str

    def __str__(self) -> str:
        return self.kept


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
    error.__dict__.update(kept=fault.text, response=fault.response)
    if fault.notes:
        error.__dict__["__notes__"] = list(fault.notes)
    if isinstance(fault.details, dict) and isinstance(error, SyntaxError):
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
    about = {
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "response": None,  # `kind` may have a property of this name
        "__str__": StandIn.__str__,
    }
    made: type[BaseException] = StandIn
    base: type[BaseException] = BaseException
    for base in kind.__mro__:
        if not _plain(base):
            continue
        try:
            # `base` first: its `__new__` allocates
            bases = (StandIn,) if base is BaseException else (base, StandIn)
            made = type(kind.__name__, bases, about)
        except TypeError:  # a class that no other can be mixed with
            continue
        break
    if len(_classes) < MAX_CLASSES:
        _classes[kind] = made, base
    return made, base


def _plain(kind: type[BaseException]) -> bool:
    """Tell whether making a class and an instance of it runs no code of the function's."""
    return (
        type(kind) is type
        and isinstance(kind.__new__, BuiltinMethodType)
        and isinstance(kind.__init_subclass__, BuiltinMethodType)
    )
