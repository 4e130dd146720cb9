# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

from tests.support.chain import Chain
from tests.support.raw_http import ask
from zvm.manager.zvm_v1 import ROUTES, openapi, systems


def test_every_route_is_described() -> None:
    document = openapi.document()
    described = {(method.upper(), url) for url, item in document["paths"].items() for method in item}
    assert described == {(route.method, "/zvm/v1" + route.path) for route in ROUTES}
    ids = [item["operationId"] for path in document["paths"].values() for item in path.values()]
    assert len(set(ids)) == len(ids)
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            assert "default" in operation["responses"]
    json.dumps(document)


def test_it_is_served(chain: Chain) -> None:
    answer = ask(chain.manager.url, "GET", "/openapi.json")
    assert json.loads(answer.body) == openapi.document()


def test_discovery(chain: Chain) -> None:
    assert chain.zvm.available()
    assert chain.zvm.extensions() == set(systems.EXTENSIONS)
    paths = {route.path.split("/")[1] for route in ROUTES if route.path}
    assert paths <= set(systems.EXTENSIONS)


def test_what_is_not_there_is_json_too(chain: Chain) -> None:
    answer = ask(chain.manager.url, "GET", "/zvm/v1/nosuch")
    assert (answer.status, json.loads(answer.body)["error"]["kind"]) == (404, "not_found")
    answer = ask(chain.manager.url, "DELETE", "/zvm/v1/pools")
    assert answer.status == 405
