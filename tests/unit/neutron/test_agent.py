# SPDX-License-Identifier: Apache-2.0
"""The z/VM agent."""

from __future__ import annotations

from pathlib import Path

from tests.support import own_process


def test_in_a_process_of_its_own() -> None:
    assert own_process.passed(Path(__file__).with_name("agent_cases.py")) >= 19
