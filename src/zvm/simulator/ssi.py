# SPDX-License-Identifier: Apache-2.0
"""A single system image cluster: up to eight z/VM systems with one directory, one spool and the same DASD.

Its members are systems of their own in everything else: SMAPI, CP, virtual switches, guests. What all of them
keep is written in one transaction, so that a guest that moves is on exactly one of them at every moment.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from zvm.simulator.config import Config, ConfigError
from zvm.simulator.relocation import Relocations
from zvm.simulator.system import System

JOINED, DOWN = "Joined", "Down"
#: The state octets of a *VMEVENT record about a member.
_STATE_OCTETS = {JOINED: bytes([0, 1]), DOWN: bytes([1, 0])}


class Ssi:
    """The members of a cluster, their states, and the relocations between them.

    Parameters:
        config: of the cluster; ``config.ssi`` is set.
        state: the folder of all members.
    """

    def __init__(self, config: Config, state: Path) -> None:
        if config.ssi is None:
            raise ConfigError("[ssi] is missing")
        self.settings = config.ssi
        self.members: list[System] = []
        self._states = {member.name: JOINED for member in config.members}
        self._changed_at = {member.name: time.time() for member in config.members}
        self.domains = {domain.name: tuple(domain.members) for domain in config.domains}
        config = _with_identities(config)
        leader = System(config.of_member(config.members[0]), state)
        others = [System(config.of_member(member), state, leader) for member in config.members[1:]]
        self.members = [leader, *others]
        for member in self.members:
            member.ssi = self
        self.relocations = Relocations(self)
        kept = leader.store.read().get("ssi", {})
        self._states |= {name: held for name, held in kept.get("states", {}).items() if name in self._states}
        self.relocations.load(kept.get("relocations", []))
        for member in self.members:
            if member.new:
                member.install()
        leader.commit()

    @property
    def name(self) -> str:
        """The name of the cluster; also of the relocation domain of all members."""
        return self.settings.name

    def member(self, name: str) -> System | None:
        """Return a member by its name, or None."""
        return next((member for member in self.members if member.name == name.upper()), None)

    def state(self, member: System) -> str:
        """Return ``Joined`` or ``Down``."""
        return self._states[member.name]

    def is_joined(self, member: System) -> bool:
        """Tell whether a member runs."""
        return self.state(member) == JOINED

    def changed_at(self, member: System) -> float:
        """Return when (epoch seconds) the state of a member changed last."""
        return self._changed_at[member.name]

    def leave(self, member: System) -> None:
        """Let a member stop as by a failure: its guests are lost, relocations to and from it end."""
        if self.is_joined(member):
            self._change(member, DOWN)
            member.halt()
            self.relocations.prune()
            member.commit()

    def join(self, member: System) -> None:
        """IPL a member that is down; it joins the cluster."""
        if not self.is_joined(member):
            self._change(member, JOINED)
            member.ipl()

    def in_domain(self, domain: str, member: System) -> bool:
        """Tell whether a member belongs to a relocation domain. "" and the cluster's name mean all of them.

        Each member has a domain of its own name.
        """
        if domain in ("", "SSI", self.name):
            return True
        return member.name in self.domains.get(domain, (domain,))

    def is_domain(self, name: str) -> bool:
        """Tell whether there is such a relocation domain."""
        return name in ("SSI", self.name) or name in self.domains or self.member(name) is not None

    def documents(self) -> dict[str, dict[str, Any]]:
        """Return what the store keeps of the whole cluster, by component."""
        own = {"states": dict(self._states), "relocations": self.relocations.dump()}
        documents: dict[str, dict[str, Any]] = {"ssi": own}
        for member in self.members:
            documents |= member.documents()
        return documents

    def resume(self) -> None:
        """Take up after a restart of the simulator what time was to bring."""
        for member in self.members:
            member.guests.resume()
        self.relocations.resume()

    def close(self) -> None:
        """Write the state and close all files."""
        for member in reversed(self.members):
            member.close()

    def _change(self, member: System, state: str) -> None:
        self._states[member.name] = state
        self._changed_at[member.name] = time.time()
        for other in self.members:
            if other is not member and self.is_joined(other):
                other.events.vmevent("member state", member.name, detail=_STATE_OCTETS[state])


def open_systems(config: Config, state: Path) -> Ssi | System:
    """Return the cluster that ``config`` describes, or the single system."""
    return Ssi(config, state) if config.ssi else System(config, state)


def _with_identities(config: Config) -> Config:
    """Make the users that log on at IPL IDENTITY entries, as each member has its own OPERATOR and TCPIP."""
    text = config.directory
    for userid in config.logon:
        text = re.sub(rf"(?m)^USER(?=\s+{re.escape(userid)}\s)", "IDENTITY", text)
    return replace(config, directory=text)
