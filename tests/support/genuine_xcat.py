# SPDX-License-Identifier: Apache-2.0
"""The chain of Nova's tests with a management node that serves nothing but what a genuine xCAT does."""

from __future__ import annotations

from pathlib import Path

from tests.support.chain import HCP, HOST, Manager
from tests.support.nova_chain import NovaChain, free_port
from tests.support.ssh_server import SshServer

#: How the node reaches the machine of nova-compute, which is this one.
REMOTEHOST = "nova@127.0.0.1"


class GenuineChain:
    """Simulator and zHCP of ``chain``, and another management node, which fetches files by ssh.

    :ivar shared: the directory that nova-compute shares with it.
    """

    def __init__(self, chain: NovaChain, folder: Path) -> None:
        self.simulator, self.zhcp = chain.simulator, chain.zhcp
        (folder / "keys").mkdir()
        self.shared = folder / "shared"
        self.ssh = SshServer(Path("/"), folder / "keys")
        group = {"url": chain.zhcp.url, "hostname": HCP, "host": HOST, "golden_userid": "ZVMGOLD6"}
        options = {**self.ssh.options(REMOTEHOST), "bind_port": free_port()}
        self.manager = Manager(folder / "manager", {"zhcp": group}, only_xcat=True, **options)

    def options(self) -> dict[str, object]:
        """Return the driver's options for it."""
        return {"snapshots_directory": str(self.shared), "remotehost": REMOTEHOST}

    def stop(self) -> None:
        """End the management node and the ssh server."""
        self.manager.stop()
        self.ssh.stop()
