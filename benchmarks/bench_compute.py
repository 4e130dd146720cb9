# SPDX-License-Identifier: Apache-2.0
"""What an idle nova-compute costs with many guests, what its start costs, and fifty spawns at once.

The guests are entries of the simulator's directory and rows of Nova's database; none was built by Nova. Each
of Nova's periodic tasks runs once with ten guests and once with a thousand; its calls times its runs in a
minute are its cost. Counted are REST calls to the management node, and SMAPI calls and CP commands on z/VM.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any
from unittest import mock
from uuid import uuid4

from nova import context, objects
from nova.compute import power_state, vm_states
from nova.network import model
from nova.tests.unit import fake_flavor
from tests.support.nova_chain import nova_chain
from tests.support.servers import Servers

__all__ = ["nova_chain"]

FEW, MANY = 10, 1000
SPAWNS = 50
#: Seconds that a task without an interval of its own waits between two runs.
_DEFAULT_SPACING = 60


class Meter:
    """Counts calls of a driver."""

    def __init__(self, test: Servers) -> None:
        self._test = test
        self._rest: Counter[str] = Counter()

    def __enter__(self) -> Meter:
        self._client = self._test.compute.driver._session._client
        self._client._on_call = lambda call: self._rest.update([f"{call.method} {call.path}"])
        self._test.chain.simulator.control("DELETE", "/calls")
        self._cpu, self._wall = time.process_time(), time.monotonic()
        return self

    def __exit__(self, *exception: object) -> None:
        self.cpu, self.wall = time.process_time() - self._cpu, time.monotonic() - self._wall
        self._client._on_call = None
        kinds = Counter(call["kind"] for call in self._test.chain.simulator.control("GET", "/calls"))
        self.calls = self._rest.total(), kinds["smapi"], kinds["cp"]


class TestCompute(Servers):
    """An idle service with guests that it did not build."""

    def _setup_services(self) -> None:
        self.flags(max_concurrent_builds=SPAWNS, sync_power_state_pool_size=5)
        # While somebody listens to events the zHCP looks who is logged on, ten times a second in tests.
        self.stub_out("zvm.nova.lifecycle.Lifecycle.start", lambda lifecycle: None)
        super()._setup_services()

    def add_guests(self, number: int) -> None:
        """Make guests that are defined and off, and the instances that they belong to."""
        ctxt = context.get_admin_context()
        session = self.compute.driver._session
        node = objects.ComputeNode.get_first_node_by_host_for_old_compat(ctxt, self.compute.host)
        flavor = fake_flavor.fake_flavor_obj(ctxt, id=1, extra_specs={})
        for _ in range(number):
            uuid = str(uuid4())
            instance = objects.Instance(
                ctxt,
                uuid=uuid,
                user_id="user",
                project_id="project",
                host=self.compute.host,
                node=node.hypervisor_hostname,
                compute_id=node.id,
                vm_state=vm_states.STOPPED,
                power_state=power_state.SHUTDOWN,
                flavor=flavor,
                system_metadata={},
                image_ref=self.image,
                hostname="idle",
                display_name="idle",
                vcpus=1,
                memory_mb=512,
                root_gb=0,
                ephemeral_gb=0,
                info_cache=objects.InstanceInfoCache(network_info=model.NetworkInfo()),
            )
            instance.create()
            operands = ["profile=LNXDFLT", "cpu=1", "memory=512m", "password=AUTOONLY", "ipl=0100"]
            session.define_node(instance.name, uuid, instance.name.upper(), self.compute.driver._host.zhcp())
            session.create_guest(instance.name, uuid, operands)

    def periodic(self) -> dict[str, tuple[float, tuple[int, int, int], float]]:
        """Run each periodic task once; return its runs in a minute, its calls, and its CPU seconds."""
        manager, ctxt = self.compute.manager, context.get_admin_context()
        found = {}
        for name, task in manager._periodic_tasks:
            spacing = manager._periodic_spacing.get(name) or _DEFAULT_SPACING
            self.compute.driver._session.guests.expire()
            self.compute.driver._session.nics.expire()
            for answer in (self.compute.driver._host._facts, self.compute.driver._host._pools):
                answer.expire()
            with Meter(self) as meter:
                task(manager, ctxt)
                self.until(lambda: not manager._syncs_in_progress, 300)
            found[name] = (60 / spacing, meter.calls, meter.cpu)
        return found

    def test_idle(self) -> None:
        shown, costs = [], {}
        for number in (FEW, MANY):
            self.add_guests(number - len(self.compute.driver.list_instances()))
            assert len(self.compute.driver.list_instances()) == number
            costs[number] = self.periodic()
        for name in costs[MANY]:
            (_, few, _), (runs, many, cpu) = costs[FEW][name], costs[MANY][name]
            if any(many):
                shown.append(f"{name:<45}{runs:>9.2f}{few!s:>14}{many!s:>14}{cpu:>9.2f}")
        print(f"\n\n{'':<45}{'per min':>9}{FEW:>14}{MANY:>14}{'CPU s':>9}   (REST, SMAPI, CP)")
        print("\n".join(shown))
        for number, found in costs.items():
            total = [sum(runs * calls[at] for runs, calls, _ in found.values()) for at in range(3)]
            cpu = sum(runs * seconds for runs, _, seconds in found.values())
            words = " + ".join(f"{count:.1f} {what}" for count, what in zip(total, KINDS, strict=True))
            print(f"a minute with {number} guests: {words}, {cpu:.2f} s of CPU")
        # Of the states an answer serves for five seconds: a slow loop over a thousand rows needs several.
        per_run = {name: calls for name, (_, calls, _) in costs[MANY].items()}
        assert all(max(calls) <= FEW * 2 for calls in per_run.values()), per_run
        with Meter(self) as meter:
            self.compute = self.restart_compute_service(self.compute)
        _rest, smapi, cp = meter.calls  # the new service's client is another one
        print(f"a start with {MANY} guests: {smapi} SMAPI + {cp} CP, {meter.wall:.1f} s")
        assert cp < FEW * 2


KINDS = ("REST", "SMAPI", "CP")


class TestSpawns(Servers):
    """Many builds at a time."""

    def _setup_services(self) -> None:
        self.flags(max_concurrent_builds=SPAWNS)
        self.flags(instances=-1, cores=-1, ram=-1, group="quota")
        self.flags(cpu_allocation_ratio=float(SPAWNS))
        super()._setup_services()

    def test_fifty_at_once(self) -> None:
        flavor = self._create_flavor(vcpu=1, memory_mb=64, disk=0, ephemeral=0)
        self.delete(self.boot(flavor_id=flavor))
        driver, ends = self.compute.driver, []
        spawn, together = driver.spawn, threading.Barrier(SPAWNS)

        def watched(*args: Any, **keywords: Any) -> Any:
            together.wait(timeout=900)  # Nova's claims come one by one; here all are in the driver
            begin = time.monotonic()
            spawn(*args, **keywords)
            ends.append(time.monotonic() - begin)

        with mock.patch.object(driver, "spawn", watched):
            servers = self.boot_many(SPAWNS, flavor_id=flavor)
        print(f"\n\n{SPAWNS} spawns at once: first after {min(ends):.1f} s, last after {max(ends):.1f} s")
        assert len(ends) == SPAWNS
        self.delete_many(servers)
