# SPDX-License-Identifier: Apache-2.0
"""Which instances are guests that were there before: a flavor's extra specs say so, kept with the instance.

======================  ==========================================================================
extra spec              value
======================  ==========================================================================
``zvm:adopt``           userid of the guest that a server of this flavor becomes
``zvm:adopt_delete``    ``keep``, the default: deleting the server leaves the guest as it is;
                        ``purge``: it removes the guest with its disks and its directory entry
======================  ==========================================================================

Flavors are the administrator's, so no user can reach for a guest. Such a guest is switched on and off and
looked at; nothing of it is changed.
"""

from __future__ import annotations

from collections.abc import Mapping

from nova import exception, objects
from nova.compute import task_states, vm_states
from nova.i18n import _

from zvm.directory import names
from zvm.nova import exceptions, naming

ADOPT, DELETE = "zvm:adopt", "zvm:adopt_delete"
_KEEP, _PURGE = "keep", "purge"
#: Beginnings of extra specs that say how a guest is to be.
_CHANGES = ("zvm:", "quota:disk_")


def is_adopted(instance: objects.Instance) -> bool:
    """Return whether the instance's guest was there before it."""
    return ADOPT in _extra_specs(instance)


def userid(instance: objects.Instance) -> str:
    """Return the userid of the guest that the instance's flavor adopts.

    :raises InvalidInput: a value breaks its rule, or an extra spec wants the guest changed.
    """
    specs = _extra_specs(instance)
    if further := sorted(key for key in specs if key.startswith(_CHANGES) and key not in (ADOPT, DELETE)):
        raise exception.InvalidInput(
            reason=_(
                "extra spec %(key)s of the flavor has no place beside %(adopt)s: nothing of the guest is "
                "changed"
            )
            % {"key": further[0], "adopt": ADOPT}
        )
    if (then := specs.get(DELETE, _KEEP)) not in (_KEEP, _PURGE):
        raise exception.InvalidInput(
            reason=_("extra spec %(key)s of the flavor is '%(value)s', not keep or purge")
            % {"key": DELETE, "value": then}
        )
    try:
        wanted = names.userid(specs[ADOPT])
    except names.InvalidName as problem:
        raise exception.InvalidInput(
            reason=_("extra spec %(key)s of the flavor: %(problem)s") % {"key": ADOPT, "problem": problem}
        ) from problem
    if naming.is_protected(wanted):
        raise exception.InvalidInput(
            reason=_(
                "extra spec %(key)s of the flavor: %(userid)s is a userid of z/VM or its service machines"
            )
            % {"key": ADOPT, "userid": wanted}
        )
    return wanted


def is_to_be_purged(instance: objects.Instance) -> bool:
    """Return whether the guest goes with its server: a user deletes it, and its flavor says so."""
    deleting = (
        instance.task_state == task_states.DELETING
        or instance.vm_state in (vm_states.SOFT_DELETED, vm_states.DELETED)
        or bool(instance.deleted)
    )
    return deleting and _extra_specs(instance).get(DELETE) == _PURGE


def check_changeable(instance: objects.Instance, what: str) -> None:
    """Check that ``what`` may be done with the instance's guest.

    :raises Refused: it was adopted.
    """
    if is_adopted(instance):
        raise refusal(what, instance)


def refusal(what: str, instance: objects.Instance) -> exceptions.Refused:
    """Return why ``what`` cannot be done with an adopted guest."""
    return exceptions.Refused(
        what,
        _("guest %s was adopted, and nothing of it is changed") % naming.userid(instance),
        next_step=_(
            "change it by z/VM's own means; to give it another size, delete the server, which leaves the "
            "guest as it is, and adopt it anew"
        ),
    )


def _extra_specs(instance: objects.Instance) -> Mapping[str, str]:
    try:
        return instance.flavor.extra_specs or {}
    except (
        AttributeError,
        NotImplementedError,
        exception.OrphanedObjectError,
        exception.ObjectActionError,
    ):
        return {}  # a record that was never stored, or whose flavor was stored without them
