# SPDX-License-Identifier: Apache-2.0
"""The daemon: what it refuses to do, TLS, its end, and what it does after a kill."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.support.polling import until
from tests.support.simulator import SimulatorProcess
from tests.support.zhcp import POOL, Zhcp
from tests.unit.zhcp.conftest import next_userid
from zvm.zhcp import errors, options, server
from zvm.zhcp.client import ZhcpClient

Start = Callable[..., Zhcp]


@pytest.fixture
def start(simulator: SimulatorProcess, tmp_path: Path) -> Iterator[Start]:
    """Start zHCPs with settings of their own."""
    running: list[Zhcp] = []

    def make(**settings: Any) -> Zhcp:
        running.append(Zhcp(simulator, tmp_path / f"zhcp{len(running)}", **settings))
        return running[-1]

    yield make
    for zhcp in running:
        if zhcp.process.poll() is None:
            zhcp.stop()


def configuration(tmp_path: Path, **settings: Any) -> Any:
    path = tmp_path / "zhcp.conf"
    path.write_text("[DEFAULT]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items()))
    return options.load(["--config-file", str(path)])


def test_without_tls_only_loopback(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "192.0.2.1", "::", "zhcp.example.com"):
        with pytest.raises(errors.Invalid, match="loopback"):
            server.check(configuration(tmp_path, bind_host=host))
    for host in ("127.0.0.1", "::1", "localhost"):
        server.check(configuration(tmp_path, bind_host=host))
    server.check(configuration(tmp_path, bind_host="0.0.0.0", tls_cert="c", tls_key="k"))


@pytest.mark.parametrize("half", [{"tls_cert": "c"}, {"tls_key": "k"}, {"tls_client_ca": "a"}])
def test_half_of_tls_is_refused(tmp_path: Path, half: dict[str, str]) -> None:
    with pytest.raises(errors.Invalid):
        server.check(configuration(tmp_path, **half))


def test_somebody_must_be_told_from_anybody(tmp_path: Path) -> None:
    with pytest.raises(errors.Invalid, match="token_file"):
        server.read_token(configuration(tmp_path))
    (tmp_path / "token").write_text("short\n")
    with pytest.raises(errors.Invalid, match="16"):
        server.read_token(configuration(tmp_path, token_file=tmp_path / "token"))
    (tmp_path / "token").write_text("sixteen-or-more-characters\n")
    found = server.read_token(configuration(tmp_path, token_file=tmp_path / "token"))
    assert found == "sixteen-or-more-characters"
    assert server.read_token(configuration(tmp_path, tls_client_ca="ca.pem")) is None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"bind_host": "0.0.0.0"}, "loopback"),
        ({"platform": "simulator"}, "simulator_platform_socket"),
        ({"platform": "z/OS"}, "platform"),
        ({"smapi_host": "x", "smapi_socket": "y"}, "exclude"),
        ({"smapi_host": "x"}, "smapi_password_file"),
        ({"link_vdevs": "F1-F0"}, "range"),
    ],
)
def test_a_wrong_configuration_ends_with_a_sentence(
    tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    (tmp_path / "token").write_text("sixteen-or-more-characters\n")
    known = {"token_file": tmp_path / "token", "state_directory": tmp_path / "state", "bind_port": 0}
    configuration_text = {**known, "platform": "simulator", "simulator_platform_socket": "/s", **settings}
    if settings == {"platform": "simulator"}:
        del configuration_text["simulator_platform_socket"]
    path = tmp_path / "zhcp.conf"
    path.write_text("[DEFAULT]\n" + "".join(f"{n} = {v}\n" for n, v in configuration_text.items()))
    command = [sys.executable, "-m", "zvm.zhcp", "run", "--config-file", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_the_command_line_says_how_to_use_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zvm.zhcp"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "--config-file" in done.stderr


async def test_tls_with_a_token(start: Start, tmp_path: Path) -> None:
    ca = trustme.CA()
    certificate = ca.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    zhcp = start(tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem")
    assert zhcp.url.startswith("https://")
    context = ssl.create_default_context()
    ca.configure_trust(context)
    async with zhcp.client(ssl_context=context) as client:
        assert (await client.about()).userid == "ZHCP"
    async with zhcp.client() as stranger:
        with pytest.raises(errors.Unreachable, match="certificate"):
            await stranger.about()


async def test_mutual_tls_needs_no_token(start: Start, tmp_path: Path) -> None:
    ca = trustme.CA()
    certificate = ca.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    zhcp = start(
        token_file=None,
        tls_cert=tmp_path / "cert.pem",
        tls_key=tmp_path / "key.pem",
        tls_client_ca=tmp_path / "ca.pem",
    )
    context = ssl.create_default_context()
    ca.configure_trust(context)
    async with ZhcpClient(zhcp.url, ssl_context=context) as stranger:
        with pytest.raises(errors.Unreachable):
            await stranger.about()
    ca.issue_cert("manager.example.com").configure_cert(context)
    async with ZhcpClient(zhcp.url, ssl_context=context) as client:
        assert (await client.about()).userid == "ZHCP"


async def test_a_stop_lets_go_of_those_who_wait(start: Start) -> None:
    zhcp = start()
    async with zhcp.client() as client:
        waiting = asyncio.create_task(client.guest("ZVMGOLD", wait="running", timeout=3600))
        listening = asyncio.create_task(anext(client.events()))
        await client.about()
        assert await asyncio.to_thread(zhcp.stop) == 0
        assert (await waiting).state == "off"
        with pytest.raises(errors.Unreachable):
            await listening


async def test_a_kill_under_an_upload_leaves_no_link(simulator: SimulatorProcess, start: Start) -> None:
    zhcp = start()
    userid = next_userid()
    sent = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield bytes(1 << 20)
        sent.set()
        await asyncio.Event().wait()

    async with zhcp.client() as client:
        await client.smapi("Image_Create_DM", userid, {"image_record_array": [f"USER {userid} X 64M 64M G"]})
        disk = {"vdev": "0100", "device_type": "3390", "allocation": "AUTOG", "area_or_volser": POOL}
        disk |= {"unit": 1, "size": 5, "mode": "MR", "format": 1}  # type: ignore[dict-item]
        await client.smapi("Image_Disk_Create_DM", userid, disk)
        before = simulator.cp("QUERY VIRTUAL DASD")
        upload = asyncio.create_task(client.write_disk(userid, "0100", stuck(), operation_id="killed"))
        await sent.wait()
        await until(lambda: simulator.cp("QUERY VIRTUAL DASD") != before)
        zhcp.kill()
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await upload
        assert caught.value.details == {"operation_id": "killed"}
    assert simulator.cp("QUERY VIRTUAL DASD") != before
    zhcp.start()
    assert simulator.cp("QUERY VIRTUAL DASD") == before
    async with zhcp.client() as client:
        with pytest.raises(errors.OutcomeUnknown, match="ended while"):
            await client.write_disk(userid, "0100", stuck, operation_id="killed")
        await client.write_disk(userid, "0100", b"again", operation_id="another")
        await client.smapi("Image_Delete_DM", userid)


async def test_answers_outlive_a_kill(start: Start) -> None:
    zhcp = start()
    userid = next_userid()
    records = {"image_record_array": [f"USER {userid} X 64M 64M G"]}
    async with zhcp.client() as client:
        first = await client.smapi("Image_Create_DM", userid, records, operation_id="create-once")
    zhcp.kill()
    zhcp.start()
    async with zhcp.client() as client:
        again = await client.smapi("Image_Create_DM", userid, records, operation_id="create-once")
        assert again == first
        await client.smapi("Image_Delete_DM", userid)


async def test_two_do_not_share_their_state(
    simulator: SimulatorProcess, start: Start, tmp_path: Path
) -> None:
    first = start()
    with pytest.raises(RuntimeError, match="another zHCP"):
        Zhcp(simulator, tmp_path / "second", state_directory=tmp_path / "zhcp0" / "state")
    async with first.client() as client:
        assert await client.healthy()


async def test_it_does_not_start_without_its_platform(simulator: SimulatorProcess, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="does not answer"):
        Zhcp(simulator, tmp_path / "lost", simulator_platform_socket=tmp_path / "nothing.sock")
