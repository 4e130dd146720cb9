# SPDX-License-Identifier: Apache-2.0
"""``chcpu``, ``chmem`` and ``lsmem`` in a light guest."""

from __future__ import annotations

import pytest

from zvm.simulator import hotplug_programs
from zvm.simulator.virtual_machine import VirtualMachine

MIB = 1 << 20


@pytest.fixture
def machine() -> VirtualMachine:
    """Return a guest of two CPUs and 1 GiB, with 1 GiB of standby storage."""
    return VirtualMachine(
        "LINUX01", "G", 1024 * MIB, 2048 * MIB, ["00", "01"], 0.0, standby=1024 * MIB, core_storage=1024 * MIB
    )


def run(machine: VirtualMachine, line: str) -> tuple[int, str]:
    """Return exit code and all that a program prints."""
    path, *words = line.split()
    ended = hotplug_programs.run(machine, path, words)
    assert ended is not None
    return ended[0], (ended[1] + ended[2]).decode()


def test_a_new_cpu_is_found_and_used_when_told(machine: VirtualMachine) -> None:
    machine.define_cpus(["02"])
    assert run(machine, "chcpu --enable 2") == (1, "CPU 2 does not exist\n")
    assert run(machine, "/usr/sbin/chcpu -r")[0] == 0
    assert machine.online_cpus == ["00", "01"]
    assert run(machine, "chcpu --enable 1,2") == (0, "CPU 1 is already enabled\nCPU 2 enabled\n")
    assert machine.online_cpus == ["00", "01", "02"]


def test_the_last_cpu_stays(machine: VirtualMachine) -> None:
    assert run(machine, "chcpu --disable 1")[0] == 0
    assert run(machine, "chcpu -d 0")[0] == 1
    assert run(machine, "chcpu -d 0,7,1")[0] == 64
    assert machine.online_cpus == ["00"]


def test_memory_goes_online_by_blocks_and_back(machine: VirtualMachine) -> None:
    assert run(machine, "chmem --enable 100M")[0] == 1
    assert run(machine, "chmem --enable 512M") == (0, "")
    assert (machine.storage, machine.standby) == (1536 * MIB, 512 * MIB)
    told = run(machine, "lsmem --bytes --summary=only")[1].splitlines()
    assert [line.split()[-1] for line in told] == [str(256 * MIB), str(1536 * MIB), str(512 * MIB)]
    assert run(machine, "chmem -e 1G") == (64, "chmem: Could only enable 512M of memory\n")
    assert run(machine, "chmem --disable 2G") == (64, "chmem: Could only disable 1024M of memory\n")
    assert run(machine, "chmem --disable 256M") == (1, "chmem: Could only disable 0M of memory\n")


def test_what_runs_next_has_all_that_is_online(machine: VirtualMachine) -> None:
    run(machine, "chmem -e 1G")
    run(machine, "chcpu -d 1")
    machine.start_anew()
    assert machine.online_cpus == ["00", "01"]
    assert run(machine, "chmem -d 256M")[0] == 1


@pytest.mark.parametrize("line", ["chcpu", "chcpu -x 1", "chmem", "chmem -e lots", "lsmem", "lsmem --json"])
def test_bad_usage(machine: VirtualMachine, line: str) -> None:
    code, told = run(machine, line)
    assert (code, "bad usage" in told) == (1, True)
