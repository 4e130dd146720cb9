# SPDX-License-Identifier: Apache-2.0
"""Servers on a management node without /zvm/v1, as a genuine xCAT is: what it can do, and what is off."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import nova_compute
from tests.support.genuine_xcat import GenuineChain
from tests.support.nova_chain import NovaChain
from tests.support.servers import Servers


@pytest.fixture(scope="module")
def genuine_chain(nova_chain: NovaChain) -> Iterator[GenuineChain]:
    with tempfile.TemporaryDirectory(prefix="zvm-", ignore_cleanup_errors=True) as folder:
        running = GenuineChain(nova_chain, Path(folder))
        yield running
        running.stop()


class TestGenuineXcat(Servers):
    """A server's life by xCAT's v1 API alone."""

    @pytest.fixture(autouse=True)
    def _use_chain(self, genuine_chain: GenuineChain) -> None:
        self.chain = genuine_chain

    def _configure(self) -> None:
        nova_compute.configure(self, self.chain, **self.chain.options())

    def left(self) -> list[str]:
        """Return what lies in the directory that is shared with xCAT."""
        return [str(path) for path in self.chain.shared.rglob("*") if path.is_file()]

    def test_life(self) -> None:
        self.delete(self.boot())  # the image is known from here on
        before = self.inventory()
        server = self.boot(networks="auto")
        guest = self.state(server)
        assert guest["state"] == "running"
        assert guest["linux"]["instance_id"] == server["id"]
        [port] = server["addresses"]["private"]
        [address] = guest["linux"]["configured"][port["OS-EXT-IPS-MAC:mac_addr"]]
        assert address.split("/")[0] == port["addr"]
        assert self.left() == []

        server = self.act(server, {"pause": None}, "PAUSED")
        assert self.state(server)["state"] == "stopped"
        server = self.act(server, {"unpause": None})
        for kind in ("SOFT", "HARD"):
            server = self.act(server, {"reboot": {"type": kind}})
        server = self.act(server, {"os-stop": None}, "SHUTOFF")
        assert self.state(server) is None
        server = self.act(server, {"os-start": None})
        assert self.state(server)["state"] == "running"
        log = self.api.post_server_action(server["id"], {"os-getConsoleOutput": {}})["output"]
        assert "Linux version" in log

        self.delete(server)
        assert self.inventory() == before
