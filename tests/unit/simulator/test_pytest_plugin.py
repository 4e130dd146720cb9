# SPDX-License-Identifier: Apache-2.0
"""The fixtures that other projects use, as such a project uses them."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]
_TEST = """
import pytest
from zvm.smapi.errors import SmapiError

def test_what_is_there(zvm_system):
    assert zvm_system.cp("QUERY USERID") == (0, "ZHCP     AT ZVMSIM1\\n")
    zvm_system.smapi.call("Image_Create_DM", "LINUX01", image_record_array=["USER LINUX01 LBYONLY 1G 1G G"])
    zvm_system.smapi.call("Image_Activate", "LINUX01")
    zvm_system.trouble(dirmaint="busy")
    with pytest.raises(SmapiError) as refused:
        zvm_system.smapi.call("Image_Lock_DM", "LINUX01")
    assert (refused.value.rc, refused.value.rs) == (596, 6312)

def test_a_later_test_finds_all_in_order(zvm_system):
    assert zvm_system.cp("QUERY USER LINUX01")[0] == 45  # IPLed
    zvm_system.smapi.call("Image_Lock_DM", "LINUX01")
    zvm_system.fault("Image_Unlock_DM", rc=400, rs=24)
    with pytest.raises(SmapiError):
        zvm_system.smapi.call("Image_Unlock_DM", "LINUX01")
    zvm_system.smapi.call("Image_Unlock_DM", "LINUX01")
"""


def test_a_project_that_uses_the_fixtures(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["zvm.simulator.pytest_plugin"]')
    pytester.makepyfile(_TEST)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)
