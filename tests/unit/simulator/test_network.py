# SPDX-License-Identifier: Apache-2.0
"""Virtual networks: who may connect, which MAC and VLAN, what outlives an IPL and a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulator.worlds import SMALL, World
from zvm.simulator.network import NetworkError
from zvm.simulator.vswitch import Grant, Lan, Vswitch

NIC = "NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW1 MACID 0000AA"
GRANT_ONLY = SMALL + "[network]\ndirectory_network_authorization = false\n"


@pytest.fixture
def old(tmp_path: Path) -> Iterator[World]:
    """A system of a level without directory network authorization."""
    world = World(tmp_path, GRANT_ONLY)
    yield world
    world.close()


def switch(world: World) -> dict[str, Any]:
    (found,) = world.values("Virtual_Network_Vswitch_Query", switch_name="XCATVSW1")["vswitchList"]
    return dict(found)


def users(world: World) -> list[str]:
    (found,) = world.values("Virtual_Network_Vswitch_Query_Extended", switch_name="xcatvsw1")["vswitchList"]
    return list(found["authorizedUsers"])


def adapters(world: World) -> list[str]:
    (found,) = world.values("Virtual_Network_Vswitch_Query_Extended", switch_name="XCATVSW1")["vswitchList"]
    return list(found["adapters"])


def test_a_nicdef_authorises_its_own_guest(world: World) -> None:
    world.define("LINUX01", NIC + " VLAN 100")
    world.values("Image_Activate", "LINUX01")
    assert "LINUX01 1000 02-00-06-00-00-AA QDIO" in adapters(world)
    assert "0 LINUX01 NOPROM NOOSDSIM 1 0100" in users(world)
    machine = world.system.guests.get("LINUX01")
    assert machine is not None
    assert "NIC 1000 is connected to VSWITCH SYSTEM XCATVSW1" in machine.console.lines


def test_without_a_grant_an_older_level_leaves_the_guest_without_network(old: World) -> None:
    old.define("LINUX01", NIC)
    old.values("Image_Activate", "LINUX01")
    adapter = old.system.network.adapter("LINUX01", "1000")
    assert adapter is not None
    assert not adapter.coupled
    machine = old.system.guests.get("LINUX01")
    assert machine is not None
    assert any("You are not authorized to COUPLE" in line for line in machine.console.lines)
    grant = {"switch_name": "XCATVSW1", "grant_userid": "linux01", "user_vlan_id": "200"}
    old.values("Virtual_Network_Vswitch_Set_Extended", **grant)
    old.values("Image_Deactivate", "LINUX01", force_time="IMMED")
    old.values("Image_Activate", "LINUX01")
    adapter = old.system.network.adapter("LINUX01", "1000")
    assert adapter is not None
    assert (adapter.lan_name, adapter.vlans) == ("XCATVSW1", [200])
    old.values("Virtual_Network_Vswitch_Set_Extended", switch_name="XCATVSW1", revoke_userid="LINUX01")
    assert not adapter.coupled


@pytest.mark.parametrize(
    ("nic", "granted", "coupled"),
    [
        (" VLAN 100", "200", []),
        (" VLAN 100", "", []),
        (" VLAN 100", "50-100 200", [100]),
        ("", "200", [200]),
    ],
)
def test_a_grant_for_other_vlans_is_none(old: World, nic: str, granted: str, coupled: list[int]) -> None:
    old.define("LINUX01", NIC + nic)
    grant = {"switch_name": "XCATVSW1", "grant_userid": "LINUX01", "user_vlan_id": granted}
    old.values("Virtual_Network_Vswitch_Set_Extended", **grant)
    old.values("Image_Activate", "LINUX01")
    adapter = old.system.network.adapter("LINUX01", "1000")
    assert adapter is not None
    assert (adapter.coupled, adapter.vlans) == (bool(coupled), coupled)


def test_another_grant_takes_the_network_away(old: World) -> None:
    old.define("LINUX01", NIC + " VLAN 100")
    grant = {"switch_name": "XCATVSW1", "grant_userid": "LINUX01", "user_vlan_id": "100"}
    old.values("Virtual_Network_Vswitch_Set_Extended", **grant)
    old.values("Image_Activate", "LINUX01")
    adapter = old.system.network.adapter("LINUX01", "1000")
    assert adapter is not None
    assert adapter.coupled
    old.values("Virtual_Network_Vswitch_Set_Extended", **grant | {"user_vlan_id": "200"})
    assert not adapter.coupled


def test_a_revoked_grant_takes_its_vlans_with_it(world: World) -> None:
    """The card's NICDEF, which names no VLAN, lets it stay coupled: in the switch's own VLAN."""
    world.define("LINUX01", NIC)
    assert world.cp("ZHCP", "SET VSWITCH XCATVSW1 GRANT LINUX01 VLAN 100").rc == 0
    world.values("Image_Activate", "LINUX01")
    adapter = world.system.network.adapter("LINUX01", "1000")
    assert adapter is not None
    assert adapter.vlans == [100]
    assert world.cp("ZHCP", "SET VSWITCH XCATVSW1 REVOKE LINUX01").rc == 0
    assert (adapter.coupled, adapter.vlans) == (True, [world.system.network.vswitch("XCATVSW1").vlan])


@pytest.mark.parametrize("by", ["CP", "SMAPI"])
def test_a_card_plugged_into_a_running_guest_needs_a_grant_first(old: World, by: str) -> None:
    """What attaches an interface to a server does: NICDEF, a new card, COUPLE; the NICDEF is no authority."""
    old.define("LINUX01")
    old.values("Image_Activate", "LINUX01")
    new = {"vdev": "1000", "type": 2, "devices": 3, "macid": "0000BB"}
    old.values("Virtual_Network_Adapter_Create_DM", "LINUX01", **new)
    connect = {"image_device_number": "1000", "switch_name": "XCATVSW1"}
    old.values("Virtual_Network_Adapter_Connect_Vswitch_DM", "LINUX01", **connect)
    old.values(
        "Virtual_Network_Adapter_Create_Extended", "LINUX01", image_device_number="1000", adapter_type="QDIO"
    )

    def couple() -> object:
        if by == "CP":
            return old.cp("LINUX01", "COUPLE 1000 TO SYSTEM XCATVSW1").rc
        return old.codes("Virtual_Network_Adapter_Connect_Vswitch", "LINUX01", **connect)

    assert couple() == (6011 if by == "CP" else (212, 8))
    adapter = old.system.network.adapter("LINUX01", "1000")
    assert adapter is not None
    assert (adapter.coupled, adapter.port) == (False, 0)
    assert users(old) == []
    assert old.cp("ZHCP", "SET VSWITCH XCATVSW1 GRANT LINUX01 VLAN 100").rc == 0
    assert couple() == (0 if by == "CP" else (0, 0))
    assert (adapter.vlans, adapter.mac) == ([100], "0200060000BB")


def test_coupling_by_smapi_needs_a_grant_too(old: World) -> None:
    old.define("LINUX01", NIC)
    old.values("Image_Activate", "LINUX01")
    with pytest.raises(NetworkError) as refused:
        old.system.network.couple("LINUX01", "1000", "SYSTEM", "XCATVSW1")
    assert (refused.value.kind, refused.value.number) == ("not_authorized", 6011)
    connect = {"image_device_number": "1000", "switch_name": "XCATVSW1"}
    assert old.codes("Virtual_Network_Adapter_Connect_Vswitch", "LINUX01", **connect) == (212, 8)
    old.values("Virtual_Network_Vswitch_Set_Extended", switch_name="XCATVSW1", grant_userid="LINUX01")
    assert old.codes("Virtual_Network_Adapter_Connect_Vswitch", "LINUX01", **connect) == (0, 0)
    assert "0 LINUX01 NOPROM NOOSDSIM 1 0001" in users(old)


@pytest.mark.parametrize(
    ("keyword", "operand", "rs"),
    [
        ("user_vlan_id", "200-100", 3003),
        ("user_vlan_id", "4095", 3003),
        ("revoke_userid", "LINUX02", 24),
        ("port_type", "HYBRID", 3003),
        ("promiscuous", "MAYBE", 3003),
    ],
)
def test_grants_that_make_no_sense(world: World, keyword: str, operand: str, rs: int) -> None:
    grant = {"switch_name": "XCATVSW1", "grant_userid": "LINUX01", keyword: operand}
    assert world.codes("Virtual_Network_Vswitch_Set_Extended", **grant) == (8, rs)


def test_attributes_of_a_switch_are_set_by_word(world: World) -> None:
    settings = {
        "queue_memory_limit": "4",
        "routing_value": "PRIROUTER",
        "iptimeout": "10",
        "port_isolation": "ON",
        "gvrp_value": "GVRP",
        "MAC_protect": "ON",
        "VLAN_counters": "ON",
        "mac_id": "00abcd",
        "port_type": "2",
    }
    world.values("Virtual_Network_Vswitch_Set_Extended", switch_name="XCATVSW1", **settings)
    (found,) = world.values("Virtual_Network_Vswitch_Query_Extended", switch_name="XCATVSW1")["vswitchList"]
    assert found["vswitchAttributes"] == (
        "XCATVSW1 ETHERNET TRUNK 4 PRIROUTER AWARE 0001 0001 02-00-06-00-AB-CD GVRP GVRP 8 LAG: 0 (NOGRP) 10"
        " QDIO ISOLATION ON USERBASED ON OFF (NONE)"
    )
    for keyword in settings:
        wrong = {"switch_name": "XCATVSW1", keyword: "X"}
        assert world.codes("Virtual_Network_Vswitch_Set_Extended", **wrong) == (8, 3003)


def test_whether_the_guest_works_with_its_card(world: World) -> None:
    def status() -> str:
        lines = world.values("Virtual_Network_Adapter_Query_Extended", "LINUX01", image_device_number="*")
        return next(line for line in lines["adapterInfo"] if line.startswith("adapter_status="))

    world.define("LINUX01", NIC)
    world.values("Image_Activate", "LINUX01")
    assert status() == "adapter_status=01"
    machine = world.system.guests.get("LINUX01")
    assert machine is not None
    machine.booted = True
    assert status() == "adapter_status=02"
    world.values("Virtual_Network_Adapter_Disconnect", "LINUX01", image_device_number="1000")
    assert status() == "adapter_status=00"


def test_hipersockets_do_not_go_to_a_switch(world: World) -> None:
    world.define("LINUX01", "NICDEF 1000 TYPE HIPERS")
    connect = {"image_device_number": "1000", "switch_name": "XCATVSW1"}
    assert world.codes("Virtual_Network_Adapter_Connect_Vswitch_DM", "LINUX01", **connect) == (412, 28)


def test_connecting_and_disconnecting_codes(world: World) -> None:
    world.define("LINUX01", "NICDEF 1000 TYPE QDIO")
    world.values("Virtual_Network_Vswitch_Set_Extended", switch_name="XCATVSW1", grant_userid="LINUX01")
    connect = "Virtual_Network_Adapter_Connect_Vswitch"
    where = {"image_device_number": "1000", "switch_name": "XCATVSW1"}
    assert world.codes(connect, "LINUX01", **where) == (200, 12)
    world.values("Image_Activate", "LINUX01")
    assert world.codes(connect, "LINUX01", **{**where, "image_device_number": "2000"}) == (204, 8)
    assert world.codes(connect, "LINUX01", **{**where, "switch_name": "NOSUCH"}) == (212, 40)
    assert world.codes(connect, "LINUX01", **where) == (0, 0)
    assert world.codes(connect, "LINUX01", **where) == (204, 20)
    disconnect = "Virtual_Network_Adapter_Disconnect"
    assert world.codes(disconnect, "LINUX01", image_device_number="1000") == (0, 0)
    assert world.codes(disconnect, "LINUX01", image_device_number="1000") == (204, 48)
    assert world.codes(disconnect, "LINUX01", image_device_number="2000") == (204, 8)


def test_cards_in_the_directory(world: World) -> None:
    def codes(function: str, **parameters: Any) -> tuple[int, int]:
        return world.codes(f"Virtual_Network_Adapter_{function}_DM", "LINUX01", **parameters)

    world.define("LINUX01")
    new = {"vdev": "1000", "type": 2, "devices": 3, "macid": "0000bb"}
    assert codes("Create", **new) == (0, 0)
    assert codes("Create", **new) == (404, 4)
    assert codes("Create", **{**new, "vdev": "0009"}) == (404, 4)
    assert codes("Disconnect", image_device_number="1000") == (412, 16)
    assert codes("Connect_Vswitch", image_device_number="1000", switch_name="XCATVSW1") == (0, 0)
    assert codes("Connect_Vswitch", image_device_number="2000", switch_name="XCATVSW1") == (404, 8)
    records = world.values("Image_Query_DM", "LINUX01")["image_record_array"]
    assert records[-1] == "NICDEF 1000 TYPE QDIO DEVICES 3 LAN SYSTEM XCATVSW1 MACID 0000BB"
    assert codes("Disconnect", image_device_number="1000") == (0, 0)
    assert codes("Delete", image_device_number="1000") == (0, 0)
    assert codes("Delete", image_device_number="1000") == (404, 8)


def test_grants_are_given_once_and_checked(world: World) -> None:
    def grant(**parameters: str) -> tuple[int, int]:
        return world.codes("Virtual_Network_Vswitch_Set_Extended", **parameters)

    name = {"switch_name": "XCATVSW1", "grant_userid": "LINUX01"}
    assert grant(**{**name, "switch_name": "NOSUCH"}) == (212, 40)
    assert grant(**name) == (0, 0)
    assert grant(**name) == (212, 44)
    assert grant(**name, user_vlan_id="100", persist="YES") == (0, 0)
    assert grant(**name, user_vlan_id="4095") == (8, 3003)
    assert grant(switch_name="XCATVSW1", lacp="ACTIVE") == (8, 3002)
    world.system.network.create_vswitch(Vswitch("FLAT"))
    assert grant(switch_name="FLAT", grant_userid="LINUX01", user_vlan_id="100") == (212, 48)


def test_an_ipl_takes_volatile_grants_and_keeps_persistent_ones(world: World) -> None:
    network = world.system.network
    network.grant("XCATVSW1", Grant("LINUX01"))
    network.grant("XCATVSW1", Grant("LINUX02", persist=True))
    network.create_vswitch(Vswitch("TEMP", persist=False))
    network.create_lan(Lan("GLAN", "SYSTEM"))
    world.system.ipl()
    assert set(network.vswitches["XCATVSW1"].grants) == {"LINUX02"}
    assert set(network.vswitches) == {"XCATVSW1"}
    assert network.lans == {}


def test_an_ipl_brings_back_the_grants_of_system_config(old: World) -> None:
    """A volatile GRANT or REVOKE changes the running switch only, as SET VSWITCH does; persist=YES both."""
    setting, switch = "Virtual_Network_Vswitch_Set_Extended", {"switch_name": "XCATVSW1"}
    for userid in ("LINUX01", "LINUX02", "LINUX03"):
        old.values(setting, **switch, grant_userid=userid, user_vlan_id="100", persist="YES")
    assert old.cp("ZHCP", "SET VSWITCH XCATVSW1 GRANT LINUX01 VLAN 200").rc == 0
    old.values(setting, **switch, revoke_userid="LINUX02")
    old.values(setting, **switch, revoke_userid="LINUX03", persist="YES")
    assert users(old) == ["0 LINUX01 NOPROM NOOSDSIM 1 0200"]
    old.kill()
    assert users(old) == ["0 LINUX01 NOPROM NOOSDSIM 1 0200"]
    old.system.ipl()
    assert [line[2:] for line in users(old)] == [f"LINUX0{n} NOPROM NOOSDSIM 1 0100" for n in (1, 2)]


def test_mac_addresses_are_never_given_twice(world: World) -> None:
    world.define("LINUX01", "NICDEF 1000 TYPE QDIO MACID 0000AA", "NICDEF 2000 TYPE QDIO")
    world.define("LINUX02", "NICDEF 1000 TYPE QDIO MACID 0000AA", "NICDEF 2000 TYPE QDIO")
    world.values("Image_Activate", "LINUX01")
    world.restart()
    world.values("Image_Activate", "LINUX02")
    network = world.system.network
    macs = [item.mac for user in ("LINUX01", "LINUX02", "ZHCP") for item in network.adapters(user)]
    assert len(macs) == len(set(macs)) == 5
    assert network.adapters("LINUX01")[0].mac == "0200060000AA"
    assert all(mac.startswith("020006") for mac in macs)


def test_device_numbers_of_cards_do_not_overlap(world: World) -> None:
    world.system.network.define("ZHCP", "1000")
    with pytest.raises(NetworkError) as refused:
        world.system.network.define("ZHCP", "1002")
    assert refused.value.kind == "adapter_exists"
    world.system.network.define("ZHCP", "1003")


def test_switches_are_created_described_and_deleted(world: World) -> None:
    new = {"switch": "vsw2", "rdevs": "0700 0800", "transport": 2, "vlan": 10, "update": 1, "native_vlan": 1}
    assert world.codes("Virtual_Network_Vswitch_Create", **new) == (0, 0)
    assert world.codes("Virtual_Network_Vswitch_Create", **new) == (212, 36)
    (found,) = world.values("Virtual_Network_Vswitch_Query_Extended", switch_name="VSW2")["vswitchList"]
    words = found["vswitchAttributes"].split()
    assert len(words) == 23
    assert words[:8] == ["VSW2", "ETHERNET", "ACCESS", "8", "NONROUTER", "AWARE", "0010", "0001"]
    assert [line.split()[0] for line in found["realDevices"]] == ["0700", "0800"]
    every = world.values("Virtual_Network_Vswitch_Query", switch_name="*")["vswitchList"]
    assert [item["vswitchName"] for item in every] == ["XCATVSW1", "VSW2"]
    assert world.codes("Virtual_Network_Vswitch_Delete", switch="VSW2") == (0, 0)
    assert world.codes("Virtual_Network_Vswitch_Query", switch_name="VSW2") == (212, 40)
    stats = world.values("Virtual_Network_Vswitch_Query_IUO_Stats", switch_name="XCATVSW1")["statistics"]
    assert stats[:2] == ["1", "XCATVSW1"]


def test_guest_lans(world: World) -> None:
    assert world.codes("Virtual_Network_LAN_Query", lan_name="GLAN", lan_owner="SYSTEM") == (212, 12)
    create = {"lan_name": "GLAN", "lan_owner": "SYSTEM", "lan_type": 2, "transport_type": 1}
    assert world.codes("Virtual_Network_LAN_Create", **create) == (0, 0)
    assert world.codes("Virtual_Network_LAN_Create", **create) == (212, 24)
    world.define("LINUX01", "NICDEF 1000 TYPE QDIO LAN SYSTEM GLAN")
    world.values("Image_Activate", "LINUX01")
    (lan,) = world.values("Virtual_Network_LAN_Query", lan_name="*", lan_owner="SYSTEM")["lanList"]
    assert lan["connectedAdapterList"] == [{"adapterOwner": "LINUX01", "imageDeviceNumber": "1000"}]
    assert world.codes("Virtual_Network_LAN_Delete", lan_name="GLAN", lan_owner="SYSTEM") == (0, 0)
    adapter = world.system.network.adapter("LINUX01", "1000")
    assert adapter is not None
    assert not adapter.coupled


def test_a_nicdef_of_a_profile_authorises_too(world: World) -> None:
    records = ["PROFILE NET", "NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW1"]
    world.values("Profile_Create_DM", "NET", profile_record_array=records)
    entry = ["USER LINUX01 LBYONLY 1G 1G G", "INCLUDE NET"]
    world.values("Image_Create_DM", "LINUX01", image_record_array=entry)
    world.values("Image_Activate", "LINUX01")
    adapter = world.system.network.adapter("LINUX01", "1000")
    assert adapter is not None
    assert adapter.coupled
