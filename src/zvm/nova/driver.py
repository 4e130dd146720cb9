# SPDX-License-Identifier: Apache-2.0
"""Nova's compute driver for z/VM: one thin method per verb of Nova's contract.

What is not here raises NotImplementedError from the base class, which Nova tells the user as "not supported".
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import nova.conf
from nova.compute import task_states
from nova.i18n import _
from nova.virt import driver
from oslo_log import log as logging

from zvm.nova import adopted, device_metadata, options
from zvm.nova.adoption import Adoption
from zvm.nova.diagnostics import GuestDiagnostics
from zvm.nova.disks import Disks
from zvm.nova.evacuation import Evacuation
from zvm.nova.genuine import features
from zvm.nova.host import Host
from zvm.nova.host_statistics import HostStatistics
from zvm.nova.images import Images
from zvm.nova.lifecycle import Lifecycle
from zvm.nova.livemigration import LiveMigrations
from zvm.nova.maintenance import Maintenance
from zvm.nova.moved import Moved
from zvm.nova.patience import asked_for, patient
from zvm.nova.power import Power
from zvm.nova.rebuild import Rebuild
from zvm.nova.repair import Repair
from zvm.nova.rescue import Rescue
from zvm.nova.resize import Resizer
from zvm.nova.serial_console import SerialConsoles
from zvm.nova.session import Session
from zvm.nova.snapshots import Snapshots
from zvm.nova.verbs.consoles import ConsoleVerbs
from zvm.nova.verbs.diagnosis import DiagnosisVerbs
from zvm.nova.verbs.disks import DiskVerbs
from zvm.nova.verbs.evacuation import EvacuationVerbs
from zvm.nova.verbs.guest_services import GuestVerbs
from zvm.nova.verbs.images import ImageVerbs
from zvm.nova.verbs.lifecycle import LifecycleVerbs
from zvm.nova.verbs.livemigration import LiveMigrationVerbs
from zvm.nova.verbs.maintenance import MaintenanceVerbs
from zvm.nova.verbs.rebuild import RebuildVerbs
from zvm.nova.verbs.rescue import RescueVerbs
from zvm.nova.verbs.resize import ResizeVerbs
from zvm.nova.verbs.suspension import SuspensionVerbs
from zvm.nova.verbs.volumes import VolumeVerbs
from zvm.nova.vifs import Vifs
from zvm.nova.vmops import VMOps
from zvm.nova.vnc.consoles import VncConsoles
from zvm.nova.volumes.attachments import Attachments

LOG = logging.getLogger(__name__)
CONF = nova.conf.CONF
options.register(CONF)
options.adjust(CONF)


@patient
class ZVMDriver(
    ConsoleVerbs,
    DiagnosisVerbs,
    DiskVerbs,
    EvacuationVerbs,
    GuestVerbs,
    ImageVerbs,
    LifecycleVerbs,
    LiveMigrationVerbs,
    MaintenanceVerbs,
    ResizeVerbs,
    RebuildVerbs,
    RescueVerbs,
    SuspensionVerbs,
    VolumeVerbs,
    driver.ComputeDriver,
):
    """The guests of one z/VM system, by way of an xCAT-compatible management node."""

    capabilities = {
        **driver.ComputeDriver.capabilities,
        "has_imagecache": True,
        "supports_attach_interface": True,
        "supports_evacuate": True,
        "supports_device_tagging": True,
        "supports_tagged_attach_interface": True,
        "supports_tagged_attach_volume": True,
        "supports_extend_volume": True,
        "supports_multiattach": True,
        "supports_trusted_certs": True,
        "supports_bfv_rescue": True,
        "supports_image_type_raw": True,
        "supports_image_type_qcow2": True,
    }

    def __init__(self, virtapi: Any) -> None:
        super().__init__(virtapi)
        self._session = Session(CONF)
        self._host = Host(self._session, CONF)
        self._host_statistics = HostStatistics(self._session, self._host)
        self._power = Power(self._session)
        self._diagnostics = GuestDiagnostics(self._session, self._host, self._power)
        self._vifs = Vifs(self._session)
        self._snapshots = Snapshots(self._session)
        self._images = Images(self._session)
        self._serial_consoles = SerialConsoles(self._session, CONF)
        self._vnc_consoles = VncConsoles(self._session, CONF)
        self._live_migrations = LiveMigrations(self._session)
        self._maintenance = Maintenance(self._session, virtapi)
        self._lifecycle = Lifecycle(self._session, Moved(self._session), self.emit_event)
        self._attachments = Attachments(self._session)
        self._evacuation = Evacuation(self._session, self._power, self._attachments)
        disks = Disks(self._session, self._host)
        self._repair = Repair(self._session, disks, self._vifs, self._attachments)
        self._rescue = Rescue(self._session, disks, self._power, self._repair, self._attachments)
        self._rebuild = Rebuild(
            self._session, self._host, disks, self._power, self._repair, self._attachments, virtapi
        )
        adoption = Adoption(self._session, self._host, self._power, self._lifecycle.tell_off)
        self._vmops = VMOps(self._session, self._host, self._power, self._attachments, adoption, virtapi)
        self._resizer = Resizer(self._session, self._host, self._power, self._attachments, virtapi)

    # the service and its host

    def init_host(self, host):
        """Check the management node and all that a spawn relies on; say what is missing and end."""
        options.log_without_effect(CONF)
        self._session.service = host
        problem: Exception | None = None
        try:
            self._host.check()
        except Exception as found:
            problem = found
        # Logged here, since inside an exception handler oslo.log adds the exception to the line once more.
        if problem is not None:
            LOG.error("z/VM host %s cannot be driven: %s", self._session.host, problem)
            raise problem
        if self._session.is_genuine_xcat:
            self.capabilities = {**self.capabilities, **features.CAPABILITIES}
        self._attachments.reap()
        LOG.info("Driving z/VM host %s by %s", self._session.host, self._session)

    def cleanup_host(self, host):
        """Let live migrations come to an end and close the connections."""
        self._lifecycle.stop()
        self._live_migrations.stop()
        self._serial_consoles.close_all()
        self._vnc_consoles.close_all()
        self._session.close()

    def process_instances_at_startup(self, context, instances):
        """Return all of them; what Nova asks about each from here on costs one call together.

        It ends with Nova's first look at the resources, which follows when all instances are done.
        """
        self._session.start()
        return instances

    def get_available_nodes(self, refresh=False):
        """Return the one node; its name is an option.

        :raises Unreachable: z/VM cannot be asked. Nova tells it in one line and leaves its periodic update of
            resources out, where it would log a traceback otherwise.
        """
        self._session.started()
        self._host.resources()  # Nova asks for them next, and shares the answer
        return [self._session.host]

    def node_is_available(self, nodename):
        """Return whether it is the one node: a build in an outage is to fail with its reason, not here."""
        return nodename == self._session.host

    def get_available_resource(self, nodename):
        """Return the resources of the z/VM system."""
        return self._host.resources()

    def update_provider_tree(self, provider_tree, nodename, allocations=None):
        """Tell Placement the processors, memory, disk pools and traits of the z/VM system."""
        self._host.update_provider_tree(provider_tree, nodename, self)

    def get_host_ip_addr(self):
        """Return this host's address."""
        return CONF.my_ip

    def get_host_uptime(self):
        """Return how long z/VM runs, in the form of uptime(1)."""
        return self._host.uptime()

    def get_host_cpu_stats(self):
        """Return what the processors of z/VM have done since this was asked first."""
        return self._host_statistics.cpu()

    def set_host_enabled(self, enabled):
        """Return the word for it; Nova keeps new instances away by itself."""
        return "enabled" if enabled else "disabled"

    # the guests

    def list_instances(self):
        """Return the names of our guests' nodes, which are the instances' names."""
        return [guest.node for guest in self._session.ours(fresh=True)]

    def list_instance_uuids(self):
        """Return the uuids of our guests; guests without our mark are none of ours."""
        return [guest.uuid for guest in self._session.ours(fresh=True)]

    def instance_exists(self, instance):
        """Return whether the guest exists."""
        return self._vmops.exists(instance)

    def get_info(self, instance, use_cache=True):
        """Return the state of the guest; what somebody asked for waits for a node that restarts."""
        with self._session.patient() if asked_for(instance) else nullcontext():
            return self._power.info(instance, use_cache=use_cache)

    def get_instance_disk_info(self, instance, block_device_info=None):
        """Return that no disk has to be copied: members of a cluster share their DASD."""
        return "[]"

    # build and delete

    def spawn(
        self,
        context,
        instance,
        image_meta,
        injected_files,
        admin_password,
        allocations,
        network_info=None,
        block_device_info=None,
        power_on=True,
        accel_info=None,
    ):
        """Make a guest; a failed spawn leaves nothing behind and its fault tells why."""
        self._vmops.spawn(
            context,
            instance,
            image_meta,
            injected_files,
            admin_password,
            allocations,
            network_info,
            block_device_info,
            power_on=power_on,
        )

    def failed_spawn_cleanup(self, instance):
        """Remove what was made for the volumes of an instance that was never spawned."""
        self._vmops.destroy(instance)

    def destroy(
        self,
        context,
        instance,
        network_info,
        block_device_info=None,
        destroy_disks=True,
        destroy_secrets=True,
    ):
        """Remove the guest, whatever there is of it; in a revert it is the one that goes back."""
        self._end_consoles(instance)
        if instance.task_state == task_states.RESIZE_REVERTING:
            self._vmops.send_back(instance, block_device_info)
            return
        self._vmops.destroy(instance, destroy_disks=destroy_disks)

    def cleanup(
        self,
        context,
        instance,
        network_info,
        block_device_info=None,
        destroy_disks=True,
        migrate_data=None,
        destroy_vifs=True,
        destroy_secrets=True,
    ):
        """Remove what :meth:`destroy` with ``destroy_disks=False`` left."""
        if destroy_disks:
            self._vmops.destroy(instance)
        elif destroy_vifs:
            self._vifs.unplug(instance, network_info)

    # power

    def power_on(
        self,
        context,
        instance,
        network_info,
        block_device_info=None,
        accel_info=None,
        share_info=None,
    ):
        """Log the guest on, its directory entry as Nova has it; one that is on stays as it is."""
        self._start(instance, network_info, block_device_info)

    def _start(self, instance, network_info, block_device_info):
        self._resizer.bring_here(instance)
        if self._power.is_off(instance):
            self._repair.before_logon(instance, network_info, block_device_info)
        self._power.on(instance)
        self._vifs.plug(instance, network_info)
        self._attachments.after_logon(instance, block_device_info)

    def power_off(self, instance, timeout=0, retry_interval=0):
        """Shut the guest down within ``timeout`` seconds, or force it.

        :raises Refused: it was adopted, and is to be off for a rescue that cannot be.
        """
        if instance.task_state == task_states.RESCUING:
            adopted.check_changeable(instance, _("Rescue"))
        self._power.off(instance, timeout, retry_interval)
        self._end_consoles(instance)

    def reboot(
        self,
        context,
        instance,
        network_info,
        reboot_type,
        block_device_info=None,
        bad_volumes_callback=None,
        accel_info=None,
        share_info=None,
    ):
        """Restart the guest, softly or by force, its directory entry as Nova has it."""
        self._resizer.bring_here(instance)
        self._power.off_for_reboot(instance, hard=reboot_type == "HARD")
        self._start(instance, network_info, block_device_info)

    def pause(self, instance):
        """Stop the guest's processors."""
        self._power.pause(instance)

    def unpause(self, instance):
        """Let the guest's processors run."""
        self._power.unpause(instance)

    def resume_state_on_host_boot(self, context, instance, network_info, share_info, block_device_info=None):
        """Log the guest on after z/VM was started; one that is on stays as it is."""
        self._start(instance, network_info, block_device_info)

    def poll_rebooting_instances(self, timeout, instances):
        """Do nothing: a soft reboot is ended by force, after ``timeout`` at the latest."""

    # network

    def plug_vifs(self, instance, network_info):
        """Couple what is not coupled."""
        self._vifs.plug(instance, network_info)

    def unplug_vifs(self, instance, network_info):
        """Uncouple what is coupled."""
        self._vifs.unplug(instance, network_info)

    def attach_interface(self, context, instance, image_meta, vif):
        """Give the guest a network card, at once when it is on, and its addresses by the agent."""
        self._vifs.attach(instance, vif)
        device_metadata.update(context, instance, [*(instance.get_network_info() or ()), vif])
        instance.save()

    def detach_interface(self, context, instance, vif):
        """Take a network card from the guest."""
        self._vifs.detach(instance, vif)
        left = [other for other in instance.get_network_info() or () if other["id"] != vif["id"]]
        device_metadata.update(context, instance, left)
        instance.save()

    # images

    def snapshot(self, context, instance, image_id, update_task_state):
        """Store the root disk as an image."""
        self._snapshots.take(context, instance, image_id, update_task_state)
