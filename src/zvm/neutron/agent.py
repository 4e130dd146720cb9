# SPDX-License-Identifier: Apache-2.0
"""``zvm-neutron-agent``: tells Neutron which NICs z/VM has coupled to a virtual switch.

The compute driver writes switch and VLAN of each NIC into the directory. The agent asks the management
node for all NICs of its z/VM system in one request, compares them with what Neutron wants, puts right what
changed since (:mod:`zvm.neutron.repair`) and marks ports up and down. It runs as a process of its own, or
as threads of the neutron server's process where that has no message bus (:func:`start`).
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

import neutron  # noqa: F401  (first: it chooses native threads, which oslo.messaging would not)
import oslo_messaging
from neutron.agent import rpc as agent_rpc
from neutron.api.rpc.callbacks import resources
from neutron.api.rpc.handlers import resources_rpc
from neutron.common import config as neutron_config
from neutron.conf.agent import common as agent_options
from neutron.services.trunk.rpc import agent as trunk_rpc
from neutron_lib import constants, context
from neutron_lib.agent import constants as agent_constants
from neutron_lib.agent import topics
from neutron_lib.services.trunk import constants as trunk_constants
from oslo_config import cfg
from oslo_log import log as logging

from zvm.neutron import bandwidth, options
from zvm.neutron.mechanism import AGENT_TYPE, VSWITCH_MAPPINGS
from zvm.neutron.node import Node, Place
from zvm.neutron.repair import Repair
from zvm.neutron.trunks import Notifications, Trunk, Trunks
from zvm.xcat.client import Client
from zvm.xcat.errors import XcatError
from zvm.xcat.extension import Extension
from zvm.xcat.records import Nic

LOG = logging.getLogger(__name__)
BINARY = "zvm-neutron-agent"


class Agent:
    """Keeps Neutron's ports in step with the NICs of one z/VM system.

    :param host: the nova-compute host whose ports these are.
    :param mappings: physical network → virtual switch.
    :param node: the NICs of the z/VM system.
    :param plugin: Neutron's calls about devices (``neutron.agent.rpc.PluginApi``).
    :param reports: Neutron's call for signs of life (``neutron.agent.rpc.PluginReportStateAPI``).
    :param trunks: Neutron's trunks.
    :param native_vlan: VLAN of frames without a tag on trunk ports, 0 for none.
    :param repair: put cards right that are not coupled or in another VLAN; else only say so.
    :param bandwidth: what the report says of the switches' bandwidth (:func:`zvm.neutron.bandwidth.report`).
    """

    #: Version of Neutron's notifications that are understood.
    target = oslo_messaging.Target(version="1.5")

    def __init__(
        self,
        host: str,
        mappings: dict[str, str],
        node: Node,
        plugin: agent_rpc.PluginApi,
        reports: agent_rpc.PluginReportStateAPI,
        trunks: Trunks,
        *,
        native_vlan: int = 1,
        repair: bool = True,
        bandwidth: dict[str, Any] | None = None,
    ) -> None:
        self.host = host
        self.mappings = mappings
        self.identity = f"zvm-agent-{host}"
        self._node = node
        self._plugin = plugin
        self._reports = reports
        self._trunks = trunks
        self._native_vlan = native_vlan
        self._repair = Repair(node, repair)
        self._bandwidth = bandwidth or {}
        self._context = context.get_admin_context_without_session()
        #: device → what Neutron said of it; empty when Neutron does not know it.
        self._wanted: dict[str, dict] = {}
        self._up: set[str] = set()
        #: Devices that Neutron was told are down, of those that a guest has.
        self._down: set[str] = set()
        #: Devices that were changed in Neutron since it was last told that they are up.
        self._unconfirmed: set[str] = set()
        self._changed: set[str] = set()
        self._changed_lock = threading.Lock()
        self._node_answers = True
        self._neutron_answers = True
        #: Set once Neutron knows the agent; ports of the host cannot be bound before.
        self.reported = threading.Event()
        self._wake = threading.Event()
        #: Set by :meth:`stop`.
        self.ended = threading.Event()
        self._threads: list[threading.Thread] = []

    # What Neutron calls

    def port_update(self, context: context.Context, **arguments: object) -> None:
        """Look anew at a port that was changed in Neutron (a new binding needs a new confirmation)."""
        port = arguments["port"]
        with self._changed_lock:
            self._changed |= {port["id"], port["mac_address"]}
        self._wake.set()

    def binding_activate(self, context: context.Context, **arguments: str) -> None:
        """Look anew at a port that is this host's from now on: its guest came by a live migration.

        Of that Neutron says no :meth:`port_update`.
        """
        if arguments["host"] == self.host:
            with self._changed_lock:
                self._changed.add(arguments["port_id"])
            self._wake.set()

    def trunks_changed(self) -> None:
        """Look anew at trunks, some of which came, went or have other subports."""
        self._trunks.expire()
        self._wake.set()

    # One turn of each thread

    def poll(self) -> None:
        """Compare the NICs with the ports once, put right what is wrong, and tell Neutron what changed."""
        problem: Exception | None = None
        try:
            nics = self._node.nics()
            running = self._node.running() if any(nic.port and not nic.coupled for nic in nics) else set()
        except XcatError as error:
            problem = error
        # Logged here, since inside an exception handler oslo.log adds the exception to the line once more.
        if problem is not None:
            if self._node_answers:
                LOG.warning("Port states are left as they are until the management node answers: %s", problem)
            self._node_answers = False
            return
        if not self._node_answers:
            LOG.info("The management node answers again.")
            self._node_answers = True
        off = {nic.port for nic in nics if nic.port and not nic.coupled}
        cards = {device(nic): nic for nic in nics if nic.coupled or (nic.port and nic.node in running)}
        self._forget(set(cards))
        self._ask([name for name in cards if name not in self._wanted])
        right = self._wire(cards)
        up = right - (self._up - self._unconfirmed)
        down = (self._up - right) | (off - right - self._down)
        if up or down:
            self._tell_ports(up, down, off)

    def report(self) -> None:
        """Give Neutron a sign of life; after it took this agent for dead, confirm all ports again."""
        state = {
            "binary": BINARY,
            "host": self.host,
            "topic": constants.L2_AGENT_TOPIC,
            "agent_type": AGENT_TYPE,
            "resource_versions": resources.LOCAL_RESOURCE_VERSIONS,
            "configurations": {
                VSWITCH_MAPPINGS: self.mappings,
                "devices": len(self._up),
                "management_node_answers": self._node_answers,
                **self._bandwidth,
            },
        }
        if not self.reported.is_set():
            state["start_flag"] = True
        status = self._reports.report_state(self._context, state, use_call=True)
        self.reported.set()
        if status == agent_constants.AGENT_REVIVED:
            with self._changed_lock:
                self._changed |= set(self._wanted)
            self._trunks.expire()

    # Helpers of poll

    def _tell_ports(self, up: set[str], down: set[str], off: set[str]) -> None:
        """Tell Neutron which devices are up and which down; ``off`` are the cards that are not coupled."""
        answer = self._plugin.update_device_list(self._context, up, down, self.identity, self.host)
        self._up |= set(answer["devices_up"])
        self._unconfirmed -= set(answer["devices_up"])
        gone = down - set(answer["failed_devices_down"])
        self._up -= gone
        self._down = (self._down | gone) & off

    def _forget(self, devices: set[str]) -> None:
        """Drop what was known of devices that are gone or were changed in Neutron."""
        trunks = self._trunks.on(self._ports(devices))
        devices = devices.union(*(trunk.subports for trunk in trunks.values()))
        with self._changed_lock:
            changed, self._changed = self._changed, set()
        if changed:  # one of those that are on their way may be here, and be known by its MAC address
            changed |= {
                name for name, wanted in self._wanted.items() if constants.NO_ACTIVE_BINDING in wanted
            }
        self._unconfirmed = (self._unconfirmed | changed) & devices
        for name in changed | (set(self._wanted) - devices):
            self._wanted.pop(name, None)

    def _ports(self, devices: Iterable[str]) -> set[str]:
        """Return the ids of the ports on this host that ``devices`` belong to."""
        known = (self._wanted.get(name, {}) for name in devices)
        return {details["port_id"] for details in known if "port_id" in details}

    def _ask(self, devices: list[str]) -> None:
        """Ask Neutron what it wants of ``devices``."""
        if not devices:
            return
        answer = self._plugin.get_devices_details_list_and_failed_devices(
            self._context, devices, self.identity, self.host
        )
        for details in answer["devices"]:
            known = constants.NO_ACTIVE_BINDING in details or "port_id" in details
            self._wanted[details["device"]] = details if known else {}

    def _wire(self, cards: dict[str, Nic]) -> set[str]:
        """Put cards where their ports belong; return the devices, subports too, that are there."""
        trunks = self._trunks.on(self._ports(cards))
        self._ask_of_subports(trunks)
        right: set[str] = set()
        for name, nic in cards.items():
            wanted = self._wanted.get(name)
            if not wanted:
                continue
            if constants.NO_ACTIVE_BINDING in wanted:
                right |= {name} if nic.coupled else set()
                continue
            trunk = trunks.get(wanted["port_id"])
            tags = self._tags(trunk, wanted) if trunk else {}
            there = self._is_there(name, nic, self._place(nic, wanted, tags))
            if there:
                right |= {name, *tags}
            if trunk:
                self._tell(trunk, wanted, self._status(trunk, wanted, tags, there))
        self._repair.keep(set(cards))
        return right

    def _ask_of_subports(self, trunks: dict[str, Trunk]) -> None:
        """Let Neutron bind new subports to this host, and ask what it wants of them."""
        new = {port for trunk in trunks.values() for port in self._trunks.bind(trunk)}
        self._up -= new  # Neutron heard of them from where they were bound before
        new |= {port for trunk in trunks.values() for port in trunk.subports if port not in self._wanted}
        self._ask(sorted(new))

    def _tags(self, trunk: Trunk, parent: dict) -> dict[str, int]:
        """Return the subports that the parent's card can carry, with their tags."""
        if not self._may_be_trunk(parent):
            return {}
        return self._trunks.tags(trunk, self._wanted, parent["physical_network"])

    def _may_be_trunk(self, parent: dict) -> bool:
        return parent["network_type"] != constants.TYPE_VLAN or parent["segmentation_id"] == self._native_vlan

    def _status(self, trunk: Trunk, parent: dict, tags: dict[str, int], there: bool) -> str:
        """Return the state of a trunk whose parent's card is ``there``, or is not."""
        if not self._may_be_trunk(parent):
            return trunk_constants.TRUNK_ERROR_STATUS
        if not there:
            return trunk_constants.TRUNK_DOWN_STATUS
        down = {port for port in trunk.subports if self._is_off(port)}
        if set(trunk.subports) - set(tags) - down:
            return trunk_constants.TRUNK_DEGRADED_STATUS
        return trunk_constants.TRUNK_ACTIVE_STATUS

    def _tell(self, trunk: Trunk, parent: dict, status: str) -> None:
        """Tell Neutron the state of a trunk, and the log why it cannot be one."""
        if self._trunks.tell(trunk, status) and status == trunk_constants.TRUNK_ERROR_STATUS:
            LOG.warning(
                "Trunk %(trunk)s has no VLANs: its parent %(port)s is on VLAN %(vlan)s, but frames without a "
                "tag belong to the native VLAN %(native)s on a trunk port; put the parent on a flat network",
                {
                    "trunk": trunk.id,
                    "port": parent["port_id"],
                    "vlan": parent["segmentation_id"],
                    "native": self._native_vlan,
                },
            )

    def _is_off(self, port: str) -> bool:
        """Return whether an administrator switched a port off."""
        return (self._wanted.get(port) or {}).get("admin_state_up") is False

    def _place(self, nic: Nic, wanted: dict, tags: dict[str, int]) -> Place:
        """Return where Neutron wants a card."""
        vswitch = self.mappings.get(wanted["physical_network"], nic.vswitch)
        if tags:
            native = {self._native_vlan} if self._native_vlan else set()
            return Place(vswitch, None, tuple(sorted({*tags.values()} | native)), wanted["admin_state_up"])
        vlan = nic.vlan if wanted["network_type"] == constants.TYPE_LOCAL else wanted["segmentation_id"]
        return Place(vswitch, vlan, (), wanted["admin_state_up"])

    def _is_there(self, name: str, nic: Nic, place: Place) -> bool:
        """Return whether a card is coupled where it belongs, put right if need be."""
        if not place.coupled:
            if nic.coupled:
                self._repair.change(name, nic, place)
            return False
        if Place.of(nic) == place:
            return True
        if Place.of(nic).trunk != place.trunk and nic.coupled and nic.vswitch == place.vswitch:
            return self._repair.change(name, nic, place)
        return self._repair.put_right(name, nic, place, port=self._wanted[name]["port_id"])

    # Threads

    def start(self, polling_interval: float, report_interval: float) -> None:
        """Begin to watch, in threads of this process.

        :param polling_interval: seconds between two looks at the NICs.
        :param report_interval: seconds between two signs of life.
        """
        told = [[topics.PORT, topics.UPDATE], [topics.PORT_BINDING, topics.ACTIVATE]]
        agent_rpc.create_consumers([self], topics.AGENT, told)
        Notifications(self.trunks_changed)
        for name, turn, pause in (
            ("zvm-agent-report", self.report, report_interval),
            ("zvm-agent-poll", self.poll, polling_interval),
        ):
            thread = threading.Thread(target=self._run, args=(turn, pause), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Tell the threads to end."""
        self.ended.set()
        self._wake.set()

    def wait(self, timeout: float | None = None) -> None:
        """Return when the threads have ended.

        :param timeout: how long to wait for each at most, seconds.
        """
        for thread in self._threads:
            thread.join(timeout)

    def _run(self, turn: Callable[[], None], pause: float) -> None:
        """Repeat ``turn`` until the end; Neutron's absence is told once and waited out."""
        while not self.ended.is_set():
            problem: Exception | None = None
            try:
                turn()
            except oslo_messaging.MessagingException as error:
                problem = error
            except Exception:
                LOG.exception("The z/VM agent met something unexpected and goes on.")
            if problem is not None and self._neutron_answers:
                LOG.warning("Neutron does not answer, trying on: %s", problem)
            self._neutron_answers = problem is None
            if turn == self.poll:
                self._wake.wait(pause)
                self._wake.clear()
            else:
                self.ended.wait(pause)


def device(nic: Nic) -> str:
    """Return how Neutron finds the NIC's port: by its id where the NIC carries it, else by the MAC."""
    return nic.port or nic.mac.lower()


def start(conf: cfg.ConfigOpts = cfg.CONF) -> Agent:
    """Start the agent in threads of this process, from settings that were read before.

    :raises ValueError: an option is missing or cannot be.
    """
    options.register(conf)
    agent_options.register_agent_state_opts_helper(conf)
    xcat = conf.zvm_xcat
    if missing := [name for name in ("server", "password") if not xcat[name]]:
        raise ValueError(f"set {', '.join(missing)} in [zvm_xcat]")
    url = xcat.server if "://" in xcat.server else f"https://{xcat.server}"
    node = Extension(Client(url, xcat.username, xcat.password, ca_file=xcat.ca_file, timeout=60.0))
    agent = Agent(
        host=conf.zvm_agent.host or conf.host,
        mappings=conf.zvm_agent.vswitch_mappings,
        node=Node(node, xcat.host or ""),
        plugin=agent_rpc.PluginApi(topics.PLUGIN),
        reports=agent_rpc.PluginReportStateAPI(topics.REPORTS),
        trunks=Trunks(trunk_rpc.TrunkStub(), resources_rpc.ResourcesPullRpcApi().bulk_pull),
        native_vlan=conf.zvm_agent.native_vlan,
        repair=conf.zvm_agent.repair,
        bandwidth=bandwidth.report(conf),
    )
    agent.start(conf.zvm_agent.polling_interval, conf.AGENT.report_interval)
    mappings = ", ".join(f"{name} is {switch}" for name, switch in sorted(agent.mappings.items()))
    LOG.info("Watching the network cards of host %s by %s; %s", agent.host, url, mappings or "no mappings")
    return agent


def main() -> int:
    """Run the agent as a process of its own until told to end."""
    neutron_config.register_common_config_options()
    options.register(cfg.CONF)
    neutron_config.init(sys.argv[1:])
    neutron_config.setup_logging()
    try:
        agent = start()
    except ValueError as error:
        problem = str(error)
    else:
        problem = ""
    if problem:
        LOG.error("The z/VM agent cannot start: %s", problem)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.stop())
    agent.ended.wait()
    # A call to a Neutron that is not there may take longer than anybody wants to wait.
    agent.wait(1.0)
    return 0
