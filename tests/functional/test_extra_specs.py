# SPDX-License-Identifier: Apache-2.0
"""Flavors whose extra specs become statements of the guest's directory entry."""

from __future__ import annotations

from tests.support.servers import Servers


class TestExtraSpecs(Servers):
    def flavor(self, **specs: str) -> str:
        """Return the id of a flavor with extra specs ``zvm:...``."""
        return self.flavor_with({f"zvm:{name}": value for name, value in specs.items()})

    def flavor_with(self, extra: dict[str, str]) -> str:
        """Return the id of a flavor with extra specs."""
        return self._create_flavor(vcpu=2, memory_mb=512, disk=1, ephemeral=0, extra_spec=extra)

    def test_a_guest_of_such_a_flavor(self) -> None:
        server = self.boot(
            flavor_id=self.flavor(share="relative 200", cpu_dedicated="true", io_priority="absolute 5 9")
        )
        entry = self.inventory()["directory"][server["OS-EXT-SRV-ATTR:instance_name"].upper()]
        assert "SHARE RELATIVE 200" in str(entry)
        assert "CPU 01 DEDICATE" in str(entry)
        assert "IOPRIORITY ABSOLUTE 5 9" in str(entry)
        self.delete(server)

    def test_what_is_not_allowed_is_refused_and_leaves_nothing(self) -> None:
        before = self.inventory()
        server = self.boot(expected="ERROR", flavor_id=self.flavor(option="LNKNOPAS"))
        assert (
            "none of zvm:adopt, zvm:cpu_dedicated, zvm:io_priority, zvm:max_memory_mb, zvm:max_vcpus,"
            in server["fault"]["details"]
        )
        assert self.inventory() == before
        server = self.boot(expected="ERROR", flavor_id=self.flavor(profile="NOSUCH"))
        assert "profile NOSUCH does not exist" in server["fault"]["details"]
        assert self.inventory() == before

    def test_limits_of_a_disks_rate_are_refused_and_leave_nothing(self) -> None:
        before = self.inventory()
        flavor = self.flavor_with({"quota:disk_total_iops_sec": "500"})
        server = self.boot(expected="ERROR", flavor_id=flavor)
        assert "whole real devices only" in server["fault"]["details"]
        assert self.inventory() == before
