# SPDX-License-Identifier: Apache-2.0
"""Extra specs of flavors that become directory statements."""

from __future__ import annotations

import pytest
from nova import exception
from nova.objects.flavor import Flavor

from zvm.nova import extra_specs


def flavor(specs: dict[str, str]) -> Flavor:
    """Return a flavor of two processors and 1 GiB."""
    return Flavor(vcpus=2, memory_mb=1024, extra_specs=specs)


@pytest.mark.parametrize(
    ("specs", "expected"),
    [
        ({}, []),
        ({"hw:mem_page_size": "large", "trait:HW_ARCH_S390X": "required"}, []),
        ({"zvm:share": "relative  200"}, ["share=RELATIVE 200"]),
        ({"zvm:share": "absolute 2% absolute 2.5% limithard"}, ["share=ABSOLUTE 2% ABSOLUTE 2.5% LIMITHARD"]),
        ({"zvm:cpu_dedicated": "true", "zvm:profile": "lnxprod"}, ["dedicate=yes", "profile=LNXPROD"]),
        ({"zvm:cpu_dedicated": "false"}, []),
        ({"zvm:io_priority": "relative 10  255"}, ["iopriority=RELATIVE 10 255"]),
        ({"zvm:io_priority": "Absolute 7"}, ["iopriority=ABSOLUTE 7"]),
        ({"zvm:max_vcpus": "2", "zvm:max_memory_mb": "16384"}, ["maxmemory=16384m", "maxcpu=2"]),
    ],
)
def test_what_is_allowed(specs: dict[str, str], expected: list[str]) -> None:
    assert extra_specs.operands(flavor(specs)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"hw:mem_page_size": "large"}, {}),
        ({}, {"zvm:share": "relative 9", "zvm:max_vcpus": "4"}, {"share": "RELATIVE 9"}),
        ({"zvm:share": "relative 9"}, {"zvm:share": " RELATIVE  9"}, {}),
        ({"zvm:share": "relative 9", "zvm:cpu_dedicated": "1"}, {}, {"share": "", "dedicate": "no"}),
        ({"zvm:profile": "lnxprod"}, {"zvm:cpu_dedicated": "no"}, {"profile": "LNXDFLT"}),
        ({"zvm:profile": "lnxprod"}, {"zvm:profile": "LNXTEST"}, {"profile": "LNXTEST"}),
        # A server made before these were refused gets rid of them, and is migrated with them.
        ({"quota:disk_total_iops_sec": "5", "zvm:share": "all"}, {}, {}),
        ({"quota:disk_total_iops_sec": "5"}, {"quota:disk_total_iops_sec": "5"}, {}),
    ],
)
def test_what_a_resize_changes(old: dict[str, str], new: dict[str, str], expected: dict[str, str]) -> None:
    assert extra_specs.changes(flavor(old), flavor(new), "lnxdflt") == expected


@pytest.mark.parametrize(
    ("specs", "told"),
    [({"zvm:adopt": "PAYROLL"}, "none is resized to it"), ({"zvm:share": "1"}, "RELATIVE 1")],
)
def test_flavors_that_no_server_is_resized_to(specs: dict[str, str], told: str) -> None:
    with pytest.raises(exception.InvalidInput, match=told):
        extra_specs.changes(flavor({}), flavor(specs), "LNXDFLT")


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        (
            "zvm:option",
            "LNKNOPAS",
            "none of zvm:adopt, zvm:cpu_dedicated, zvm:io_priority, zvm:max_memory_mb",
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
        ("zvm:max_vcpus", "1", "from 2, as the flavor has, to 64"),
        ("zvm:max_vcpus", "65", "from 2, as the flavor has, to 64"),
        ("zvm:max_vcpus", "four", "not a number"),
        ("zvm:max_memory_mb", "768", "from 1024, as the flavor has"),
        ("zvm:max_memory_mb", "16640", "to 16 times that"),
        ("zvm:max_memory_mb", "1200", "in whole 256 MiB"),
    ],
)
def test_a_refusal_names_what_is_allowed(key: str, value: str, told: str) -> None:
    with pytest.raises(exception.InvalidInput, match=told):
        extra_specs.operands(flavor({key: value}))
