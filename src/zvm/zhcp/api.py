# SPDX-License-Identifier: Apache-2.0
"""What a route of the HTTP API is, and what its handler gets to work with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from zvm.zhcp import errors
from zvm.zhcp.control_point import ControlPoint

#: Longest JSON body, in octets.
_LONGEST_JSON = 4 << 20
Schema = dict[str, Any]


class Ask:
    """One request, as the handlers see it."""

    def __init__(self, request: Request, point: ControlPoint) -> None:
        self.request = request
        self.point = point
        self._json: dict[str, Any] = {}

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str | None:
        """Return a parameter of the query, ``None`` where it is absent."""
        return self.request.query_params.get(name)

    def whole_number(self, name: str) -> int | None:
        """Return a parameter of the query that is a whole number."""
        text = self.query(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit()) or len(text) > 18:
            raise errors.Invalid(f"{name} is a whole number")
        return int(text)

    async def body(self, longest: int) -> bytes:
        """Return the body.

        :raises errors.Invalid: it is longer than ``longest`` octets.
        """
        data = b""
        async for chunk in self.request.stream():
            data += chunk
            if len(data) > longest:
                raise errors.Invalid(f"the body is longer than {longest} octets")
        return data

    async def json(self) -> dict[str, Any]:
        """Return the body, a JSON object; an empty one counts as an object without members."""
        try:
            value = json.loads(await self.body(_LONGEST_JSON) or b"{}")
        except ValueError as error:
            raise errors.Invalid(f"the body is no JSON: {error}") from error
        if not isinstance(value, dict):
            raise errors.Invalid("the body is a JSON object")
        self._json = value
        return value

    async def once(self, work: Callable[[], Awaitable[dict[str, Any]]]) -> JSONResponse:
        """Do what the request asks for, unless it was done under its operation id already.

        The id is the parameter or JSON member ``operation_id``. Only a digest of the request is kept with it:
        there may be a password in it.
        """
        operation_id = self.query("operation_id") or self._json.get("operation_id")
        if operation_id is not None and not isinstance(operation_id, str):
            raise errors.Invalid("operation_id is a string")
        query = sorted(pair for pair in self.request.query_params.multi_items() if pair[0] != "operation_id")
        body = {key: value for key, value in self._json.items() if key != "operation_id"}
        asked = [self.request.method, self.request.url.path, query, body]
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        return JSONResponse(await self.point.operations.run(operation_id, digest, work))


Handler = Callable[[Ask], Awaitable[Response]]


@dataclass(frozen=True)
class Route:
    """One route: where it is, what it does, and what the OpenAPI document says of it.

    :ivar query: names of query parameters and what they mean.
    :ivar body: JSON schema of the body; ``None``: no body.
    :ivar octets: the body is a stream of octets.
    :ivar returns: JSON schema of the answer, or the media type of one that is not JSON.
    :ivar changes: it changes something and takes an operation id.
    :ivar public: needs no token.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    returns: Schema | str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Schema | None = None
    octets: bool = False
    changes: bool = False
    public: bool = False


def member(body: dict[str, Any], name: str, kind: type, *, default: Any = ...) -> Any:
    """Return a member of a JSON object, checked for its type; no ``default``: it must be there."""
    value = body.get(name, default)
    if value is ...:
        raise errors.Invalid(f"{name} is missing")
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if value is not default and (not isinstance(value, kind) or isinstance(value, bool) != (kind is bool)):
        raise errors.Invalid(f"{name} is not of the type {_TYPES[kind]}")
    return value


_TYPES = {str: "string", dict: "object", float: "number", bool: "boolean"}

STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
BOOLEAN: Schema = {"type": "boolean"}


def schema(**properties: Schema) -> Schema:
    """Return the schema of an object with these members, all required but those marked by :func:`may`."""
    required = [name for name, value in properties.items() if not value.get("x-optional")]
    shown = {
        name: {key: item for key, item in value.items() if key != "x-optional"}
        for name, value in properties.items()
    }
    return {"type": "object", "properties": shown, "required": required}


def may(value: Schema) -> Schema:
    """Return the schema of a member that may be left out."""
    return {**value, "x-optional": True}


def array(items: Schema) -> Schema:
    """Return the schema of an array."""
    return {"type": "array", "items": items}
