# SPDX-License-Identifier: Apache-2.0
"""What is written is what oslo.config reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from oslo_config import cfg

from zvm.cloud import config_files


def read(path: Path) -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    conf.register_opts([cfg.StrOpt("first"), cfg.StrOpt("word"), cfg.BoolOpt("flag"), cfg.ListOpt("many")])
    conf.register_opts([cfg.IntOpt("number"), cfg.StrOpt("secret")], group="other")
    conf([], default_config_files=[str(path)])
    return conf


def test_round_trip_through_oslo_config(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.conf"
    groups = {
        "DEFAULT": {"word": "a b", "flag": True, "many": ["x", "y"]},
        "other": {"number": 5, "secret": "pa$$word$x"},
    }
    config_files.write(path, groups, first="first = 1\n")
    conf = read(path)
    assert (conf.first, conf.word, conf.flag, conf.many) == ("1", "a b", True, ["x", "y"])
    assert (conf.other.number, conf.other.secret) == (5, "pa$$word$x")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_value_cannot_bring_another_option_in() -> None:
    with pytest.raises(ValueError, match="line break"):
        config_files.render({"DEFAULT": {"word": "a\nadmin = true"}})
