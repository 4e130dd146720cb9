# SPDX-License-Identifier: Apache-2.0
"""Which handler serves which SMAPI function.

A handler takes a ``Call`` and returns a ``Reply``; what z/VM would refuse it raises as ``Refused``. A
function that is declared in ``zvm.smapi`` but has no handler is answered 900/12 and listed by ``missing``; so
is one that z/VM's own refusal always answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zvm.directory import InvalidName, names
from zvm.simulator.refused import Refused
from zvm.simulator.system import System
from zvm.smapi import functions
from zvm.smapi.frames import Reply, Request


@dataclass(frozen=True)
class Call:
    """One call: the request, who makes it, and the system it is made on."""

    system: System
    request: Request
    caller: str

    @property
    def target(self) -> str:
        """The target in upper case."""
        return _upper(self.request.target)

    def __getitem__(self, name: str) -> Any:
        """Return a parameter by its declared name."""
        return self.request.parameters[name]

    def text(self, name: str) -> str:
        """Return a text parameter without blanks around it, in upper case; "" when it was not given.

        Letters whose upper case a reply cannot carry become a question mark.
        """
        return _upper(str(self.request.parameters.get(name, "")))

    def vdev(self, name: str = "image_device_number") -> str:
        """Return a device number as four digits."""
        return names.vdev(self.text(name))


Handler = Callable[[Call], Reply]
_handlers: dict[str, Handler] = {}
#: Why functions do nothing though they are answered with a code of z/VM.
REFUSALS: dict[str, str] = {}


def _upper(value: str) -> str:
    text = value.strip().upper()
    return text if text.isascii() else text.encode("latin-1", "replace").decode("latin-1")


def serves(*functions_: str) -> Callable[[Handler], Handler]:
    """Decorator: the handler serves these functions."""

    def register(handler: Handler) -> Handler:
        for name in functions_:
            functions.get(name)
            if name in _handlers:
                raise ValueError(f"{name} has a handler already")
            _handlers[name] = handler
        return handler

    return register


def unavailable(function: str, rc: int, rs: int, why: str) -> None:
    """Have a function always answered as by a z/VM that lacks the thing; the reference page says why."""
    serves(function)(lambda call: Reply(rc, rs))
    REFUSALS[function] = why


def done(rs: int = 0, /, **values: Any) -> Reply:
    """Return a successful reply with these results."""
    return Reply(0, rs, values)


def serve(call: Call) -> Reply:
    """Do a call.

    Raises:
        Refused: z/VM would refuse it; 900/12 for a function nobody serves.
    """
    handler = _handlers.get(call.request.function)
    if handler is None:
        raise Refused(900, 12)
    return handler(call)


def served() -> list[str]:
    """Return the names of all functions that do something, sorted."""
    return sorted(_handlers.keys() - REFUSALS.keys())


def module_of(function: str) -> str:
    """Return the name of the module that serves a function."""
    return _handlers[function].__module__


def missing() -> list[str]:
    """Return the names of all declared functions that do nothing, sorted."""
    return sorted(set(functions.names()) - set(served()))


def checked(check: Callable[[str], str], value: str, refusal: Refused) -> str:
    """Return ``check(value)``; a name that breaks its grammar is refused with ``refusal``."""
    try:
        return check(value)
    except InvalidName:
        raise refusal from None
