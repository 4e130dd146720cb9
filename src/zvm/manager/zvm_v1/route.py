# SPDX-License-Identifier: Apache-2.0
"""What a route of ``/zvm/v1`` is: method, path, handler, and what the OpenAPI document says of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from zvm.manager.auth import User
from zvm.manager.commands.base import facts
from zvm.manager.errors import Invalid, ManagerError
from zvm.manager.service import GuestNode, ManagementNode
from zvm.zhcp.errors import ZhcpError

Schema = Mapping[str, Any]

STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
BOOLEAN: Schema = {"type": "boolean"}
OPTIONAL_INTEGER: Schema = {"type": ["integer", "null"]}
ANY: Schema = {}


def object_of(**properties: Schema) -> Schema:
    """Return the schema of an object that has all of ``properties``."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def array_of(items: Schema) -> Schema:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, with who asks."""

    http: Request
    mn: ManagementNode
    user: User

    def name(self, parameter: str) -> str:
        """Return a part of the path."""
        return str(self.http.path_params[parameter])

    async def guest(self) -> GuestNode:
        """Return the guest that the path names, which may be changed.

        :raises NotFound: there is none.
        :raises Refused: its userid is one that is never touched.
        """
        guest = await self.mn.guest(self.name("node"))
        self.mn.check_userid(guest.userid)
        return guest

    def text(self, parameter: str, default: str = "") -> str:
        """Return a value of the query."""
        return self.http.query_params.get(parameter, default)

    def number(self, parameter: str, default: float, *, least: float = 0, most: float = 3600) -> float:
        """Return a number of the query.

        :raises Invalid: it is none, or out of bounds.
        """
        text = self.text(parameter)
        try:
            value = float(text) if text else default
        except ValueError:
            raise Invalid(f"{parameter}: '{text}' is no number") from None
        if not least <= value <= most:  # refuses NaN, too
            raise Invalid(f"{parameter} is a number from {least:g} to {most:g}")
        return value

    def stream(self) -> AsyncIterator[bytes]:
        """Return the body as it comes."""
        return self.http.stream()

    async def document(self) -> dict[str, Any]:
        """Return the body, a JSON object.

        :raises Invalid: it is none.
        """
        try:
            document = await self.http.json()
        except ValueError:
            raise Invalid("the body is not JSON") from None
        if not isinstance(document, dict):
            raise Invalid("the body is not a JSON object")
        return document


@dataclass(frozen=True, slots=True)
class Route:
    """One operation.

    :ivar command: the name by which the policy knows it.
    :ivar query: key → what it means.
    :ivar body: schema of the JSON body; ``octets`` in its place for a stream.
    :ivar returns: schema of the answer, or the type of its content.
    :ivar events: the answer comes as server-sent events, each with such a document, if the caller wants it.
    """

    method: str
    path: str
    command: str
    summary: str
    handler: Callable[[Ask], Awaitable[Response]]
    returns: Schema | str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Schema | None = None
    octets: bool = False
    events: bool = False


def text_in(document: Mapping[str, Any], name: str, default: str = "") -> str:
    """Return a text of a JSON object.

    :raises Invalid: it is something else.
    """
    value = document.get(name, default)
    if not isinstance(value, str):
        raise Invalid(f"{name} is a text")
    return value


def integer_in(
    document: Mapping[str, Any],
    name: str,
    default: int | None = None,
    *,
    least: int = 0,
    most: int | None = None,
) -> int:
    """Return an integer of a JSON object; without a ``default`` it has to be there, and not be null.

    :param most: None: as large as it may be.
    :raises Invalid: it is something else, or out of bounds.
    """
    value = document.get(name)
    if value is None:
        value = default
    if type(value) is not int or value < least or (most is not None and value > most):
        raise Invalid(f"{name} is a whole number from {least}" + (f" to {most}" if most is not None else ""))
    return value


def answer(document: Any, status: int = 200) -> Response:
    """Return ``document`` as JSON."""
    return JSONResponse(document, status)


def refusal(error: Exception) -> Response:
    """Return what a caller is told of ``error``."""
    status = error.status if isinstance(error, (ManagerError, ZhcpError)) else 400
    headers = {"WWW-Authenticate": 'Basic realm="zvm"'} if status == 401 else None
    return JSONResponse({"error": facts(error)}, status, headers=headers)
