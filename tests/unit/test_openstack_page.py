# SPDX-License-Identifier: Apache-2.0
"""The settings that the page for operators prints are ones that exist."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

from zvm.neutron import options as agent_options
from zvm.nova import options as driver_options

PAGE = Path(__file__).parents[2] / "doc" / "source" / "admin" / "openstack.rst"
DRIVER, _SERVER, AGENT = re.findall(r"\.\. code-block:: ini\n\n((?:   .*\n|\n)+)", PAGE.read_text())


@pytest.mark.parametrize(
    ("text", "known"), [(DRIVER, driver_options.list_opts()), (AGENT, agent_options.list_opts())]
)
def test_its_options_exist(text: str, known: list) -> None:
    page = configparser.RawConfigParser(default_section="")
    page.read_string("\n".join(line[3:] for line in text.splitlines()))
    groups = {group.name: {option.name for option in options} for group, options in known}
    for name, options in groups.items():
        assert options >= set(page[name])


def test_both_name_what_has_no_default() -> None:
    for option in ("server", "password", "host"):
        assert f"   {option} = " in DRIVER
        assert f"   {option} = " in AGENT
    assert "   diskpool = " in DRIVER
