# SPDX-License-Identifier: Apache-2.0
"""Holes of a genuine xCAT for z/VM, tried here: what is a line of a test was a way in there."""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.chain import HCP, HOST, PASSWORD, USER, Chain
from tests.support.raw_http import Answer, ask, v1
from tests.unit.manager.worlds import World

ZHCP = HCP.partition(".")[0]
SECRET = "S3CR3T99"


@pytest.fixture(scope="module")
def guest(chain: Chain) -> Any:
    """A guest that is off."""
    world = World(chain, "secure01", "SECURE01")
    world.define()
    world.create()
    yield world
    world.remove()


def refused(answer: Answer) -> bool:
    """Return whether nothing was done: by the status, or by an error in the envelope."""
    if answer.status >= 400:
        return answer.status < 500
    return any(item.get("error") for item in answer.data)


#: What a genuine one gave to a shell, as root: method, path, body; {id} is what a shell would run.
INJECTIONS = {
    "the IPL statement of chvm": ("PUT", "/vms/secure01", ["--setipl {id}"]),
    "a device number of chvm": ("PUT", "/vms/secure01", ["--add3390 POOL1 {id} 10m"]),
    "a pool of chvm": ("PUT", "/vms/secure01", ["--add3390 {id} 0100 10m"]),
    "a size of chvm": ("PUT", "/vms/secure01", ["--add3390 POOL1 0100 {id}"]),
    "a switch of chvm": ("PUT", "/vms/secure01", ["--connectnic2vswitch 1000 {id}"]),
    "a file to punch": ("PUT", "/vms/secure01", ["--punchfile /tmp/x X root@{id}"]),
    "a password of chvm": ("PUT", "/vms/secure01", ["--setpassword {id}"]),
    "smcli of chvm": ("PUT", "/vms/secure01", ["--smcli Image_Query_DM -T {id}"]),
    "smcli of chvm, a second command": ("PUT", "/vms/secure01", ["--smcli Image_Query_DM -T %userid%; {id}"]),
    "the name of a node": ("POST", "/nodes/{id}", ["userid=secure02", f"hcp={HCP}", "mgt=zvm", "groups=all"]),
    "the profile of a guest": (
        "POST",
        "/vms/secure01",
        ["profile={id}", "cpu=1", "memory=512m", "password=X"],
    ),
    "the memory of a guest": (
        "POST",
        "/vms/secure01",
        ["profile=LNXDFLT", "cpu=1", "memory={id}", "password=X"],
    ),
    "a target of rpower": ("PUT", "/nodes/secure01/power", ["{id}"]),
    "the other host of rmigrate": ("PUT", "/nodes/secure01/migrate", ["destination={id}", "action=move"]),
    "the transport of nodeset": (
        "PUT",
        "/nodes/secure01/bootstate",
        ["netboot", "device=0100", "osimage=x", "transport=/tmp/{id}", "remotehost=root@127.0.0.1"],
    ),
    "the remote host of nodeset": (
        "PUT",
        "/nodes/secure01/bootstate",
        ["netboot", "device=0100", "osimage=x", "transport=/tmp/x", "remotehost={id}"],
    ),
    "an image to import": (
        "POST",
        "/images/import",
        ["osimage={id}", "profile=x", "remotehost=root@127.0.0.1"],
    ),
    "where an image goes": (
        "POST",
        "/images/export",
        ["osimage=x", "destination=/tmp/{id}", "remotehost={id}"],
    ),
    "the host of a pool": ("PUT", f"/hypervisor/{HOST}", ["--addzfcp2pool {id} free 5005076800aa0091 0 1G"]),
    "a disk pool": ("PUT", f"/hypervisor/{HOST}", ["--adddisk2pool 4 {id} POOL1"]),
    "a word of dsh": ("PUT", f"/nodes/{ZHCP}/dsh", ["command=smcli Image_Query_DM -T {id}"]),
    "a line of dsh": ("PUT", f"/nodes/{ZHCP}/dsh", ["command={id}"]),
    "a second line of dsh": ("PUT", f"/nodes/{ZHCP}/dsh", ["command=smcli Image_Query_DM -T maint; {id}"]),
    "a pipe of dsh": ("PUT", f"/nodes/{ZHCP}/dsh", ["command=smcli Image_Query_DM -T maint | {id}"]),
    "CP of dsh": ("PUT", f"/nodes/{ZHCP}/dsh", ["command=vmcp force maint"]),
    "a program in a guest": ("PUT", "/nodes/secure01/execcmdonvm", ["{id}"]),
}


@pytest.mark.parametrize("shape", ["$(touch {file})", "`touch {file}`", "'; touch {file}; '"])
@pytest.mark.parametrize("hole", INJECTIONS)
def test_nothing_reaches_a_shell(hole: str, shape: str, guest: World, chain: Chain, tmp_path: Path) -> None:
    method, path, body = INJECTIONS[hole]
    file = tmp_path / "came"
    command = shape.format(file=file)
    entry = guest.entry().records()
    chain.forget_calls()
    answer = v1(
        chain.manager.url,
        method,
        path.format(id=quote(command, safe="")),
        [text.replace("{id}", command) for text in body],
    )
    assert refused(answer), answer.text
    assert not file.exists()
    assert guest.entry().records() == entry
    assert str(file) not in json.dumps(chain.calls()), "z/VM must not see it either"


