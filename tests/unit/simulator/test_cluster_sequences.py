# SPDX-License-Identifier: Apache-2.0
"""Any order of logon, relocate, logoff, member failures and restarts: a guest is where a small model says."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.unit.simulator.clusters import Cluster

MEMBERS = ("ZVM1", "ZVM2", "ZVM3")
USERIDS = ("LINUX01", "LINUX02")
#: Three memory passes and the quiesce.
STEPS = 4
USERID, MEMBER = st.sampled_from(USERIDS), st.sampled_from(MEMBERS)


class ClusterSequences(RuleBasedStateMachine):
    """The model: where each guest runs, where it moves to in how many more steps, which members are up."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        nic = "NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW1"
        text = '[ssi]\nname = "PLEX"\n' + "".join(f'[[member]]\nname = "{name}"\n' for name in MEMBERS)
        self.cluster = Cluster(Path(self.folder.name), text, memory_pass=1.0, quiesce=1.0)
        for userid in USERIDS:
            self.cluster.define(userid, nic)
        self.at: dict[str, str] = {}
        self.moving: dict[str, tuple[str, int]] = {}
        self.up = set(MEMBERS)

    def teardown(self) -> None:
        self.cluster.ssi.close()
        self.folder.cleanup()

    @rule(userid=USERID, member=MEMBER)
    def logon(self, userid: str, member: str) -> None:
        if member not in self.up:
            return
        assert (self.cluster.cp(member, f"XAUTOLOG {userid}")[0] == 0) is (userid not in self.at)
        self.at.setdefault(userid, member)

    @rule(userid=USERID, to=MEMBER)
    def relocate(self, userid: str, to: str) -> None:
        source = self.at.get(userid)
        if source is None:
            return
        code, _ = self.cluster.cp(source, f"VMRELOCATE {userid} {to}")
        eligible = userid not in self.moving and to in self.up and to != source
        assert code == (0 if eligible else 1940)
        if eligible:
            self.moving[userid] = (to, STEPS)

    @rule(userid=USERID)
    def cancel(self, userid: str) -> None:
        member = min(self.up)
        code, _ = self.cluster.cp(member, f"VMRELOCATE CANCEL {userid}")
        assert code == (0 if userid in self.moving else 1926)
        self.moving.pop(userid, None)

    @rule(userid=USERID)
    def log_off(self, userid: str) -> None:
        if member := self.at.pop(userid, None):
            assert self.cluster.cp(member, f"FORCE {userid} IMMEDIATE")[0] == 0
            self.moving.pop(userid, None)

    @precondition(lambda self: self.moving)
    @rule()
    def time_passes(self) -> None:
        self.cluster.tick()
        for userid, (target, steps) in list(self.moving.items()):
            self.moving[userid] = (target, steps - 1)
            if steps == 1:
                del self.moving[userid]
                self.at[userid] = target

    @precondition(lambda self: len(self.up) > 1)
    @rule(member=MEMBER)
    def fail(self, member: str) -> None:
        self.cluster.ssi.leave(self.cluster[member])
        self.up.discard(member)
        self.at = {userid: at for userid, at in self.at.items() if at != member}
        self.moving = {
            userid: (target, steps)
            for userid, (target, steps) in self.moving.items()
            if userid in self.at and target != member
        }

    @rule(member=MEMBER)
    def join(self, member: str) -> None:
        self.cluster.ssi.join(self.cluster[member])
        self.up.add(member)

    @rule()
    def restart(self) -> None:
        self.cluster.restart()

    @invariant()
    def every_guest_is_in_its_place(self) -> None:
        for userid in USERIDS:
            expected = [self.at[userid]] if userid in self.at else []
            assert self.cluster.where(userid) == expected
            coupled = [m.name for m in self.cluster.ssi.members if m.network.adapters(userid)]
            assert coupled == expected
        known = {item.userid: item.target for item in self.cluster.ssi.relocations.active()}
        assert known == {userid: target for userid, (target, _) in self.moving.items()}


TestClusterSequences = ClusterSequences.TestCase
TestClusterSequences.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
