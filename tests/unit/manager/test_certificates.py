# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
import ssl
import stat
from pathlib import Path

import pytest

from zvm.manager import certificates


async def shaken(folder: Path, server: str, asked: str, *, client: str = "") -> None:
    """Connect to a server that has one of the certificates, by a name."""
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.pem"))
    theirs.load_cert_chain(folder / f"{server}.pem", folder / f"{server}.key")
    if client:
        theirs.verify_mode = ssl.CERT_REQUIRED

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    ours = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    if client:
        ours.load_cert_chain(folder / f"{client}.pem", folder / f"{client}.key")
    listening = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=theirs)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=ours, server_hostname=asked)
        assert await reader.read() == b"hello"
        writer.close()


async def test_they_are_good_for_their_names_alone(tmp_path: Path) -> None:
    certificates.make(tmp_path, ["zhcp.example.com", "127.0.0.1"])
    await shaken(tmp_path, "zhcp.example.com", "zhcp.example.com")
    await shaken(tmp_path, "127.0.0.1", "127.0.0.1", client="zhcp.example.com")
    with pytest.raises(ssl.SSLCertVerificationError):
        await shaken(tmp_path, "zhcp.example.com", "other.example.com")


def test_the_authority_stays(tmp_path: Path) -> None:
    made = certificates.make(tmp_path, ["one"])
    assert [path.name for path in made] == ["ca.key", "ca.pem", "one.key", "one.pem"]
    authority = (tmp_path / "ca.pem").read_bytes()
    assert [path.name for path in certificates.make(tmp_path, ["two"])] == ["two.key", "two.pem"]
    assert (tmp_path / "ca.pem").read_bytes() == authority
    for path in tmp_path.glob("*.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert certificates.run([str(tmp_path), "one"]) == 0
    before = (tmp_path / "one.key").read_bytes()
    assert certificates.run([str(tmp_path), "one"]) == 1
    assert "one.key" in capsys.readouterr().err
    assert (tmp_path / "one.key").read_bytes() == before


@pytest.mark.parametrize("name", ["../x", "/etc/x", ".x", ""])
def test_names_that_lead_elsewhere(name: str, tmp_path: Path) -> None:
    assert certificates.run([str(tmp_path / "ca"), name]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["ca"]
