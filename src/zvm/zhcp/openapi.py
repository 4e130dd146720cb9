# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document of the HTTP API, made from the routes themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from zvm.zhcp.api import INTEGER, STRING, Route, Schema, may, schema
from zvm.zhcp.errors import KINDS

_ERROR = schema(
    error=schema(
        kind={"type": "string", "enum": sorted(KINDS)},
        message=STRING,
        function=STRING,
        target=STRING,
        rc={"type": ["integer", "null"]},
        rs={"type": ["integer", "null"]},
        explanation=STRING,
        next_step=STRING,
        details={"type": "object"},
    )
)


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of ``routes``."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "zHCP",
            "version": version("nova-zvm"),
            "description": "The hardware control point of one z/VM system.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Error": _ERROR},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    parameters = [_parameter("path", name, "") for name in re.findall(r"{(\w+)}", route.path)]
    parameters += [_parameter("query", name, text) for name, text in route.query.items()]
    if route.changes:
        told = "what is done under an id is not done again under the same"
        parameters.append(_parameter("query", "operation_id", told))
    operation: dict[str, Any] = {
        "operationId": f"{route.handler.__module__.rpartition('.')[2]}.{route.handler.__name__.strip('_')}",
        "summary": route.summary,
        "parameters": parameters,
        "responses": {
            "200": {"description": "done", "content": _content(route.returns)},
            "default": {
                "description": "not done; error.kind says why",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            },
        },
        "security": [] if route.public else [{"token": []}],
    }
    if route.octets:
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    elif route.body is not None:
        operation["requestBody"] = {"required": True, "content": _content(_with_id(route))}
    return operation


def _with_id(route: Route) -> Schema:
    body = route.body or {}
    if not route.changes:
        return body
    return {**body, "properties": {**body["properties"], "operation_id": STRING}}


def _parameter(where: str, name: str, text: str) -> dict[str, Any]:
    whole = name in ("length", "bytes")
    parameter = {
        "name": name,
        "in": where,
        "required": where == "path",
        "schema": INTEGER if whole else STRING,
    }
    return parameter | ({"description": text} if text else {})


def _content(returns: Schema | str) -> dict[str, Any]:
    return {returns: {}} if isinstance(returns, str) else {"application/json": {"schema": returns}}


#: The route of the document itself is described here, since its handler needs the document.
RETURNS = schema(openapi=STRING, info=may({"type": "object"}), paths={"type": "object"})
