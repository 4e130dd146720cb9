# SPDX-License-Identifier: Apache-2.0
"""Where everything of one cloud lies: its folder, its ports, its passwords.

All of it is chosen once, when the folder is made, and kept there, so that a cloud that is ended and started
again has the same addresses and so that two clouds on one machine do not meet.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zvm.cloud.errors import CloudError

#: Everything of a cloud listens here and nowhere else.
HOST = "127.0.0.1"
#: What needs a port, in the order of the ports.
LISTENERS = (
    *("keystone", "placement", "glance", "neutron", "nova", "cinder", "nova-metadata"),
    *("nova-serialproxy", "nova-novncproxy"),
    *("mariadb", "rabbitmq", "rabbitmq-distribution", "epmd"),
    *("smapi", "smapi-2", "simulator", "zhcp", "zhcp2", "manager", "manager2"),
)
#: Who needs a password of its own.
ACCOUNTS = (
    *("admin", "demo", "placement", "glance", "neutron", "nova", "cinder"),
    *("mariadb", "rabbitmq", "metadata", "smapi", "zhcp", "manager"),
)
#: Ports are taken below the range that Linux gives to outgoing connections (32768 and up), which could
#: otherwise take a port while the cloud is down.
FIRST_PORT, LAST_PORT = 12000, 32000
#: Raised when the folder's contents change in a way that an older folder cannot be used with.
FORMAT = 4


class Layout:
    """The folder of one cloud.

    :param root: the folder; it need not exist until :meth:`create`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._ports: dict[str, int] = {}
        self._passwords: dict[str, str] = {}

    @property
    def exists(self) -> bool:
        """Whether a cloud was ever made here."""
        return self._facts.exists()

    @property
    def _facts(self) -> Path:
        return self.root / "cloud.json"

    @property
    def _secrets(self) -> Path:
        return self.root / "passwords.json"

    def create(self, profile: str = "embedded") -> None:
        """Make the folder, choose ports and passwords; do nothing for what is there.

        :param profile: the way in which the cloud is laid out.
        :raises CloudError: the folder was made by another release, or holds a cloud of another profile.
        """
        for name in ("config", "databases", "keys", "locks", "log", "run"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        if not self._secrets.exists():
            passwords = {name: secrets.token_urlsafe(18) for name in ACCOUNTS}
            write_private(self._secrets, json.dumps(passwords, indent=1) + "\n")
        if not self._facts.exists():
            facts = {"format": FORMAT, "profile": profile, "ports": choose_ports(str(self.root))}
            write_private(self._facts, json.dumps(facts, indent=1) + "\n")
        facts = json.loads(self._facts.read_text())
        if facts["format"] != FORMAT:
            raise CloudError(
                f"{self.root} was made by another release of nova-zvm",
                next_step=f"End it with that release, or remove it: rm -r {self.root}",
            )
        if facts["profile"] != profile:
            raise CloudError(
                f"{self.root} holds a cloud of the profile {facts['profile']}, not {profile}",
                next_step="Name another folder (--state), or end that cloud and remove its folder.",
            )

    @property
    def profile(self) -> str:
        """The way in which the cloud is laid out."""
        return str(json.loads(self._facts.read_text()).get("profile", "embedded"))

    def port(self, name: str) -> int:
        """Return the TCP port of the listener ``name``."""
        if not self._ports:
            self._ports = json.loads(self._facts.read_text())["ports"]
        return self._ports[name]

    def url(self, name: str) -> str:
        """Return the HTTP address of the listener ``name``, without a slash at its end."""
        return f"http://{HOST}:{self.port(name)}"

    def password(self, account: str) -> str:
        """Return the generated password of ``account``."""
        if not self._passwords:
            self._passwords = json.loads(self._secrets.read_text())
        return self._passwords[account]

    def config(self, service: str, file: str = "") -> Path:
        """Return the configuration folder of ``service``, or the file named ``file`` in it."""
        return self.root / "config" / service / file

    def database(self, name: str) -> Path:
        """Return the SQLite file of the database ``name``."""
        return self.root / "databases" / name

    def log(self, process: str) -> Path:
        """Return the log file of the process ``process``."""
        return self.root / "log" / f"{process}.log"

    def run(self, file: str) -> Path:
        """Return the path of a file that matters only while the cloud runs: process records, sockets."""
        return self.root / "run" / file

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep others from starting or ending this cloud meanwhile.

        :raises CloudError: another ``zvm cloud`` is at it.
        """
        with (self.root / "locks" / "cloud").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CloudError(
                    f"another `zvm cloud` works on {self.root} right now",
                    next_step="Wait until it has finished, then try again.",
                ) from None
            yield


def write_private(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` readable by the owner alone; whole or not at all."""
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def choose_ports(seed: str) -> dict[str, int]:
    """Return a free port for each listener: a block of neighbours, found from ``seed``.

    Starting from a point that ``seed`` decides keeps clouds apart that are made at the same moment.

    :raises CloudError: no block of the range is free.
    """
    width = len(LISTENERS)
    blocks = (LAST_PORT - FIRST_PORT) // width
    start = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
    for step in range(blocks):
        first = FIRST_PORT + (start + step) % blocks * width
        if all(is_free(port) for port in range(first, first + width)):
            return {name: first + number for number, name in enumerate(LISTENERS)}
    raise CloudError(
        f"no {width} neighbouring ports are free between {FIRST_PORT} and {LAST_PORT} on {HOST}",
        next_step="End other clouds on this machine: make down",
    )


def is_free(port: int) -> bool:
    """Return whether nothing listens on the TCP port ``port`` of this machine's loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
