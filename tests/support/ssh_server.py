# SPDX-License-Identifier: Apache-2.0
"""An SSH server with SFTP alone: another machine from which the management node fetches files."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncssh


class SshServer:
    """Serves ``folder`` as its root directory; the keys lie in ``keys``."""

    def __init__(self, folder: Path, keys: Path) -> None:
        asyncssh.set_log_level("WARNING")  # its last words come after the run's log is closed
        self.folder = folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.key, self.known_hosts = keys / "client", keys / "known_hosts"
        host, client = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
        client.write_private_key(str(self.key))
        client.write_public_key(str(keys / "client.pub"))
        self._thread.start()

        async def listen() -> asyncssh.SSHAcceptor:
            return await asyncssh.listen(
                "127.0.0.1",
                0,
                server_host_keys=[host],
                authorized_client_keys=str(keys / "client.pub"),
                sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder).encode()),
            )

        self._server = asyncio.run_coroutine_threadsafe(listen(), self._loop).result(60)
        self.port = self._server.get_port()
        public = host.export_public_key().decode().strip()
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {public}\n")

    def options(self, *remotehosts: str) -> dict[str, object]:
        """Return the management node's options for fetching from here."""
        return {
            "remotehosts": ",".join(remotehosts),
            "ssh_key": self.key,
            "ssh_known_hosts": self.known_hosts,
            "ssh_port": self.port,
        }

    def put(self, path: str, content: bytes) -> None:
        """Make a file of this machine."""
        target = self.folder / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def stop(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._server.close)
        asyncio.run_coroutine_threadsafe(self._server.wait_closed(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
