# SPDX-License-Identifier: Apache-2.0
"""The services' settings: private, on the loopback, and Nova's with the 2013 file in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from zvm.cloud import access, zvm_services
from zvm.cloud.layout import ACCOUNTS, Layout
from zvm.cloud.settings import files, nova
from zvm.cloud.ways import PROFILES


@pytest.fixture(params=sorted(PROFILES))
def layout(tmp_path: Path, request: pytest.FixtureRequest) -> Layout:
    made = Layout(tmp_path)
    made.create(request.param)
    files.write_openstack(made, PROFILES[request.param])
    zvm_services.write_settings(made, PROFILES[request.param])
    access.write(made)
    return made


def test_the_file_of_2013_stands_in_nova_conf_line_by_line(layout: Layout) -> None:
    file = "nova.conf" if layout.profile == "embedded" else "compute-zvmssio1.conf"
    written = layout.config("nova", file).read_text().splitlines()
    seed = nova.SEED.splitlines()
    assert len(seed) == 16
    assert written[0] == "[DEFAULT]"
    same = [line for line in seed if "{" not in line]
    assert [line for line in written[1:17] if line in same] == same
    filled = {line.split(" = ")[0] for line in seed if "{" in line}
    assert filled == {"zvm_xcat_server", "zvm_xcat_password"}


def test_everything_is_readable_by_its_owner_alone(layout: Layout) -> None:
    written = [path for path in layout.config("").rglob("*") if path.is_file()]
    assert len(written) >= 8
    for path in [*written, layout.root / "clouds.yaml", layout.root / "openrc"]:
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_no_address_but_the_loopback(layout: Layout) -> None:
    for path in layout.config("").rglob("*.conf"):
        hosts = set(re.findall(r"https?://([^:/\s]+)", path.read_text()))
        assert hosts <= {"127.0.0.1"}, path


def test_each_service_has_a_password_of_its_own(layout: Layout) -> None:
    text = layout.config("neutron", "neutron.conf").read_text()
    own = {"neutron", "nova", "placement", "manager"}
    if layout.profile != "embedded":
        own |= {"mariadb", "rabbitmq"}
    for account in own:
        assert layout.password(account) in text
    for account in set(ACCOUNTS) - own:
        assert layout.password(account) not in text


def test_no_compute_service_of_separate_ones_has_a_database(tmp_path: Path) -> None:
    made = Layout(tmp_path)
    made.create("separate")
    files.write_openstack(made, PROFILES["separate"])
    written = sorted(made.config("nova").glob("compute-*.conf"))
    assert [path.stem for path in written] == ["compute-zvmssio1", "compute-zvmssio2"]
    for path in written:
        assert "database]" not in path.read_text()
        assert made.password("mariadb") not in path.read_text()


def test_openrc_leads_a_shell_to_the_cloud(layout: Layout) -> None:
    import subprocess

    script = f". {layout.root}/openrc; printf '%s %s' $OS_CLIENT_CONFIG_FILE $OS_CLOUD"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"{layout.root}/clouds.yaml zvm"


def test_a_management_node_for_each_nova_compute(tmp_path: Path) -> None:
    made = Layout(tmp_path)
    made.create("separate-nodes")
    profile = PROFILES["separate-nodes"]
    files.write_openstack(made, profile)
    zvm_services.write_settings(made, profile)
    for node, other, member in (("manager", "manager2", "zvmssio1"), ("manager2", "manager", "zvmssio2")):
        for file in (
            made.config("nova", f"compute-{member}.conf"),
            made.config("neutron", f"agent-{member}.conf"),
        ):
            assert made.url(node) in file.read_text()
            assert made.url(other) not in file.read_text()
        assert f"host = {member}\n" in made.config("manager", f"{node}.conf").read_text()
