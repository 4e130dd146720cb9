# SPDX-License-Identifier: Apache-2.0
"""Live migration: CP relocates the running guest (VMRELOCATE), Nova's record follows.

Between hosts Nova passes a registered ``LiveMigrateData`` object, and what a driver brings of its own is not
known to conductors. ``VMwareLiveMigrateData`` is used, since nothing in Nova looks into it, unlike libvirt's;
``cluster_name`` is the node name of the destination's z/VM system, ``datastore_regex`` is empty.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nova import context as nova_context
from nova import exception, objects
from nova.i18n import _
from nova.objects import migrate_data as migrate_data_objects
from oslo_log import log as logging
from oslo_utils import units

from zvm.nova import exceptions, naming
from zvm.nova.session import Session
from zvm.xcat.records import Relocation

LOG = logging.getLogger(__name__)

#: Seconds between two looks at a relocation, at first and at most.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 2.0
#: Seconds for which a relocation whose begin was not seen may yet begin.
_GRACE = 15.0
_PASS = re.compile(r"Pass (\d+)")

PostMethod = Callable[..., None]
RecoverMethod = Callable[..., None]


class Cancelled(exception.NovaException):
    """The relocation was ended as the user wanted it; the guest is where it was."""

    msg_fmt = _("The live migration of guest %(userid)s was aborted")


@dataclass
class _Move:
    """A live migration that runs in this process, and what the user has said about it meanwhile."""

    aborted: bool = False
    forced: bool = False


class LiveMigrations:
    """Live migrations of the guests behind ``session``. Thread-safe."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._options = session.conf.zvm_xcat
        self._moves: dict[str, _Move] = {}
        self._stopping = threading.Event()
        self._changed = threading.Condition()

    def stop(self, timeout: float = 10.0) -> None:
        """Cancel what still moves, so that Nova's record is right when the service is gone.

        :param timeout: seconds that it may take.
        """
        self._stopping.set()
        with self._changed:
            self._changed.wait_for(lambda: not self._moves, timeout)

    # before

    def check_destination(self, instance: objects.Instance, *, block_migration: bool) -> Any:
        """Return what the source has to know; called on the destination.

        :param block_migration: disks were to be copied.
        :raises MigrationPreCheckError: that is not possible.
        """
        if block_migration:
            raise exception.MigrationPreCheckError(
                reason=_("the members of a cluster share their DASD, so there are no disks to migrate")
            )
        return migrate_data_objects.VMwareLiveMigrateData(
            cluster_name=self._session.host, datastore_regex="", is_volume_backed=False
        )

    def check_source(self, instance: objects.Instance, data: Any) -> Any:
        """Return ``data`` if CP would relocate the guest now; called on the source.

        :raises MigrationPreCheckError: it would not; the text has all of CP's reasons.
        """
        try:
            self._session.test_relocation(naming.node_name(instance), system_of(data))
        except exception.NovaException as problem:
            raise exception.MigrationPreCheckError(reason=str(problem)) from problem
        return data

    # the migration

    def run(
        self,
        context: nova_context.RequestContext,
        instance: objects.Instance,
        dest: str,
        post_method: PostMethod,
        recover_method: RecoverMethod,
        block_migration: bool,
        data: Any,
    ) -> None:
        """Relocate the guest and call ``post_method`` or ``recover_method``, one of them and once.

        Ends when the guest is known to be on the destination, or known not to go there any more. While
        nobody can say that, it waits, for at most ``relocation_silence`` seconds.
        """
        move = self._moves.setdefault(instance.uuid, _Move())
        try:
            self._relocate(context, instance, dest, data, move)
        except Cancelled as problem:
            LOG.info("%s", problem, instance=instance)
            recover_method(context, instance, dest, migrate_data=data, migration_status="cancelled")
        except Exception as problem:
            LOG.error("Live migration to %s failed: %s", dest, problem, instance=instance)
            recover_method(context, instance, dest, migrate_data=data)
        else:
            post_method(context, instance, dest, block_migration, data)
        finally:
            with self._changed:
                self._moves.pop(instance.uuid, None)
                self._changed.notify_all()

    def _relocate(
        self,
        context: nova_context.RequestContext,
        instance: objects.Instance,
        dest: str,
        data: Any,
        move: _Move,
    ) -> None:
        """Return when the guest is on the destination.

        :raises Cancelled: it stays here since the user wants it so.
        :raises NovaException: it stays here, or it is not known where it is.
        """
        node, userid = naming.node_name(instance), naming.userid(instance)
        system = system_of(data) or _system_of_service(context, dest)
        if move.aborted:
            raise Cancelled(userid=userid)
        found = self._start(instance, node, system, move)
        progress = _Progress(instance, data)
        seen, pause = False, _FIRST_PAUSE
        begun = silent_since = time.monotonic()
        while True:
            now = time.monotonic()
            if found is not None:
                silent_since = now
                if found.host == system and found.where == "on":
                    return
                if found.state == "moving":
                    seen = True
                    progress.show(found)
                    if move.aborted or self._stopping.is_set():
                        self._cancel(instance)
                elif seen or move.aborted or now > begun + _GRACE:
                    if move.aborted:
                        raise Cancelled(userid=userid)
                    raise exception.MigrationError(reason=_why_not(found, userid, system))
            if now > silent_since + self._options.relocation_silence:
                raise exception.MigrationError(
                    reason=_("for %(seconds)d s nobody could say where guest %(userid)s is")
                    % {"seconds": self._options.relocation_silence, "userid": userid}
                )
            time.sleep(pause)
            pause = min(1.5 * pause, _LONGEST_PAUSE)
            found = self._look(instance, node)

    def _start(self, instance: objects.Instance, node: str, system: str, move: _Move) -> Relocation | None:
        """Begin the relocation; None: whether it has begun is not known.

        :raises Refused: CP does not.
        :raises Unreachable: it could not be asked.
        """
        try:
            return self._session.relocate(node, system, immediate=False, **self._limits(move))
        except (exceptions.Refused, exceptions.Unreachable):
            raise
        except exception.NovaException as problem:
            LOG.warning("Whether the guest moves has to be found out: %s", problem, instance=instance)
            return None

    def _look(self, instance: objects.Instance, node: str) -> Relocation | None:
        """Return the state of the relocation, None when it cannot be told.

        :raises NotInTables: there is no such guest any more.
        """
        try:
            found = self._session.relocation(node)
        except exceptions.NotInTables:
            raise
        except exception.NovaException as problem:
            LOG.warning("The live migration cannot be looked at: %s", problem, instance=instance)
            return None
        return found if found.state != "unknown" else None

    def _cancel(self, instance: objects.Instance) -> None:
        """Cancel the relocation; when that fails, the next look leads here again."""
        try:
            self._session.cancel_relocation(naming.node_name(instance))
        except exception.NovaException as problem:
            LOG.warning("The live migration is not cancelled yet: %s", problem, instance=instance)

    def _limits(self, move: _Move) -> dict[str, int | None]:
        """Return the limits for CP; without a limit of the quiesce CP would take its own default."""
        if move.forced:
            return {"max_total": None, "max_quiesce": _NO_LIMIT}
        return {
            "max_total": self._options.relocation_max_total or None,
            "max_quiesce": self._options.relocation_max_quiesce or _NO_LIMIT,
        }

    # meanwhile

    def force_complete(self, instance: objects.Instance) -> None:
        """Take all limits off, so that CP finishes however long the guest has to stand still."""
        if move := self._moves.get(instance.uuid):
            move.forced = True
        if not self._session.modify_relocation(naming.node_name(instance), None, None):
            LOG.info("There is no relocation (any more) to be forced", instance=instance)

    def abort(self, instance: objects.Instance) -> None:
        """End the relocation; the guest stays where it is, unless it has arrived already."""
        if move := self._moves.get(instance.uuid):
            move.aborted = True
        if not self._session.cancel_relocation(naming.node_name(instance)):
            LOG.info("There is no relocation (any more) to be aborted", instance=instance)


