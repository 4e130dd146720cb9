# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest
from oslo_config import cfg

from zvm.manager import options


def load(folder: Path, text: str) -> cfg.ConfigOpts:
    path = folder / "manager.conf"
    path.write_text(text)
    return options.load(["--config-file", str(path)])


def test_zhcps(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    config = load(
        tmp_path,
        f"""
[zhcp:one]
url = http://127.0.0.1:1
token_file = {tmp_path / "token"}
hostname = zhcp.example.com
host = zvm1
pools = pool1, pool2
[zhcp:two]
url = http://127.0.0.1:2
""",
    )
    one, two = options.zhcps(config)
    assert (one.hostname, one.host, one.pools, one.golden_pool) == (
        "zhcp.example.com",
        "zvm1",
        ("POOL1", "POOL2"),
        "POOL1",
    )
    assert (one.token, one.golden_userid, one.grants) == ("secret", "ZVMGOLD", False)
    assert (two.hostname, two.host, two.golden_pool) == ("two", "two", "")


@pytest.mark.parametrize(
    "text",
    [
        "[zhcp:one]\nhostname = x\n",
        "[zhcp:one]\nurl = http://a\nhostname = x\n[zhcp:two]\nurl = http://b\nhostname = x\n",
    ],
)
def test_groups_that_say_too_little_or_the_same(tmp_path: Path, text: str) -> None:
    with pytest.raises(cfg.Error):
        options.zhcps(load(tmp_path, text))


@pytest.mark.parametrize("text", ["xcat_version = 2.19.0", "bind_port = x", "task_retention = long"])
def test_values_that_break_a_rule(tmp_path: Path, text: str) -> None:
    with pytest.raises((cfg.Error, ValueError)):
        load(tmp_path, "[DEFAULT]\n" + text)


def test_list_opts() -> None:
    assert [group for group, _ in options.list_opts()] == ["DEFAULT", "zhcp:NAME"]
