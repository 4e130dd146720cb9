# SPDX-License-Identifier: Apache-2.0
"""Frames between cards: who gets what, in which VLAN, and what is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.simulator.clusters import Cluster
from tests.unit.simulator.worlds import World
from zvm.simulator.ethernet import BROADCAST, Frame, FrameError
from zvm.simulator.system import System
from zvm.simulator.vswitch import Lan, Vswitch

EXPERIMENT = 0x88B5  # IEEE 802.1: local experimental EtherType
ELSEWHERE = bytes.fromhex("020000000099")


class Segment:
    """Guests whose cards are in the test's hands, and the uplink of XCATVSW1."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.got: dict[str, list[Frame]] = {}
        self.uplink: list[Frame] = []
        system.switching.attach_uplink("XCATVSW1", lambda data: self.uplink.append(Frame.decode(data)))

    def join(self, userid: str, records: str = "", name: str = "XCATVSW1") -> None:
        """Define a guest, log it on, and take the frames of its card."""
        entry = [
            f"USER {userid} LBYONLY 512M 1G G",
            f"NICDEF 1000 TYPE QDIO LAN SYSTEM {name} {records}".strip(),
        ]
        self.system.directory.create(userid, entry)
        self.system.guests.logon(userid)
        self.take(userid)

    def take(self, userid: str) -> None:
        got = self.got.setdefault(userid, [])
        self.system.switching.attach(userid, "1000", lambda data: got.append(Frame.decode(data)))

    def mac(self, userid: str) -> bytes:
        card = self.system.network.adapter(userid, "1000")
        assert card is not None
        return bytes.fromhex(card.mac)

    def send(
        self, sender: str, to: str | bytes, vlan: int | None = None, source: bytes = b"", text: bytes = b"hi"
    ) -> dict[str, list[int | None]]:
        """Send a frame; return who got it with which tag, the uplink too."""
        for frames in (*self.got.values(), self.uplink):
            frames.clear()
        destination = self.mac(to) if isinstance(to, str) else to
        frame = Frame(destination, source or self.mac(sender), EXPERIMENT, text, vlan)
        self.system.switching.send(sender, "1000", frame.encode())
        return self.seen()

    def arrive(self, to: bytes, vlan: int | None = None) -> dict[str, list[int | None]]:
        """Let a frame come from outside; return who got it with which tag."""
        for frames in (*self.got.values(), self.uplink):
            frames.clear()
        frame = Frame(to, ELSEWHERE, EXPERIMENT, b"out", vlan)
        self.system.switching.arrive("XCATVSW1", frame.encode())
        return self.seen()

    def seen(self) -> dict[str, list[int | None]]:
        everywhere = self.got | {"uplink": self.uplink}
        return {who: [frame.vlan for frame in frames] for who, frames in everywhere.items() if frames}


@pytest.fixture
def segment(world: World) -> Segment:
    """Two guests in VLAN 100, one in 200, a trunk of 1, 100 and 200."""
    found = Segment(world.system)
    for userid, vlan in (("ONE", 100), ("TWO", 100), ("OTHER", 200)):
        found.join(userid, f"VLAN {vlan}")
    found.join("TRUNK", "PORTTYPE TRUNK VLAN 1 100 200")
    return found


def test_a_frame_goes_to_whom_it_is_for_and_to_nobody_else(segment: Segment) -> None:
    assert segment.send("ONE", "TWO") == {"TWO": [None]}
    assert segment.got["TWO"][0].payload == b"hi"
    assert segment.send("ONE", BROADCAST) == {"TWO": [None], "TRUNK": [100], "uplink": [100]}
    assert segment.send("ONE", ELSEWHERE) == {"uplink": [100]}


def test_vlans_are_kept_apart(segment: Segment) -> None:
    assert segment.send("ONE", "OTHER") == {"uplink": [100]}
    assert segment.send("OTHER", BROADCAST) == {"TRUNK": [200], "uplink": [200]}
    assert segment.send("ONE", "TWO", vlan=100) == {}  # an access port takes no tags
    assert segment.send("TRUNK", "OTHER", vlan=200) == {"OTHER": [None]}
    assert segment.send("TRUNK", "OTHER", vlan=300) == {}
    assert segment.send("TRUNK", BROADCAST) == {"uplink": [None]}  # without a tag: the native VLAN
    assert segment.arrive(segment.mac("TRUNK"), vlan=100) == {"TRUNK": [100]}
    assert segment.arrive(segment.mac("TRUNK")) == {"TRUNK": [None]}
    assert segment.arrive(BROADCAST, vlan=200) == {"OTHER": [None], "TRUNK": [200]}
    assert segment.arrive(ELSEWHERE, vlan=200) == {}


def test_isolated_ports_reach_the_uplink_only(segment: Segment, world: World) -> None:
    assert world.cp("ZHCP", "SET VSWITCH XCATVSW1 ISOLATION ON").rc == 0
    assert segment.send("ONE", "TWO") == {}
    assert segment.send("ONE", BROADCAST) == {"uplink": [100]}
    assert segment.arrive(segment.mac("TWO"), vlan=100) == {"TWO": [None]}


