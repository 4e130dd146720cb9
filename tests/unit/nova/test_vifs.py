# SPDX-License-Identifier: Apache-2.0
"""Repair of network cards."""

from __future__ import annotations

from typing import Any

import pytest
from nova import exception
from nova.network import model

from tests.unit.nova.conftest import UUID, Node, guest
from zvm.nova.session import Session
from zvm.nova.vifs import Vifs

CHANGE = "PUT /xcatws/vms/ibm0001"


@pytest.fixture
def vifs(session: Session) -> Vifs:
    return Vifs(session)


def port(number: int, **details: Any) -> model.VIF:
    network = model.Network(id="n", physical_network="p")
    return model.VIF(
        id=f"port-{number}", address=f"fa:16:3e:00:00:{number:02x}", network=network, details=details
    )


def nic(number: int, **facts: Any) -> dict[str, Any]:
    mac = f"02:00:06:00:00:{number:02X}"
    return {"vdev": "1000", "uuid": UUID, "mac": mac, "vswitch": "VSW1", "coupled": True, **facts}


def test_what_is_coupled_stays_as_it_is(vifs: Vifs, node: Node, instance: Any) -> None:
    node.guests = [guest()]
    node.extension("GET", "/nics", {"nics": [nic(1), nic(7, port="port-2")]})
    vifs.plug(instance, [port(1), port(2)])
    assert node.calls() == ["GET /zvm/v1/guests", "GET /zvm/v1/nics"]


def test_many_instances_cost_no_more_calls_than_one(vifs: Vifs, node: Node, instance: Any) -> None:
    node.guests = [guest()]
    node.extension("GET", "/nics", {"nics": [nic(1)]})
    for _ in range(100):
        vifs.plug(instance, [port(1)])
    assert len(node.calls()) == 2


def test_a_lost_card_is_coupled_again(vifs: Vifs, node: Node, instance: Any) -> None:
    node.guests = [guest()]
    node.extension("GET", "/nics", {"nics": [nic(1)]})
    vifs.plug(instance, [port(1), port(2), port(3, vlan=101)])
    assert node.bodies(CHANGE) == [
        ["--connectnic2vswitch 1003 VSW1"],
        ["--connectnic2vswitch 1006 VSW1 ACCESS 101"],
    ]


@pytest.mark.parametrize("guests", [[], [guest(state="off")], [guest(uuid="other")]])
def test_a_guest_that_is_off_is_coupled_by_its_logon(
    vifs: Vifs, node: Node, instance: Any, guests: list[Any]
) -> None:
    node.guests = guests
    vifs.plug(instance, [port(1)])
    assert node.bodies(CHANGE) == []


def test_a_refusal_is_a_failure_to_plug(vifs: Vifs, node: Node, instance: Any) -> None:
    node.guests = [guest()]
    node.refuse("PUT", "/xcatws/vms/.*", 212, 40)
    with pytest.raises(exception.VirtualInterfacePlugException, match="rs 40"):
        vifs.plug(instance, [port(1)])


def test_unplug_uncouples_what_is_coupled(vifs: Vifs, node: Node, instance: Any) -> None:
    node.guests = [guest()]
    node.extension("GET", "/nics", {"nics": [nic(1), nic(2, coupled=False), nic(3, uuid="other")]})
    vifs.unplug(instance, [port(1), port(2), port(3)])
    assert node.bodies(CHANGE) == [["--disconnectnic 1000"]]


def test_unplug_of_what_is_gone(vifs: Vifs, node: Node, instance: Any) -> None:
    vifs.unplug(instance, [port(1)])
    vifs.unplug(instance, None)
    assert node.bodies(CHANGE) == []
