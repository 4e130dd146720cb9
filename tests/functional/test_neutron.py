# SPDX-License-Identifier: Apache-2.0
"""Neutron itself, our agent and the chain below it."""

from __future__ import annotations

from pathlib import Path

from tests.support import own_process


def test_port_states_follow_zvm() -> None:
    assert own_process.passed(Path(__file__).with_name("neutron_cases.py"), timeout=900) >= 8
