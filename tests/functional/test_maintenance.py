# SPDX-License-Identifier: Apache-2.0
"""A z/VM system is emptied by Nova's maintenance mode."""

from __future__ import annotations

from typing import Any

import pytest
from nova import utils
from placement.objects.resource_provider import ResourceProvider

from tests.support.member_servers import MemberServers


class TestMaintenance(MemberServers):
    """The first of two members is to be shut down."""

    def set_mode(self, mode: str) -> Any:
        """Ask for it, by the old API that has it."""
        with utils.temporary_mutation(self.api, microversion="2.42"):
            return self.api.api_put("/os-hosts/compute1", {"maintenance_mode": mode}).body

    def disabled(self) -> bool:
        """Return whether the first service takes no new servers."""
        [service] = self.api.get_services(binary="nova-compute", host="compute1")
        return bool(service["status"] == "disabled")

    def test_a_member_is_emptied(self) -> None:
        """One guest cannot go; it runs on where it is."""
        moving, stuck = self.boot_on("compute1", networks="auto"), self.boot_on("compute1")
        member = self.chain.members["zvmsim1"]
        assert member.cp(f"SET VMRELOCATE {self.userid(stuck)} OFF")[0] == 0
        assert self.set_mode("enable")["maintenance_mode"] == "on_maintenance"
        assert self.disabled()
        self.until(lambda: self.host(moving) == "compute2" and self.seen(moving, "ACTIVE"))
        self.until(lambda: self.seen(stuck, "ACTIVE"))
        assert (self.where(moving), self.where(stuck)) == (["compute2"], ["compute1"])
        assert self.host(stuck) == "compute1"
        assert self.set_mode("disable")["maintenance_mode"] == "off_maintenance"
        assert not self.disabled()
        self.delete(moving)
        self.delete(stuck)

    def test_somebody_else_changes_the_provider_meanwhile(self) -> None:
        report = self.computes["compute1"].manager.reportclient
        traits, conflicts = report.get_provider_traits, 2

        def outdated(*args: Any, **how: Any) -> Any:
            nonlocal conflicts
            found = traits(*args, **how)
            conflicts -= 1
            return found._replace(generation=found.generation - 1) if conflicts >= 0 else found

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(report, "get_provider_traits", outdated)
            assert self.set_mode("enable")["maintenance_mode"] == "on_maintenance"
        assert conflicts < 0
        assert self.disabled()
        assert self.set_mode("disable")["maintenance_mode"] == "off_maintenance"

    def test_somebody_else_is_faster_within_placement(self) -> None:
        """Placement has read the provider when another writes to it: it answers an error, no conflict."""
        set_traits, overtaken = ResourceProvider.set_traits, 2

        def slow(provider: Any, traits: Any) -> None:
            nonlocal overtaken
            overtaken -= 1
            if overtaken >= 0:
                provider.generation -= 1
            set_traits(provider, traits)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ResourceProvider, "set_traits", slow)
            assert self.set_mode("enable")["maintenance_mode"] == "on_maintenance"
        assert overtaken < 0
        assert self.disabled()
        assert self.set_mode("disable")["maintenance_mode"] == "off_maintenance"
