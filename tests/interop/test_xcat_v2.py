# SPDX-License-Identifier: Apache-2.0
"""The second dialect: what a genuine xCAT answered, and the flow of its own test client in both its modes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.chain import HCP, PASSWORD, USER, Chain
from tests.support.raw_http import Answer, ask

CREDENTIALS = f"userName={USER}&userPW={quote(PASSWORD)}"
ROOT = ["globalconf", "groups", "localres", "networks", "nodes", "osimages"]
ROOT += ["policy", "services", "tables", "templates", "tokens"]
ATTRIBUTES = {"groups": "v2all", "mgt": "zvm", "hcp": HCP, "userid": "V2T1"}
UNAUTHORIZED = {"error": "Authentication failure", "errorcode": "2"}
Asker = Callable[..., Answer]


@pytest.fixture(params=["password", "token"])
def v2(request: pytest.FixtureRequest, chain: Chain) -> Asker:
    """Ask with the credentials in the query, or with a token."""
    url = chain.manager.url
    headers = {"Content-Type": "application/json"}
    query = f"&{CREDENTIALS}"
    if request.param == "token":
        made = ask(url, "POST", "/xcatws/tokens", {"userName": USER, "userPW": PASSWORD})
        headers["X-Auth-Token"] = json.loads(made.body)["token"]["id"]
        query = ""

    def asker(method: str, path: str, body: object = None) -> Answer:
        return ask(url, method, f"/xcatws{path}?pretty=1{query}", body, headers=headers)

    return asker


def test_the_flow_of_xcats_own_test_client(v2: Asker, chain: Chain) -> None:
    assert json.loads(v2("GET", "/").body) == ROOT
    assert "clustersite" in json.loads(v2("GET", "/globalconf").body)
    domain = {"domain": "cluster.com"}
    assert v2("PUT", "/globalconf/attrs/domain", domain).body == b""
    # It sends the body of the change along when it looks.
    assert json.loads(v2("GET", "/globalconf/attrs/domain", domain).body) == {"clustersite": domain}
    first = {"groups": "restapi", "arch": "x86_64", "mgt": "ipmi", "netboot": "xnba"}
    made = v2("POST", "/nodes/restapinode1", first)
    assert (made.status, made.body) == (201, b"")
    assert json.loads(v2("GET", "/nodes/restapinode1", first).body) == {"restapinode1": first}
    change = {"mgt": "fsp", "netboot": "yaboot"}
    assert v2("PUT", "/nodes/restapinode1", change).body == b""
    assert json.loads(v2("GET", "/nodes/restapinode1").body) == {"restapinode1": {**first, **change}}
    assert v2("DELETE", "/nodes/restapinode1", change).body == b""
    both = "/nodes/restapinode1,restapinode2"
    assert v2("POST", both, first).status == 201
    try:
        change = {"mgt": "hmc", "netboot": "grub2"}
        v2("PUT", both, change)
        nodes = {name: {**first, **change} for name in ("restapinode1", "restapinode2")}
        assert json.loads(v2("GET", both).body) == nodes
        assert set(nodes) <= set(json.loads(v2("GET", "/nodes").body))
        members = "restapinode1,restapinode2"
        assert json.loads(v2("GET", "/groups/restapi").body) == {"restapi": {"members": members}}
        assert v2("PUT", "/groups/restapi", {"os": "rh7"}).body == b""
        assert json.loads(v2("GET", "/groups/restapi").body) == {"restapi": {"members": members, "os": "rh7"}}
        of_group = {name: {**values, "os": "rh7"} for name, values in nodes.items()}
        assert json.loads(v2("GET", "/nodes/restapi").body) == of_group
    finally:
        assert v2("DELETE", both).status == 200
        chain.client.request("PUT", "/tables/nodetype", body=["-d node=restapi nodetype"])


#: method, path, body, status, reason, what is answered
FACTS: list[tuple[str, str, object, int, str, Any]] = [
    ("GET", "/version", None, 404, "Not Found", {"error": "Unsupported resource.", "errorcode": "2"}),
    ("GET", "/nodes/v2t1", None, 200, "OK", {"v2t1": ATTRIBUTES}),
    (
        *("GET", "/nodes/nosuch", None, 403, "Forbidden"),
        {"error": ["Could not find an object named 'nosuch' of type 'node'."], "errorcode": "1"},
    ),
    (
        *("GET", "/nodes/v2t1/attrs/userid,hcp", None, 200, "OK"),
        {"v2t1": {"userid": "V2T1", "hcp": HCP}},
    ),
    (
        *("POST", "/nodes/v2t1", {"groups": "all", "mgt": "zvm"}, 403, "Forbidden"),
        {"errorcode": "1", "error": ["0 object definitions have been created or modified."]},
    ),
    (
        *("GET", "/nodes/nosuch/power", None, 403, "Forbidden"),
        {"error": ["Invalid nodes and/or groups in noderange: nosuch"], "errorcode": "1"},
    ),
    ("GET", "/nodes/v2t1/power", None, 200, "OK", {"v2t1": {"off": None}}),
    (
        *("GET", "/nodes/v2t1/vm", None, 405, "Method Not Allowed"),
        {"error": "request method 'GET' is not supported on resource '/nodes/v2t1/vm'", "errorcode": "2"},
    ),
    (
        *("GET", "/nodes/v2t1/status", None, 404, "Not Found"),
        {"errorcode": "2", "error": "Unsupported resource."},
    ),
    (
        *("PUT", "/nodes/v2t1/nodeshell", {"command": ["date"]}, 405, "Method Not Allowed"),
        {
            "errorcode": "2",
            "error": "request method 'PUT' is not supported on resource '/nodes/v2t1/nodeshell'",
        },
    ),
    ("GET", "/tables/zvm", None, 404, "Not Found", {"error": "Unsupported resource.", "errorcode": "2"}),
    (
        *("GET", "/tables/zvm/nodes/v2t1", None, 200, "OK"),
        {"zvm": [{"userid": "V2T1", "hcp": HCP, "name": "v2t1"}]},
    ),
    (
        *("GET", "/tables/zvm/nodes/v2t1/userid", None, 200, "OK"),
        {"zvm": [{"userid": "V2T1", "name": "v2t1"}]},
    ),
    (
        *("DELETE", "/nodes/nosuch", None, 403, "Forbidden"),
        {"errorcode": "1", "error": ["Could not find an object named 'nosuch' of type 'node'."]},
    ),
    (
        *("PATCH", "/nodes", None, 405, "Method Not Allowed"),
        {"error": "request method 'PATCH' is not supported on resource '/nodes'", "errorcode": "2"},
    ),
]


@pytest.fixture
def node(chain: Chain) -> Chain:
    url = chain.manager.url
    ask(url, "POST", f"/xcatwsv2/nodes/v2t1?{CREDENTIALS}", ATTRIBUTES)
    return chain


@pytest.mark.parametrize("prefix", ["/xcatws", "/xcatwsv2"])
@pytest.mark.parametrize(("method", "path", "body", "status", "reason", "document"), FACTS)
def test_answers(
    node: Chain, prefix: str, method: str, path: str, body: object, status: int, reason: str, document: object
) -> None:
    answer = ask(node.manager.url, method, f"{prefix}{path}?{CREDENTIALS}", body)
    assert (answer.status, answer.reason, json.loads(answer.body)) == (status, reason, document)
    assert answer.content_type == "application/json; charset=ISO-8859-1"


def test_a_table_is_changed(node: Chain) -> None:
    url = f"/xcatws/tables/zvm/nodes/v2t1?{CREDENTIALS}"
    answer = ask(node.manager.url, "PUT", url, {"zvm": {"userid": "V2T3"}})
    assert (answer.status, answer.body) == (200, b"")
    assert json.loads(ask(node.manager.url, "GET", url).body)["zvm"][0]["userid"] == "V2T3"
    ask(node.manager.url, "PUT", url, {"zvm": {"userid": "V2T1"}})


def test_rows_of_a_table(node: Chain) -> None:
    url = f"/xcatws/tables/zvm/rows/node=v2t1/userid?{CREDENTIALS}"
    answer = ask(node.manager.url, "GET", url)
    assert json.loads(answer.body) == {"zvm": [{"userid": "V2T1", "xcatdsource": "xcat"}]}


def test_what_z_vm_refuses(node: Chain) -> None:
    answer = ask(node.manager.url, "PUT", f"/xcatws/nodes/v2t1/power?{CREDENTIALS}", {"action": "on"})
    assert answer.status == 403
    told = json.loads(answer.body)
    assert told["errorcode"] == "1"
    assert "v2t1: Activating V2T1... Failed\n  Return Code: 200\n  Reason Code: 4" in told["error"][0]


@pytest.mark.parametrize("body", [b"notjson", ["a"], b"[" * 100_000])
def test_bodies_that_are_no_object(node: Chain, body: object) -> None:
    answer = ask(node.manager.url, "POST", f"/xcatwsv2/nodes/bad?{CREDENTIALS}", body)
    assert answer.status == 400
    assert json.loads(answer.body)["errorcode"] == "2"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/xcatws/nodes?userName={USER}&userPW=bad", {}),
        (f"/xcatwsv2/nodes?userName={USER}&password={quote(PASSWORD)}", {}),
        ("/xcatwsv2/nodes", {}),
        ("/xcatws/nodes", {"X-Auth-Token": "bogus"}),
    ],
)
def test_who_may_not(chain: Chain, path: str, headers: dict[str, str]) -> None:
    answer = ask(chain.manager.url, "GET", path, headers=headers)
    assert (answer.status, json.loads(answer.body)) == (401, UNAUTHORIZED)


def test_no_token_for_a_wrong_password(chain: Chain) -> None:
    answer = ask(chain.manager.url, "POST", "/xcatws/tokens", {"userName": USER, "userPW": "bad"})
    assert (answer.status, json.loads(answer.body)) == (401, UNAUTHORIZED)


def test_services_write_their_files(chain: Chain) -> None:
    for service in ("dns", "dhcp", "host"):
        answer = ask(chain.manager.url, "POST", f"/xcatws/services/{service}?{CREDENTIALS}", {})
        assert (answer.status, answer.body) == (201, b"")
    assert ask(chain.manager.url, "GET", f"/xcatws/services/dns?{CREDENTIALS}").status == 405
    assert ask(chain.manager.url, "GET", f"/xcatws/services?{CREDENTIALS}").status == 501


def test_resources_that_are_not_there_say_so(chain: Chain) -> None:
    answer = ask(chain.manager.url, "GET", f"/xcatws/templates?{CREDENTIALS}")
    assert answer.status == 501
    assert "templates is not supported" in json.loads(answer.body)["error"]
