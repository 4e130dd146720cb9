# SPDX-License-Identifier: Apache-2.0
"""DevStack's plugin, phase by phase: its daemons answer whom it configured, and all of it goes again."""

from __future__ import annotations

import configparser
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests.support.nova_chain import free_port
from tests.support.polling import wait_until

ROOT = Path(__file__).parents[2]


class DevStack:
    """The plugin under what it uses of DevStack, below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls = folder, folder / "calls"
        self._variables = {
            "DEST": str(folder),
            "CALLS": str(self.calls),
            "NOVA_ZVM": str(ROOT),
            "NOVA_BIN_DIR": str(Path(sys.executable).parent),
            "ZVM_CONF_DIR": str(folder / "etc"),
            "ZVM_ZHCP_PORT": str(free_port()),
            "ZVM_MANAGER_PORT": str(free_port()),
        }

    def run(self, phases: str, **variables: str) -> str:
        """Run ``stack``, ``unstack`` or ``clean`` and return what it printed."""
        done = subprocess.run(
            ["bash", str(ROOT / "tests" / "support" / "devstack.sh"), phases],
            env={**os.environ, **self._variables, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pids(self) -> dict[str, int]:
        """Return the process id of each daemon that was started."""
        return {path.stem: int(path.read_text()) for path in (self.folder / "run").glob("*.pid")}


def ended(pid: int) -> bool:
    """Return whether a process is no more."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


@pytest.fixture
def devstack() -> Iterator[DevStack]:
    # As short as DevStack's own: a socket's path may have 107 octets.
    with tempfile.TemporaryDirectory(prefix="zvm-") as folder:
        stack = DevStack(Path(folder))
        yield stack
        for pid in stack.pids().values():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def test_all_phases_over_the_simulator(devstack: DevStack) -> None:
    driver, mechanism, services = devstack.run("stack").splitlines()[-1].split()
    assert (driver, mechanism) == ("zvm", "zvm")
    assert set(services.split(",")) == {"n-cpu", "q-svc", "zvm-agent", "zvm-sim", "zvm-zhcp", "zvm-manager"}
    assert devstack.pids().keys() == {"zvm-sim", "zvm-zhcp", "zvm-manager"}
    calls = devstack.calls.read_text()
    assert f"pip_install {devstack.folder}/nova-zvm[server,cli]" in calls
    assert f"--config-file {devstack.folder}/etc/agent.conf" in calls

    # What nova-compute reads reaches the z/VM system.
    config = configparser.ConfigParser(interpolation=None)
    config.read(devstack.folder / "nova-cpu.conf")
    assert config["DEFAULT"]["compute_driver"] == "zvm_xcat.ZVMDriver"
    ours = config["zvm_xcat"]
    headers = {"userName": ours["username"], "password": ours["password"]}
    url = f"{ours['server']}/xcatws/nodes/{ours['host']}/inventory?format=json"
    answer = requests.get(url, headers=headers, timeout=60)
    assert (answer.status_code, "zvmsim1: z/VM Host" in answer.text) == (200, True), answer.text

    devstack.run("unstack")
    for pid in devstack.pids().values():
        wait_until(lambda pid=pid: ended(pid), 60)
    devstack.run("clean")
    assert not (devstack.folder / "etc").exists()
    assert not any((devstack.folder / "data").iterdir())


def test_a_real_management_node_takes_the_place_of_ours(devstack: DevStack) -> None:
    printed = devstack.run("stack", ZVM_SERVER="https://xcat.example.com", ZVM_PASSWORD="geheim2")
    assert set(printed.splitlines()[-1].split()[2].split(",")) == {"n-cpu", "q-svc", "zvm-agent"}
    assert devstack.pids() == {}
    text = (devstack.folder / "nova-cpu.conf").read_text()
    assert "server = https://xcat.example.com\n" in text
    assert "password = geheim2\n" in text
