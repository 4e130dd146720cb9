# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from zvm.zhcp import openapi
from zvm.zhcp.errors import Refused
from zvm.zhcp.routes import ROUTES

DOCUMENT = openapi.document(ROUTES)


def schemas(value: Any) -> list[dict[str, Any]]:
    """Return every schema below ``value``."""
    if isinstance(value, list):
        return [found for item in value for found in schemas(item)]
    if not isinstance(value, dict):
        return []
    here = [value["schema"]] if "schema" in value else []
    return here + [found for item in value.values() for found in schemas(item)]


def test_every_schema_is_a_schema() -> None:
    found = schemas(DOCUMENT)
    assert len(found) > 20
    for schema in found:
        Draft202012Validator.check_schema(schema)


def test_an_error_keeps_to_its_schema() -> None:
    schema = DOCUMENT["components"]["schemas"]["Error"]
    Draft202012Validator(schema).validate(Refused("no", rc=400, rs=8).to_json())


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for path in DOCUMENT["paths"].values() for operation in path.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_what_changes_something_takes_an_operation_id(route: Any) -> None:
    operation = DOCUMENT["paths"][route.path][route.method.lower()]
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert ("operation_id" in names) == route.changes
    assert all(f"{{{name}}}" in route.path for name in names if name in ("userid", "vdev", "function"))
    assert (operation["security"] == []) == route.public
