# SPDX-License-Identifier: Apache-2.0
"""iSCSI in a light guest: records, CHAP, sessions, the disks they bring, and what comes again at boot."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulator.guests import bootable, machine, punch
from tests.unit.simulator.worlds import SMALL, World
from zvm.simulator.agent import GuestAgent
from zvm.simulator.config import ConfigError, IscsiTargetSettings, LunSettings
from zvm.simulator.storage_array import SanError

IQN, PORTAL = "iqn.2013-08.com.example:array", "10.9.0.1:3260"
NAME = "iqn.2013-08.com.example:linux01"
TARGET = ["-m", "node", "-T", IQN, "-p", PORTAL]
LINK = f"/dev/disk/by-path/ip-{PORTAL}-iscsi-{IQN}-lun-1"
NETWORK = f"""
[[iscsi_target]]
iqn = "{IQN}"
portal = "{PORTAL}"
user = "cinder"
password = "chapsecret12"

[[lun]]
lun = "0001"
blocks = 2048
targets = ["{IQN}"]
initiators = ["{NAME}"]
"""


class Guest:
    """A guest with a network card and an address, logged on."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder, SMALL + NETWORK)
        bootable(self.world)
        punch(self.world)
        self.world.system.guests.logon("LINUX01")
        self.linux = self.world.system.guests.linux(machine(self.world))
        assert self.linux
        self.agent = GuestAgent(self.world.system, machine(self.world), self.linux)
        self.lun = self.world.system.array.luns[0]

    def run(self, *words: str) -> tuple[int, str]:
        order = {"path": words[0], "arg": list(words[1:]), "capture-output": True}
        pid = self.ask("guest-exec", **order)["pid"]
        ended = self.ask("guest-exec-status", pid=pid)
        text = ended.get("out-data") or ended.get("err-data") or ""
        return ended["exitcode"], base64.b64decode(text).decode()

    def ask(self, verb: str, **arguments: Any) -> Any:
        return self.agent.answer({"execute": verb, "arguments": arguments})["return"]

    def node(self, *words: str) -> int:
        return self.run("iscsiadm", *TARGET, *words)[0]

    def record(self, secret: str = "chapsecret12") -> None:  # noqa: S107 - CHAP's, for tests
        """Make the records of the initiator's name and of the target."""
        assert self.run("iscsiadm", "-m", "iface", "-I", "nova", "-o", "new")[0] == 0
        update = ["-m", "iface", "-I", "nova", "-o", "update", "-n", "iface.initiatorname", "-v", NAME]
        assert self.run("iscsiadm", *update)[0] == 0
        assert self.node("-I", "nova", "-o", "new") == 0
        _, path = self.run("find", "/etc/iscsi/nodes", "-type", "f")
        handle = self.ask("guest-file-open", path=path.strip(), mode="a")
        lines = ["node.startup = automatic", "node.session.auth.authmethod = CHAP"]
        lines += ["node.session.auth.username = cinder", f"node.session.auth.password = {secret}", ""]
        encoded = base64.b64encode("\n".join(lines).encode()).decode()
        self.ask("guest-file-write", handle=handle, **{"buf-b64": encoded})
        self.ask("guest-file-close", handle=handle)

    def reboot(self) -> None:
        found = machine(self.world)
        self.world.system.guests.reboot(found)


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    return Guest(tmp_path)


def test_a_session_and_its_disk(guest: Guest) -> None:
    assert guest.node("--login") == 21  # no record
    guest.record()
    assert guest.run("iscsiadm", "-m", "session")[0] == 21
    assert guest.node("--login") == 0
    assert guest.node("--login") == 15
    assert guest.run("iscsiadm", "-m", "session") == (0, f"tcp: [1] {PORTAL},1 {IQN} (non-flash)\n")
    assert guest.run("find", "/dev/disk/by-path", "-name", "ip-*") == (0, f"{LINK}\n")
    assert guest.run("readlink", "-f", LINK) == (0, "/dev/sdaa\n")
    assert guest.run("dd", f"if={LINK}", f"of={LINK}")[0] == 0
    guest.world.system.array.change(guest.lun.uuid, blocks=4096)
    assert guest.run("blockdev", "--getsize64", LINK)[1] == "1048576\n"
    assert guest.node("--rescan") == 0
    assert guest.run("blockdev", "--getsize64", LINK)[1] == "2097152\n"
    assert guest.node("-o", "delete") == 15  # in use
    assert guest.node("--logout") == 0
    assert guest.node("--logout") == 21
    assert guest.node("-o", "delete") == 0
    assert guest.linux is not None
    assert guest.linux.storage == {}