#: Seconds that mean no limit where CP has one of its own: more than three years.
_NO_LIMIT = 99999999


class _Progress:
    """What Nova shows of a live migration: CP tells the pass over the memory, no octets.

    Each pass is taken to move half of what the ones before left.
    """

    def __init__(self, instance: objects.Instance, data: Any) -> None:
        self._instance = instance
        self._migration = data.migration if data is not None and "migration" in data else None
        self._total = instance.flavor.memory_mb * units.Mi
        self._shown = ""

    def show(self, found: Relocation) -> None:
        """Write down how far the relocation is, when that has changed."""
        if found.status == self._shown or self._migration is None:
            return
        self._shown = found.status
        match = _PASS.search(found.status)
        done = 1 - 0.5 ** int(match[1]) if match else 0.95
        migration = self._migration
        migration.memory_total = self._total
        migration.memory_processed = int(self._total * done)
        migration.memory_remaining = self._total - migration.memory_processed
        LOG.info("Live migration: %s", found.status, instance=self._instance)
        try:
            migration.save()
            self._instance.progress = round(100 * done)
            self._instance.save()
        except Exception as problem:  # the relocation goes on, whoever may know how far it is
            LOG.warning("Progress is not written down: %s", problem, instance=self._instance)


def system_of(data: Any) -> str:
    """Return the destination's z/VM system, as the destination wrote it down."""
    return str(data.cluster_name) if data is not None and "cluster_name" in data else ""


def _system_of_service(context: nova_context.RequestContext, dest: str) -> str:
    """Return the z/VM system of a compute service."""
    node = objects.ComputeNode.get_first_node_by_host_for_old_compat(context, dest)
    return str(node.hypervisor_hostname)


def _why_not(found: Relocation, userid: str, system: str) -> str:
    if found.where == "off":
        return _("guest %s went off before it had moved") % userid
    return _(
        "CP ended the relocation of guest %(userid)s to %(system)s: it was cancelled, or would have exceeded "
        "relocation_max_total or relocation_max_quiesce; the guest runs on %(host)s"
    ) % {"userid": userid, "system": system, "host": found.host}
