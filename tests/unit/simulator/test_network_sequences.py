# SPDX-License-Identifier: Apache-2.0
"""Any order of grant, revoke, logon, couple, IPL, restart and kill: who is connected is what a model says.

No grant is lost: what was granted for good is there after an IPL, a restart and a kill; what was granted
until the next IPL outlives a restart and a kill, but no IPL.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.unit.simulator.worlds import SMALL, World

USERIDS = ("LINUX01", "LINUX02")
#: The card of the directory, if it has one, and one that only DEFINE NIC makes.
DEFINED, PLUGGED = "1000", "2000"
USERID, VDEV = st.sampled_from(USERIDS), st.sampled_from([DEFINED, PLUGGED])
#: Operands of NICDEF, and what a grant names; no VLAN is the switch's default.
NICDEFS = {None: "", 0: "LAN SYSTEM XCATVSW1", 100: "LAN SYSTEM XCATVSW1 VLAN 100"}
DEFAULT_VLAN = 1
VLANS = st.sampled_from([(), (100,), (100, 200)])
SWITCH = {"switch_name": "XCATVSW1"}


class NetworkSequences(RuleBasedStateMachine):
    """The model: NICDEFs, grants in force and of SYSTEM CONFIG, and each card with the VLANs it is in."""

    nicdef_authorises: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        word = str(self.nicdef_authorises).lower()
        text = f"{SMALL}[network]\ndirectory_network_authorization = {word}\n"
        self.world = World(Path(self.folder.name), text)
        self.nicdefs: dict[str, int] = {}
        self.grants: dict[str, tuple[int, ...]] = {}
        self.configured: dict[str, tuple[int, ...]] = {}
        #: None: the card is not coupled.
        self.cards: dict[tuple[str, str], list[int] | None] = {}
        for userid in USERIDS:
            self.world.define(userid)

    def teardown(self) -> None:
        self.world.close()
        self.folder.cleanup()

    def admitted(self, userid: str, vdev: str) -> list[int] | None:
        """Return the VLANs a card gets when it is coupled, or None when it is refused."""
        granted = self.grants.get(userid)
        granted = (granted or (DEFAULT_VLAN,)) if granted is not None else None
        nicdef = self.nicdefs.get(userid) if vdev == DEFINED else None
        wanted = (nicdef,) if nicdef else granted or (DEFAULT_VLAN,)
        if nicdef is not None and self.nicdef_authorises:
            return list(wanted)
        return list(wanted) if granted is not None and set(wanted) <= set(granted) else None

    def on(self, userid: str) -> bool:
        return self.world.system.guests.is_on(userid)

    def grants_changed(self, userid: str) -> None:
        for (owner, vdev), vlans in self.cards.items():
            if owner == userid and vlans is not None:
                self.cards[owner, vdev] = self.admitted(owner, vdev)

    @rule(userid=USERID, persist=st.booleans(), vlans=VLANS)
    def grant(self, userid: str, persist: bool, vlans: tuple[int, ...]) -> None:
        keywords = {"grant_userid": userid, "user_vlan_id": " ".join(map(str, vlans))}
        keywords["persist"] = "YES" if persist else "NO"
        codes = self.world.codes("Virtual_Network_Vswitch_Set_Extended", **SWITCH, **keywords)
        assert codes in ((0, 0), (212, 44))
        if codes == (212, 44):
            assert self.grants[userid] == vlans
        self.grants[userid] = vlans
        if persist:
            self.configured[userid] = vlans
        self.grants_changed(userid)

    @rule(userid=USERID, vlans=VLANS)
    def grant_by_cp(self, userid: str, vlans: tuple[int, ...]) -> None:
        vlan = " ".join(map(str, ("VLAN", *vlans))) if vlans else ""
        assert self.world.cp("ZHCP", f"SET VSWITCH XCATVSW1 GRANT {userid} {vlan}").rc == 0
        self.grants[userid] = vlans
        self.grants_changed(userid)

    @rule(userid=USERID, persist=st.booleans())
    def revoke(self, userid: str, persist: bool) -> None:
        keywords = {"revoke_userid": userid, "persist": "YES" if persist else "NO"}
        self.world.values("Virtual_Network_Vswitch_Set_Extended", **SWITCH, **keywords)
        self.grants.pop(userid, None)
        if persist:
            self.configured.pop(userid, None)
        self.grants_changed(userid)

    @rule(userid=USERID)
    def revoke_by_cp(self, userid: str) -> None:
        code = self.world.cp("ZHCP", f"SET VSWITCH XCATVSW1 REVOKE {userid}").rc
        assert code == (0 if userid in self.grants else 2846)
        self.grants.pop(userid, None)
        self.grants_changed(userid)

    @rule(userid=USERID, vlan=st.sampled_from([*NICDEFS]))
    def nicdef(self, userid: str, vlan: int | None) -> None:
        """Only of a guest that is off: a card keeps the VLANs with which it was coupled."""
        if self.on(userid):
            return
        self.world.values("Image_Delete_DM", userid, data_security_erase=0)
        self.nicdefs.pop(userid, None)
        if vlan is None:
            self.world.define(userid)
        else:
            self.world.define(userid, f"NICDEF {DEFINED} TYPE QDIO {NICDEFS[vlan]}")
            self.nicdefs[userid] = vlan

    @rule(userid=USERID)
    def log_on(self, userid: str) -> None:
        if not self.on(userid):
            self.world.values("Image_Activate", userid)
            if userid in self.nicdefs:
                self.cards[userid, DEFINED] = self.admitted(userid, DEFINED)

    @rule(userid=USERID)
    def log_off(self, userid: str) -> None:
        if self.on(userid):
            self.world.values("Image_Deactivate", userid, force_time="IMMED")
            self.cards = {card: vlans for card, vlans in self.cards.items() if card[0] != userid}

    @rule(userid=USERID)
    def plug(self, userid: str) -> None:
        if self.on(userid):
            known = (userid, PLUGGED) in self.cards
            assert self.world.cp(userid, f"DEFINE NIC {PLUGGED} TYPE QDIO").rc == (91 if known else 0)
            self.cards.setdefault((userid, PLUGGED), None)

    @rule(userid=USERID, vdev=VDEV, by_cp=st.booleans())
    def couple(self, userid: str, vdev: str, by_cp: bool) -> None:
        if not self.on(userid):
            return
        code: Any
        if by_cp:
            code = self.world.cp(userid, f"COUPLE {vdev} TO SYSTEM XCATVSW1").rc
            missing, twice, refused, done = 40, 6006, 6011, 0
        else:
            connect = {"image_device_number": vdev, **SWITCH}
            code = self.world.codes("Virtual_Network_Adapter_Connect_Vswitch", userid, **connect)
            missing, twice, refused, done = (204, 8), (204, 20), (212, 8), (0, 0)
        card = (userid, vdev)
        if card not in self.cards:
            assert code == missing
        elif self.cards[card] is not None:
            assert code == twice
        else:
            self.cards[card] = self.admitted(userid, vdev)
            assert code == (refused if self.cards[card] is None else done)

    @rule(userid=USERID, vdev=VDEV)
    def uncouple(self, userid: str, vdev: str) -> None:
        if self.on(userid):
            code = self.world.cp(userid, f"UNCOUPLE {vdev}").rc
            card = (userid, vdev)
            assert code == (40 if card not in self.cards else 6013 if self.cards[card] is None else 0)
            if code == 0:
                self.cards[card] = None

    @rule()
    def restart(self) -> None:
        self.world.restart()

    @rule()
    def kill(self) -> None:
        self.world.kill()

    @rule()
    def ipl(self) -> None:
        self.world.system.ipl()
        self.grants, self.cards = dict(self.configured), {}

    @invariant()
    def no_grant_is_lost_and_none_is_left(self) -> None:
        switch = self.world.system.network.vswitch("XCATVSW1")
        for kept, model in ((switch.grants, self.grants), (switch.configured, self.configured)):
            assert {userid: tuple(grant.vlans) for userid, grant in kept.items()} == model

    @invariant()
    def who_is_connected_may_be_and_where(self) -> None:
        network = self.world.system.network
        found = {
            (card.owner, card.vdev): list(card.vlans) if card.coupled else None
            for userid in USERIDS
            for card in network.adapters(userid)
        }
        assert found == self.cards
        coupled = network.connected("SYSTEM", "XCATVSW1")
        assert len({card.port for card in coupled}) == len(coupled)
        assert len({card.mac for card in coupled}) == len(coupled)


class GrantedSequences(NetworkSequences):
    """The same on a system without directory network authorization: a card needs a GRANT first."""

    nicdef_authorises = False


TestNetworkSequences = NetworkSequences.TestCase
TestGrantedSequences = GrantedSequences.TestCase
TestNetworkSequences.settings = TestGrantedSequences.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None
)
