# SPDX-License-Identifier: Apache-2.0
"""What z/VM knows of a guest, in Nova's two forms."""

from __future__ import annotations

from typing import Any

from nova import objects
from nova.compute import power_state
from nova.objects import fields
from nova.objects.diagnostics import Diagnostics
from oslo_utils import units

from zvm.nova import naming
from zvm.nova.host import Host
from zvm.nova.power import Power
from zvm.nova.session import Session
from zvm.xcat.records import NicCounters


class GuestDiagnostics:
    """Diagnostics of the guests behind ``session``. Thread-safe."""

    def __init__(self, session: Session, host: Host, power: Power) -> None:
        self._session = session
        self._host = host
        self._power = power

    def plain(self, instance: objects.Instance) -> dict[str, Any]:
        """Return them in a form of its own: its keys are this driver's."""
        node = naming.node_name(instance)
        guest, used = self._session.detail(node), self._session.performance(node)
        facts: dict[str, Any] = {
            "userid": guest.userid,
            "state": guest.state,
            "reachable": guest.reachable,
            "ipl": guest.ipl,
            "cpus": used.cpus,
            "cpu_time_us": used.cpu_microseconds,
            "uptime_us": used.elapsed_microseconds,
            "memory_kb": used.memory_kilobytes,
            "memory_used_kb": used.used_memory_kilobytes,
            "io_requests": used.io_requests,
        }
        for disk in guest.minidisks:
            facts[f"disk_{disk.vdev}"] = f"{disk.volume} {disk.start} {disk.size} {disk.unit}"
        for nic in guest.nics:
            coupled = "coupled" if nic.coupled else "not coupled"
            facts[f"nic_{nic.vdev}"] = f"{nic.mac} {nic.vswitch} VLAN {nic.vlan} {coupled}"
        for counters in used.nics:
            facts[f"nic_{counters.vdev}_rx"] = counters.rx_octets
            facts[f"nic_{counters.vdev}_tx"] = counters.tx_octets
        return facts

    def standard(self, instance: objects.Instance) -> Diagnostics:
        """Return them as Nova's object; it names no driver: Nova's list lacks this one.

        CP counts I/O of a guest as a whole, not by disk, and processor time likewise: it is spread evenly.
        """
        node = naming.node_name(instance)
        guest, used = self._session.detail(node), self._session.performance(node)
        state = self._power.info(instance, use_cache=True).state
        diagnostics = Diagnostics(
            state=power_state.STATE_MAP[state],
            hypervisor=fields.HVType.ZVM,
            hypervisor_os=f"z/VM {self._host.level()}",
            config_drive=True,
            uptime=used.elapsed_microseconds // 1_000_000,
        )
        cpus = used.cpus or instance.flavor.vcpus
        for number in range(cpus):
            diagnostics.add_cpu(id=number, time=used.cpu_microseconds * 1000 // cpus)
        counted = {item.vdev: item for item in used.nics}
        for nic in guest.nics:
            counters = counted.get(nic.vdev, NicCounters(nic.vdev))
            diagnostics.add_nic(
                mac_address=nic.mac,
                rx_octets=counters.rx_octets,
                rx_packets=counters.rx_packets,
                rx_drop=counters.rx_drop,
                rx_errors=counters.rx_errors,
                tx_octets=counters.tx_octets,
                tx_packets=counters.tx_packets,
                tx_drop=counters.tx_drop,
                tx_errors=counters.tx_errors,
            )
        for _disk in guest.minidisks:
            diagnostics.add_disk()
        diagnostics.memory_details.maximum = used.memory_kilobytes // 1024 or instance.flavor.memory_mb
        diagnostics.memory_details.used = used.used_memory_kilobytes * units.Ki // units.Mi
        return diagnostics
