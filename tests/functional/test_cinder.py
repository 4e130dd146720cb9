# SPDX-License-Identifier: Apache-2.0
"""A whole Cinder with our driver, the chain below it; and the driver for the simulated storage server."""

from __future__ import annotations

from pathlib import Path

from tests.support import own_process


def test_cinder_on_the_chain() -> None:
    assert own_process.passed(Path(__file__).with_name("cinder_cases.py"), timeout=900) >= 23


def test_the_simulated_storage_server() -> None:
    assert own_process.passed(Path(__file__).with_name("storage_server_cases.py"), timeout=300) == 5
