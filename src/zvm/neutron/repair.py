# SPDX-License-Identifier: Apache-2.0
"""Puts network cards where their ports belong: what z/VM, an operator or Neutron changed meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable

from oslo_log import log as logging

from zvm.neutron.node import Node, Place
from zvm.xcat.errors import XcatError
from zvm.xcat.records import Nic

LOG = logging.getLogger(__name__)
#: Seconds after a refusal until the next try; doubled by each.
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 300.0


class Repair:
    """Changes cards by way of ``node``; what was refused is tried again, less and less often.

    :param enabled: put right what is wrong; else only say so. What Neutron asks for is done in any case.
    :param clock: tells the time in seconds.
    """

    def __init__(self, node: Node, enabled: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._node = node
        self._enabled = enabled
        self._clock = clock
        #: device → where it was seen and where it belongs, and whether the log says so.
        self._told: dict[str, tuple[tuple[Place, Place], bool]] = {}
        #: device → where it was to go when z/VM refused, when the next try is, and the pause after it.
        self._refused: dict[str, tuple[Place, float, float]] = {}

    def keep(self, devices: set[str]) -> None:
        """Forget the devices that are not among ``devices``."""
        for name in set(self._told) - devices:
            del self._told[name]
        for name in set(self._refused) - devices:
            del self._refused[name]

    def put_right(self, name: str, nic: Nic, place: Place, port: str) -> bool:
        """Put a card right that was seen wrong twice; return whether it is where it belongs now.

        Once is not enough: a card that Nova attaches or detaches, or whose guest moves, is in between.
        """
        seen, told = (Place.of(nic), place), self._told.get(name)
        if told is None or told[0] != seen:
            self._told[name] = (seen, False)
            return False
        if not told[1]:
            self._told[name] = (seen, True)
            LOG.warning(
                "NIC %(vdev)s of %(node)s is %(how)s%(is)s, but port %(port)s belongs on %(place)s; it "
                "is DOWN until that is put right.",
                {
                    "vdev": nic.vdev,
                    "node": nic.node,
                    "how": "on " if nic.coupled else "not coupled to ",
                    "is": seen[0],
                    "port": port,
                    "place": place,
                },
            )
        return self._enabled and self.change(name, nic, place)

    def change(self, name: str, nic: Nic, place: Place) -> bool:
        """Let a card be at ``place``; return whether it is coupled there."""
        before, due, pause = self._refused.get(name, (place, 0.0, _FIRST_PAUSE))
        if before != place:
            due, pause = 0.0, _FIRST_PAUSE
        if self._clock() < due:
            return False
        try:
            coupled = self._node.change(nic, place)
        except XcatError as error:
            problem = str(error)
        else:
            self._refused.pop(name, None)
            self._told.pop(name, None)
            done = f"on {place}" if coupled else "uncoupled" if not place.coupled else "off"
            LOG.info("NIC %s of %s is %s now.", nic.vdev, nic.node, done)
            return coupled
        LOG.warning(
            "NIC %(vdev)s of %(node)s cannot be put on %(place)s; next try in %(pause)d s: %(problem)s",
            {"vdev": nic.vdev, "node": nic.node, "place": place, "pause": pause, "problem": problem},
        )
        self._refused[name] = (place, self._clock() + pause, min(pause * 2, _LONGEST_PAUSE))
        return False
