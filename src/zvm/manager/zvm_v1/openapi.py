# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document of ``/zvm/v1``, made from its routes."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any

from zvm.manager.zvm_v1 import ROUTES
from zvm.manager.zvm_v1.route import STRING, Route, Schema, object_of
from zvm.xcat.urls import EXTENSION

_ERROR = object_of(
    error={
        "type": "object",
        "properties": {
            **dict.fromkeys(("kind", "message", "function", "target", "explanation", "next_step"), STRING),
            "rc": {"type": ["integer", "null"]},
            "rs": {"type": ["integer", "null"]},
            "details": {"type": "object"},
        },
        "required": ["kind", "message"],
    }
)


def document() -> dict[str, Any]:
    """Return the document (OpenAPI 3.1)."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(EXTENSION + route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "nova-zvm management node, extensions",
            "version": version("nova-zvm"),
            "description": "What xCAT's REST API cannot do.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "userName": {"type": "apiKey", "in": "header", "name": "userName"},
                "password": {"type": "apiKey", "in": "header", "name": "password"},
            },
            "schemas": {"Error": _ERROR},
        },
        "security": [{"basic": []}, {"userName": [], "password": []}],
    }


def _operation(route: Route) -> dict[str, Any]:
    parameters = [_parameter("path", name, "") for name in re.findall(r"{(\w+)}", route.path)]
    parameters += [_parameter("query", name, text) for name, text in route.query.items()]
    done: dict[str, Any] = {"description": "done"}
    if route.returns:
        done["content"] = _content(route.returns) | ({"text/event-stream": {}} if route.events else {})
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "tags": [route.command],  # by which the policy knows it
        "summary": route.summary,
        "parameters": parameters,
        "responses": {
            "200" if route.returns else "204": done,
            "default": {
                "description": "not done; error.kind says why",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            },
        },
    }
    if route.octets:
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    elif route.body is not None:
        operation["requestBody"] = {"required": True, "content": _content(route.body)}
    return operation


def _parameter(where: str, name: str, text: str) -> dict[str, Any]:
    described = {"description": text} if text else {}
    return {"name": name, "in": where, "required": where == "path", "schema": STRING, **described}


def _content(schema: Schema | str) -> dict[str, Any]:
    return {schema: {}} if isinstance(schema, str) else {"application/json": {"schema": schema}}
