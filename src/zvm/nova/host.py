# SPDX-License-Identifier: Apache-2.0
"""The z/VM system as Nova and Placement see it: start-up checks, resources, providers, uptime."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import os_resource_classes as orc
from nova import exception
from nova.compute.provider_tree import ProviderTree
from nova.i18n import _
from nova.objects import fields
from nova.virt import driver
from oslo_config import cfg
from oslo_log import log as logging
from oslo_serialization import jsonutils
from oslo_utils import units, versionutils

from zvm.directory import names
from zvm.nova import exceptions, fcp_inventory, session, traits
from zvm.nova.cache import SharedAnswer
from zvm.nova.genuine import features
from zvm.nova.host_facts import HostFacts
from zvm.xcat.records import Pool

LOG = logging.getLogger(__name__)

#: Seconds for which an answer about processors, memory and pools is good enough for a claim.
_CLAIM_AGE = 90.0
#: What the driver needs the management node to do beyond xCAT.
NEEDED = frozenset({"images", "transports", "guests", "nics", "pools"})


class Host:
    """The z/VM system behind ``session``. Thread-safe."""

    def __init__(self, session: session.Session, conf: cfg.ConfigOpts) -> None:
        self._session = session
        self._conf = conf
        self._facts: SharedAnswer[HostFacts] = SharedAnswer(
            lambda: [HostFacts.parse(session.inventory())], together=session.together
        )
        self._pools: SharedAnswer[Pool] = SharedAnswer(session.pools, together=session.together)
        self._fcp = fcp_inventory.FcpInventory(session)
        #: Provider uuid -> pool, of the child providers.
        self._pool_of: dict[str, str] = {}
        self._zhcp = ""

    # at the start

    def check(self) -> None:
        """Check all that a spawn will rely on.

        :raises NovaException: something is missing; its text says what and what to do.
        """
        where = self._session
        version = where.version()
        if version < session.MINIMUM_VERSION:
            raise exception.InvalidConfiguration(
                _("%(node)s has version %(found)s; at least %(needed)s is needed")
                % {
                    "node": where,
                    "found": ".".join(map(str, version)),
                    "needed": ".".join(map(str, session.MINIMUM_VERSION)),
                }
            )
        found = where.extensions()
        if not found:
            where.use_xcat_alone()
            LOG.warning("%s is a genuine xCAT. These are off: %s", where, features.line())
        elif missing := NEEDED - found:
            raise exception.InvalidConfiguration(
                _("%(node)s cannot do %(missing)s; this driver needs the management node of nova-zvm")
                % {"node": where, "missing": ", ".join(sorted(missing))}
            )
        try:
            zhcp = self.zhcp()
        except exceptions.NotInTables:
            zhcp = ""
        if not zhcp:
            raise exception.InvalidConfiguration(
                _("%(node)s names no zHCP for %(host)s; check option host in [zvm_xcat] and table zvm")
                % {"node": where, "host": where.host}
            )
        self._check_pool()
        self._check_profile()

    def _check_pool(self) -> None:
        pools = sorted(pool.name for pool in self._pools.get(fresh=True))
        if self._session.pool not in pools:
            raise exception.InvalidConfiguration(
                _("%(host)s has no disk pool %(pool)s, only: %(pools)s; check option diskpool in [zvm_xcat]")
                % {"host": self._session.host, "pool": self._session.pool, "pools": ", ".join(pools)}
            )

    def _check_profile(self) -> None:
        wanted = names.userid(self._conf.zvm_xcat.user_profile)
        try:
            text = self._session.inventory("--userprofilenames")
        except exceptions.Refused as problem:
            LOG.info("Directory profile %s cannot be checked: %s", wanted, problem)
            return
        if wanted not in {line.split()[-1] for line in text.splitlines() if line.strip()}:
            raise exception.InvalidConfiguration(
                _("%(host)s has no directory profile %(profile)s; check option user_profile in [zvm_xcat]")
                % {"host": self._session.host, "profile": wanted}
            )

    # facts

    def zhcp(self) -> str:
        """Return the host name of the zHCP; it is asked for once."""
        if not self._zhcp:
            self._zhcp = self._facts.get()[0].zhcp
        return self._zhcp

    def level(self) -> str:
        """Return the version of z/VM, such as "7.4.0"."""
        return self._facts.get()[0].level

    def model(self) -> str:
        """Return the machine type, such as "3931"."""
        return self._facts.get()[0].model

    def uptime(self) -> str:
        """Return a line as uptime(1) prints it; its users are our guests that are on."""
        on = sum(guest.state != "off" for guest in self._session.ours())
        return self._facts.get()[0].uptime(datetime.now(), on)

    def resources(self) -> dict[str, Any]:
        """Return what Nova's resource tracker wants to know."""
        facts = self._facts.get()[0]
        pools = self._pools.get()
        self._fcp.get()  # asked with the rest, so that claims need not
        return {
            "vcpus": facts.cpus,
            "vcpus_used": facts.cpus_used,
            "memory_mb": facts.memory_mb,
            "memory_mb_used": facts.memory_used_mb,
            "local_gb": sum(pool.total_bytes for pool in pools) // units.Gi,
            "local_gb_used": sum(pool.used_bytes for pool in pools) // units.Gi,
            "disk_available_least": max((pool.largest_free_bytes for pool in pools), default=0) // units.Gi,
            "hypervisor_type": fields.HVType.ZVM,
            "hypervisor_version": versionutils.convert_version_to_int(facts.level or "0"),
            "hypervisor_hostname": self._session.host,
            "cpu_info": jsonutils.dumps(
                {"arch": fields.Architecture.S390X, "vendor": "IBM", "model": facts.model}
            ),
            "supported_instances": [(fields.Architecture.S390X, fields.HVType.ZVM, fields.VMMode.HVM)],
            "numa_topology": None,
            "stats": {"uptime": self.uptime(), "zvm_system": facts.system, "zvm_level": facts.level},
        }

    # placement

    def update_provider_tree(self, tree: ProviderTree, nodename: str, compute: driver.ComputeDriver) -> None:
        """Write the host's inventory into ``tree``.

        Nova calls this in each claim too, while every other claim waits: z/VM is not asked again for what the
        periodic update asked. While z/VM cannot be asked it is the last known one: what a host has does not
        change with who answers, and a build that is claimed meanwhile is to fail with the reason, not be
        scheduled anew without it.
        The pool of option ``diskpool`` is the root provider's disk; every further pool is a child provider of
        its own, so that an allocation says on which pool the disk is to be. What a pool holds beside
        the disks of this host's instances is reserved: images, volumes, other userids, and in a cluster the
        instances of the other members, which have the same pool in their inventories.

        :param compute: the driver, whose base class knows Nova's rules of allocation ratios and reserves.
        """
        facts = self._facts.get(or_last=True, max_age=_CLAIM_AGE)[0]
        ratio = compute._get_allocation_ratios(tree.data(nodename).inventory)
        reserved_gb = compute._get_reserved_host_disk_gb_from_config()
        inventory = {
            orc.VCPU: _inventory(facts.cpus, self._conf.reserved_host_cpus, ratio[orc.VCPU]),
            orc.MEMORY_MB: _inventory(
                facts.memory_mb, self._conf.reserved_host_memory_mb, ratio[orc.MEMORY_MB]
            ),
        }
        children = {}
        for pool in self._pools.get(or_last=True, max_age=_CLAIM_AGE):
            if pool.total_bytes < units.Gi:
                continue  # Placement takes no inventory of nothing
            if pool.name == self._session.pool:
                inventory[orc.DISK_GB] = _disk_inventory(pool, reserved_gb, ratio[orc.DISK_GB])
            else:
                children[_child_prefix(nodename) + pool.name] = pool
        if fcp := self._fcp.get(max_age=_CLAIM_AGE):
            inventory[fcp_inventory.RESOURCE_CLASS] = fcp
        tree.update_inventory(nodename, {name: item for name, item in inventory.items() if item["total"]})
        self._update_traits(tree, nodename, facts)
        self._update_children(tree, nodename, children, compute)

    def _update_traits(self, tree: ProviderTree, nodename: str, facts: HostFacts) -> None:
        ours = traits.of(facts)
        tree.remove_traits(nodename, *traits.outdated(tree.data(nodename).traits, ours))
        tree.add_traits(nodename, *ours)

    def _update_children(
        self, tree: ProviderTree, nodename: str, children: dict[str, Pool], compute: driver.ComputeDriver
    ) -> None:
        root = tree.data(nodename).uuid
        for uuid in tree.get_provider_uuids(root)[1:]:
            data = tree.data(uuid)
            if data.name.startswith(_child_prefix(nodename)) and data.name not in children:
                tree.remove(uuid)
        pool_of = {}
        for name, pool in children.items():
            if not tree.exists(name):
                tree.new_child(name, root)
            ratio = compute._get_allocation_ratios(tree.data(name).inventory)[orc.DISK_GB]
            tree.update_inventory(name, {orc.DISK_GB: _disk_inventory(pool, 0, ratio)})
            pool_of[tree.data(name).uuid] = pool.name
        self._pool_of = pool_of

    def pool_for(self, allocations: dict[str, Any] | None) -> str:
        """Return the disk pool that Placement chose: a child provider's, else that of option ``diskpool``."""
        for provider, allocation in (allocations or {}).items():
            if orc.DISK_GB in allocation.get("resources", {}) and provider in self._pool_of:
                return self._pool_of[provider]
        return self._session.pool

    def room_in(self, name: str) -> str:
        """Return in words how much room a pool has, as far as it can be told."""
        try:
            pool = next((item for item in self._pools.get(fresh=True) if item.name == name), None)
        except exception.NovaException:
            pool = None
        if pool is None:
            return _("pool %s") % name
        return _("pool %(name)s: %(free).1fG free, %(largest).1fG in one piece") % {
            "name": name,
            "free": pool.free_bytes / units.Gi,
            "largest": pool.largest_free_bytes / units.Gi,
        }

    def device_type(self, pool: str) -> str:
        """Return the device type of the pool's volumes, 3390 where the node does not say."""
        known = self._pools.get(or_last=True)
        return next((item.device_type for item in known if item.name == pool), "") or "3390"


def _child_prefix(nodename: str) -> str:
    return f"{nodename}_pool_"


def _inventory(total: int, reserved: int, ratio: float) -> dict[str, Any]:
    return {
        "total": total,
        "reserved": min(reserved, total),
        "min_unit": 1,
        "max_unit": total,
        "step_size": 1,
        "allocation_ratio": ratio,
    }


def _disk_inventory(pool: Pool, reserved: int, ratio: float) -> dict[str, Any]:
    """Return the record of a pool: what others use is reserved, at least ``reserved`` GiB."""
    others = 0 if pool.guests_bytes is None else pool.used_bytes - pool.guests_bytes
    return _inventory(pool.total_bytes // units.Gi, max(reserved, -(-others // units.Gi)), ratio)
