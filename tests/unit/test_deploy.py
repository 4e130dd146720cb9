# SPDX-License-Identifier: Apache-2.0
"""What is handed to operators names programs, options and files that exist."""

from __future__ import annotations

import configparser
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from zvm.cli import daemons
from zvm.manager import options as manager_options
from zvm.neutron import options as neutron_options
from zvm.nova import options as nova_options
from zvm.zhcp import options as zhcp_options

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
PLUGIN = (ROOT / "devstack" / "plugin.sh").read_text()


def names(options: list[tuple[str, list[object]]]) -> set[str]:
    return {option.dest for _, group in options for option in group}  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_program_of_ours_as_its_own_user(path: Path) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(path)
    program, *words = unit["Service"]["ExecStart"].split()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert Path(program).name in scripts
    if Path(program).name == "zvm":
        assert daemons.is_daemon(words)
    assert unit["Service"]["User"] != "root"
    assert unit["Service"]["NoNewPrivileges"] == "yes"


def test_the_role_copies_units_that_exist() -> None:
    tasks = yaml.safe_load((ROOT / "deploy/ansible/roles/nova_zvm/tasks/main.yml").read_text())
    wanted = {task["vars"]["nova_zvm_unit"] for task in tasks if "nova_zvm_unit" in task.get("vars", {})}
    assert wanted == {path.stem for path in UNITS}


@pytest.mark.parametrize(
    ("file", "known"),
    [
        ("$zhcp", names(zhcp_options.list_opts())),
        ("$manager", names(manager_options.list_opts())),
        ("$1", names(nova_options.list_opts())),
        ("$ZVM_CONF_DIR/agent.conf", names(neutron_options.list_opts())),
    ],
)
def test_devstack_sets_options_that_exist(file: str, known: set[str]) -> None:
    found = re.findall(rf'iniset "{re.escape(file)}" \S+ (\w+)', PLUGIN)
    assert found
    assert set(found) <= known


def test_devstacks_files_are_shell() -> None:
    for name in ("override-defaults", "plugin.sh", "settings"):
        subprocess.run(["bash", "-n", str(ROOT / "devstack" / name)], check=True)