@pytest.mark.parametrize(
    "use",
    [
        ("GET", "/nodes/secure03/power"),
        ("PUT", "/nodes/secure03/power"),
        ("GET", "/nodes/secure03/inventory"),
        ("GET", "/vms/secure03"),
        ("POST", "/vms/secure03"),
        ("DELETE", "/vms/secure03"),
    ],
)
def test_what_stands_in_a_table_is_checked_when_it_is_used(
    use: tuple[str, str], chain: Chain, tmp_path: Path
) -> None:
    """The attributes of nodes reached a shell as they were. No row is trusted, however it came there."""
    file, url = tmp_path / "came", chain.manager.url
    made = v1(url, "POST", "/nodes/secure03", ["userid=SECURE03", f"hcp={HCP}", "mgt=zvm", "groups=all"])
    assert not refused(made), made.text
    tables = chain.manager.config.parent / "manager.sqlite"
    with closing(sqlite3.connect(tables, timeout=60)) as connection, connection:
        stored = connection.execute(
            "UPDATE xcat_zvm SET userid = ? WHERE node = 'secure03'", (f"$(touch {file})",)
        )
        assert stored.rowcount == 1
    chain.forget_calls()
    method, path = use
    body = {"PUT": ["on"], "POST": ["profile=LNXDFLT", "cpu=1", "memory=512m", "password=X"]}.get(method)
    try:
        assert refused(v1(url, method, path, body))
        assert not file.exists()
        assert str(file) not in json.dumps(chain.calls())
    finally:
        v1(url, "DELETE", "/nodes/secure03")


#: Whatever shows users, policies or tables.
SHOWS = (
    "/accounts",
    f"/accounts/{USER}",
    "/policies",
    "/tables/passwd",
    "/tables/policy",
    f"/tables/passwd?col=username&value={USER}&attribute=password",
    f"/tables/passwd?col=username={USER}&attribute=password,username",
    "/objects/policy",
    "/objects/passwd",
    "/objects/account",
    "/site",
    "/objects/site",
    "/logs/auditlog",
    "/logs/eventlog",
    "/tables/site",
    "/tables/token",
)


@pytest.fixture(scope="module")
def hashed(chain: Chain) -> Any:
    """The account of somebody else, whose password stands in the table passwd as a hash."""
    url = chain.manager.url
    assert v1(url, "POST", "/accounts/alice", [f"password={SECRET}"]).status == 201
    yield
    v1(url, "DELETE", "/accounts/alice")


@pytest.mark.parametrize("form", ["json", "xml", "html"])
@pytest.mark.parametrize("path", SHOWS)
def test_no_password_is_shown(path: str, form: str, hashed: None, chain: Chain) -> None:
    answer = v1(chain.manager.url, "GET", path, form=form)
    assert answer.status < 500
    for secret in (SECRET, "scrypt$", PASSWORD):
        assert secret not in answer.body.decode()


def test_no_password_is_kept_in_clear_or_logged(hashed: None, guest: World, chain: Chain) -> None:
    v1(chain.manager.url, "PUT", "/vms/secure01", [f"--setpassword {SECRET}"])
    v1(chain.manager.url, "GET", "/version", user="alice", password=SECRET)
    v1(chain.manager.url, "GET", "/version", user="alice", password="wr0ngS3CR3T")
    folder = chain.manager.config.parent
    for file in [chain.manager.log, *folder.glob("manager.sqlite*")]:
        content = file.read_bytes()
        for secret in (SECRET, "wr0ngS3CR3T", PASSWORD, quote(PASSWORD)):
            assert secret.encode() not in content, file.name


@pytest.mark.parametrize(
    "path", ["/xcatws/nodes", "/xcatws/accounts", "/xcatws/tables/policy", "/xcatwsv2/nodes"]
)
@pytest.mark.parametrize("who", ["nobody", "root", "wrong"])
def test_no_one_is_root_without_saying_who_he_is(path: str, who: str, chain: Chain) -> None:
    headers = {"nobody": {}, "root": {"userName": "root"}, "wrong": {"userName": USER, "password": "wrong"}}[
        who
    ]
    assert ask(chain.manager.url, "GET", f"{path}?format=json", headers=headers).status == 401


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd"]
)
@pytest.mark.parametrize("where", ["images", "images/{}/content", "transports", "objects"])
def test_no_path_leads_out(name: str, where: str, chain: Chain) -> None:
    headers = {"Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}
    place = where.format(name) if "{}" in where else f"{where}/{name}"
    for prefix in ("/zvm/v1/", "/xcatws/"):
        answer = ask(chain.manager.url, "GET", prefix + place, headers=headers)
        assert "root:" not in answer.text
        assert answer.status < 500
