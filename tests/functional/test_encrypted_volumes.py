# SPDX-License-Identifier: Apache-2.0
"""Volumes of an encrypted type: the guest has them in clear, the storage server never; no log has the key."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import images
from tests.support.volume_servers import VolumeServers

KEY = "5ca1ab1e" * 8
CLEAR = b"what only the guest may read"


class TestEncryptedVolumes(VolumeServers):
    """Over Fibre Channel."""

    def _setup_services(self) -> None:
        backend = "nova.keymgr.conf_key_mgr.ConfKeyManager"
        self.flags(group="key_manager", backend=backend, fixed_key=KEY)
        super()._setup_services()

    def opened(self, volume: str) -> str:
        """Return the name of the open device in the guest."""
        return f"/dev/mapper/crypt-{volume}"

    def holds(self, server: dict[str, Any], volume: str) -> bytes:
        """Return the start of what the guest reads from the open volume."""
        return self.read(server, self.opened(volume), len(CLEAR))

    def test_life(self) -> None:
        server = self.boot()
        before = self.inventory()
        volume = self.san.encrypt(self.san.volume())
        self.attach(server, volume)
        self.write(server, self.opened(volume), CLEAR)
        stored = self.san.read(volume, 0, 32 << 20)
        assert stored.startswith(b"LUKS")
        assert CLEAR not in stored
        self.act(server, {"reboot": {"type": "HARD"}})
        assert self.holds(server, volume) == CLEAR
        self.detach(server, volume)
        self.until(lambda: self.inventory()["guests"] == before["guests"])
        self.act(server, {"os-stop": None}, "SHUTOFF")
        self.attach(server, volume)
        self.act(server, {"os-start": None})
        assert self.holds(server, volume) == CLEAR
        self.san.grow(volume, 1024)
        event = {"name": "volume-extended", "server_uuid": server["id"], "tag": volume}
        self.api.create_server_external_events([event])
        size = f"{(1024 - 16) << 20}\n"
        self.until(lambda: self.program(server, "blockdev", "--getsize64", self.opened(volume))[1] == size)
        self.delete(server)
        assert self.san.seen_by(volume) == []
        logs = [self.stdlog.logger.output]
        logs += [daemon.log.read_text() for daemon in (self.chain.manager, self.chain.zhcp)]
        assert not [log for log in logs if KEY in log]

    def test_in_use(self) -> None:
        server = self.boot()
        volume = self.san.encrypt(self.san.volume())
        self.attach(server, volume)
        assert self.program(server, "mount", self.opened(volume), "/data")[0] == 0
        self.api.delete_server_volume(server["id"], volume)
        self.until(lambda: self.san.volumes[volume]["status"] == "in-use" and self.seen(server, "ACTIVE"))
        assert volume in self.volumes_of(server)
        assert self.program(server, "umount", "/data")[0] == 0
        self.detach(server, volume)
        self.delete(server)

    def test_refused(self) -> None:
        """A wrong key, none, an encryption that guests cannot open, and data that is there in clear."""
        server = self.boot()
        volume = self.san.encrypt(self.san.volume())
        self.attach(server, volume)
        self.write(server, self.opened(volume), CLEAR)
        self.detach(server, volume)
        before = self.inventory()
        self.flags(group="key_manager", fixed_key="bad0" * 16)
        self.refused(server, volume)
        self.flags(group="key_manager", fixed_key=KEY)
        self.refused(server, self.san.encrypt(self.san.volume(), encryption_key_id="gone"))
        self.refused(server, self.san.encrypt(self.san.volume(), provider="plain"))
        in_clear = self.san.encrypt(self.san.volume(content=bytes(1080) + b"\x53\xef in clear"))
        self.refused(server, in_clear)
        log = self.stdlog.logger.output
        for text in ("No key available", "does not give the key gone", "'plain'", "there is ext4 on it"):
            assert text in log
        assert self.san.read(in_clear, 1082, 9) == b" in clear"
        assert self.inventory() == before
        self.attach(server, volume)
        assert self.holds(server, volume) == CLEAR
        self.delete(server)

    @pytest.mark.faults
    def test_faults(self) -> None:
        """An agent that refuses or falls silent in the middle, a lost answer, a zHCP that dies."""
        server = self.boot()
        before = self.inventory()
        open_it = "guest-exec cryptsetup luksOpen"
        for fault in ({"rc": 1, "text": "out of memory"}, {"drop": "before", "times": 2}):
            self.fault(open_it, kind="agent", **fault)
            self.refused(server, self.san.encrypt(self.san.volume()))
            assert self.inventory() == before
        volume = self.san.encrypt(self.san.volume())
        self.fault(open_it, kind="agent", drop="after_commit")
        self.attach(server, volume)
        self.write(server, self.opened(volume), CLEAR)
        self.fault("guest-exec cryptsetup luksClose", kind="agent", drop="after_commit")
        self.detach(server, volume)
        self.until(lambda: self.inventory() == before)
        self.fault("guest-exec cryptsetup luksFormat", kind="agent", delay=3)
        late = self.san.encrypt(self.san.volume())
        self.zhcp_dies_while_attaching(server, late)
        self.restart_compute_service(self.compute)
        self.until(lambda: self.inventory()["directory"] == before["directory"])
        self.attach(server, volume)
        assert self.holds(server, volume) == CLEAR
        self.delete(server)

    def test_a_root_volume(self) -> None:
        before = self.inventory()
        volume = self.san.encrypt(self.san.volume(content=images.bootable(), image=self.image))
        server = self.boot_from_volume(volume, "ERROR")
        assert "have no key" in server["fault"]["message"]
        self.until(lambda: self.inventory() == before)
        self.delete(server)
