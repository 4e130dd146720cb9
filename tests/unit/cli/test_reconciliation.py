# SPDX-License-Identifier: Apache-2.0
"""Differences between OpenStack and z/VM: each kind is found, and what agrees is not."""

from __future__ import annotations

import pytest

from zvm.cli.reconciliation import OpenStack, Port, Server, Zvm, compare, joined
from zvm.xcat.records import Guest, Leftover, Nic, Volume

GUEST = Guest("n1", "N1", "u1", "running", "zvm1")
SERVER = Server("u1", "one", "ACTIVE", "zvm1")
NIC = Nic("1000", "n1", "N1", "u1", "p1", "02:00:06:00:00:01", "VSW", 1, True)
PORT = Port("p1", "02:00:06:00:00:01", "u1", "ACTIVE")
VOLUME = Volume("v1", "zvm1", "VABC", "0100", "POOL1")
ALL = OpenStack({"u1": SERVER}, (PORT,), frozenset({"v1"}), frozenset({"u1", "m1"}), frozenset({"m1"}))


def kinds(openstack: OpenStack, zvm: Zvm) -> list[str]:
    return [found.kind for found in compare(openstack, zvm)]


def test_what_agrees_is_no_finding() -> None:
    assert kinds(ALL, Zvm((GUEST, Guest("other", "OTHER")), (NIC,), (VOLUME,))) == []


@pytest.mark.parametrize(
    ("openstack", "zvm", "expected"),
    [
        (OpenStack({}), Zvm((GUEST,)), ["guest"]),
        (OpenStack({"u1": SERVER}), Zvm((GUEST, Guest("n2", "N2", "u1", "running", "zvm1"))), ["guest"]),
        (OpenStack({"u1": SERVER}), Zvm(()), ["server"]),
        (OpenStack({"u1": Server("u1", "one", "SHUTOFF", "zvm1")}), Zvm((GUEST,)), ["server"]),
        (OpenStack({"u1": Server("u1", "one", "ACTIVE", "zvm2")}), Zvm((GUEST,)), ["server"]),
        (OpenStack({"u1": Server("u1", "one", "SHELVED_OFFLOADED", "")}), Zvm((GUEST,)), ["server"]),
        (OpenStack({"u1": SERVER}), Zvm((GUEST,), (NIC,)), ["nic"]),
        (OpenStack({"u1": SERVER}, (PORT,)), Zvm((GUEST,)), ["port"]),
        (OpenStack({}, volumes=frozenset()), Zvm((), volumes=(VOLUME,)), ["volume"]),
        (OpenStack({}, volumes=frozenset({"v9"})), Zvm(()), ["volume"]),
        (OpenStack({}, consumers=frozenset({"u9"})), Zvm(()), ["allocation"]),
    ],
)
def test_each_difference_is_found_once(openstack: OpenStack, zvm: Zvm, expected: list[str]) -> None:
    assert kinds(openstack, zvm) == expected


def test_an_adopted_guest_is_to_be_let_go_not_removed() -> None:
    [found] = compare(OpenStack({}), Zvm((Guest("n1", "N1", "u1", "running", "zvm1", adopted=True),)))
    assert found.next_step == "look into it, then DELETE /zvm/v1/guests/n1/adoption?uuid=u1"


@pytest.mark.parametrize(
    "server",
    [
        Server("u1", "one", "BUILD", ""),
        Server("u1", "one", "ERROR", "zvm1"),
        Server("u1", "one", "SHELVED_OFFLOADED", ""),
        Server("u1", "one", "ACTIVE", "zvm1", busy="deleting"),
    ],
)
def test_servers_that_need_no_guest(server: Server) -> None:
    assert kinds(OpenStack({"u1": server}), Zvm(())) == []


def test_a_system_that_does_not_answer_is_no_difference() -> None:
    assert kinds(OpenStack({"u1": SERVER}), Zvm((Guest("n1", "N1", "u1", "unknown", "zvm1"),))) == []


def test_what_one_management_node_has_is_not_left_over_for_the_other() -> None:
    """Those of one cluster see the same directory, and each has its own guests."""
    entry, lost = Leftover("userid", "N1"), Leftover("userid", "LOST")
    mine = Zvm((GUEST,), (NIC,), (VOLUME,), (lost,))
    other = Zvm((), (), (VOLUME,), (entry, lost))
    assert joined([mine]) == mine
    assert joined([mine, other]) == joined([other, mine]) == mine
    assert kinds(ALL, joined([other, mine])) == ["userid"]
