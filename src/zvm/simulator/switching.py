# SPDX-License-Identifier: Apache-2.0
"""How frames travel: from a guest's card over its virtual switch or guest LAN to other cards and the uplink.

A switch knows the MAC addresses of its cards, and learns those a guest sends from besides, unless MAC
protection forbids them; what is for nobody it knows goes to the uplink only. Source: z/VM Connectivity,
Planning Virtual Networks (VLANs, port isolation, MAC protection).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from zvm.simulator.ethernet import Frame, FrameError
from zvm.simulator.vswitch import Adapter, Vswitch

if TYPE_CHECKING:
    from zvm.simulator.system import System

#: Takes the octets of a frame. It may send, at once or later.
Receiver = Callable[[bytes], None]
#: Addresses a system remembers beside those of its cards.
_MOST_LEARNED = 4096
#: The VLAN of where there are none.
_NO_VLANS = 0


class Switching:
    """The frames of one system. ``send`` returns when the frame and what it caused is there."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._network = system.network
        self._receivers: dict[tuple[str, str], Receiver] = {}
        self._uplinks: dict[str, Receiver] = {}
        self._learned: dict[tuple[str, str, int, bytes], tuple[str, str]] = {}
        self._deliveries: deque[Callable[[], None]] = deque()
        self._delivering = False

    def attach(self, userid: str, vdev: str, receiver: Receiver | None) -> None:
        """Let the frames for a card go to ``receiver``, as for a guest that really runs; None: as before."""
        self._receivers.pop((userid, vdev), None)
        if receiver is not None:
            self._receivers[userid, vdev] = receiver

    def attach_uplink(self, switch: str, receiver: Receiver | None) -> None:
        """Let what leaves a switch by its uplink go to ``receiver``; None: nowhere."""
        self._uplinks.pop(switch, None)
        if receiver is not None:
            self._uplinks[switch] = receiver

    def send(self, userid: str, vdev: str, data: bytes) -> None:
        """Send a frame from a guest's card; one that is not coupled sends it nowhere."""
        adapter = self._network.adapter(userid, vdev)
        if adapter is None or not adapter.coupled:
            return
        switch = self._network.switch_of(adapter)
        try:
            frame = Frame.decode(data)
            vlan = self._vlan_of(frame, adapter, switch)
        except FrameError:
            adapter.traffic.sent.discard(adapter.vlans[0] if adapter.vlans else _NO_VLANS)
            return
        adapter.traffic.sent.count(vlan, len(data))
        self._learn(adapter, vlan, frame.source)
        self._forward((adapter.lan_owner, adapter.lan_name), switch, frame, vlan, adapter)

    def arrive(self, name: str, data: bytes) -> None:
        """Let a frame come in by the uplink of a switch; there is nobody when the uplink is lost."""
        switch = self._network.vswitches.get(name)
        if switch is None:
            return
        try:
            frame = Frame.decode(data)
        except FrameError:
            switch.uplink.received.discard(_NO_VLANS)
            return
        if not switch.vlan_aware:
            vlan = _NO_VLANS
        else:
            vlan = switch.native_vlan if frame.vlan is None else frame.vlan
        if not switch.ready:
            switch.uplink.received.discard(vlan)
            return
        switch.uplink.received.count(vlan, len(data))
        self._forward((switch.owner, name), switch, frame, vlan, None)

    def _vlan_of(self, frame: Frame, adapter: Adapter, switch: Vswitch | None) -> int:
        """Return the VLAN that a frame from a card is in.

        Raises:
            FrameError: the port does not let it in.
        """
        if switch is not None and switch.mac_protect == "ON" and frame.source != bytes.fromhex(adapter.mac):
            raise FrameError("the source address is not the card's")
        if switch is None or not switch.vlan_aware:
            return _NO_VLANS
        access = self._network.port_type(adapter, switch) == "ACCESS"
        default = adapter.vlans[0] if access else switch.native_vlan
        vlan = default if frame.vlan is None else frame.vlan
        if vlan not in adapter.vlans or (access and frame.vlan is not None):
            raise FrameError(f"the port does not let VLAN {vlan} in")
        return vlan

    def _learn(self, adapter: Adapter, vlan: int, source: bytes) -> None:
        key = (adapter.lan_owner, adapter.lan_name, vlan, source)
        self._learned.pop(key, None)
        if len(self._learned) >= _MOST_LEARNED:
            del self._learned[next(iter(self._learned))]
        self._learned[key] = (adapter.owner, adapter.vdev)

    def _forward(
        self, lan: tuple[str, str], switch: Vswitch | None, frame: Frame, vlan: int, sender: Adapter | None
    ) -> None:
        """Bring a frame to those in its VLAN that it is for, and to the uplink unless a card here has it."""
        cards, mac = self._network.connected(*lan), frame.destination.hex().upper()
        learned = self._learned.get((*lan, vlan, frame.destination))
        if not frame.to_group:
            there = [card for card in cards if card.mac == mac and self._carries(card, switch, vlan)]
            cards = there or [card for card in cards if (card.owner, card.vdev) == learned]
        members = [card for card in cards if self._carries(card, switch, vlan)]
        isolated = switch is not None and switch.isolation and sender is not None
        for card in members if not isolated else ():
            if card is not sender:
                self._deliveries.append(partial(self._deliver, card, switch, frame, vlan))
        if switch is not None and sender is not None and (frame.to_group or not members):
            self._deliveries.append(partial(self._leave, switch, frame, vlan))
        self._run()

    def _carries(self, card: Adapter, switch: Vswitch | None, vlan: int) -> bool:
        if switch is None or not switch.vlan_aware:
            return True
        if self._network.port_type(card, switch) == "ACCESS":
            return vlan == card.vlans[0]
        return vlan in card.vlans

    def _deliver(self, card: Adapter, switch: Vswitch | None, frame: Frame, vlan: int) -> None:
        if switch is not None and switch.vlan_aware:
            untagged = self._network.port_type(card, switch) == "ACCESS" or vlan == switch.native_vlan
            frame = frame.tagged(None if untagged else vlan)
        data = frame.encode()
        receiver = self._receivers.get((card.owner, card.vdev))
        if receiver is None and not self._system.guest_network.receive(card, data):
            card.traffic.received.discard(vlan)
            return
        card.traffic.received.count(vlan, len(data))
        if receiver is not None:
            receiver(data)

    def _leave(self, switch: Vswitch, frame: Frame, vlan: int) -> None:
        """Send a frame out by the uplink: to who is attached, and to the same switch of other members."""
        if not switch.ready:
            switch.uplink.sent.discard(vlan)
            return
        if switch.vlan_aware:
            frame = frame.tagged(None if vlan == switch.native_vlan else vlan)
        data = frame.encode()
        switch.uplink.sent.count(vlan, len(data))
        if receiver := self._uplinks.get(switch.name):
            receiver(data)
        for member in self._system.members:
            if member is not self._system and not member.down:
                member.switching.arrive(switch.name, data)

    def _run(self) -> None:
        """Do what waits, in order; what that sends in turn comes behind it, not into the middle."""
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._deliveries:
                self._deliveries.popleft()()
        finally:
            self._delivering = False
            self._deliveries.clear()
