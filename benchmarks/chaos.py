# SPDX-License-Identifier: Apache-2.0
"""Users at work while services are killed: ``python -m benchmarks.chaos --state .cloud``.

Four users, each in a project of its own, create, resize, snapshot, stop, start and delete servers of the
cloud of separate services (``make cloud``). Meanwhile one service after another is killed with SIGKILL, at
moments that the seed decides, and started again a moment later. At the end everything that users still have
is deleted, ``nova-manage placement audit --delete`` forgets the resizes under which Nova was killed, and
``zvm reconcile`` must find nothing that OpenStack and z/VM do not agree about; z/VM must hold what it held at
the beginning, golden minidisks aside. What each service takes in memory and processor time is told, idle and
at work.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openstack.exceptions import SDKException

from benchmarks.meter import Load, Meter
from zvm.cli import reconcile
from zvm.cli.reconciliation import compare
from zvm.cloud import access, seeds, zvm_api, zvm_services
from zvm.cloud.bring_up import Cloud
from zvm.cloud.layout import Layout
from zvm.cloud.processes import Service, environment
from zvm.cloud.progress import Reporter
from zvm.cloud.ways import PROFILES

USERS = 4
#: Flavors that users resize between.
SMALL, LARGE = "chaos.small", "chaos.large"
#: Seconds for a server to come to a state before a user gives it up, and for all to settle at the end.
PATIENCE, SETTLE = 300.0, 600.0
#: What must be as before, beside the directory.
KEPT = ("guests", "network", "spool")


@dataclass
class Tally:
    """What happened."""

    done: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, counter: Counter[str], what: str) -> None:
        """Count one more; from any thread."""
        with self.lock:
            counter[what] += 1


def project(admin: Any, number: int) -> tuple[str, str]:
    """Make a project with a user; return both names, which are one, and the password."""
    name, password = f"chaos{number}", f"chaos-{number}-{os.getpid()}"
    found = admin.identity.find_project(name) or admin.identity.create_project(name=name, domain_id="default")
    user = admin.identity.find_user(name)
    if user:
        admin.identity.update_user(user, password=password)
    else:
        user = admin.identity.create_user(name=name, password=password, domain_id="default")
    role = admin.identity.find_role("member")
    admin.identity.assign_project_role_to_user(found, user, role)
    return name, password


class Life(threading.Thread):
    """One server after the other of a user, until told to end."""

    def __init__(self, connection: Any, tally: Tally, seed: int, ended: threading.Event) -> None:
        super().__init__()
        self._connection = connection
        self._tally = tally
        self._random = random.Random(seed)
        self._ended = ended
        self._compute = connection.compute

    def run(self) -> None:
        """Make a server, do a few things with it, delete it; again and again."""
        while not self._ended.is_set():
            try:
                self._life()
            except SDKException as problem:  # the services are being killed: that is what this is about
                self._tally.count(self._tally.failed, type(problem).__name__)
                self._ended.wait(1)

    def _life(self) -> None:
        server = self._compute.create_server(
            name=f"chaos-{self._random.randrange(10**6)}",
            flavor_id=self._compute.find_flavor(SMALL).id,
            image_id=self._connection.image.find_image(seeds.IMAGE).id,
            networks=[{"uuid": self._connection.network.find_network(seeds.NETWORK).id}],
        )
        if not self._reached(server, "ACTIVE", "create"):
            return self._discard(server)
        for _ in range(self._random.randrange(1, 4)):
            if self._ended.is_set() or not self._random.choice(self._verbs())(server):
                break
        return self._discard(server)

    def _verbs(self) -> list[Any]:
        return [self._snapshot, self._resize, self._stop_and_start, self._reboot]

    def _snapshot(self, server: Any) -> bool:
        image = self._compute.create_server_image(server, name=f"{server.name}-image")
        reached = self._reached(server, "ACTIVE", "snapshot")
        self._connection.image.delete_image(image, ignore_missing=True)
        return reached

    def _resize(self, server: Any) -> bool:
        self._compute.resize_server(server, self._compute.find_flavor(LARGE))
        if not self._reached(server, "VERIFY_RESIZE", "resize"):
            return False
        if self._random.random() < 0.5:
            self._compute.confirm_server_resize(server)
        else:
            self._compute.revert_server_resize(server)
        return self._reached(server, "ACTIVE", "resize ended")

    def _stop_and_start(self, server: Any) -> bool:
        self._compute.stop_server(server)
        if not self._reached(server, "SHUTOFF", "stop"):
            return False
        self._compute.start_server(server)
        return self._reached(server, "ACTIVE", "start")

    def _reboot(self, server: Any) -> bool:
        self._compute.reboot_server(server, "HARD")
        return self._reached(server, "ACTIVE", "reboot")

    def _discard(self, server: Any) -> None:
        self._compute.delete_server(server, ignore_missing=True)
        self._tally.count(self._tally.done, "delete asked")

    def _reached(self, server: Any, status: str, what: str) -> bool:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = self._compute.get_server(server.id)
            if found.status == status and not found.task_state:
                self._tally.count(self._tally.done, what)
                return True
            if found.status == "ERROR" or self._ended.wait(0.5):
                break
        self._tally.count(self._tally.failed, what)
        return False


def victims(cloud: Cloud) -> list[Service]:
    """Return what is killed: each of our own services, and each nova-compute."""
    layout, profile = cloud.layout, cloud.profile
    ours = [
        zvm_services.manager(layout, "manager"),
        *(zvm_services.zhcp(layout, member) for member in profile.members),
    ]
    others = [
        service for name in ("nova", "neutron", "cinder") for service in profile.processes(layout, name)
    ]
    wanted = ("nova-compute", "neutron-agent", "cinder-volume")
    return [*ours, *(service for service in others if service.name.startswith(wanted))]


def kill(cloud: Cloud, chance: random.Random, tally: Tally, ended: threading.Event, interval: float) -> None:
    """Kill a service now and then, and start it again."""
    services = victims(cloud)
    while not ended.wait(chance.uniform(0.5, 1.5) * interval):
        service = chance.choice(services)
        record = cloud.processes.running().get(service.name)
        if record:
            for pid in record.members():
                os.kill(pid, signal.SIGKILL)
            tally.count(tally.kills, service.name)
        ended.wait(chance.uniform(0.2, 3.0))
        cloud.processes.start(service)


def held(layout: Layout) -> dict[str, Any]:
    """Return what z/VM holds of guests: directory entries but the golden userid's, guests, grants, spool."""
    kept = {}
    for member in PROFILES["separate"].members:
        state = zvm_api.inventory(layout, member.system)
        entries = {key: value for key, value in state["directory"].items() if key != "ZVMGOLD"}
        kept[member.name] = {key: value for key, value in state.items() if key in KEPT} | {
            "directory": entries
        }
    return kept


