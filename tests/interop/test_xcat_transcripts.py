# SPDX-License-Identifier: Apache-2.0
"""Facts of what a genuine xCAT 2.19 answered, held against our management node.

Each row: what was asked, status and reason phrase, and the body, or the responses for JSON (in which the
order of keys means nothing). Names are our own, texts are xCAT's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.chain import HCP, Chain
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

#: method, path, body, status, reason, text
PLAIN: list[tuple[str, str, object, int, str, str]] = [
    ("GET", "/nosuch", None, 404, "Not Found", "Resource 'nosuch' does not exist"),
    (
        *("PATCH", "/nodes/foo", ["a=b"], 405, "Method Not Allowed"),
        "request method 'PATCH' is not supported on resource 'nodes'",
    ),
    ("GET", "/nodes/nosuch/power", None, 403, "Forbidden", UNKNOWN),
    ("GET", "/nodes/nosuch/inventory?field=cpumempowerstat", None, 403, "Forbidden", UNKNOWN),
    ("GET", "/vms/nosuch", None, 403, "Forbidden", UNKNOWN),
    ("PUT", "/nodes/nosuch/power", ["on"], 403, "Forbidden", UNKNOWN),
    ("DELETE", "/vms/nosuch", None, 403, "Forbidden", UNKNOWN),
    ("PUT", "/hypervisor/nosuch", ["--smcli Query_API_Functional_Level -T X"], 403, "Forbidden", UNKNOWN),
    ("POST", "/images/capture", ["nodename=nosuch", "profile=x"], 403, "Forbidden", UNKNOWN),
    ("GET", "/vms", None, 400, "Bad Request", "Invalid nodes and/or groups in noderange"),
    ("PUT", "/nodes/tr0001/power", None, 400, "Bad Request", "No set attribute was supplied."),
    ("PUT", "/vms/tr0001", None, 400, "Bad Request", "No Field and Value map was supplied."),
    ("PUT", "/nodes/tr0001/nosuchsub", ["x"], 403, "Forbidden", "<p>Unsupported request</p>"),
    ("GET", "/nodes/tr0001/nosuchsub", None, 400, "Bad Request", "Unspported operation on nodes object."),
    ("POST", "/images/capture", ["profile=x"], 400, "Bad Request", "No node range."),
    ("POST", "/images/export", ["destination=/tmp/x.tgz"], 400, "Bad Request", "No image specified"),
    (
        *("GET", "/logs", None, 400, "Bad Request"),
        "Current logs available are auditlog, eventlog, and diagnostics",
    ),
]

#: method, path, body, status, responses
ENVELOPES: list[tuple[str, str, object, int, list[dict[str, Any]]]] = [
    (
        *("POST", "/nodes/tr0001", NODES["tr0001"], 201),
        [
            {
                "warning": [
                    "A definition for 'tr0001' already exists. No changes will be made.  "
                    "Run again with '-f' option to force replace."
                ]
            },
            {
                "numofnodes": ["0"],
                "errorcode": ["1"],
                "error": ["0 object definitions have been created or modified."],
            },
        ],
    ),
    (
        *("POST", "/nodes/trbad1", ["badattr=1"], 201),
        [
            {
                "errorcode": ["1"],
                "error": [
                    "'badattr' is not a valid attribute name for an object type of 'node'.",
                    "Skipping to the next attribute.",
                ],
            },
            {"errorcode": ["1"]},
        ],
    ),
    (
        *("POST", "/nodes/trbad2", None, 201),
        [
            {
                "errorcode": ["1"],
                "error": [
                    "No object definitions have been created or modified: no attributes were specified. "
                    "The 'groups' attribute is required when creating node definitions."
                ],
            },
            {"errorcode": ["1"]},
        ],
    ),
    (
        *("GET", "/nodes/tr0001", None, 200),
        [
            {
                "numofnodes": ["1"],
                "info": [
                    "Object name: tr0001",
                    "    groups=all",
                    "    hcp=zhcp.example.com",
                    "    mgt=zvm",
                    "    userid=tr0001",
                ],
            }
        ],
    ),
    (
        *("GET", "/nodes/tr0001?field=userid&field=hcp", None, 200),
        [
            {
                "numofnodes": ["1"],
                "info": ["Object name: tr0001", "    hcp=zhcp.example.com", "    userid=tr0001"],
            }
        ],
    ),
    (
        *("GET", "/nodes/nosuch", None, 200),
        [
            {"errorcode": ["1"], "error": ["Could not find an object named 'nosuch' of type 'node'."]},
            {"numofnodes": ["1"], "info": ["No object definitions have been found"]},
        ],
    ),
    (
        *("DELETE", "/nodes/nosuch", None, 200),
        [
            {"errorcode": ["1"], "error": ["Could not find an object named 'nosuch' of type 'node'."]},
            {"numofnodes": ["1"], "info": ["No objects have been removed from the xCAT database."]},
        ],
    ),
    (
        *("GET", "/tables/nosuch", None, 200),
        [{"errorcode": ["1"], "error": ["No such table: nosuch"]}],
    ),
    ("GET", "/tables/zvm?col=node&value=tr0001&attribute=userid", None, 200, [{"data": ["tr0001"]}]),
    ("GET", "/tables/zvm?col=node=tr0001&attribute=userid", None, 200, [{"data": ["tr0001"]}]),
    ("GET", "/tables/zvm?col=node&value=nosuch&attribute=userid", None, 200, []),
    ("GET", "/tables/zvm?col=node&value=tr0001&attribute=status", None, 200, []),
    (
        *("PUT", "/nodes/tr0001/power", ["bogus"], 200),
        [{"errorcode": ["1"], "error": ["tr0001: (Error) Option not supported"]}],
    ),
    (
        *("PUT", "/vms/tr0001", ["--bogus"], 200),
        [{"errorcode": ["1"], "error": ["tr0001: (Error) Option '--bogus' not supported on chvm"]}],
    ),
    (
        *("PUT", "/vms/tr0001", ["--setconsole"], 200),
        [{"errorcode": ["1"], "error": ["tr0001: (Error) Wrong number of parameters"]}],
    ),
    (
        *("PUT", "/hypervisor/zvmsim1", ["--bogus"], 200),
        [{"errorcode": ["1"], "error": ["zvmsim1: (Error) Option not supported"]}],
    ),
    (
        *("GET", "/nodes/tr0001/inventory?field=bogus", None, 200),
        [{"errorcode": ["1"], "error": ["tr0001: (Error) Option not supported"]}],
    ),
    (
        *("POST", "/images/export", ["osimage=nosuch", "destination=x.tgz"], 201),
        [
            {"data": ["Exporting nosuch to ..."]},
            {"errorcode": ["1"], "error": ["Cannot find image 'nosuch' from the osimage table."]},
        ],
    ),
    (
        *("DELETE", "/images/nosuch", None, 200),
        [{"errorcode": ["1"], "error": ["Invalid image name nosuch"]}],
    ),
    (
        *("GET", "/images?criteria=profile=~zzzz_nomatch", None, 200),
        [{"numofnodes": ["1"], "info": ["No object definitions have been found"]}],
    ),
    (
        *("GET", "/networks", None, 200),
        [{"info": ["Could not find any object definitions to display."]}],
    ),
    (
        *("GET", "/groups", None, 200),
        [{"data": ["#groupname,grouptype,members,membergroups,wherevals,comments,disable"]}],
    ),
    (
        *("GET", "/notifications", None, 200),
        [{"data": ["#filename,tables,tableops,comments,disable"]}],
    ),
    (
        *("GET", "/logs/auditlog", None, 200),
        [
            {
                "data": [
                    "#recid,audittime,userid,clientname,clienttype,command,noderange,args,status,comments,disable"
                ]
            }
        ],
    ),
    ("POST", "/logs/diagnostics/?nodeRange=tr0001&requestid=r", ["reason=x"], 201, []),
    ("GET", "/monitors", None, 200, []),
    ("GET", "/objects", None, 200, []),
    ("PUT", "/networks/makehosts", None, 200, []),
    ("PUT", "/tables/hosts", ["node=tr0001 hosts.ip=127.0.1.5 hosts.hostnames=tr0001"], 200, []),
    ("PUT", "/tables/hosts", ["-d node=tr0001 hosts"], 200, []),
]


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


@pytest.mark.parametrize(("method", "path", "body", "status", "reason", "text"), PLAIN)
def test_what_fails_before_a_command(
    url: str, method: str, path: str, body: object, status: int, reason: str, text: str
) -> None:
    answer = v1(url, method, path, body)
    assert (answer.status, answer.reason, answer.text) == (status, reason, text)
    # Never JSON, whatever the declared type says.
    assert answer.content_type == "application/json; charset=ISO-8859-1"


@pytest.mark.parametrize(("method", "path", "body", "status", "data"), ENVELOPES)
def test_envelopes(
    url: str, method: str, path: str, body: object, status: int, data: list[dict[str, Any]]
) -> None:
    answer = v1(url, method, path, body)
    assert answer.status == status
    assert answer.data == data
    assert answer.content_type == "application/json; charset=ISO-8859-1"


def test_every_response_names_its_source(url: str) -> None:
    body = v1(url, "GET", "/nodes/nosuch").text
    assert body.count('"xcatdsource":["xcat"]') == 2
    assert '"zvm"' not in body


def test_version_has_four_numbers(url: str) -> None:
    (version,) = v1(url, "GET", "/version").data[0]["data"]
    word, number, *_ = version.split()
    assert word == "Version"
    assert len(number.split(".")) == 4


def test_wrong_credentials(url: str) -> None:
    for name, password in (("nova", "wrong"), ("nobody", "x")):
        answer = v1(url, "GET", "/version", user=name, password=password)
        assert (answer.status, answer.reason) == (401, "Unauthorized")
        assert answer.text == "<p>Authentication failure</p>"


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


def test_root_page(url: str) -> None:
    answer = v1(url, "GET", "/")
    assert answer.status == 200
    assert answer.text.startswith(
        "<p>This is the root page for the xCAT Rest Web Service.  Available resources are:</p><p>accounts</p>"
    )
    assert answer.text.endswith("<p>version</p><p>vms</p>")


def test_formats(url: str) -> None:
    bad = v1(url, "GET", "/version", form="yaml")
    assert (bad.status, bad.text) == (400, "The format 'yaml' is not valid")
    assert bad.content_type == "text/html; charset=ISO-8859-1"
    xml = v1(url, "GET", "/nodes/tr0001", form="xml")
    assert xml.content_type == "text/xml; charset=ISO-8859-1"
    assert xml.text == (
        "  <info>Object name: tr0001</info>\n"
        "  <info>    groups=all</info>\n"
        "  <info>    hcp=zhcp.example.com</info>\n"
        "  <info>    mgt=zvm</info>\n"
        "  <info>    userid=tr0001</info>\n"
        "  <numofnodes>1</numofnodes>\n"
        "  <xcatdsource>xcat</xcatdsource>\n"
    )
    html = v1(url, "GET", "/nodes/tr0001", form="html")
    assert html.content_type == "text/html; charset=ISO-8859-1"
    assert html.text == (
        "<table border=1><tr><td>Object name</td><td> tr0001</td></tr>\n"
        "<tr><td>groups</td><td>all</td></tr>\n"
        "<tr><td>hcp</td><td>zhcp.example.com</td></tr>\n"
        "<tr><td>mgt</td><td>zvm</td></tr>\n"
        "<tr><td>userid</td><td>tr0001</td></tr>\n"
        "</table>\n"
    )
    default = ask(url, "GET", "/xcatws/version?userName=nova&password=x")
    assert default.content_type == "text/html; charset=ISO-8859-1"
    table = v1(url, "GET", "/tables/nodegroup", form="html").text
    assert table.startswith("<table border=1><tr><td>#groupname</td><td>grouptype</td>")
    quoted = v1(url, "GET", "/tables/zvm", form="xml").text
    assert "&quot;tr0001&quot;,&quot;zhcp.example.com&quot;,&quot;tr0001&quot;,,,,,," in quoted


def test_rows_keep_their_order_and_columns(url: str) -> None:
    lines = v1(url, "GET", "/tables/zvm").data[0]["data"]
    assert lines[0] == "#node,hcp,userid,nodetype,parent,comments,disable,discovered,status"
    assert lines.index('"tr0001","zhcp.example.com","tr0001",,,,,,') < lines.index(
        '"trzhcp","zhcp.example.com","OPNCLOUD",,,,,,'
    )


def test_several_attributes_come_each_in_a_response(url: str) -> None:
    answer = v1(url, "GET", "/tables/zvm?col=node&value=tr0001&attribute=userid&attribute=hcp")
    texts = sorted(text for item in answer.data for text in item["data"])
    assert texts == ["zvm.hcp: zhcp.example.com", "zvm.userid: tr0001"]
    assert len(answer.data) == 2


def test_the_mac_row_can_be_written_again(url: str) -> None:
    """A genuine xCAT breaks on a key that its mkvm wrote already; its clients count on this."""
    for _ in range(2):
        body = ["mac.node=tr0001 mac.mac=02:00:02:00:00:02 mac.interface=1000 mac.comments=zhcp"]
        assert v1(url, "PUT", "/tables/mac", body).data == []
    dump = v1(url, "GET", "/tables/mac").data[0]["data"]
    assert dump.count('"tr0001","1000","02:00:02:00:00:02","zhcp",') == 1
    assert v1(url, "PUT", "/tables/mac", ["-d node=tr0001 mac"]).data == []


def test_neutrons_way_through_the_table_switch(url: str) -> None:
    port = "11111111-2222-3333-4444-000000000002"
    row = f"switch.node=tr0001 switch.port={port} switch.interface=1000 switch.comments=zhcp"
    assert v1(url, "PUT", "/tables/switch", [row]).data == []
    assert f'"tr0001",,"{port}",,"1000","zhcp",' in v1(url, "GET", "/tables/switch").data[0]["data"]
    body = [f"port={port} switch.switch=XCATVSW2 switch.vlan=-1"]
    assert v1(url, "PUT", "/tables/switch", body).data == []
    assert (
        f'"tr0001","XCATVSW2","{port}","-1","1000","zhcp",'
        in (v1(url, "GET", "/tables/switch").data[0]["data"])
    )
    found = v1(url, "GET", f"/tables/switch?col=port&value={port}&attribute=node")
    assert found.data == [{"data": ["tr0001"]}]
    assert v1(url, "PUT", "/tables/switch", ["-d node=tr0001 switch"]).data == []


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


def test_dsh_of_several_nodes_and_of_nothing(url: str) -> None:
    first, second, last = v1(url, "PUT", "/nodes/trzhcp,xcat/dsh", ["command=date"]).data
    assert first["data"][0].startswith("trzhcp: ")
    assert second["data"][0].startswith("xcat: ")
    assert last == {"errorcode": ["0"]}
    assert v1(url, "PUT", "/nodes/trzhcp/dsh", ["options=-q"]).data == [
        {"errorcode": ["1"], "error": ["No command argument provided"]},
        {"errorcode": ["0"]},
    ]
    answer = v1(url, "PUT", "/nodes/nosuch/dsh", ["command=date"])
    assert (answer.status, answer.reason, answer.text) == (403, "Forbidden", UNKNOWN)
