# SPDX-License-Identifier: Apache-2.0
"""Extra specs of flavors that become directory statements."""

from __future__ import annotations

import pytest
from nova import exception

from zvm.nova import extra_specs


@pytest.mark.parametrize(
    ("specs", "expected"),
    [
        (None, []),
        ({"hw:mem_page_size": "large", "trait:HW_ARCH_S390X": "required"}, []),
        ({"zvm:share": "relative  200"}, ["share=RELATIVE 200"]),
        ({"zvm:share": "absolute 2% absolute 2.5% limithard"}, ["share=ABSOLUTE 2% ABSOLUTE 2.5% LIMITHARD"]),
        ({"zvm:cpu_dedicated": "true", "zvm:profile": "lnxprod"}, ["dedicate=yes", "profile=LNXPROD"]),
        ({"zvm:cpu_dedicated": "false"}, []),
        ({"zvm:io_priority": "relative 10  255"}, ["iopriority=RELATIVE 10 255"]),
        ({"zvm:io_priority": "Absolute 7"}, ["iopriority=ABSOLUTE 7"]),
    ],
)
def test_what_is_allowed(specs: dict[str, str] | None, expected: list[str]) -> None:
    assert extra_specs.operands(specs) == expected


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        (
            "zvm:option",
            "LNKNOPAS",
            "none of zvm:adopt, zvm:cpu_dedicated, zvm:io_priority, zvm:profile, zvm:share",
        ),
        ("zvm:share", "RELATIVE 0", "RELATIVE 1 to 10000"),
        ("zvm:share", "RELATIVE 100\nOPTION LNKNOPAS", "RELATIVE 1 to 10000"),
        ("zvm:share", "ABSOLUTE 101%", "up to 100%"),
        ("zvm:share", "RELATIVE 100 LIMITHARD", "a maximum and"),
        ("zvm:io_priority", "RELATIVE 0 256", "0 to 255"),
        ("zvm:io_priority", "RELATIVE 9 3", "lowest and the highest"),
        ("zvm:io_priority", "200", "RELATIVE or ABSOLUTE"),
        ("quota:disk_total_iops_sec", "500", "whole real devices only.*zvm:io_priority"),
        ("quota:disk_read_bytes_sec", "1000000", "whole real devices only"),
        ("zvm:cpu_dedicated", "perhaps", "true or false"),
        ("zvm:profile", "A B", "name of a directory profile"),
    ],
)
def test_a_refusal_names_what_is_allowed(key: str, value: str, told: str) -> None:
    with pytest.raises(exception.InvalidInput, match=told):
        extra_specs.operands({key: value})
