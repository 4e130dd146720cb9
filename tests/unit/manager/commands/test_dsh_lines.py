# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zvm.manager.commands import dsh_lines
from zvm.manager.errors import Invalid, ManagerError, NotSupported


@pytest.mark.parametrize(
    "line",
    [
        "smcli Image_Activate -T A; id",
        "smcli Image_Activate -T A;id",
        "vmcp q v nic | tee /tmp/x",
        "smcli X -T A && id",
        "smcli X -T A > /etc/passwd",
        "smcli X -T $(id)",
        'smcli X -T "`id`"',
        "smcli X -T ${HOME}",
        "smcli X -T A\nid",
        "(id)",
        "id &",
    ],
)
def test_what_only_a_shell_could_do_is_refused(line: str) -> None:
    with pytest.raises(NotSupported, match="shell"):
        dsh_lines.words_of(line)


def test_words() -> None:
    line = "smcli X -k 'switch_name='VSW1 -k 'NICDEF=VDEV=1000 TYPE=QDIO'"
    assert dsh_lines.words_of(line) == [
        "smcli",
        "X",
        "-k",
        "switch_name=VSW1",
        "-k",
        "NICDEF=VDEV=1000 TYPE=QDIO",
    ]
    with pytest.raises(Invalid, match="quotation"):
        dsh_lines.words_of("smcli 'A")


@given(st.text(max_size=60))
def test_any_line_is_answered_or_refused(line: str) -> None:
    with contextlib.suppress(ManagerError):
        assert dsh_lines.on_this_node(line).lines


def test_this_node() -> None:
    line = """date -d "$(awk -F. '{print $1}' /proc/uptime) second ago" +"%Y-%m-%d %H:%M:%S\""""
    (since,) = dsh_lines.on_this_node(line).lines
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", since)
    assert dsh_lines.on_this_node("date").rc == 0
    with pytest.raises(NotSupported, match="no ssh key"):
        dsh_lines.on_this_node("cat /root/.ssh/id_rsa.pub")
    with pytest.raises(NotSupported, match="'id' is not among"):
        dsh_lines.on_this_node("id")
