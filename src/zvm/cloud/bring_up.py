# SPDX-License-Identifier: Apache-2.0
"""Brings a cloud up, says what runs of it, and ends it.

What can be done side by side is: each service's tables and start form a chain, and the chains run in threads.
A second start does only what is missing. When one chain fails, everything is ended again.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from zvm.cloud import access, databases, openstack_services, processes, zvm_services
from zvm.cloud.errors import CloudError
from zvm.cloud.layout import Layout
from zvm.cloud.profiles import Embedded, Profile
from zvm.cloud.progress import Reporter
from zvm.cloud.settings import files

#: Who is ended after whom: a group at a time, users before what they use.
STOP_ORDER = (
    ("nova", "neutron", "glance"),
    ("placement", "keystone"),
    ("manager",),
    ("zhcp",),
    ("simulator",),
)


class Cloud:
    """A cloud on this machine.

    :param layout: where it lies.
    :param profile: how it is laid out.
    """

    def __init__(self, layout: Layout, profile: Profile | None = None) -> None:
        self.layout = layout
        self.profile = profile or Embedded()
        self.processes = processes.Processes(layout)

    def up(self, reporter: Reporter) -> None:
        """Start what does not run, and return when all of it is ready.

        :raises CloudError: something did not start; then nothing of the cloud runs any more.
        """
        self.layout.create()
        with self.layout.lock():
            try:
                self._start(reporter)
            except BaseException:
                self.processes.stop()
                raise

    def down(self) -> list[str]:
        """End all processes.

        :returns: the names of those that ran.
        """
        ended: list[str] = []
        if self.layout.exists:
            with self.layout.lock():
                for group in STOP_ORDER:
                    ended += self.processes.stop(group)
                ended += self.processes.stop()
        return ended

    def status(self) -> dict[str, tuple[str, str]]:
        """Return name → (running or ended, address) of what was started and not ended since."""
        running = self.processes.running()
        return {
            record.name: (f"running, process {record.pid}", self.layout.url(record.name))
            if record.name in running
            else ("ended", "")
            for record in self.processes.records()
        }

    def _start(self, reporter: Reporter) -> None:
        files.write_openstack(self.layout, self.profile)
        zvm_services.write_settings(self.layout)
        access.write(self.layout)
        Chains(self, reporter).run()


class Chains:
    """The work of one start, cut into chains that run side by side."""

    def __init__(self, cloud: Cloud, reporter: Reporter) -> None:
        self._layout = cloud.layout
        self._processes = cloud.processes
        self._reporter = reporter
        self._ready = {name: threading.Event() for group in STOP_ORDER for name in group}

    def run(self) -> None:
        """Run all chains; at the first failure give up the others and raise it.

        :raises CloudError: what failed.
        """
        chains: tuple[Callable[[], None], ...] = (
            self._zvm,
            self._nova,
            self._keystone,
            self._neutron,
            self._glance,
            self._placement,
        )
        with ThreadPoolExecutor(len(chains)) as pool:
            futures: list[Future[None]] = [pool.submit(chain) for chain in chains]
            try:
                done, _ = wait(futures, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
            except BaseException:
                self._processes.give_up.set()
                raise

    def _zvm(self) -> None:
        self._service(zvm_services.simulator(self._layout))
        self._service(zvm_services.zhcp(self._layout))
        self._once("manager", self._manager_user)
        self._service(zvm_services.manager(self._layout))

    def _manager_user(self) -> None:
        password = self._layout.password("manager") + "\n"
        command = zvm_services.add_user(self._layout)
        with self._reporter.step("manager: tables"):
            self._processes.run("manager-tables", command, input=password)

    def _keystone(self) -> None:
        self._tables("keystone")
        self._service(openstack_services.keystone(self._layout))

    def _placement(self) -> None:
        self._tables("placement")
        self._service(openstack_services.placement(self._layout))

    def _glance(self) -> None:
        self._tables("glance")
        self._service(openstack_services.glance(self._layout))

    def _neutron(self) -> None:
        self._tables("neutron")
        self._service(openstack_services.neutron(self._layout))

    def _nova(self) -> None:
        self._tables("nova")
        # nova-compute tells placement of its host, and asks the management node for it, as it starts.
        self._await("keystone", "placement", "manager")
        self._service(openstack_services.nova(self._layout))

    def _once(self, service: str, make: Callable[[], None]) -> None:
        """Make what ``service`` stores, unless that was finished in an earlier start."""
        mark = self._layout.root / "databases" / f"{service}.made"
        if not mark.exists():
            make()
            mark.touch()

    def _tables(self, service: str) -> None:
        self._once(service, lambda: self._make_tables(service))

    def _make_tables(self, service: str) -> None:
        for name in databases.FILES[service]:
            databases.prepare_file(self._layout.database(name))
        if service in databases.TABLES:
            with self._reporter.step(f"{service}: tables"):
                command = [sys.executable, "-m", "zvm.cloud.databases", service, str(self._layout.root)]
                environment = openstack_services.environment(self._layout, service)
                self._processes.run(f"{service}-tables", command, environment)

    def _service(self, service: processes.Service) -> None:
        if self._processes.start(service):
            with self._reporter.step(f"{service.name}: start"):
                self._processes.wait_ready(service)
        else:
            self._processes.wait_ready(service)
            self._reporter.done(f"{service.name}: runs already")
        self._ready[service.name].set()

    def _await(self, *names: str) -> None:
        for name in names:
            while not self._ready[name].wait(processes.PAUSE):
                self._processes.check_not_given_up()


def wait_until(what: str, check: Callable[[], bool], seconds: float) -> float:
    """Call ``check`` until it says yes.

    :param what: the condition in words.
    :returns: how long it took, seconds.
    :raises CloudError: it did not say so within ``seconds``.
    """
    began = time.monotonic()
    while not check():
        if time.monotonic() - began > seconds:
            raise CloudError(f"{what}: not after {seconds:.0f} s")
        time.sleep(processes.PAUSE)
    return time.monotonic() - began
