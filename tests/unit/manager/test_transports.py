# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from zvm.manager import transports as transports_module
from zvm.manager.database import Database
from zvm.manager.errors import Invalid, NotFound, TooLarge
from zvm.manager.transports import Transports


@pytest.fixture
def transports(tmp_path: Path) -> Iterator[Transports]:
    database = Database(f"sqlite:///{tmp_path / 'manager.sqlite'}")
    database.migrate()
    (tmp_path / "transports").mkdir()
    yield Transports(tmp_path / "transports", database, 3600)
    database.close()


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_a_file_waits_for_its_node(transports: Transports) -> None:
    digest = hashlib.sha256(b"abcd").hexdigest()
    id = await transports.put("a", stream(b"ab", b"cd"), name="cfgdrive", type="tgz", sha256=digest.upper())
    row, content = await transports.get("a", id)
    assert (row["name"], row["type"], content) == ("cfgdrive", "tgz", b"abcd")
    for node, wrong in (("b", id), ("a", "x" * 32), ("a", "../" + id), ("a", "")):
        with pytest.raises(NotFound):
            await transports.get(node, wrong)
    await transports.forget("a")
    assert list(transports.directory.iterdir()) == []
    with pytest.raises(NotFound):
        await transports.get("a", id)


async def test_what_is_refused_leaves_nothing(
    transports: Transports, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Invalid, match="SHA-256"):
        await transports.put("a", stream(b"x"), name="n", type="t", sha256="0" * 64)
    for name in ("", "toolongname", "a b", "a\n", "ä"):
        with pytest.raises(Invalid, match="spool file"):
            await transports.put("a", stream(b"x"), name=name, type="t")
    monkeypatch.setattr(transports_module, "LIMIT", 3)
    with pytest.raises(TooLarge):
        await transports.put("a", stream(b"ab", b"cd"), name="n", type="t")
    assert list(transports.directory.iterdir()) == []


async def test_old_files_go(transports: Transports) -> None:
    old = await transports.put("a", stream(b"x"), name="n", type="t")
    transports._retention = -1
    new = await transports.put("b", stream(b"y"), name="n", type="t")
    assert [path.name for path in transports.directory.iterdir()] == [new]
    with pytest.raises(NotFound):
        await transports.get("a", old)
