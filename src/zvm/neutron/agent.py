# SPDX-License-Identifier: Apache-2.0
"""``zvm-neutron-agent``: tells Neutron which NICs z/VM has coupled to a virtual switch.

The compute driver writes switch and VLAN of each NIC into the directory; the agent only watches. It asks
the management node for all NICs of its z/VM system in one request, compares them with what Neutron wants,
and marks ports up and down. It runs as a process of its own, or as threads of the neutron server's
process where that has no message bus (:func:`start`).
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable

import neutron  # noqa: F401  (first: it chooses native threads, which oslo.messaging would not)
import oslo_messaging
from neutron.agent import rpc as agent_rpc
from neutron.common import config as neutron_config
from neutron.conf.agent import common as agent_options
from neutron_lib import constants, context
from neutron_lib.agent import constants as agent_constants
from neutron_lib.agent import topics
from oslo_config import cfg
from oslo_log import log as logging

from zvm.neutron import options
from zvm.neutron.mechanism import AGENT_TYPE, VSWITCH_MAPPINGS
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
    :param look: returns the NICs of the z/VM system.
    :param plugin: Neutron's calls about devices (``neutron.agent.rpc.PluginApi``).
    :param reports: Neutron's call for signs of life (``neutron.agent.rpc.PluginReportStateAPI``).
    """

    #: Version of the notifications that :meth:`port_update` understands.
    target = oslo_messaging.Target(version="1.4")

    def __init__(
        self,
        host: str,
        mappings: dict[str, str],
        look: Callable[[], list[Nic]],
        plugin: agent_rpc.PluginApi,
        reports: agent_rpc.PluginReportStateAPI,
    ) -> None:
        self.host = host
        self.mappings = mappings
        self.identity = f"zvm-agent-{host}"
        self._look = look
        self._plugin = plugin
        self._reports = reports
        self._context = context.get_admin_context_without_session()
        #: device → what Neutron said of it; empty when Neutron does not know it.
        self._wanted: dict[str, dict] = {}
        self._up: set[str] = set()
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

    # One turn of each thread

    def poll(self) -> None:
        """Compare the NICs with the ports once, and tell Neutron what changed."""
        problem: Exception | None = None
        try:
            nics = self._look()
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
        coupled = {device(nic): nic for nic in nics if nic.coupled}
        self._forget(set(coupled))
        self._ask([name for name in coupled if name not in self._wanted])
        right = {name for name, nic in coupled.items() if self._fits(nic, self._wanted.get(name))}
        up, down = right - (self._up - self._unconfirmed), self._up - right
        if not up and not down:
            return
        answer = self._plugin.update_device_list(self._context, up, down, self.identity, self.host)
        self._up |= set(answer["devices_up"])
        self._unconfirmed -= set(answer["devices_up"])
        self._up -= down - set(answer["failed_devices_down"])

    def report(self) -> None:
        """Give Neutron a sign of life; after it took this agent for dead, confirm all ports again."""
        state = {
            "binary": BINARY,
            "host": self.host,
            "topic": constants.L2_AGENT_TOPIC,
            "agent_type": AGENT_TYPE,
            "configurations": {
                VSWITCH_MAPPINGS: self.mappings,
                "devices": len(self._up),
                "management_node_answers": self._node_answers,
            },
        }
        if not self.reported.is_set():
            state["start_flag"] = True
        status = self._reports.report_state(self._context, state, use_call=True)
        self.reported.set()
        if status == agent_constants.AGENT_REVIVED:
            with self._changed_lock:
                self._changed |= set(self._wanted)

    # Helpers of poll

    def _forget(self, coupled: set[str]) -> None:
        """Drop what was known of devices that are gone or were changed in Neutron."""
        with self._changed_lock:
            changed, self._changed = self._changed, set()
        self._unconfirmed = (self._unconfirmed | changed) & coupled
        for name in changed | (set(self._wanted) - coupled):
            self._wanted.pop(name, None)

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

    def _fits(self, nic: Nic, wanted: dict | None) -> bool:
        """Return whether a coupled NIC is where Neutron wants it."""
        if not wanted:
            return False
        if constants.NO_ACTIVE_BINDING in wanted:
            return True
        if not wanted["admin_state_up"]:
            return False
        vswitch = self.mappings.get(wanted["physical_network"], nic.vswitch)
        vlan = wanted["segmentation_id"] if wanted["network_type"] == constants.TYPE_VLAN else nic.vlan
        if (nic.vswitch, nic.vlan) == (vswitch, vlan):
            return True
        if device(nic) in self._up:
            LOG.warning(
                "NIC %(vdev)s of %(node)s is on vswitch %(vswitch)s VLAN %(vlan)s, but port %(port)s belongs "
                "on %(right_vswitch)s VLAN %(right_vlan)s; the port is marked down.",
                {
                    "vdev": nic.vdev,
                    "node": nic.node,
                    "vswitch": nic.vswitch,
                    "vlan": nic.vlan,
                    "port": wanted["port_id"],
                    "right_vswitch": vswitch,
                    "right_vlan": vlan,
                },
            )
        return False

    # Threads

    def start(self, polling_interval: float, report_interval: float) -> None:
        """Begin to watch, in threads of this process.

        :param polling_interval: seconds between two looks at the NICs.
        :param report_interval: seconds between two signs of life.
        """
        agent_rpc.create_consumers([self], topics.AGENT, [[topics.PORT, topics.UPDATE]])
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
        look=lambda: node.nics(xcat.host or ""),
        plugin=agent_rpc.PluginApi(topics.PLUGIN),
        reports=agent_rpc.PluginReportStateAPI(topics.REPORTS),
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
