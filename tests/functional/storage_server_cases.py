# SPDX-License-Identifier: Apache-2.0
"""Cinder's driver for the simulator's storage server, against that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
from cinder import exception
from cinder.interface import volume_driver

from tests.support.cinder_service import Glance, Settings
from tests.support.nova_chain import free_port
from tests.support.simulator import SimulatorProcess
from zvm.cloud.storage_server import StorageServerDriver

GIB = 1 << 30
CONTENT = b"first" + bytes(9 << 20) + b"last"


def started(url: str) -> StorageServerDriver:
    driver = StorageServerDriver(configuration=Settings(simulator_control=url, volume_backend_name="san"))
    driver.do_setup(None)
    driver.check_for_setup_error()
    return driver


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageServerDriver]:
    simulator = SimulatorProcess(Path(tmp_path_factory.mktemp("sim")), "--instant")
    simulator.start()
    yield started(simulator.ready["control"])
    simulator.end()


@pytest.fixture(autouse=True)
def _nothing_left(driver: StorageServerDriver) -> Iterator[None]:
    before = driver._array.luns()
    yield
    assert driver._array.luns() == before


def volume(size: float = 1 / 64) -> SimpleNamespace:
    id = str(uuid4())
    return SimpleNamespace(id=id, name_id=id, size=size, multiattach=False)


def head(driver: StorageServerDriver, id: str) -> bytes:
    return driver._array.read(id, 0, len(CONTENT))


def test_cinders_own_check_of_drivers() -> None:
    assert issubclass(StorageServerDriver, volume_driver.VolumeDriverCore)


def test_copies_stand_on_their_own(driver: StorageServerDriver) -> None:
    first, clone, later = volume(), volume(1 / 32), volume()
    snapshot = SimpleNamespace(id=str(uuid4()), volume=first, volume_size=1 / 64)
    driver.create_volume(first)
    driver._array.write(first.id, [CONTENT])
    driver.create_cloned_volume(clone, first)
    driver.create_snapshot(snapshot)
    driver._array.write(first.id, [b"other"])
    driver.create_volume_from_snapshot(later, snapshot)
    assert head(driver, first.id) == b"other" + CONTENT[5:]
    assert [head(driver, id) for id in (clone.id, snapshot.id, later.id)] == [CONTENT] * 3
    with pytest.raises(exception.VolumeBackendAPIException, match="blocks, not"):
        driver.create_cloned_volume(volume(1 / 128), first)
    with pytest.raises(exception.VolumeBackendAPIException, match="no LUN"):
        driver.create_cloned_volume(volume(), volume())
    driver.extend_volume(first, 3)
    sizes = [driver._array.lun(one.id)["bytes"] for one in (first, clone, later)]
    assert sizes == [3 * GIB, GIB // 32, GIB // 64]
    for one in (first, clone, later):
        driver.delete_volume(one)
    driver.delete_snapshot(snapshot)
    driver.delete_volume(first)  # once more does no harm


def test_who_is_connected_sees_the_volume(driver: StorageServerDriver) -> None:
    shared = volume()
    driver.create_volume(shared)
    connectors = [{"wwpns": [f"c05076e0f300{at}a0", f"c05076e0f300{at}b0"]} for at in (1, 2)]
    for connector in connectors:
        told = driver.initialize_connection(shared, connector)["data"]
        assert set(told["initiator_target_map"]) == set(connector["wwpns"])
    assert len(driver._array.lun(shared.id)["initiators"]) == 4
    driver.terminate_connection(shared, connectors[0])
    assert driver._array.lun(shared.id)["initiators"] == [name.upper() for name in connectors[1]["wwpns"]]
    driver.terminate_connection(shared, None)
    assert driver._array.lun(shared.id)["initiators"] == []
    driver.delete_volume(shared)
    driver.terminate_connection(shared, connectors[0])
    with pytest.raises(exception.VolumeNotFound):
        driver.initialize_connection(shared, connectors[0])


def test_images(driver: StorageServerDriver) -> None:
    glance, made = Glance(), volume()
    raw, packed = glance.add(CONTENT), glance.add(b"QFI\xfb", "qcow2")
    assert driver.clone_image(None, made, None, glance.show(None, raw), glance) == ({}, True)
    assert head(driver, made.id) == CONTENT
    kept = glance.add(b"")
    driver.copy_volume_to_image(None, made, glance, glance.show(None, kept))
    assert glance.images[kept]["size"] == GIB // 64
    assert glance.content[kept].startswith(CONTENT)
    assert driver.clone_image(None, made, None, glance.show(None, packed), glance) == (None, False)
    with pytest.raises(exception.ImageUnacceptable, match="not raw"):
        driver.copy_image_to_volume(None, made, glance, packed)
    with pytest.raises(exception.ImageUnacceptable, match="disk_format raw"):
        driver.copy_volume_to_image(None, made, glance, {"id": packed, "disk_format": "qcow2"})
    driver.delete_volume(made)


def test_a_dead_simulator_is_told() -> None:
    with pytest.raises(exception.VolumeBackendAPIException, match="the simulator"):
        started(f"http://127.0.0.1:{free_port()}")
