# SPDX-License-Identifier: Apache-2.0
"""Spool files: ids, cards, queues, and what a killed process leaves."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from zvm.simulator import spool as module
from zvm.simulator.spool import Spool, SpoolFull

NOON = datetime(2026, 5, 22, 12, 0, 5)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", lambda: NOON)


def test_a_punched_file_is_cards(spool: Spool) -> None:
    file = spool.create("LINUX01", b"x" * 81, origin="ZHCP", name="cfgdrive", type="tgz", cls="X")
    assert (file.spoolid, file.records, file.date) == (1, 2, NOON)
    assert spool.data(file) == b"x" * 81 + bytes(79)


def test_ids_count_per_user_and_are_not_used_twice(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LAST_ID", 3)
    first = spool.create("A", b"1", origin="A")
    assert spool.create("B", b"1", origin="A").spoolid == 1
    second = spool.create("A", b"2", origin="A")
    spool.purge(second)
    assert [spool.create("A", b"", origin="A").spoolid for _ in range(2)] == [3, 2]
    with pytest.raises(SpoolFull):
        spool.create("A", b"", origin="A")
    spool.purge(first)
    assert spool.create("A", b"", origin="A").spoolid == 1


def test_transfer_moves_to_the_end_of_another_queue_with_a_new_id(spool: Spool) -> None:
    spool.create("B", b"waiting", origin="B")
    file = spool.create("A", b"data", origin="A")
    assert spool.transfer(file, "B").spoolid == 2
    assert spool.files("A") == []
    assert [spool.data(item)[:4] for item in spool.files("B")] == [b"wait", b"data"]
    assert spool.get("B", 2, "PRT") is None


def test_state_and_contents_survive_together(spool: Spool, tmp_path: Path) -> None:
    kept = spool.create("A", b"kept", origin="A")
    purged = spool.create("A", b"purged", origin="A")
    state = spool.dump()
    spool.purge(purged)  # not yet in the store when the process is killed ...
    spool.create("A", b"new", origin="A")  # ... nor is this
    again = Spool(tmp_path / "spool")
    again.load(state)
    assert [file.spoolid for file in again.files("A")] == [kept.spoolid]
    assert again.data(again.files("A")[0])[:4] == b"kept"
    assert len(list((tmp_path / "spool").iterdir())) == 1
