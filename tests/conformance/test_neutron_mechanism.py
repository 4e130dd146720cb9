# SPDX-License-Identifier: Apache-2.0
"""The mechanism driver against Neutron's own tests of such drivers."""

from __future__ import annotations

from pathlib import Path

from tests.support import own_process


def test_neutrons_own_tests_pass() -> None:
    assert own_process.passed(Path(__file__).with_name("neutron_mechanism_cases.py")) >= 15
