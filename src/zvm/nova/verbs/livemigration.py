# SPDX-License-Identifier: Apache-2.0
"""Verbs of live migration."""

from __future__ import annotations

from zvm.nova import livemigration
from zvm.nova.livemigration import LiveMigrations
from zvm.nova.session import Session
from zvm.nova.vifs import Vifs
from zvm.nova.volumes.attachments import Attachments


class LiveMigrationVerbs:
    """Guests move, running, between the z/VM systems of one cluster."""

    _session: Session
    _vifs: Vifs
    _attachments: Attachments
    _live_migrations: LiveMigrations

    def check_can_live_migrate_destination(
        self,
        context,
        instance,
        src_compute_info,
        dst_compute_info,
        block_migration=False,
        disk_over_commit=False,
    ):
        """Say, on the destination, which z/VM system it is."""
        return self._live_migrations.check_destination(instance, block_migration=block_migration)

    def cleanup_live_migration_destination_check(self, context, dest_check_data):
        """Do nothing: the check leaves nothing behind."""

    def check_can_live_migrate_source(self, context, instance, dest_check_data, block_device_info=None):
        """Ask CP, on the source, whether it would relocate the guest."""
        destination = livemigration.system_of(dest_check_data)
        self._attachments.check_live_migration(instance, block_device_info, destination)
        return self._live_migrations.check_source(instance, dest_check_data)

    def pre_live_migration(self, context, instance, block_device_info, network_info, disk_info, migrate_data):
        """See that the guest will go on with its volumes; all else is shared or comes with it."""
        attachments = migrate_data.old_vol_attachment_ids if migrate_data else {}
        self._attachments.check_arrival(context, block_device_info, attachments)
        return migrate_data

    def live_migration(
        self,
        context,
        instance,
        dest,
        post_method,
        recover_method,
        block_migration=False,
        migrate_data=None,
    ):
        """Relocate the guest; Nova calls this in a thread of its own.

        Its consoles end first: what carries them is a connection of this z/VM system to the guest.
        """
        self._end_consoles(instance)
        self._live_migrations.run(
            context, instance, dest, post_method, recover_method, block_migration, migrate_data
        )

    def live_migration_force_complete(self, instance):
        """Take the limits off a relocation."""
        self._live_migrations.force_complete(instance)

    def live_migration_abort(self, instance):
        """Cancel a relocation."""
        self._live_migrations.abort(instance)

    def rollback_live_migration_at_destination(
        self,
        context,
        instance,
        network_info,
        block_device_info,
        destroy_disks=True,
        migrate_data=None,
    ):
        """Do nothing: a relocation that failed leaves nothing on its destination."""

    def rollback_live_migration_at_source(self, context, instance, migrate_data):
        """Do nothing: the guest has kept its cards."""

    def post_live_migration(self, context, instance, block_device_info, migrate_data=None):
        """Do nothing: CP has taken everything along."""

    def post_live_migration_at_source(self, context, instance, network_info):
        """Forget the guest: its cards went with it. End consoles that were opened meanwhile."""
        self._end_consoles(instance)
        self._session.expire_all()

    def post_live_migration_at_destination(
        self, context, instance, network_info, block_migration=False, block_device_info=None
    ):
        """See that the cards are coupled to the virtual switches here, and where the volumes are."""
        self._session.expire_all()
        self._vifs.plug(instance, network_info)
        self._attachments.arrived(instance, block_device_info)
