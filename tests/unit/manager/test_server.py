# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.support.chain import HCP, HOST, PASSWORD, Chain, Manager
from tests.support.raw_http import ask, v1
from tests.unit.manager.worlds import World, image_content
from zvm.xcat import Client, Extension, XcatUnauthorized, XcatUnreachable


def manager_command(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "zvm.manager", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("bind_host = 0.0.0.0", "without TLS only loopback"),
        ("tls_cert = /x", "belong together"),
        ("xcat_version = 2", "xcat_version"),
        ("[zhcp:a]\nhostname = x", "url"),
        ("[zhcp:a]\nurl = http://127.0.0.1:1\ntoken_file = /nosuch/token", "/nosuch/token"),
    ],
)
def test_settings_that_are_refused(tmp_path: Path, settings: str, reason: str) -> None:
    config = tmp_path / "manager.conf"
    state = f"database = sqlite:///{tmp_path}/m.sqlite\nstate_directory = {tmp_path}\nbind_port = 0\n"
    config.write_text(f"[DEFAULT]\n{state}{settings}\n")
    done = manager_command("run", "--config-file", str(config))
    assert done.returncode == 1
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_use(tmp_path: Path) -> None:
    assert manager_command().returncode == 2
    assert manager_command("user", "remove", "x").returncode == 2
    assert manager_command("run", "--config-file", str(tmp_path / "nosuch")).returncode == 1
    config = tmp_path / "manager.conf"
    config.write_text(f"[DEFAULT]\ndatabase = sqlite:///{tmp_path}/m.sqlite\n")
    empty = manager_command("user", "add", "x", "--config-file", str(config))
    assert (empty.returncode, empty.stderr) == (1, "zvm manager: the password is empty\n")


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Manager]:
    """A management node without zHCPs."""
    manager = Manager(tmp_path / "manager", {})
    yield manager
    manager.stop()


def test_users(alone: Manager) -> None:
    added = manager_command("user", "add", "second", "--config-file", str(alone.config), text="geheim\n")
    assert (added.returncode, added.stdout) == (0, "second has this password now\n"), added.stderr
    assert v1(alone.url, "GET", "/version", user="second", password="geheim").status == 200
    again = manager_command("user", "add", "second", "--config-file", str(alone.config), text="geheim\n")
    assert (again.returncode, again.stdout) == (0, "second has this password already\n"), again.stderr
    manager_command("user", "add", "second", "--config-file", str(alone.config), text="other\n")
    assert v1(alone.url, "GET", "/version", user="second", password="geheim").status == 401
    assert v1(alone.url, "GET", "/version", user="second", password="other").status == 200
    database = (alone.config.parent / "manager.sqlite").read_bytes()
    assert b"geheim" not in database
    with alone.client() as client:
        # The first fitting rule counts: this user may look and nothing else.
        client.request("PUT", "/tables/policy", body=["-d name=second policy"])
        body = "policy.priority=3 policy.name=second policy.commands=lsdef,lsxcatd policy.rule=allow"
        client.request("PUT", "/tables/policy", body=[body])
    assert v1(alone.url, "GET", "/nodes", user="second", password="other").status == 200
    denied = v1(alone.url, "DELETE", "/nodes/x", user="second", password="other")
    assert (denied.status, denied.text) == (401, "<p>Permission denied for request</p>")
    with Client(alone.url, "second", "other") as client:
        with pytest.raises(XcatUnauthorized):
            client.request("POST", "/nodes/x", body=["groups=all"])
        with pytest.raises(XcatUnauthorized, match="policy"):
            Extension(client).guests()


def test_a_password_put_into_the_table_is_hashed(alone: Manager) -> None:
    with alone.client() as client:
        body = ["passwd.key=xcat passwd.username=third passwd.password=geheim"]
        client.request("PUT", "/tables/passwd", body=body)
        body = ["policy.priority=4 policy.name=third policy.rule=allow"]
        client.request("PUT", "/tables/policy", body=body)
    assert v1(alone.url, "GET", "/version", user="third", password="geheim").status == 200
    assert b"geheim" not in b"".join(
        path.read_bytes() for path in alone.config.parent.glob("manager.sqlite*")
    )


def test_secrets_are_in_no_log(alone: Manager) -> None:
    v1(alone.url, "GET", "/version")
    v1(alone.url, "POST", "/nodes/x", ["userid=A", "hcp=h"])
    v1(alone.url, "POST", "/vms/x", ["password=TOPSECRT", "memory=1g"])
    v1(alone.url, "PUT", "/vms/x", ["--setpassword TOPSECRT"])
    with alone.client() as client:
        shown = str(Extension(client).tasks())
    alone.stop()
    log = alone.log.read_text()
    assert PASSWORD not in log
    assert "TOPSECRT" not in log + shown


