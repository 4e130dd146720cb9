# SPDX-License-Identifier: Apache-2.0
"""The simulator's page in a real browser: what it shows, and its trouble switches, by clicking.

Needs Playwright and a Chromium of the system. With ``ZVM_DOC_IMAGES=doc/source/images`` (``make screenshot``)
the picture in the documentation is taken.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api

from tests.support.programs import find, needs
from tests.support.simulator import IPL_RECORD, SimulatorProcess

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = find(*_BROWSERS)
pytestmark = needs("chromium", *_BROWSERS)
_DISKS = {"LINUX01": 1500, "LINUX02": 2200, "LINUX03": 900, "DB01": 4000, "WEB01": 1200, "WEB02": 1200}
_NIC = "NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW1 DEVICES 3 MACID {}"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """A system with a few running guests."""
    with SimulatorProcess(tmp_path_factory.mktemp("state"), "--instant") as simulator:
        for number, (userid, size) in enumerate(_DISKS.items()):
            deploy(simulator, userid, size, f"00AA{number:02X}")
        yield simulator


def deploy(simulator: SimulatorProcess, userid: str, cylinders: int, macid: str) -> None:
    """Define a guest with a bootable disk, and log it on."""
    smapi = simulator.smapi
    records = [f"USER {userid} LBYONLY 4G 16G G", "INCLUDE LNXDFLT", "CPU 00 BASE", "CPU 01", "IPL 0100"]
    smapi.call("Image_Create_DM", userid, image_record_array=[*records, _NIC.format(macid)])
    smapi.call(
        "Image_Disk_Create_DM",
        userid,
        vdev="0100",
        device_type="3390",
        allocation="AUTOG",
        area_or_volser="POOL1",
        unit=1,
        size=cylinders,
        mode="MR",
        format=1,
    )
    assert simulator.cp(f"LINK {userid} 0100 AS F100 MW")[0] == 0
    assert simulator.platform("PUT", "/devices/F100/data", IPL_RECORD)[0] == 200
    assert simulator.cp("DETACH F100")[0] == 0
    grant = {"switch_name": "XCATVSW1", "grant_userid": userid, "user_vlan_id": "7"}
    smapi.call("Virtual_Network_Vswitch_Set_Extended", "MAINT", **grant)
    smapi.call("Image_Activate", userid)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, without a window."""
    rootless = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=rootless)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, simulator: SimulatorProcess) -> Iterator[Any]:
    """The page, as wide as a desktop shows it."""
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    page.goto(f"{simulator.ready['control']}/")
    yield page
    page.close()
    simulator.control("POST", "/settings", {"smapi": "up", "offline_volumes": [], "full_pools": []})
    simulator.control("DELETE", "/faults")


def row(page: Any, text: str) -> Any:
    """Return the row of the trouble card that begins with a text."""
    return page.locator("section", has_text="on purpose").locator("tr", has_text=text).first


def test_guests_disks_and_ports_are_drawn(page: Any, tmp_path: Path) -> None:
    assert page.title() == "ZVMSIM1: simulated z/VM"
    for userid in _DISKS:
        assert page.get_by_role("link", name=userid, exact=True).count() == 1
        disk = page.locator(f'.volume i[title^="{userid} 0100:"]')
        assert disk.count() == 1
        assert disk.bounding_box()["width"] > 10
        assert page.get_by_text(f"{userid} 1000", exact=True).count() == 1
    shot = page.screenshot(full_page=True, path=tmp_path / "simulator.png")
    assert len(shot) > 20_000
    if folder := os.environ.get("ZVM_DOC_IMAGES"):
        shutil.copy(tmp_path / "simulator.png", folder)


def test_a_service_is_switched_off_and_on(page: Any, simulator: SimulatorProcess) -> None:
    row(page, "SMAPI").get_by_role("button", name="silent", exact=True).click()
    assert simulator.control("GET", "/settings")["smapi"] == "silent"
    assert page.get_by_text("faults on purpose").count() == 1
    pressed = row(page, "SMAPI").get_by_role("button", name="silent", exact=True)
    assert pressed.get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="All is well").click()
    assert simulator.control("GET", "/settings")["smapi"] == "up"
    assert page.get_by_text("faults on purpose").count() == 0


def test_volumes_and_pools_are_toggled(page: Any, simulator: SimulatorProcess) -> None:
    for click, offline, full in ((1, ["ZVM003"], ["POOL1"]), (2, [], [])):
        suffix = "" if click == 1 else " offline"
        row(page, "Volumes").get_by_role("button", name=f"ZVM003{suffix}", exact=True).click()
        row(page, "Disk pools").get_by_role("button", name="POOL1" if click == 1 else "POOL1 full").click()
        told = simulator.control("GET", "/settings")
        assert (told["offline_volumes"], told["full_pools"]) == (offline, full)


def test_a_call_is_made_to_fail(page: Any, simulator: SimulatorProcess) -> None:
    form = page.locator(".fault-form")
    for label, value in (("SMAPI function", "Image_Status_Query"), ("rc", "596"), ("rs", "6312")):
        form.get_by_label(label, exact=True).fill(value)
    form.get_by_role("button", name="Let it fail").click()
    (fault,) = simulator.control("GET", "/faults")
    assert (fault["function"], fault["rc"], fault["rs"], fault["times"]) == (
        "Image_Status_Query",
        596,
        6312,
        1,
    )
    assert page.get_by_role("cell", name="596/6312").count() == 1


def test_a_console_is_a_click_away(page: Any) -> None:
    page.get_by_role("link", name="LINUX01", exact=True).click()
    assert "LOGON AT" in page.content()
