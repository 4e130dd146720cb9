# SPDX-License-Identifier: Apache-2.0
"""Guests and images for the tests that run on the whole chain."""

from __future__ import annotations

import hashlib
import itertools
import uuid as uuid_module
from dataclasses import dataclass, field

from tests.support.chain import HCP, POOL, Chain
from tests.support.simulator import IPL_RECORD
from zvm.directory import Entry, parse_entry
from zvm.xcat import Envelope
from zvm.xcat.urls import path

_NUMBERS = itertools.count(1)


def image_content(text: str, size: int = 200_000) -> bytes:
    """Return the content of a disk that a light guest can IPL."""
    return IPL_RECORD.ljust(512, b"\0") + text.encode().ljust(size, b"\0")


@dataclass
class World:
    """A node and userid of its own on the chain."""

    chain: Chain
    node: str = ""
    userid: str = ""
    uuid: str = field(default_factory=lambda: str(uuid_module.uuid4()))

    def __post_init__(self) -> None:
        number = next(_NUMBERS)
        self.node = self.node or f"mgr{number:04d}"
        self.userid = self.userid or f"MGR{number:04d}"

    def define(self) -> None:
        """Define the node."""
        body = [f"userid={self.userid.lower()}", f"hcp={HCP}", "mgt=zvm", "groups=all"]
        self.chain.client.request("POST", path("nodes", self.node), body=body)

    def create(self, *more: str, uuid: str | None = None) -> Envelope:
        """Create the guest."""
        body = ["profile=LNXDFLT", "cpu=1", "memory=512m", "privilege=G", "password=AUTOONLY", "ipl=0100"]
        query = {"objectid": self.uuid if uuid is None else uuid, "requestid": f"req-{self.node}"}
        return self.chain.client.request("POST", path("vms", self.node), query=query, body=[*body, *more])

    def change(self, *strings: str) -> Envelope:
        """Run chvm."""
        return self.chain.client.request("PUT", path("vms", self.node), body=strings)

    def add_disk(self, size: str = "10m") -> Envelope:
        """Add the root disk."""
        return self.change(f"--add3390 {POOL} 0100 {size}")

    def deploy(self, image: str, *more: str) -> Envelope:
        """Put an image on the root disk."""
        body = ["netboot", "device=0100", f"osimage={image}", *more]
        return self.chain.client.request("PUT", path("nodes", self.node, "bootstate"), body=body)

    def power(self, action: str) -> Envelope:
        """Run rpower."""
        return self.chain.client.request("PUT", path("nodes", self.node, "power"), body=[action])

    def inventory(self, *fields: str) -> str:
        """Run rinv."""
        url = path("nodes", self.node, "inventory")
        return self.chain.client.request("GET", url, query={"field": list(fields)}).text

    def remove(self, uuid: str | None = None) -> Envelope:
        """Remove the guest."""
        query = {"objectid": self.uuid if uuid is None else uuid}
        return self.chain.client.request("DELETE", path("vms", self.node), query=query)

    def entry(self) -> Entry:
        """Return the directory entry as SMAPI has it, with nothing of ours between."""
        reply = self.chain.simulator.smapi.call("Image_Query_DM", self.userid)
        return parse_entry(record.rstrip() for record in reply.values["image_record_array"])

    def rows(self, table: str) -> list[str]:
        """Return the lines of a table that begin with the node."""
        found = self.chain.client.request("GET", path("tables", table)).data
        return [line for line in found if line.startswith(f'"{self.node}"')]

    def upload(self, text: str, size: int = 200_000) -> str:
        """Store an image named after ``text``, and return its name."""
        name = f"img-{text}"
        content = image_content(text, size)
        self.chain.zvm.put_image(name, content, sha256=hashlib.sha256(content).hexdigest())
        return name

    def spawn(self, image: str) -> None:
        """Make a guest that is on."""
        self.define()
        self.create()
        self.add_disk()
        self.deploy(image)
        self.power("on")
