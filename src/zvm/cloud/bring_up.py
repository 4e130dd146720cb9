# SPDX-License-Identifier: Apache-2.0
"""Brings a cloud up, says what runs of it, and ends it.

What can be done side by side is: each service's tables and start form a chain, and the chains run in threads.
A second start does only what is missing. When one chain fails, everything is ended again.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from zvm.cloud import access, databases, openstack_services, processes, zvm_services
from zvm.cloud.layout import LISTENERS, Layout
from zvm.cloud.profiles import Profile
from zvm.cloud.progress import Reporter
from zvm.cloud.settings import files
from zvm.cloud.ways import PROFILES

#: Who has to be ready before whom. nova-compute tells placement of its host as it starts, with a token of
#: keystone's, and asks the management node for what it tells.
NEEDS = {"nova": ("keystone", "placement", "manager")}
#: Who is ended after all others: users before what they use.
ENDED_LAST = ("manager2", "manager", "zhcp2", "zhcp", "simulator", "rabbitmq", "epmd", "mariadb")


class Cloud:
    """A cloud on this machine.

    :param layout: where it lies.
    :param profile: how it is laid out: embedded or separate; when left out, as what is there.
    """

    def __init__(self, layout: Layout, profile: str = "") -> None:
        self.layout = layout
        name = profile or (layout.profile if layout.exists else "embedded")
        self.profile: Profile = PROFILES[name]
        self.processes = processes.Processes(layout)

    def up(self, reporter: Reporter) -> None:
        """Start what does not run, and return when all of it is ready.

        :raises CloudError: something did not start; then nothing of the cloud runs any more.
        """
        self.layout.create(self.profile.name)
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
                others = [record.name for record in self.processes.records() if record.name not in ENDED_LAST]
                for group in (others, *([name] for name in ENDED_LAST)):
                    ended += self.processes.stop(group)
        return ended

    def status(self) -> dict[str, tuple[str, str]]:
        """Return name → (running or ended, address) of what was started and not ended since."""
        running = self.processes.running()
        rows = {}
        for record in self.processes.records():
            state = f"running, process {record.pid}" if record.name in running else "ended"
            rows[record.name] = state, self.layout.url(record.name) if record.name in LISTENERS else ""
        return rows

    def _start(self, reporter: Reporter) -> None:
        files.write_openstack(self.layout, self.profile)
        zvm_services.write_settings(self.layout, self.profile)
        access.write(self.layout)
        Chains(self, reporter).run()


class Chains:
    """The work of one start, cut into chains that run side by side."""

    def __init__(self, cloud: Cloud, reporter: Reporter) -> None:
        self._layout = cloud.layout
        self._processes = cloud.processes
        self._reporter = reporter
        self._profile = cloud.profile
        self._ready = {
            name: threading.Event() for name in ("infrastructure", "manager", *self._profile.services)
        }

    def run(self) -> None:
        """Run all chains; at the first failure give up the others and raise it.

        :raises CloudError: what failed.
        """
        services = self._profile.services
        with ThreadPoolExecutor(2 + len(services)) as pool:
            futures: list[Future[None]] = [pool.submit(self._zvm), pool.submit(self._infrastructure)]
            futures += [pool.submit(self._openstack, service) for service in services]
            try:
                done, _ = wait(futures, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
            except BaseException:
                self._processes.give_up.set()
                raise

    def _infrastructure(self) -> None:
        for service in self._profile.infrastructure(self._layout, self._processes):
            self._start(service)
        self._ready["infrastructure"].set()

    def _zvm(self) -> None:
        self._start(zvm_services.simulator(self._layout, self._profile))
        for member in self._profile.members:
            self._start(zvm_services.zhcp(self._layout, member))
        for name in zvm_services.managers(self._profile):
            self._once(name, functools.partial(self._manager_user, name))
            self._start(zvm_services.manager(self._layout, name))
        self._ready["manager"].set()

    def _manager_user(self, name: str) -> None:
        self._layout.database(name).unlink(missing_ok=True)
        password = self._layout.password("manager") + "\n"
        command = zvm_services.add_user(self._layout, name)
        with self._reporter.step(f"{name}: tables"):
            self._processes.run(f"{name}-tables", command, input=password)

    def _openstack(self, service: str) -> None:
        self._wait("infrastructure")
        self._once(service, lambda: self._tables(service))
        self._wait(*NEEDS.get(service, ()))
        for process in self._profile.processes(self._layout, service):
            self._start(process)
        self._ready[service].set()

    def _wait(self, *names: str) -> None:
        for name in names:
            while not self._ready[name].wait(processes.PAUSE):
                self._processes.check_not_given_up()

    def _once(self, service: str, make: Callable[[], None]) -> None:
        """Make what ``service`` stores, unless that was finished in an earlier start."""
        mark = self._layout.root / "databases" / f"{service}.made"
        if not mark.exists():
            make()
            mark.touch()

    def _tables(self, service: str) -> None:
        self._profile.prepare(self._layout, service)
        if service in databases.TABLES:
            with self._reporter.step(f"{service}: tables"):
                command = [sys.executable, "-m", "zvm.cloud.databases", service, str(self._layout.root)]
                environment = openstack_services.environment(self._layout, service)
                self._processes.run(f"{service}-tables", command, environment)

    def _start(self, service: processes.Service) -> None:
        if self._processes.start(service):
            with self._reporter.step(f"{service.name}: start"):
                self._processes.wait_ready(service)
        else:
            self._processes.wait_ready(service)
            self._reporter.done(f"{service.name}: runs already")
