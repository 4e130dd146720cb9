# SPDX-License-Identifier: Apache-2.0
"""Images and reader files of other machines: by SFTP and by HTTP, where the operator allows it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.chain import HCP, HOST, Chain, Manager
from tests.support.ssh_server import SshServer
from tests.unit.manager.worlds import World, image_content
from zvm.manager import reader_files
from zvm.xcat import Client, XcatNotFound, XcatRefused

FRIEND = "root@127.0.0.1"
MANIFEST = (
    b"<xcatimage><osvers>rhel9</osvers><osarch>s390x</osarch><provmethod>netboot</provmethod></xcatimage>"
)


def bundled(**members: bytes) -> bytes:
    """Return a bundle as an old client makes it."""
    octets = io.BytesIO()
    with tarfile.open(fileobj=octets, mode="w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name.replace("_", "."))
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return octets.getvalue()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    folder = tmp_path_factory.mktemp("machine")
    (folder / "root").mkdir()
    with SshServer(folder / "root", folder) as running:
        yield running


@pytest.fixture(scope="module")
def web(machine: SshServer) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(machine.folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def manager(
    chain: Chain, machine: SshServer, web: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Manager]:
    group = {"url": chain.zhcp.url, "hostname": HCP, "host": HOST, "golden_userid": "ZVMGOLD2"}
    options = machine.options(FRIEND)
    options |= {"image_sources": f"{web}/allowed/", "guest_execution": True}
    running = Manager(tmp_path_factory.mktemp("mn"), {"zhcp": group}, **options)
    yield running
    running.stop()


@pytest.fixture
def client(manager: Manager) -> Iterator[Client]:
    with manager.client() as connected:
        yield connected


def leftovers(manager: Manager) -> list[str]:
    """Return files on their way that were left behind."""
    return [path.name for path in (manager.config.parent / "state" / "images").glob(".*")]


def test_an_image_comes_and_goes_by_sftp(client: Client, manager: Manager, machine: SshServer) -> None:
    machine.put("/var/image.tar", bundled(manifest_xml=MANIFEST, rhel_img=b"blocks" * 1000))
    body = ["osimage=/var/image.tar", "profile=p1", f"remotehost={FRIEND}", "nozip"]
    answer = client.request("POST", "/images/import", body=body)
    assert answer.data[0] == f"Obtaining the image bundle from the remote system {FRIEND}:/var/image.tar"
    (machine.folder / "out").mkdir()
    name = "rhel9-s390x-netboot-p1"
    body = [f"osimage={name}", "destination=/out/copy.tgz", f"remotehost={FRIEND}"]
    client.request("POST", "/images/export", body=body)
    with tarfile.open(machine.folder / "out" / "copy.tgz") as tar:
        assert tar.getnames() == ["manifest.xml", "0100.img"]
        disk, manifest = tar.extractfile("0100.img"), tar.extractfile("manifest.xml")
        assert disk is not None
        assert manifest is not None
        assert disk.read() == b"blocks" * 1000
        assert b"<osvers>rhel9</osvers>" in manifest.read()
    assert [path.name for path in (machine.folder / "out").iterdir()] == ["copy.tgz"]
    client.request("DELETE", f"/images/{name}")
    assert leftovers(manager) == []


def test_an_image_comes_by_http(client: Client, machine: SshServer, web: str, manager: Manager) -> None:
    machine.put("/allowed/disk.raw", b"blocks" * 1000)
    machine.put("/other/disk.raw", b"blocks")
    client.request("POST", "/images/import", body=[f"osimage={web}/allowed/disk.raw"])
    assert client.request("GET", "/images/linux-s390x-netboot-disk").info[0].endswith("netboot-disk")
    with pytest.raises(XcatRefused, match="may not be fetched"):
        client.request("POST", "/images/import", body=[f"osimage={web}/other/disk.raw"])
    with pytest.raises(XcatRefused, match="404"):
        client.request("POST", "/images/import", body=[f"osimage={web}/allowed/nosuch"])
    assert leftovers(manager) == []


@pytest.mark.parametrize(
    ("remotehost", "path", "reason"),
    [
        (FRIEND, "/nosuch.tar", "Unable to copy the image bundle /nosuch.tar from the remote host"),
        ("mallory@127.0.0.1", "/etc/passwd", "is not allowed"),
        ("root@127.0.0.1 -oProxyCommand=id", "/x", "is no user@host"),
        ("-oProxyCommand=id@127.0.0.1", "/x", "is no user@host"),
    ],
)
def test_what_is_not_fetched(
    client: Client, manager: Manager, remotehost: str, path: str, reason: str
) -> None:
    with pytest.raises(XcatRefused, match=reason):
        client.request("POST", "/images/import", body=[f"osimage={path}", f"remotehost={remotehost}"])
    assert leftovers(manager) == []


def test_a_machine_whose_key_is_not_known(chain: Chain, machine: SshServer, tmp_path: Path) -> None:
    (tmp_path / "stranger").mkdir()
    with SshServer(machine.folder, tmp_path / "stranger") as stranger:
        options = {**stranger.options(FRIEND), "ssh_known_hosts": machine.known_hosts}
        running = Manager(tmp_path / "mn", {"zhcp": {"url": chain.zhcp.url}}, **options)
        try:
            with running.client() as client, pytest.raises(XcatRefused, match="Unable to copy") as caught:
                client.request("POST", "/images/import", body=["osimage=/x", f"remotehost={FRIEND}"])
            assert "ssh_known_hosts" in caught.value.next_step
        finally:
            running.stop()


def test_a_guests_files(chain: Chain, client: Client, manager: Manager, machine: SshServer) -> None:
    world = World(chain, node="remote1", userid="REMOTE1")
    body = [f"userid={world.userid}", f"hcp={HCP}", "mgt=zvm", "groups=all"]
    client.request("POST", f"/nodes/{world.node}", body=body)
    made = ["profile=LNXDFLT", "cpu=1", "memory=512m", "password=AUTOONLY"]
    client.request("POST", f"/vms/{world.node}", body=made)
    try:
        machine.put("/nova/adminpwd.sh", b"#!/bin/bash\n")
        url = f"/vms/{world.node}"
        answer = client.request("PUT", url, body=[f"--punchfile /nova/adminpwd.sh X {FRIEND}"])
        assert answer.info == [f"{world.node}: Punching adminpwd.sh to reader... Done"]
        (manager.config.parent / "state" / "files" / "setupDisk").write_bytes(b"#!/bin/bash\necho done\n")
        assert client.request("PUT", url, body=["--aemod setupDisk action=addMdisk vaddr=0101"]).info == []
        with pytest.raises(XcatRefused, match="worker script nosuch does not exist"):
            client.request("PUT", url, body=["--aemod nosuch x"])
        with pytest.raises(XcatNotFound, match="no file iucvserv"):
            client.request("PUT", url, body=[f"--punchfile /opt/zhcp/bin/IUCV/iucvserv X {HCP}"])
        with pytest.raises(XcatNotFound):
            client.request("PUT", url, body=[f"--punchfile ../../manager.conf X {HCP}"])
        with pytest.raises(XcatRefused, match="No such file"):
            client.request("PUT", url, body=[f"--punchfile /nosuch X {FRIEND}"])
        reader = chain.simulator.cp(f"QUERY RDR {world.userid} ALL")[1]
        files = [line.split()[-3:-1] for line in reader.splitlines()[1:]]
        assert files == [["ADMINPWD", "SH"], ["SETUPDIS", "DOSCRIPT"]] or files == [
            ["adminpwd", "sh"],
            ["setupDis", "doscript"],
        ]
    finally:
        client.request("DELETE", f"/vms/{world.node}")


def test_a_scripts_arguments_are_words(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "run").write_bytes(b"#!/bin/bash\n")
    mn = SimpleNamespace(config=SimpleNamespace(state_directory=str(tmp_path)))
    file = asyncio.run(reader_files.script(mn, "run", ["a=$(id)", "b;c"]))  # type: ignore[arg-type]
    with tarfile.open(fileobj=io.BytesIO(file.content)) as tar:
        call = tar.extractfile("invokeScript.sh")
        assert call is not None
        assert call.read() == b"#!/bin/bash\n/bin/bash run 'a=$(id)' 'b;c'\n"


def test_capture(chain: Chain, world: World) -> None:
    """A guest that is on is shut down, its root disk becomes an image, and a new guest boots from that."""
    content = image_content("capture")
    chain.zvm.put_image("img-capture", content, sha256=hashlib.sha256(content).hexdigest())
    world.spawn("img-capture")
    body = [f"nodename={world.node}", "profile=snap_1", "compress=6"]
    answer = chain.client.request("POST", "/images/capture", body=body)
    name = "linux-s390x-netboot-snap_1"
    assert f"{world.node}: Completed capturing the image({name}) and stored at " in answer.info[-1]
    assert chain.client.request("GET", f"/nodes/{world.node}/power").info == [f"{world.node}: off\n"]
    stored = b"".join(chain.zvm.read_disk(world.node, "0100", len(content)))
    assert stored == content
    row = chain.client.request("GET", f"/images/{name}").text
    assert "profile=snap_1" in row
    other = World(chain)
    try:
        other.define()
        other.create()
        other.add_disk()
        other.deploy(name)
        assert b"".join(chain.zvm.read_disk(other.node, "0100", len(content))) == content
    finally:
        other.remove()
        chain.client.request("DELETE", f"/images/{name}")


def test_a_capture_that_fails_leaves_the_guest_as_it_was(chain: Chain, world: World) -> None:
    world.spawn(world.upload("captured"))
    world.change("--add3390 POOL1 0101 1m")
    world.change("--deleteipl")
    url, body = f"/nodes/{world.node}/power", [f"nodename={world.node}", "profile=snap_2"]
    with pytest.raises(XcatRefused, match="which of the disks 0100, 0101 is the root disk"):
        chain.client.request("POST", "/images/capture", body=body)
    assert chain.client.request("GET", url).info == [f"{world.node}: on\n"]
    world.change("--setipl 0100")
    text = f"HCPLNM104E {world.userid} 0100 not linked; R/W by {world.userid}"
    chain.fault("LINK", kind="cp", target=world.userid, rc=104, text=text, times=9)
    with pytest.raises(XcatRefused, match="not linked"):
        chain.client.request("POST", "/images/capture", body=body)
    chain.simulator.control("DELETE", "/faults")
    assert chain.client.request("GET", url).info == [f"{world.node}: on\n"]
    with pytest.raises(XcatNotFound):
        chain.client.request("GET", "/images/linux-s390x-netboot-snap_2")
    with pytest.raises(XcatRefused, match="no valid image name"):
        chain.client.request("POST", "/images/capture", body=[body[0], "profile=../../x"])
    assert chain.client.request("GET", url).info == [f"{world.node}: on\n"]


def test_a_guests_log(chain: Chain, client: Client, world: World) -> None:
    """Read and cleared through the guest's agent, where the operator lets callers into guests."""
    world.spawn(world.upload("eventlog"))
    assert chain.zvm.guest(world.node, wait="reachable").reachable
    body = [f"userid={world.userid}", f"hcp={HCP}", "mgt=zvm", "groups=all"]
    client.request("POST", f"/nodes/{world.node}", body=body)
    url, log = f"/nodes/{world.node}/eventlog", "/var/log/messages.test"
    with pytest.raises(XcatRefused, match="No such file"):
        client.request("GET", url, query={"field": ["-s", log]})
    handle = chain.zvm.agent(world.node, "guest-file-open", {"path": log, "mode": "w"})
    text = base64.b64encode(b"first\nlast\n").decode()
    chain.zvm.agent(world.node, "guest-file-write", {"handle": handle, "buf-b64": text})
    chain.zvm.agent(world.node, "guest-file-close", {"handle": handle})
    read = client.request("GET", url, query={"field": ["-s", log, "-t"]})
    assert read.text == f"{world.node}: first\n{world.node}: last\n"
    cleared = client.request("PUT", f"/nodes/{world.node}/reventlog", body=["-s", log, "-c"])
    assert cleared.info == [f"{world.node}: Clearing {log}... Done"]
    assert client.request("GET", url, query={"field": ["-s", log]}).text == ""
    with pytest.raises(XcatRefused, match="no file below"):
        client.request("GET", url, query={"field": ["-s", "/etc/shadow"]})
    with pytest.raises(XcatRefused, match="-o is not supported"):
        client.request("GET", url, query={"field": ["-o", "x"]})
