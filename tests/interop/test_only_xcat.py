# SPDX-License-Identifier: Apache-2.0
"""The management node as a genuine xCAT, with nothing of ours beside: for the tests of clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.chain import HCP, HOST, Chain, Manager
from tests.support.raw_http import ask, v1
from zvm.xcat import Extension, XcatRefused
from zvm.xcat.envelope import DETAILS, DETAILS_HEADER


@pytest.fixture(scope="module")
def only(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    group = {"url": chain.zhcp.url, "hostname": HCP, "host": HOST, "golden_userid": "ZVMGOLD3"}
    running = Manager(tmp_path_factory.mktemp("only"), {"zhcp": group}, only_xcat=True)
    yield running
    running.stop()


def test_nothing_of_ours_is_there(only: Manager) -> None:
    for path in ("/zvm/v1", "/zvm/v1/guests", "/xcatwsv2/nodes", "/openapi.json"):
        assert ask(only.url, "GET", path).status == 404
    with only.client() as client:
        assert not Extension(client).available()


def test_the_second_dialect_is_not_guessed(only: Manager) -> None:
    answer = ask(only.url, "GET", "/xcatws/nodes?userName=nova&userPW=x&format=json")
    assert (answer.status, answer.text) == (401, "<p>Authentication failure</p>")


def test_errors_are_texts_alone(only: Manager) -> None:
    answer = ask(
        only.url,
        "GET",
        "/xcatws/nodes/nosuch?format=json",
        headers={"userName": "nova", "password": "a password: with = and ü".encode(), DETAILS_HEADER: "1"},  # type: ignore[dict-item]
    )
    assert answer.data[0]["error"] == ["Could not find an object named 'nosuch' of type 'node'."]
    assert DETAILS not in answer.data[0]
    with only.client() as client:
        client.request("POST", "/nodes/only1", body=["userid=only1", f"hcp={HCP}", "mgt=zvm"])
        with pytest.raises(XcatRefused) as caught:
            client.request("PUT", "/nodes/only1/power", body=["on"])
    assert caught.value.has_codes(200, 4)  # read out of the text
    assert caught.value.function == ""


def test_a_guest_is_not_marked_and_has_no_cards(only: Manager, chain: Chain) -> None:
    uuid = "11111111-2222-3333-4444-555555555566"
    v1(only.url, "POST", "/nodes/only2", ["userid=ONLY2", f"hcp={HCP}", "mgt=zvm", "groups=all"])
    body = ["profile=LNXDFLT", "cpu=1", "memory=512m", "password=AUTOONLY", "nic=1000,vswitch=XCATVSW1"]
    assert v1(only.url, "POST", f"/vms/only2?objectid={uuid}", body).status == 201
    reply = chain.simulator.smapi.call("Image_Query_DM", "ONLY2")
    records = " ".join(reply.values["image_record_array"])
    assert "NICDEF" not in records
    assert uuid not in records
    assert "Done" in v1(only.url, "DELETE", f"/vms/only2?objectid={uuid}").text
