# SPDX-License-Identifier: Apache-2.0
"""What is answered is kept, whatever happens to the process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.unit.simulator.worlds import World
from zvm.simulator.inventory import inventory
from zvm.simulator.store import Store

ROOT = Path(__file__).parents[3]
#: Defines and deletes guests with a disk until it is killed; a line is printed for what was answered.
WORKER = """
import sys
from pathlib import Path
from tests.unit.simulator.worlds import World
world = World(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 10_000):
    userid = f"LNX{number:05}"
    world.define(userid)
    print("defined", userid, flush=True)
    assert world.add_disk(userid, size=2) == (0, 0)
    print("disk", userid, flush=True)
    world.values("Image_Activate", userid)
    print("activated", userid, flush=True)
    if number % 2:
        world.values("Image_Deactivate", userid, force_time="IMMED")
        print("deactivated", userid, flush=True)
        world.values("Image_Delete_DM", userid)
        print("deleted", userid, flush=True)
"""
KILLS = 4


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    assert store.read() == {}
    assert store.write({"a": {"x": 1, "y": [1, 2]}, "b": {}}) == 2
    assert store.write({"a": {"x": 1, "y": [1, 2]}, "b": {}}) == 0
    assert store.write({"a": {"x": 2}, "b": {"z": {"k": None}}}) == 3
    store.close()
    again = Store(tmp_path / "store.sqlite")
    assert again.read() == {"a": {"x": 2}, "b": {"z": {"k": None}}}
    again.close()


def test_a_call_that_changes_nothing_writes_nothing(world: World) -> None:
    world.define("LINUX01")
    state = {name: component.dump() for name, component in world.system._components.items()}
    world.values("Image_Query_DM", "LINUX01")
    world.values("Image_Status_Query", "*")
    assert world.system.store.write(state) == 0


def test_a_killed_simulator_comes_back_with_all_it_had_answered(tmp_path: Path) -> None:
    known: dict[str, str] = {}
    killed_at: set[str] = set()
    for kill in range(KILLS):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path), str(kill * 100)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
        )
        assert worker.stdout is not None
        for count, line in enumerate(worker.stdout):
            what, userid = line.split()
            known[userid] = what
            if count == 4 + 3 * kill:
                os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        assert worker.returncode == -signal.SIGKILL
        killed_at.add(list(known)[-1])
        check(tmp_path, known, killed_at)


#: What each answer means: the guest's disks and whether it runs, None when it is gone.
MEANING: dict[str, tuple[int, bool] | None] = {
    "defined": (0, False),
    "disk": (1, False),
    "activated": (1, True),
    "deactivated": (1, False),
    "deleted": None,
}


def check(folder: Path, known: dict[str, str], killed_at: set[str]) -> None:
    """Everything is as answered; when a kill came, the next step may have been done without an answer."""
    world = World(folder)
    steps = list(MEANING)
    for userid, answered in known.items():
        allowed = steps[steps.index(answered) :][: 2 if userid in killed_at else 1]
        assert state(world, userid) in [MEANING[step] for step in allowed], (userid, answered)
    extents = [use.extent for use in world.system.extents.uses() if use.owner.startswith("LNX")]
    assert not any(one.overlaps(other) for at, one in enumerate(extents) for other in extents[:at])
    assert json.dumps(inventory(world.system))
    world.close()


def state(world: World, userid: str) -> tuple[int, bool] | None:
    entry = world.system.directory.find(userid)
    if entry is None:
        return None
    return len(entry.minidisks()), world.system.guests.get(userid) is not None