def test_files_are_nobody_elses(alone: Manager) -> None:
    for path in (alone.config.parent / "manager.sqlite", alone.config.parent / "state" / "images"):
        assert path.stat().st_mode & 0o077 == 0


def test_odd_bodies(alone: Manager) -> None:
    for body in (b"not json", b'{"a": 1}', b"[[1]]", b"\xff\xfe", b"[" * 100_000):
        assert v1(alone.url, "PUT", "/nodes/x", body).status == 400
    assert v1(alone.url, "PUT", "/nodes/x", b"[" + b" " * (2 << 20) + b"]").status == 400
    assert v1(alone.url, "POST", "/nodes/a%2Fb", ["groups=all"]).status == 400
    assert v1(alone.url, "GET", "/nodes?field=%00").status == 200
    assert ask(alone.url, "GET", "/nosuch").status == 404


def test_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    options = {"tls_cert": tmp_path / "cert.pem", "tls_key": tmp_path / "key.pem"}
    manager = Manager(tmp_path / "manager", {}, **options)
    try:
        assert manager.url.startswith("https://")
        with manager.client(ca_file=str(tmp_path / "ca.pem")) as client:
            assert client.version() == (2, 19, 0, 0)
        with manager.client(tries=1) as client, pytest.raises(XcatUnreachable, match=r"certificate.*ca_file"):
            client.request("PUT", "/nodes/x/power", body=["on"])
    finally:
        manager.stop()


def test_a_kill_in_the_middle_of_a_deploy(chain: Chain, tmp_path: Path) -> None:
    """The next start finds the half-made golden disk and makes it anew; no golden disk is left over."""
    group = {"url": chain.zhcp.url, "hostname": HCP, "host": HOST, "golden_userid": "ZVMGOLDK"}
    manager = Manager(tmp_path / "manager", {"zhcp": group})
    world = World(chain)
    with manager.client() as client:
        world.chain = type(
            "Other", (), {"client": client, "zvm": Extension(client), "simulator": chain.simulator}
        )  # type: ignore[assignment]
        content = image_content("killed", 3_000_000)
        world.chain.zvm.put_image("img-killed", content)
        world.define()
        world.create()
        world.add_disk()
        chain.fault("Image_Disk_Create_DM", target="ZVMGOLDK", rc=400, rs=4)  # its owner is made first
        chain.fault("Image_Disk_Create_DM", target="ZVMGOLDK", delay=1.0)
        chain.forget_calls()
        deploying = threading.Thread(target=_ignoring, args=(world, "img-killed"))
        deploying.start()
        deadline = time.monotonic() + 20
        while not any(call.get("function") == "Image_Create_DM" for call in chain.calls()):
            assert time.monotonic() < deadline
    manager.kill()
    deploying.join()
    manager.start()
    with manager.client() as client:
        world.chain = type(
            "Other", (), {"client": client, "zvm": Extension(client), "simulator": chain.simulator}
        )  # type: ignore[assignment]
        assert "Completed" in world.deploy("img-killed").text
        assert b"".join(world.chain.zvm.read_disk(world.node, "0100", 3_000_000)) == content[:3_000_000]
        reply = chain.simulator.smapi.call("Image_Query_DM", "ZVMGOLDK")
        disks = [item for item in reply.values["image_record_array"] if item.startswith("MDISK")]
        assert len(disks) == 1
        world.remove()
    manager.stop()


def _ignoring(world: World, image: str) -> None:
    try:
        world.deploy(image)
    except Exception:  # the node is killed meanwhile
        return


def test_a_kill_in_the_middle_of_an_upload(tmp_path: Path) -> None:
    manager = Manager(tmp_path / "manager", {})
    folder = manager.config.parent / "state" / "images"

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 100_000

    def upload() -> None:
        with manager.client() as client:
            try:
                Extension(client).put_image("half", endless())
            except Exception:  # the node is killed meanwhile
                return

    uploading = threading.Thread(target=upload)
    uploading.start()
    deadline = time.monotonic() + 20
    while not list(folder.glob(".half.*.part")):
        assert time.monotonic() < deadline
    manager.kill()
    uploading.join()
    assert list(folder.glob(".half.*.part"))
    manager.start()
    assert list(folder.iterdir()) == []
    with manager.client() as client:
        assert Extension(client).image("half") is None
    manager.stop()
    shutil.rmtree(tmp_path)
