# SPDX-License-Identifier: Apache-2.0
"""A server becomes a guest that exists, in place of one that is built; and the guest is let go again.

No disk is written, the directory entry stays as it is, and a guest that runs goes on running. One that is off
stays off, which Nova hears once the server is there; but a server that comes back from shelving is started.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from nova import context as nova_context
from nova import exception, objects
from nova.compute import vm_states
from nova.i18n import _
from oslo_log import log as logging

from zvm.nova import adopted, device_metadata, disks, exceptions, naming, network
from zvm.nova.host import Host
from zvm.nova.power import Power
from zvm.nova.session import Session
from zvm.nova.volumes import volume as volumes
from zvm.xcat.adoptions import AdoptionWanted
from zvm.xcat.records import Guest

LOG = logging.getLogger(__name__)


class Adoption:
    """Adopts guests of the host behind ``session`` and lets them go. Thread-safe; each may be repeated.

    :param tell_off: tells Nova, once it has the server, that the guest of this uuid is off.
    """

    def __init__(self, session: Session, host: Host, power: Power, tell_off: Callable[[str], None]) -> None:
        self._session = session
        self._host = host
        self._power = power
        self._tell_off = tell_off

    def spawn(
        self,
        context: nova_context.RequestContext,
        instance: objects.Instance,
        injected_files: Sequence[tuple[str, bytes]],
        allocations: dict[str, Any] | None,
        network_info: network.NetworkInfo | None,
        block_device_info: dict[str, Any] | None,
        *,
        power_on: bool,
    ) -> None:
        """Let the instance be the guest that its flavor names.

        :raises BuildAbortException: it is not what flavor and ports say, or somebody else's; nothing is left.
        """
        try:
            userid = adopted.userid(instance)
            _check_request(instance, injected_files, block_device_info)
            nics = network.nic_specs(self._session.conf, network_info)
            network.check_macs(nics, self._session.mac_prefix() if nics else "")
            device_metadata.update(context, instance, network_info)
            naming.keep(instance, userid)
            instance.save()
            self._adopt_and_start(
                instance, self._wanted(instance, userid, nics, allocations), power_on=power_on
            )
        except (exception.InstanceNotFound, exception.UnexpectedDeletingTaskStateError):
            raise
        except Exception as problem:
            LOG.error("Adoption failed: %s", problem, instance=instance)
            raise exception.BuildAbortException(instance_uuid=instance.uuid, reason=str(problem)) from problem

    def _wanted(
        self,
        instance: objects.Instance,
        userid: str,
        nics: list[network.NicSpec],
        allocations: dict[str, Any] | None,
    ) -> AdoptionWanted:
        cards = []
        for nic in nics:
            vlan = {} if nic.vlan is None else {"vlan": nic.vlan}
            cards.append({"vswitch": nic.vswitch, "mac": nic.mac, "port": nic.port, **vlan})
        return AdoptionWanted(
            userid,
            instance.uuid,
            self._session.host,
            instance.flavor.vcpus,
            instance.flavor.memory_mb,
            instance.flavor.root_gb,
            self._host.pool_for(allocations),
            cards,
        )

    def _adopt_and_start(self, instance: objects.Instance, wanted: AdoptionWanted, *, power_on: bool) -> None:
        try:
            guest = self._adopt(instance, wanted)
            LOG.info("Guest %s, %s, is adopted", guest.userid, guest.state, instance=instance)
            if guest.state != "off" or not power_on:
                return
            if instance.vm_state == vm_states.BUILDING:
                self._tell_off(instance.uuid)
            else:
                self._power.on(instance)
        except BaseException:
            with suppress(exception.NovaException):  # what made it fail is what matters
                self._session.release(naming.node_name(instance), instance.uuid)
            raise

    def _adopt(self, instance: objects.Instance, wanted: AdoptionWanted) -> Guest:
        node = naming.node_name(instance)
        try:
            try:
                return self._session.adopt(node, wanted)
            except exceptions.OutcomeUnknown as problem:
                LOG.info("%s; asked again", problem, instance=instance)
                return self._session.adopt(node, wanted)
        except exceptions.Refused as no:
            what = _("Adoption of %s") % wanted.userid
            raise exceptions.Refused(what, no.reason, no.rc, no.rs, no.next_step) from no

    def release(self, instance: objects.Instance) -> None:
        """Let the guest go, which stays as it is; remove it if the server is deleted and its flavor says so.

        A guest that was never adopted, or is gone, does no harm.
        """
        purge = adopted.is_to_be_purged(instance)
        if purge:
            LOG.warning("Guest %s is removed, as its flavor says", naming.userid(instance), instance=instance)
        try:
            self._session.release(naming.node_name(instance), instance.uuid, purge=purge)
        except exceptions.NotInTables:
            return
        except exceptions.Refused as problem:
            if self._session.find(instance.uuid, fresh=True) is not None:
                raise
            # Somebody else's node under our name, for which the adoption was refused.
            LOG.warning("Left alone: %s", problem, instance=instance)


def _check_request(
    instance: objects.Instance,
    injected_files: Sequence[tuple[str, bytes]],
    block_device_info: dict[str, Any] | None,
) -> None:
    """Check that nothing is asked for that would have to be put into the guest.

    :raises InvalidInput: something is.
    """
    found = {
        _("volumes"): any(volumes.mapped(block_device_info)),
        _("ephemeral disks or swap"): bool(disks.further(block_device_info)),
        _("user data"): bool(instance.user_data),
        _("a key pair"): bool(instance.key_name),
        _("files"): bool(injected_files),
    }
    if unwanted := [what for what, given in found.items() if given]:
        raise exception.InvalidInput(
            reason=_("a guest that is adopted stays as it is: create the server without %s")
            % ", ".join(unwanted)
        )