def clean(admin: Any) -> None:
    """Delete all that the users left, until Nova knows none of it."""
    end = time.monotonic() + SETTLE
    while time.monotonic() < end:
        left = [one for one in admin.compute.servers(all_projects=True) if one.name.startswith("chaos-")]
        for server in left:
            with suppress(SDKException):  # it is gone, or in the middle of something
                admin.compute.delete_server(server)
        if not left:
            return
        time.sleep(2)


def main() -> int:
    """Run it; return 1 when anything was left behind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--state", type=Path, default=Path(".cloud"))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--servers", type=int, default=40, help="at the same time, of four users together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--interval", type=float, default=10, help="seconds between kills, on average")
    parser.add_argument("--idle", type=float, default=30, help="seconds for which the idle load is measured")
    wanted = parser.parse_args()
    cloud = Cloud(Layout(wanted.state), "separate")
    with Reporter() as reporter:
        cloud.up(reporter)
    admin = access.connect(cloud.layout, access.ADMIN)
    seeds.everything(cloud.layout, admin)
    seeds.flavor(admin, SMALL, vcpus=1, ram=256, disk=1)
    seeds.flavor(admin, LARGE, vcpus=2, ram=512, disk=2)
    accounts = [project(admin, number) for number in range(USERS)]
    clean(admin)  # what a run that was broken off has left
    before = held(cloud.layout)
    with Meter(cloud.processes) as idle:
        time.sleep(wanted.idle)

    tally, ended = Tally(), threading.Event()
    users = [access.connect_as(cloud.layout, name, password) for name, password in accounts]
    lives = [Life(users[at % USERS], tally, wanted.seed * 1000 + at, ended) for at in range(wanted.servers)]
    chance = random.Random(wanted.seed)
    killer = threading.Thread(target=kill, args=(cloud, chance, tally, ended, wanted.interval))
    with Meter(cloud.processes) as working:
        for thread in (*lives, killer):
            thread.start()
        time.sleep(60 * wanted.minutes)
    ended.set()
    for thread in (*lives, killer):
        thread.join()
    with Reporter() as reporter:
        cloud.up(reporter)
    sys.stdout.write(report(tally, idle.loads(), working.loads()))
    clean(admin)
    forget_migrations(cloud.layout)
    found = settled(cloud, admin)
    after = held(cloud.layout)
    for one in found:
        sys.stdout.write(f"left over: {one.kind} {one.name} {one.host}: {one.what}\n")
    same = after == before
    sys.stdout.write(f"z/VM holds what it held before: {'yes' if same else 'no'}\n")
    if not same:
        (cloud.layout.root / "chaos-before.json").write_text(json.dumps(before, indent=1, sort_keys=True))
        (cloud.layout.root / "chaos-after.json").write_text(json.dumps(after, indent=1, sort_keys=True))
    return 1 if found or not same else 0


def forget_migrations(layout: Layout) -> None:
    """Let Nova's own tool delete the allocations of resizes under which Nova was killed."""
    command = [
        str(access.programs() / "nova-manage"),
        "--config-file",
        str(layout.config("nova", "manage.conf")),
    ]
    told = subprocess.run(
        [sys.executable, *command, "placement", "audit", "--delete"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    sys.stdout.write(f"nova-manage placement audit --delete: {told.stdout.strip()}\n")


def settled(cloud: Cloud, admin: Any) -> list[Any]:
    """Return what OpenStack and z/VM do not agree about once nothing is under way any more."""
    end = time.monotonic() + SETTLE
    while True:
        nodes = reconcile.managers_of(cloud.layout)
        found = compare(reconcile.openstack(admin), reconcile.zvm(nodes))
        if not found or time.monotonic() > end:
            return found
        time.sleep(5)


def report(tally: Tally, idle: dict[str, Load], working: dict[str, Load]) -> str:
    """Return the figures as text."""
    lines = [f"{what:<24}{count:>6} done" for what, count in sorted(tally.done.items())]
    lines += [f"{what:<24}{count:>6} failed" for what, count in sorted(tally.failed.items())]
    lines += [f"{what:<24}{count:>6} kills" for what, count in sorted(tally.kills.items())]
    lines.append(f"{'':<24}{'idle':>18}{'at work':>18}")
    for name in sorted(idle | working):
        shown = [found.get(name, Load(0.0, 0)) for found in (idle, working)]
        lines.append(f"{name:<24}" + "".join(f"{load.percent:>8.1f} %{load.mib:>4} MiB" for load in shown))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
