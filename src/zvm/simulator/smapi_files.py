# SPDX-License-Identifier: Apache-2.0
"""What the SMAPI servers and DirMaint keep in files of their own, beside the directory.

Name lists and the authorization list (VSMWORK1's NAMELIST and AUTHLIST files), prototypes, metadata, local
tags, notification subscriptions, shared memory segments, the interfaces of z/VM's own TCP/IP stacks.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

ALL = "ALL"


class SmapiFiles:
    """Plain tables; the functions that serve each know what is in them.

    Parameters:
        authorized: the userids that may do everything when there is no authorization list yet.
    """

    def __init__(self, authorized: Iterable[str]) -> None:
        #: Members by the name of the list.
        self.name_lists: dict[str, list[str]] = {}
        #: Who may call which function for whom: requesting userid, target, function.
        self.authorizations: list[list[str]] = [[userid, ALL, ALL] for userid in authorized]
        self.prototypes: dict[str, list[str]] = {}
        #: Values by name by userid.
        self.metadata: dict[str, dict[str, str]] = {}
        #: Ordinals by tag, and values by tag by userid.
        self.tags: dict[str, int] = {}
        self.tag_values: dict[str, dict[str, str]] = {}
        self.subscriptions: list[dict[str, Any]] = []
        #: Shared memory segments by name, and the userids that may use each restricted one.
        self.segments: dict[str, dict[str, Any]] = {}
        self.segment_access: dict[str, list[str]] = {}
        #: Settings by interface by stack.
        self.interfaces: dict[str, dict[str, dict[str, str]]] = {}
        #: The lists of who may use a restricted guest LAN, by "owner name".
        self.lan_access: dict[str, dict[str, str]] = {}
        #: Configurations of the resource manager by file name, the one in force last.
        self.vmrm: dict[str, dict[str, Any]] = {}
        #: Whether the results of changes by definition keywords are told as events.
        self.definition_events = False

    def members(self, name: str) -> list[str]:
        """Return the userids a name stands for: those of the list of that name, or itself alone."""
        return list(self.name_lists.get(name, [name]))

    def authorised(self, caller: str, target: str, function: str) -> bool:
        """Tell whether a caller may use a function for a target; lists stand for all their members."""
        return any(
            self._covers(who, caller) and self._covers(whom, target) and self._covers(what, function.upper())
            for who, whom, what in self.authorizations
        )

    def _covers(self, listed: str, name: str) -> bool:
        return listed in (ALL, name) or name in self.name_lists.get(listed, ())

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        return copy.deepcopy(vars(self))

    def load(self, state: dict[str, Any]) -> None:
        """Take up what ``dump`` returned; nothing from a state that was written before there were files."""
        for name, table in copy.deepcopy(state).items():
            setattr(self, name, table)
