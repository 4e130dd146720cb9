# SPDX-License-Identifier: Apache-2.0
"""A whole Cinder with our driver: API, scheduler and volume service in one process, the chain below."""

from __future__ import annotations

from pathlib import Path

from tests.support import own_process


def test_cinder_on_the_chain() -> None:
    assert own_process.passed(Path(__file__).with_name("cinder_cases.py"), timeout=900) >= 23