def test_one_disk_goes_and_the_session_stays(guest: Guest) -> None:
    guest.record()
    other = guest.world.system.array.add(LunSettings("01ff", 2048, [IQN], [NAME]))
    assert guest.node("--login") == 0
    long = LINK.removesuffix("1") + "0x01ff000000000000"
    assert guest.run("readlink", "-f", long)[1] == "/dev/sdab\n"
    handle = guest.ask("guest-file-open", path="/sys/block/sdaa/device/delete", mode="w")
    guest.ask("guest-file-write", handle=handle, **{"buf-b64": base64.b64encode(b"1").decode()})
    guest.ask("guest-file-close", handle=handle)
    assert guest.run("blockdev", "--getsize64", LINK)[0] == 1
    assert guest.run("blockdev", "--getsize64", long)[0] == 0
    guest.world.system.san.remove(other)
    assert guest.run("blockdev", "--getsize64", long)[0] == 1


def test_who_is_not_let_in(guest: Guest) -> None:
    guest.record("wrong")
    assert guest.node("--login") == 24
    targets = guest.world.system.iscsi_targets
    with pytest.raises(SanError, match="configuration"):
        targets.remove(IQN)
    elsewhere = IscsiTargetSettings("iqn.2013-08.com.example:other", PORTAL)
    targets.add(elsewhere)
    with pytest.raises(SanError, match="taken"):
        targets.add(elsewhere)
    for portal, code in ((PORTAL, 0), ("10.9.0.2:3260", 8)):
        words = ["-m", "node", "-T", elsewhere.iqn, "-p", portal]
        assert guest.run("iscsiadm", *words, "-o", "new")[0] == 0
        assert guest.run("iscsiadm", *words, "--login")[0] == code
    targets.remove(elsewhere.iqn)
    words = ["-m", "node", "-T", "iqn.2013-08.com.example:no", "-p", PORTAL]
    assert guest.run("iscsiadm", *words, "-o", "new")[0] == 0
    assert guest.run("iscsiadm", *words, "--login")[0] == 5


def test_automatic_sessions_come_again_at_boot(guest: Guest) -> None:
    guest.record()
    assert guest.node("--login") == 0
    guest.reboot()
    assert guest.run("blockdev", "--getsize64", LINK)[0] == 0
    guest.world.system.array.change(guest.lun.uuid, initiators=[])
    guest.reboot()
    assert guest.run("iscsiadm", "-m", "session")[0] == 0
    assert guest.run("blockdev", "--getsize64", LINK)[0] == 1


def test_without_a_network_nobody_is_reached(guest: Guest) -> None:
    guest.record()
    assert guest.linux is not None
    guest.linux.gateways.clear()
    assert guest.node("--login") == 8


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["-m", "node"], 7),
        (["-m", "iface", "-I", "x"], 7),
        (["-m", "iface", "-I", "x", "-o", "update", "-n", "a", "-v", "b"], 21),
        (["-m", "fw"], 7),
    ],
)
def test_forms_that_are_none(guest: Guest, words: list[str], code: int) -> None:
    assert guest.run("iscsiadm", *words)[0] == code
    assert guest.run("find", "/etc", "-newer", "x")[0] == 1


@pytest.mark.parametrize(
    ("iqn", "portal"),
    [("target", PORTAL), (IQN, ""), (IQN, "10.9.0.1"), (IQN, "storage:3260"), (IQN, "10.9.0.1:x")],
)
def test_what_is_no_target(iqn: str, portal: str) -> None:
    with pytest.raises(ConfigError, match="no iqn" if iqn == "target" else "no IPv4 address with a port"):
        IscsiTargetSettings(iqn, portal)


def test_targets_are_kept(guest: Guest, tmp_path: Path) -> None:
    made = IscsiTargetSettings("iqn.2013-08.com.example:made", PORTAL, "u", "secret")
    guest.world.system.iscsi_targets.add(made)
    guest.world.system.commit()
    guest.world.system.close()
    again = World(tmp_path, SMALL + NETWORK)
    assert again.system.iscsi_targets.find(PORTAL, made.iqn) == made
