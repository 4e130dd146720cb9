# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest
from oslo_config import cfg

from zvm.zhcp import options


def test_every_option_is_explained() -> None:
    for group, found in options.list_opts():
        assert group == "DEFAULT"
        for option in found:
            assert option.help, option.name
        assert len({option.name for option in found}) == len(found)


def test_values_are_read_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("[DEFAULT]\nbind_port = 0\nplatform = simulator\nsession_limit = 3\n")
    config = options.load(["--config-file", str(tmp_path / "f")])
    assert (config.bind_port, config.platform, config.session_limit) == (0, "simulator", 3)
    assert config.bind_host == "127.0.0.1"


@pytest.mark.parametrize("line", ["session_limit = 0", "platform = os/2", "bind_port = 70000"])
def test_wrong_values_are_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "f").write_text(f"[DEFAULT]\n{line}\n")
    with pytest.raises(cfg.Error):
        options.load(["--config-file", str(tmp_path / "f")])


def test_no_file_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(cfg.Error):
        options.load(["--config-file", str(tmp_path / "absent")])
