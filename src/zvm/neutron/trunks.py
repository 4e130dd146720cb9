# SPDX-License-Identifier: Apache-2.0
"""Trunks as Neutron knows them, for the agent: a parent port, and subports with the VLANs of their tags.

A trunk is one card with NICDEF ``PORTTYPE TRUNK``. CP neither adds nor changes tags, so that the tag of a
subport has to be its network's VLAN (``segmentation_type=inherit``), and frames without a tag belong to the
switch's native VLAN, so that the parent's network has to be that one: a flat network, as a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from neutron.api.rpc.callbacks import resources
from neutron.services.trunk.rpc import agent as trunk_rpc
from neutron_lib import constants, context
from oslo_log import log as logging

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trunk:
    """A trunk: ``subports`` maps the id of each subport to its tag."""

    id: str
    subports: dict[str, int] = field(default_factory=dict)


class Trunks:
    """What Neutron said of the trunks on the ports of one host, asked for once and after each change.

    :param stub: Neutron's calls about trunks (``neutron.services.trunk.rpc.agent.TrunkStub``).
    :param pull: Neutron's call for many objects (``ResourcesPullRpcApi.bulk_pull``).
    """

    def __init__(self, stub: trunk_rpc.TrunkStub, pull: Callable) -> None:
        self._stub = stub
        self._pull = pull
        self._context = context.get_admin_context_without_session()
        self._known: dict[str, Trunk | None] = {}
        self._status: dict[str, str] = {}
        #: (trunk, subport) of those that Neutron was told to bind since the trunk is here.
        self._bound: set[tuple[str, str]] = set()
        self._stale = False
        #: Subports that cannot be carried, and their networks: told once.
        self._unfit: set[tuple] = set()

    def expire(self) -> None:
        """Ask anew at the next :meth:`on`. May be called by any thread."""
        self._stale = True

    def on(self, ports: Collection[str]) -> dict[str, Trunk]:
        """Return those of ``ports`` that are the parents of trunks, with their trunks."""
        if self._stale:
            self._stale = False
            self._known.clear()
            # Neutron calls a trunk DOWN whose subports change.
            self._status.clear()
        self._known = {port: trunk for port, trunk in self._known.items() if port in ports}
        if new := [port for port in ports if port not in self._known]:
            try:
                found = self._pull(self._context, resources.TRUNK, filter_kwargs={"port_id": new})
            except BaseException:
                self._stale = True
                raise
            self._known |= dict.fromkeys(new)
            for item in found:
                tags = {sub.port_id: sub.segmentation_id for sub in item.sub_ports}
                self._known[item.port_id] = Trunk(item.id, tags)
        here = {port: trunk for port, trunk in self._known.items() if trunk}
        self._bound &= {(trunk.id, port) for trunk in here.values() for port in trunk.subports}
        return here

    def bind(self, trunk: Trunk) -> list[str]:
        """Let Neutron bind to the host of the parent those subports for which that was not done here.

        Those of a trunk that came with its guest are bound where it was; Neutron says nothing of that.

        :return: these subports.
        """
        ports = [port for port in trunk.subports if (trunk.id, port) not in self._bound]
        if ports:
            self._status.pop(trunk.id, None)
            subports = [{"port_id": port, "trunk_id": trunk.id} for port in ports]
            self._stub.update_subport_bindings(self._context, subports)
            self._bound |= {(trunk.id, port) for port in ports}
        return ports

    def tell(self, trunk: Trunk, status: str) -> bool:
        """Tell Neutron the state of a trunk, if it is another one than before; return whether it is."""
        if self._status.get(trunk.id) == status:
            return False
        self._stub.update_trunk_status(self._context, trunk.id, status)
        self._status[trunk.id] = status
        return True

    def tags(self, trunk: Trunk, details: dict[str, dict], physical_network: str | None) -> dict[str, int]:
        """Return those subports that a card on ``physical_network`` can carry, with their tags.

        :param details: port id → what Neutron said of it.
        """
        fit = {}
        for port, tag in trunk.subports.items():
            wanted = details.get(port) or {}
            if not wanted.get("admin_state_up"):
                continue
            place = wanted["network_type"], wanted["segmentation_id"], wanted["physical_network"]
            if place == (constants.TYPE_VLAN, tag, physical_network):
                fit[port] = tag
            elif (port, *place) not in self._unfit:
                self._unfit.add((port, *place))
                LOG.warning(
                    "Subport %(port)s of trunk %(trunk)s has the tag %(tag)s, but its network is %(type)s "
                    "%(vlan)s on %(network)s: a virtual switch does not change tags; add the subport with "
                    "segmentation_type=inherit, on the physical network of the trunk's parent",
                    {
                        "port": port,
                        "trunk": trunk.id,
                        "tag": tag,
                        "type": place[0],
                        "vlan": place[1],
                        "network": place[2],
                    },
                )
        return fit


class Notifications(trunk_rpc.TrunkSkeleton):
    """Hears from Neutron that trunks or subports came or went.

    :param changed: called each time, by a thread of oslo.messaging.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        super().__init__()

    def handle_trunks(self, context: object, resource_type: str, trunks: list, event_type: str) -> None:
        """Note that trunks came or went."""
        self._changed()

    def handle_subports(self, context: object, resource_type: str, subports: list, event_type: str) -> None:
        """Note that subports came or went."""
        self._changed()
