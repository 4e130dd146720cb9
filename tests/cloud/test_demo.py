# SPDX-License-Identifier: Apache-2.0
"""The whole demo as a user runs it: an empty folder, one command, a guest, and nothing left running."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from zvm.cloud import access, demo
from zvm.cloud.bring_up import Cloud
from zvm.cloud.layout import Layout
from zvm.cloud.processes import environment
from zvm.cloud.progress import Reporter

pytestmark = pytest.mark.openstack

SERVICES = {"glance", "keystone", "manager", "neutron", "nova", "placement", "simulator", "zhcp"}


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    made = Layout(tmp_path / "state")
    yield made
    Cloud(made).down()


def zvm(layout: Layout, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "zvm.cli.main", *arguments, "--state", str(layout.root)]
    return subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=400, check=False
    )


def below(root: Path) -> list[int]:
    """Return the processes that work in ``root``."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink().is_relative_to(root):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def test_the_story_is_true(layout: Layout) -> None:
    done = zvm(layout, "cloud", "demo")
    assert done.returncode == 0, done.stdout + done.stderr

    # The user's own view, after the story.
    user = access.connect(layout)
    servers = list(user.compute.servers())
    assert [(server.name, server.status) for server in servers] == [("linux1", "ACTIVE")]
    for fact in (
        "the same, byte for byte",
        "coupled to XCATVSW1, VLAN 100",
        "IBM00",
        "*NOVA uuid=",
        "login:",
    ):
        assert fact in done.stdout
    ports = list(user.network.ports(device_id=servers[0].id))
    assert [port.status for port in ports] == ["ACTIVE"]

    rows = json.loads(zvm(layout, "cloud", "status", "-f", "json").stdout)
    assert {row["Service"] for row in rows if row["State"].startswith("running")} == SERVICES

    # What is there is used: the same story again, on the running cloud, by the functions this time.
    with Reporter() as reporter:
        outcome = demo.run(Cloud(layout), reporter)
    assert outcome.disk_sha256 == outcome.image_sha256
    assert outcome.inventory_equal

    ended = zvm(layout, "cloud", "down")
    assert ended.returncode == 0
    assert below(layout.root) == []
    assert not list(layout.run("").glob("*.json"))
    assert os.listdir(layout.root / "databases")
