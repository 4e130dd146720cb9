# SPDX-License-Identifier: Apache-2.0
"""What our management node answers where it deviates from a genuine xCAT, as the reference page promises."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.support.chain import HCP, PASSWORD, Chain
from tests.support.programs import needs
from tests.support.raw_http import ask, v1

NODES = {
    "tr0001": ["userid=tr0001", f"hcp={HCP}", "mgt=zvm", "groups=all"],
    "trzhcp": [
        "userid=OPNCLOUD",
        f"hcp={HCP}",
        "mgt=zvm",
        "groups=all,hcp",
        "ip=127.0.0.1",
        "hostnames=zhcp",
    ],
}
UNKNOWN = "<p>Invalid nodes and/or groups in noderange: nosuch</p>"


@pytest.fixture(scope="module")
def url(chain: Chain) -> Iterator[str]:
    base = chain.manager.url
    for node, body in NODES.items():
        v1(base, "DELETE", f"/nodes/{node}")
        created = v1(base, "POST", f"/nodes/{node}", body)
        assert created.status == 201
        assert created.data == [
            {"numofnodes": ["1"], "info": ["1 object definitions have been created or modified."]}
        ]
    yield base
    for node in NODES:
        v1(base, "DELETE", f"/nodes/{node}")


def test_version_has_four_numbers(url: str) -> None:
    (version,) = v1(url, "GET", "/version").data[0]["data"]
    word, number, *_ = version.split()
    assert word == "Version"
    assert len(number.split(".")) == 4


def test_no_credentials(url: str) -> None:
    for path in ("version", "nodes", "tables/passwd", "nodes/tr0001/power"):
        answer = ask(url, "GET", f"/xcatws/{path}?&format=json")
        assert (answer.status, answer.text) == (401, "<p>Permission denied for request</p>")


def test_credentials_in_headers(url: str) -> None:
    headers = {"userName": "nova", "password": "a password: with = and ü".encode()}
    answer = ask(url, "GET", "/xcatws/version?format=json", headers=headers)  # type: ignore[arg-type]
    assert answer.status == 200


def test_a_read_with_a_body(url: str) -> None:
    answer = v1(url, "GET", "/nodes/tr0001/power", ["stat"])
    assert answer.status == 200
    assert answer.data[0]["error"][0].startswith("tr0001: ")  # there is no such guest


def test_the_mac_row_can_be_written_again(url: str) -> None:
    """A genuine xCAT breaks on a key that its mkvm wrote already; its clients count on this."""
    for _ in range(2):
        body = ["mac.node=tr0001 mac.mac=02:00:02:00:00:02 mac.interface=1000 mac.comments=zhcp"]
        assert v1(url, "PUT", "/tables/mac", body).data == []
    dump = v1(url, "GET", "/tables/mac").data[0]["data"]
    assert dump.count('"tr0001","1000","02:00:02:00:00:02","zhcp",') == 1
    assert v1(url, "PUT", "/tables/mac", ["-d node=tr0001 mac"]).data == []


def test_passwords_are_not_shown(url: str) -> None:
    for path in ("/accounts", "/tables/passwd", "/tables/passwd?col=key&value=xcat&attribute=password"):
        body = v1(url, "GET", path).text
        assert "scrypt$" not in body
        assert "$VAR1" not in body
    assert '"xcat","nova",,"scrypt",,,' in v1(url, "GET", "/accounts").data[0]["data"]


#: command line for the zHCP's node → its lines (descriptions are in our words), and how many targets failed
DSH: list[tuple[str, list[str], str]] = [
    (
        "/opt/zhcp/bin/smcli Image_Activate -T nosuch",
        [
            "trzhcp: Activating NOSUCH... Failed",
            "trzhcp:   Return Code: 200",
            "trzhcp:   Reason Code: 4",
            "trzhcp:   Description: The userid does not exist.",
        ],
        "1",
    ),
    (
        "/opt/zhcp/bin/smcli Image_Lock_Query_DM -T maint",
        ["trzhcp: MAINT is Unlocked..."],
        "0",
    ),
]


@pytest.mark.parametrize(("line", "lines", "failed"), DSH)
def test_dsh(url: str, line: str, lines: list[str], failed: str) -> None:
    answer = v1(url, "PUT", "/nodes/trzhcp/dsh", [f"command={line}", "options=-q"])
    assert (answer.status, answer.data) == (200, [{"data": ["\n".join(lines)]}, {"errorcode": [failed]}])


def test_users_and_rules(url: str) -> None:
    """A user of the resource accounts may what a rule of the resource policies says."""
    assert v1(url, "POST", "/accounts/joe", ["password=secret"]).status == 201
    try:
        asked = {"user": "joe", "password": "secret"}
        assert v1(url, "GET", "/nodes", **asked).text == "<p>Permission denied for request</p>"
        v1(url, "POST", "/policies/6.6", ["name=joe", "commands=lsdef", "rule=allow"])
        assert v1(url, "GET", "/nodes", **asked).status == 200
        assert v1(url, "GET", "/tables/zvm", **asked).status == 401
        v1(url, "PATCH", "/policies/6.6", ["rule=deny"])
        assert v1(url, "GET", "/nodes", **asked).status == 401
    finally:
        v1(url, "DELETE", "/policies/6.6")
        assert v1(url, "DELETE", "/accounts/joe").status == 200
    assert v1(url, "GET", "/nodes", user="joe", password="secret").text == "<p>Authentication failure</p>"


def test_what_has_no_meaning_here(url: str) -> None:
    for method, path in (("PUT", "/debug"), ("POST", "/monitors/m"), ("DELETE", "/notifications/n")):
        answer = v1(url, method, path, ["x"])
        assert (answer.status, answer.text) == (403, "<p>Unsupported request</p>")


@needs("curl", "curl")
def test_plain_curl(url: str) -> None:
    """With its own content type for a body, form-urlencoded, which is not looked at."""
    credentials = ["-H", "userName: nova", "-H", f"password: {PASSWORD}"]

    def curl(*words: str) -> str:
        command = ["curl", "-s", "--noproxy", "*", *credentials, *words]
        return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode()

    assert "Version " in curl(f"{url}/xcatws/version")
    made = curl(
        "-X", "PUT", "-d", '["node=tr0001 hosts.ip=10.9.9.9"]', f"{url}/xcatws/tables/hosts?format=json"
    )
    assert made.strip() == '{"data":[]}'
    shown = curl("-X", "GET", f"{url}/xcatws/nodes/tr0001?format=xml")
    assert "  <info>    ip=10.9.9.9</info>\n" in shown
    assert curl("-o", "/dev/null", "-w", "%{http_code}", f"{url}/xcatws/nodes/nosuch/power") == "403"
