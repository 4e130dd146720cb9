# SPDX-License-Identifier: Apache-2.0
"""The demo's story: a server is created through OpenStack, and z/VM is asked what became of it.

Each fact that is shown is looked up where it is true: the guest in the directory, its disk's bytes on the
volume, its port at the virtual switch. A fact that does not hold ends the story with an error.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from zvm.cloud import access, demo_image, seeds, zvm_api
from zvm.cloud.bring_up import Cloud
from zvm.cloud.errors import StoryFailed
from zvm.cloud.processes import environment
from zvm.cloud.progress import Reporter

#: Marks the story's own servers, so that another run may replace them.
MARK = {"made_by": "zvm-demo"}
#: The command that creates a server, but for its name.
CREATE = ["server", "create", "--flavor", seeds.FLAVOR, "--image", seeds.IMAGE, "--network", seeds.NETWORK]
#: How often a server is looked at, seconds.
POLL = 0.3
#: How long a server may take to change its state, seconds.
PATIENCE = 180.0


@dataclass(frozen=True)
class Outcome:
    """What the story found, for who checks it."""

    first_seconds: float
    second_seconds: float
    image_sha256: str
    disk_sha256: str
    inventory_equal: bool


def run(cloud: Cloud, reporter: Reporter) -> Outcome:
    """Bring the cloud up and tell the story.

    :raises CloudError: a service failed, or a fact did not hold.
    """
    began = time.monotonic()
    reporter.heading("A z/VM system and an OpenStack, all on this machine")
    cloud.up(reporter)
    from openstack.exceptions import SDKException

    try:
        outcome = Story(cloud, reporter).tell()
    except SDKException as error:
        raise StoryFailed(f"OpenStack refused: {error}", log=cloud.layout.log("nova")) from error
    reporter.heading(f"Done in {time.monotonic() - began:.0f} s. Now play")
    for line in (
        f". {shlex.quote(str(cloud.layout.root / 'openrc'))}",
        "openstack server list",
        shlex.join(["openstack", *CREATE, "mine"]),
        "zvm node guests",
        "zvm cp QUERY NAMES",
        "make down",
    ):
        reporter.command(line)
    return outcome


class Story:
    """One telling of it."""

    def __init__(self, cloud: Cloud, reporter: Reporter) -> None:
        self._cloud = cloud
        self._layout = cloud.layout
        self._reporter = reporter
        self._image_sha256 = ""
        #: The servers of the story; the first stays, the second is deleted before the end.
        self._first, self._second = "", ""

    def tell(self) -> Outcome:
        """Tell it all.

        :raises StoryFailed: a fact did not hold.
        """
        self._admin = access.connect(self._layout, access.ADMIN)
        self._user = access.connect(self._layout)
        self._prepare()
        self._reporter.heading("A Linux guest on z/VM, through OpenStack")
        first, first_seconds = self._create(self._first)
        guest = self._show_place(first)
        self._reporter.heading("What the guest says")
        self._openstack("console", "log", "show", "--lines", "12", self._first)
        self._reporter.heading("Stop and start")
        self._change("stop", "SHUTOFF")
        self._change("start", "ACTIVE")
        with self._reporter.step(f"the agent in {self._first} answers"):
            zvm_api.wait_reachable(self._layout, guest["node"])
        self._reporter.heading("What z/VM says")
        self._zvm("cp", "QUERY", "USER", guest["userid"])
        self._zvm("node", "entry", guest["node"])
        disk_sha256 = self._compare_disk(guest)
        self._reporter.heading("A second one from the same image")
        before = zvm_api.inventory(self._layout)
        second, second_seconds = self._create(self._second)
        self._show_calls(second)
        self._delete(self._second)
        equal = self._compare_inventory(before)
        return Outcome(first_seconds, second_seconds, self._image_sha256, disk_sha256, equal)

    def _prepare(self) -> None:
        """Make image, flavor and network, and remove what an earlier telling left behind."""
        self._reporter.heading("Image, network, flavor")
        size = f"{demo_image.SIZE >> 20} MiB, architecture s390x"
        with self._reporter.step(
            f"image {seeds.IMAGE} ({size}), network {seeds.NETWORK}, flavor {seeds.FLAVOR}"
        ):
            self._image_sha256 = seeds.everything(self._layout, self._admin)
        left = [server for server in self._user.compute.servers() if MARK.items() <= server.metadata.items()]
        for server in left:
            with self._reporter.step(f"server {server.name} of the last time: delete"):
                self._user.compute.delete_server(server)
                self._wait_gone(server.id)
        taken = {server.name for server in self._user.compute.servers()}
        free = (name for number in count(1) if (name := f"linux{number}") not in taken)
        self._first, self._second = next(free), next(free)

    def _create(self, name: str) -> tuple[Any, float]:
        """Create a server and wait for it.

        :returns: the server, and the seconds from the command to ACTIVE.
        """
        properties = [word for key, value in MARK.items() for word in ("--property", f"{key}={value}")]
        began = time.monotonic()
        self._openstack(*CREATE, *properties, "-f", "value", "-c", "id", name)
        server = self._user.compute.find_server(name, ignore_missing=False)
        with self._reporter.step(f"server {name} is ACTIVE"):
            self._wait_status(server.id, "ACTIVE")
        seconds = time.monotonic() - began
        self._reporter.say(f"from the command to ACTIVE: {seconds:.1f} s")
        server = self._admin.compute.get_server(server.id)
        return server, seconds

    def _show_place(self, server: Any) -> Any:
        """Say where on z/VM the server is.

        :returns: the management node's answer about it.
        """
        guest = zvm_api.guest(self._layout, server.instance_name)
        self._reporter.heading("Where it is")
        fields = [("userid", guest["userid"]), ("z/VM system", guest["host"])]
        fields += [("address", ", ".join(addresses(server)))]
        for disk in guest["minidisks"]:
            extent = (
                f"{disk['unit']} {disk['start']} to {disk['start'] + disk['size'] - 1} of {disk['volume']}"
            )
            fields.append((f"minidisk {disk['vdev']}", extent))
        for nic in guest["nics"]:
            vlan = "" if nic.get("vlan") is None else f", VLAN {nic['vlan']}"
            state = "coupled" if nic["coupled"] else "not coupled"
            fields.append((f"NIC {nic['vdev']}", f"{nic['mac']}, {state} to {nic['vswitch']}{vlan}"))
        for name, value in fields:
            self._reporter.say(f"{name:<14}{value}")
        return guest

    def _show_calls(self, server: Any) -> None:
        """Say what z/VM was asked to make the server; its disk must have been cloned, not copied."""
        seen = zvm_api.calls(self._layout)
        steps = zvm_api.steps(seen, zvm_api.guest(self._layout, server.instance_name)["userid"])
        self._reporter.say("z/VM knew the image and cloned the disk. It was asked for")
        self._reporter.quote("\n".join(steps))
        if not any(step.startswith("FLASHCOPY") for step in steps):
            raise StoryFailed(f"{self._second}'s disk was not cloned", log=self._layout.log("zhcp"))

    def _compare_disk(self, guest: Any) -> str:
        """Compare the root minidisk, as it is on the volume, with the image.

        :returns: the SHA-256 of the minidisk's content.
        """
        root = guest["minidisks"][0]
        found = zvm_api.disk_sha256(self._layout, root["volume"], root["start"], demo_image.SIZE)
        self._reporter.say(f"SHA-256 of the image         {self._image_sha256}")
        self._reporter.say(f"SHA-256 of the root minidisk {found}")
        if found != self._image_sha256:
            raise StoryFailed("the root minidisk is not the image", log=self._layout.log("manager"))
        self._reporter.done("the same, byte for byte")
        return found

    def _compare_inventory(self, before: dict[str, Any]) -> bool:
        after = zvm_api.inventory(self._layout)
        if after != before:
            left = ", ".join(differences(before, after))
            raise StoryFailed(
                f"{self._second} left something behind on z/VM: {left}",
                log=self._layout.log("manager"),
            )
        self._reporter.done(
            f"z/VM's inventory is the one before {self._second}: directory, volumes, switch, spool"
        )
        return True

    def _change(self, action: str, status: str) -> None:
        self._openstack("server", action, self._first)
        server = self._user.compute.find_server(self._first, ignore_missing=False)
        with self._reporter.step(f"server {self._first} is {status}"):
            self._wait_status(server.id, status)

    def _delete(self, name: str) -> None:
        server = self._user.compute.find_server(name, ignore_missing=False)
        self._openstack("server", "delete", name)
        with self._reporter.step(f"server {name} is gone"):
            self._wait_gone(server.id)

    def _wait_status(self, identity: str, status: str) -> None:
        def reached() -> bool:
            server = self._user.compute.get_server(identity)
            if server.status == "ERROR":
                fault = (server.fault or {}).get("message", "no reason is given")
                raise StoryFailed(f"server {server.name} is in ERROR: {fault}", log=self._layout.log("nova"))
            return bool(server.status == status and server.task_state is None)

        wait_until(f"the server is {status}", reached, PATIENCE)

    def _wait_gone(self, identity: str) -> None:
        def gone() -> bool:
            server = self._user.compute.find_server(identity)
            if server is not None and server.status == "ERROR" and server.task_state is None:
                fault = (server.fault or {}).get("message", "no reason is given")
                raise StoryFailed(f"{server.name} was not deleted: {fault}", log=self._layout.log("nova"))
            return server is None

        wait_until("the server is gone", gone, PATIENCE)

    def _openstack(self, *arguments: str) -> None:
        """Run a command of python-openstackclient as the demo's user, and show what it says."""
        self._show("openstack", arguments, [str(access.programs() / "openstack")])

    def _zvm(self, *arguments: str) -> None:
        """Run one of our own commands, and show what it says."""
        self._show("zvm", arguments, [sys.executable, "-m", "zvm.cli.main"])

    def _show(self, name: str, arguments: Sequence[str], program: Sequence[str]) -> None:
        line = shlex.join([name, *arguments])
        self._reporter.command(line)
        variables = {**access.environment(self._layout), "ZVM_STATE": str(self._layout.root)}
        done = subprocess.run(
            [*program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=environment(variables),
            check=False,
        )
        self._reporter.quote(done.stdout)
        if done.returncode:
            self._reporter.quote(done.stderr)
            raise StoryFailed(f"`{line}` ended with code {done.returncode}", log=self._layout.log("nova"))


def differences(before: Any, after: Any, place: str = "inventory") -> list[str]:
    """Return the places where two decoded JSON documents differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted(before.keys() | after.keys())
        parts = [differences(before.get(key), after.get(key), f"{place}.{key}") for key in keys]
        return [found for part in parts for found in part]
    return [] if before == after else [place]


def addresses(server: Any) -> list[str]:
    """Return the server's fixed addresses."""
    return [entry["addr"] for entries in server.addresses.values() for entry in entries]


def wait_until(what: str, check: Callable[[], bool], seconds: float) -> float:
    """Call ``check`` until it says yes.

    :param what: the condition in words.
    :returns: how long it took, seconds.
    :raises StoryFailed: it did not say so within ``seconds``.
    """
    began = time.monotonic()
    while not check():
        if time.monotonic() - began > seconds:
            raise StoryFailed(f"{what}: not after {seconds:.0f} s")
        time.sleep(POLL)
    return time.monotonic() - began