def test_other_source_addresses_are_learned_unless_the_switch_protects_macs(
    segment: Segment, world: World
) -> None:
    assert segment.send("TWO", "ONE", source=ELSEWHERE) == {"ONE": [None]}
    assert segment.send("ONE", ELSEWHERE) == {"TWO": [None]}
    setting = {"switch_name": "XCATVSW1", "MAC_protect": "ON"}
    world.values("Virtual_Network_Vswitch_Set_Extended", **setting)
    assert segment.send("TWO", "ONE", source=ELSEWHERE) == {}
    assert segment.send("TWO", "ONE") == {"ONE": [None]}


def test_who_is_not_coupled_has_no_network(segment: Segment, world: World) -> None:
    assert world.cp("TWO", "UNCOUPLE 1000").rc == 0
    assert segment.send("ONE", "TWO") == {"uplink": [100]}
    assert segment.send("TWO", "ONE") == {}
    assert world.cp("TWO", "COUPLE 1000 TO SYSTEM XCATVSW1").rc == 0
    assert segment.send("TWO", "ONE") == {"ONE": [None]}


def test_a_switch_that_lost_its_uplink_carries_frames_between_guests(segment: Segment) -> None:
    segment.system.set_trouble("down_switches", ["XCATVSW1"])
    assert segment.send("ONE", BROADCAST) == {"TWO": [None], "TRUNK": [100]}
    assert segment.arrive(segment.mac("ONE"), vlan=100) == {}
    segment.system.end_trouble()
    assert segment.send("ONE", ELSEWHERE) == {"uplink": [100]}
    uplink = segment.system.network.vswitch("XCATVSW1").uplink
    assert (uplink.received.discarded, uplink.sent.discarded) == ({100: 1}, {100: 1})


def test_a_switch_without_vlans_and_a_guest_lan_pass_tags_through(world: World) -> None:
    segment = Segment(world.system)
    world.system.network.create_vswitch(Vswitch("FLAT"))
    world.system.network.create_lan(Lan("GLAN", "SYSTEM"))
    for name in ("FLAT", "GLAN"):
        world.cp("ZHCP", "SET VSWITCH FLAT GRANT A" + name)
        segment.join(f"A{name}", name=name)
        segment.join(f"B{name}", name=name)
        assert segment.send(f"A{name}", BROADCAST, vlan=7) == {f"B{name}": [7]}
        assert segment.send(f"A{name}", f"B{name}") == {f"B{name}": [None]}


def test_what_is_carried_is_counted_and_told_by_smapi(segment: Segment, world: World) -> None:
    for to, vlan in (("TWO", None), (BROADCAST, None), ("TWO", 100)):
        segment.send("ONE", to, vlan, text=bytes(86))
    segment.system.switching.send("ONE", "1000", b"short")
    segment.system.switching.attach("TWO", "1000", None)  # nothing runs in it
    segment.send("ONE", "TWO", text=bytes(86))
    lines = world.values("Virtual_Network_Vswitch_Query_IUO_Stats", switch_name="XCATVSW1")["statistics"]
    assert "ONE 1000 0 0 0 3 2 0 0 300" in lines
    assert "TWO 1000 2 1 0 0 0 0 200 0" in lines
    assert "0600 0 0 0 1 0 0 0 104" in lines
    assert "100 304 300" in lines
    (card,) = world.values("Virtual_Network_VLAN_Query_Stats", userid="TWO", vlan_id="100")["portNicList"]
    assert card["segmentArray"] == ["0100 200 1 0 0"]
    (switch,) = world.values("Virtual_Network_Vswitch_Query_Stats", switch_name="XCATVSW1")["vswitchList"]
    assert "0100 304 1 300 2 " in "\n".join(switch["segmentArray"])


def test_switches_of_the_same_name_in_a_cluster_are_one_segment(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    for userid in ("ONE", "TWO"):
        cluster.define(userid, "NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW1 VLAN 100")
    first, second = Segment(cluster["ZVM1"]), Segment(cluster["ZVM2"])
    assert cluster.cp("ZVM1", "XAUTOLOG ONE")[0] == cluster.cp("ZVM2", "XAUTOLOG TWO")[0] == 0
    first.take("ONE")
    second.take("TWO")
    first.send("ONE", second.mac("TWO"))
    assert second.seen() == {"TWO": [None]}
    cluster["ZVM2"].set_trouble("down_switches", ["XCATVSW1"])
    second.got["TWO"].clear()
    first.send("ONE", BROADCAST)
    assert second.seen() == {}
    cluster.ssi.close()


@pytest.mark.parametrize("data", [b"", bytes(13), bytes(12) + b"\x81\x00\x00", bytes(14) + bytes(8993)])
def test_what_is_no_frame(data: bytes) -> None:
    with pytest.raises(FrameError):
        Frame.decode(data)


def test_frames_there_and_back() -> None:
    frame = Frame(BROADCAST, ELSEWHERE, EXPERIMENT, b"x", 4094, 0xE000)
    assert Frame.decode(frame.encode()) == frame
    assert Frame.decode(frame.tagged(None).encode()) == Frame(BROADCAST, ELSEWHERE, EXPERIMENT, b"x")
