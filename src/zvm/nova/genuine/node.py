# SPDX-License-Identifier: Apache-2.0
"""What the driver asks of the extension ``/zvm/v1``, answered by a genuine xCAT's own API.

The number of calls does not grow with the guests: their power state is asked for in ranges of nodes. xCAT
itself asks z/VM for each guest.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterable, Mapping
from typing import Any

from nova import exception
from nova.i18n import _
from oslo_config import cfg

from zvm.directory import Ipl
from zvm.nova.genuine import features
from zvm.nova.genuine.consoles import ConsoleLogs
from zvm.nova.genuine.files import SharedFiles
from zvm.nova.genuine.guests import GenuineGuests
from zvm.nova.genuine.images import GenuineImages
from zvm.nova.genuine.nics import Card, Nics
from zvm.nova.genuine.rows import Row, Rows
from zvm.xcat import Client, Extension, XcatNotFound, XcatRefused, XcatUnauthorized, XcatUnreachable, texts
from zvm.xcat.client import Content
from zvm.xcat.records import Guest, GuestDetail, Image, Minidisk, Nic, Performance, Pool
from zvm.xcat.urls import path

#: Nodes in one question for their power: the line of a request has 8190 octets at most (Apache).
_RANGE = 100
#: Seconds between two questions whether a guest is what is waited for.
_PAUSE = 1.0
#: Seconds between two looks at the console of a guest that is waited for.
_LOOK = 10.0
#: CP's message when a guest has loaded a disabled wait PSW: it will not go on by itself.
_DISABLED_WAIT = "HCPGIR450W"
_OCTETS = {"3390": 15 * 12 * 4096, "9336": 512, "FB-512": 512}
#: What nova-zvm's own management node writes into the table zvm for each guest of an instance.
_OURS = re.compile(r"(?:^|;)uuid=[0-9a-f-]{36}(?:;|$)")
#: What xCAT says of a guest that has printed nothing, or whose output was fetched before.
_NO_LOG = "No console log"


class GenuineXcat(Extension):
    """The genuine xCAT behind ``client``, for the z/VM system ``host``. Thread-safe.

    :ivar guest_calls: makes and removes guests.
    """

    def __init__(self, client: Client, host: str, conf: cfg.ConfigOpts) -> None:
        super().__init__(client)
        self._host = host
        self._files = SharedFiles(conf)
        self._rows = Rows(client)
        self._logs = ConsoleLogs()
        self._nics = Nics(client, self._rows, self._zhcp_node)
        self._images = GenuineImages(client, self._files)
        self.guest_calls = GenuineGuests(client, self._rows, self._nics, self._files, self._logs)
        self._types: dict[str, str] = {}

    def prepare(self) -> None:
        """Make ready what calls need on this host, and let nothing be sent to the extension.

        :raises InvalidConfiguration: an option that a genuine xCAT needs is not set.
        """
        if any(_OURS.search(row.comment) for row in self._rows.all()):
            raise exception.InvalidConfiguration(
                _(
                    "The management node has guests of nova-zvm's own management node, but answers nothing "
                    "at /zvm/v1; see that what stands between passes that path on"
                )
            )
        self._files.prepare()
        self._client.without_extension(features.named)

    def extensions(self) -> frozenset[str]:
        """Return nothing."""
        return frozenset()

    def _hcp(self, rows: Iterable[Row]) -> str:
        hcp = next((row.hcp for row in rows if row.node == self._host), "")
        if not hcp:
            raise XcatNotFound("GET /tables/zvm", [f"the table zvm has no hcp for {self._host}"])
        return hcp

    def _zhcp_node(self) -> str:
        """Return the node that is the zHCP: it bears the first part of the zHCP's host name."""
        row = self._rows.of(self._host)
        return self._hcp([row] if row else []).partition(".")[0]

    # the z/VM system

    def pools(self, host: str = "") -> list[Pool]:
        """Return the disk pools; how large their largest free extent is xCAT does not say."""
        found = []
        for name, space in texts.pool_spaces(self._about_host("--diskpoolspace"), self._host).items():
            if name not in self._types:
                extents = texts.extents(self._rinv(self._host, "--diskpool", name, "all"), self._host)
                self._types[name] = "9336" if any("9336" in item[1] for item in extents) else "3390"
            total, used, free = (space.get(what, 0) for what in ("Total", "Used", "Free"))
            found.append(Pool(name, self._host, total, used, free, free, self._types[name]))
        return found

    def nics(self, host: str = "") -> list[Nic]:
        """Return the cards of our guests; of a card of a guest xCAT does not say whether it is coupled."""
        ours = {row.node: row for row in self._rows.all() if row.uuid}
        return self._cards(ours) if ours else []

    def _cards(self, ours: Mapping[str, Row]) -> list[Nic]:
        macs = {
            (item.get("node"), item.get("interface")): item.get("mac", "") for item in self._rows.table("mac")
        }
        found = []
        for item in self._rows.table("switch"):
            row = ours.get(item.get("node", ""))
            if row is None or not item.get("switch"):
                continue
            vdev, vlan = item.get("interface", ""), item.get("vlan", "")
            found.append(
                Nic(
                    vdev,
                    row.node,
                    row.userid,
                    row.uuid,
                    item.get("port", ""),
                    macs.get((row.node, vdev), ""),
                    item["switch"],
                    int(vlan) if vlan.isdigit() else None,
                    coupled=True,
                )
            )
        return found

    def mac_prefix(self) -> str:
        """Return the first half of guests' MAC addresses, "" when it cannot be found out."""
        try:
            return self._nics.mac_prefix()
        except XcatRefused:
            return ""

    def inventory(self, *fields: str) -> str:
        """Return the text of ``rinv`` for the z/VM system.

        :raises XcatUnreachable: it was not told what it tells of every z/VM system whose zHCP answers.
        """
        told = self._about_host(*fields) if fields == ("all",) else self._rinv(self._host, *fields)
        return "\n".join(told)

    def _about_host(self, *fields: str) -> list[str]:
        """Ask what can always be answered: xCAT has words only for a zHCP that does not answer."""
        try:
            return self._rinv(self._host, *fields)
        except (XcatNotFound, XcatUnauthorized):
            raise
        except XcatRefused as problem:
            raise XcatUnreachable(
                problem.command, problem.message, next_step="check the zHCP of the z/VM system"
            ) from problem

    def _rinv(self, node: str, *fields: str) -> list[str]:
        query = {"field": list(fields)}
        return self._client.request("GET", path("nodes", node, "inventory"), query=query).info

    # guests

    def guests(self, host: str = "") -> list[Guest]:
        """Return the guests that xCAT's tables know; of those that are not ours no state is asked for."""
        rows = self._rows.all()
        hcp = self._hcp(rows)
        mine = [row for row in rows if row.userid and (row.hcp == hcp or not host)]
        powers = self._powers([row.node for row in mine if row.uuid])
        return [
            Guest(row.node, row.userid, row.uuid, _state(row, powers.get(row.node, "")), self._host)
            for row in mine
        ]

    def _powers(self, nodes: list[str]) -> dict[str, str]:
        """Return node → on or off."""
        found: dict[str, str] = {}
        for start in range(0, len(nodes), _RANGE):
            part = nodes[start : start + _RANGE]
            try:
                # Errors are of single guests: what is told of the others counts.
                answer = self._client.request("GET", path("nodes", ",".join(part), "power"), check=False)
            except XcatNotFound:  # one of them went meanwhile
                answer = None
            if answer is not None:
                found |= texts.powers(answer.info)
        return found

    def guest(self, node: str, *, wait: str = "", timeout: float = 60) -> GuestDetail:
        """Return the guest ``node``; a wait is ended when it is so, when the guest went off, or in time."""
        row = self._rows.of(node)
        if row is None or not row.userid:
            raise XcatNotFound(f"GET {path('nodes', node)}", [f"xCAT knows no guest {node}"])
        if wait:
            return self._waited(row, wait, timeout)
        entry = self.guest_calls.entry(node)
        state = self._state_of(row)
        ports = {nic.vdev: nic for nic in self._cards({node: row})}
        nics = [
            Nic(
                nic.vdev,
                node,
                row.userid,
                row.uuid,
                ports[nic.vdev].port if nic.vdev in ports else "",
                ports[nic.vdev].mac if nic.vdev in ports else _mac(nic.macid),
                nic.lan_name,
                ports[nic.vdev].vlan if nic.vdev in ports else None,
                state in ("running", "paused"),
            )
            for nic in entry.nics()
        ]
        disks = [
            Minidisk(
                disk.vdev,
                disk.volume,
                disk.start,
                disk.size,
                "cylinders" if disk.devtype.startswith("33") else "blocks",
                (disk.size or 0) * _OCTETS.get(disk.devtype, 512),
            )
            for disk in entry.minidisks()
        ]
        return GuestDetail(
            node,
            row.userid,
            row.uuid,
            state,
            self._host,
            reachable=state == "running" and self._reachable(node),
            ipl=next((item.system.split()[0] for item in entry.find(Ipl)), ""),
            minidisks=disks,
            nics=nics,
        )

    def _waited(self, row: Row, wait: str, timeout: float) -> GuestDetail:
        """Look until the guest is what is wanted, off, crashed by its console, or time is up."""
        deadline = time.monotonic() + timeout
        look = time.monotonic() + _LOOK
        tail = ""
        while True:
            reachable = wait == "reachable" and self._reachable(row.node)
            state = "running" if reachable else self._state_of(row)
            now = time.monotonic()
            ended = reachable or state in ("off", wait) or now >= deadline
            if wait == "reachable" and not reachable and (ended or now >= look):
                look = now + _LOOK
                tail = self.console(row.node)
                if state == "running" and _DISABLED_WAIT in tail:
                    ended, state = True, "crashed"
            if ended:
                return GuestDetail(
                    row.node,
                    row.userid,
                    row.uuid,
                    state,
                    self._host,
                    reachable=reachable,
                    console_tail=tail,
                )
            time.sleep(_PAUSE)

    def _state_of(self, row: Row) -> str:
        answer = self._client.request("GET", path("nodes", row.node, "power"))
        return _state(row, texts.powers(answer.info).get(row.node, ""))

    def _reachable(self, node: str) -> bool:
        body = ["isreachable"]
        return texts.is_reachable(self._client.request("PUT", path("nodes", node, "power"), body=body).info)

    def console(self, node: str, length: int = 102400) -> str:
        """Return the end of what the guest has printed, as far as this service was handed it."""
        query = {"field": ["--consoleoutput", str(length)]}
        answer = self._client.request("GET", path("nodes", node, "inventory"), query=query, check=False)
        nothing = any(_NO_LOG in text for text in answer.errors)
        if answer.errors and not nothing:
            raise XcatRefused(f"GET {path('nodes', node, 'inventory')}", answer.errors)
        new = "" if nothing else "\n".join(texts.lines(answer.info, node))
        return self._logs.add(node, new)[-length:]

    def performance(self, node: str) -> Performance:
        """Return processors, processor time and memory of the guest; xCAT does not tell the rest."""
        told = texts.facts(self._rinv(node, "cpumempowerstat"), node)
        cpus = told.get("Guest CPUs") or told.get("Processors") or "0"
        return Performance(
            cpus=int(cpus) if cpus.isdigit() else 0,
            cpu_microseconds=texts.cpu_microseconds(told.get("CPU Used Time", "")),
            memory_kilobytes=texts.size(told.get("Total Memory", "")) >> 10,
        )

    def attach_nic(
        self, node: str, vswitch: str, *, mac: str = "", vlan: int | None = None, port: str = ""
    ) -> str:
        """Give the guest a network card, from its next logon on; a port that it has keeps its card."""
        row = self._rows.of(node)
        if row is None:
            raise XcatNotFound(f"PUT {path('vms', node)}", [f"xCAT knows no guest {node}"])
        vdev = next((nic.vdev for nic in self._cards({node: row}) if nic.port == port), "")
        vdev = vdev or self._nics.free_vdev(node)
        self._nics.add(node, Card(vdev, vswitch, mac, port, vlan))
        return vdev

    def detach_nic(self, node: str, vdev: str) -> None:
        """Take a network card from the guest, the running one too."""
        self._client.request("PUT", path("vms", node), body=[f"--removenic {vdev}"])
        self._rows.remove_nics(node, vdev)

    # images and files

    def image(self, name: str) -> Image | None:
        """Return the image of a Glance image, None when there is none."""
        return self._images.find(name)

    def put_image(
        self, name: str, content: Content, *, format: str = "auto", sha256: str = "", origin: str = ""
    ) -> Image:
        """Let xCAT import an image, whose content is in xCAT's own form."""
        if format != "raw":
            url = "POST /images/import"
            raise XcatRefused(url, [f"not supported on a genuine xCAT: {format} images"])
        return self._images.put(name, content)  # type: ignore[arg-type]

    def put_transport(
        self, node: str, content: Content, *, name: str = "cfgdrive", type: str = "tgz", sha256: str = ""
    ) -> str:
        """Keep a file for the guest's reader until it is deployed; return its path."""
        if not isinstance(content, bytes):
            raise TypeError("a config drive is handed over whole")
        return str(self._files.keep(f"{name}.{type}", content))

    def read_disk(
        self, node: str, vdev: str, length: int | None = None, *, copy: bool = False, format: str = "raw"
    ) -> Generator[bytes, None, None]:
        """Yield the image of the guest's root disk in xCAT's own form.

        xCAT shuts the guest down for it; one that was on is started again when xCAT is done.
        """
        row = self._rows.of(node)
        was_on = row is not None and self._state_of(row) != "off"
        try:
            with self._images.captured(node) as disk:
                if was_on:
                    self.guest_calls.power(node, "on")
                    was_on = False
                with disk.open("rb") as file:
                    while chunk := file.read(1 << 20):
                        yield chunk
        finally:
            if was_on:
                self._start_again(node)

    def _start_again(self, node: str) -> None:
        try:
            self.guest_calls.power(node, "on")
        except XcatRefused as problem:
            if (problem.rc, problem.rs) != (200, 8):  # it is on
                raise

    def expire_images(self, host: str, keep: Iterable[str], seconds: float) -> tuple[list[str], list[str]]:
        """Remove nothing: xCAT does not say when an image was used."""
        return [], []

    def load(self, host: str = "") -> list[Any]:
        """Return nothing: xCAT does not tell it."""
        return []


def _state(row: Row, power: str) -> str:
    if power == "on":
        return "paused" if row.paused else "running"
    return power or "unknown"


def _mac(macid: str) -> str:
    digits = macid.lower()
    return ":".join(("00", "00", "00", digits[:2], digits[2:4], digits[4:])) if digits else ""
