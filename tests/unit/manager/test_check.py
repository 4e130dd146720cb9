# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.chain import Chain
from zvm.manager import check as command

Check = Callable[..., tuple[int, str]]


@pytest.fixture
def check(chain: Chain, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """Run the command beside the management node of the chain."""

    def run(*arguments: str, change: tuple[str, str] = ("", "")) -> tuple[int, str]:
        config = tmp_path / "manager.conf"
        config.write_text(chain.manager.config.read_text().replace(*change))
        status = command.run(["--config-file", str(config), *arguments])
        return status, capsys.readouterr().out

    return run


def test_all_is_well(check: Check) -> None:
    status, text = check("--profile", "LNXDFLT", "--vswitch", "XCATVSW1")
    assert status == 0, text
    for link in (
        "configuration",
        "database",
        "state directory",
        "zHCP",
        "CP",
        "SMAPI",
        "pool POOL1",
        "golden userid",
    ):
        assert f"ok      {link}" in text or f"ok      zhcp: {link}" in text, text
    assert text.endswith("all is well\n")


@pytest.mark.parametrize(
    ("link", "arguments", "change"),
    [
        ("zhcp: profile NOSUCH", ("--profile", "NOSUCH"), ("", "")),
        ("zhcp: virtual switch NOSUCH", ("--vswitch", "NOSUCH"), ("", "")),
        ("zhcp: pool NOSUCH", (), ("pools = POOL1", "pools = NOSUCH")),
        ("zhcp: zHCP", (), ("url = http://127.0.0.1:", "url = http://127.0.0.9:")),
        ("database", (), ("sqlite:///", "sqlite:////proc/nosuch/")),
        ("database", (), ("manager.sqlite", "empty.sqlite")),
        ("state directory", (), ("state_directory = ", "state_directory = /proc/nosuch")),
        ("configuration", (), ("[DEFAULT]", "[DEFAULT]\nbind_host = 0.0.0.0")),
    ],
)
def test_what_is_wrong(check: Check, link: str, arguments: tuple[str, ...], change: tuple[str, str]) -> None:
    status, text = check(*arguments, change=change)
    assert status == 1
    assert f"FAILED  {link}: " in text, text
    assert "next step: " in text
    assert "1 of the links is wrong" in text


def test_smapi_that_is_refused(check: Check, chain: Chain) -> None:
    chain.fault("Query_API_Functional_Level", rc=8, rs=3002)
    status, text = check()
    assert status == 1
    assert "FAILED  zhcp: SMAPI: " in text


def test_nobody_may_call_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "manager.conf"
    config.write_text(f"[DEFAULT]\ndatabase = sqlite:///{tmp_path}/m.sqlite\nstate_directory = {tmp_path}\n")
    assert command.run(["--config-file", str(config)]) == 1
    text = capsys.readouterr().out
    assert "nobody may call" in text
    assert "zvm manager user add" in text
