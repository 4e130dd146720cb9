# SPDX-License-Identifier: Apache-2.0
"""Names: an instance's node on the management node, and its userid on z/VM.

Both follow from the instance alone, so that a repeated spawn or destroy finds the same. Only where somebody
in the cluster has that userid already another one is taken, and kept in the instance's system metadata.
"""

from __future__ import annotations

import base64
import hashlib
import re

from nova import exception, objects

from zvm.directory import names

#: xCAT reads brackets, commas and a few more as operators of a node range; of these characters it does not.
_NODE = re.compile(r"[a-z][a-z0-9_-]{0,62}\Z")
#: Userids of z/VM itself, its products and its operators. None of them is ever chosen for a guest; an entry
#: without our mark is refused by the management node whatever its name.
_PROTECTED = re.compile(
    r"(MAINT.*|OPER.*|TCP.*|DIR.*|DATAMOVE|DATAMOV.|VSMGUARD|VSMWORK.*|VSMREQ.*|VSMEVSRV|VSMPROXY|DTC.*|LOHCOST|"
    r"PERFSVM|RACF.*|RSCS.*|PVM.*|SYS.*|SSL.*|FTPSERVE|AUTOLOG.*|DISKACNT|EREP|PMAINT|GCS.*|VMSERV.|ZHCP.*|XCAT.*|"
    r"MONWRITE|OSASF|ADMIN.*|BLDSEG|CMS.*|CP.*|GOLD.*|ZVMGOLD|ALL|NOLOG)\Z"
)

#: Where a userid is kept that does not follow from the instance.
_KEPT = "zvm_userid"


def node_name(instance: objects.Instance) -> str:
    """Return the name of the instance's node: its Nova name where xCAT can take it, else its uuid."""
    return instance.name if _NODE.match(instance.name) else instance.uuid


def userid(instance: objects.Instance) -> str:
    """Return the userid for the instance.

    That is its Nova name (made by ``instance_name_template = ibm%04x``, say) where that is a userid and not
    one of the system's, else ``Z`` and seven characters that follow from its uuid, or what
    :func:`take_another` has chosen.
    """
    if kept := _system_metadata(instance).get(_KEPT):
        return str(kept)
    try:
        wanted = names.userid(instance.name)
    except names.InvalidName:
        return _generated(instance.uuid)
    return _generated(instance.uuid) if is_protected(wanted) else wanted


def take_another(instance: objects.Instance) -> bool:
    """Choose another userid for the instance, whose own is somebody else's; the caller has to save it.

    :return: False: its userid is its name, which is not ours to change.
    """
    taken = userid(instance)
    if taken == instance.name.upper():
        return False
    keep(instance, _generated(f"{instance.uuid}{taken}"))
    return True


def keep(instance: objects.Instance, userid: str) -> None:
    """Let the instance have a userid that does not follow from it; the caller has to save it."""
    instance.system_metadata = {**_system_metadata(instance), _KEPT: userid}


def _system_metadata(instance: objects.Instance) -> dict[str, str]:
    try:
        return getattr(instance, "system_metadata", None) or {}
    except exception.OrphanedObjectError:  # a record that was never stored keeps nothing
        return {}


def is_protected(userid: str) -> bool:
    """Return whether ``userid`` is one that z/VM or its service machines use."""
    return bool(_PROTECTED.match(userid))


def _generated(seed: str) -> str:
    digest = hashlib.sha256(seed.encode("ascii")).digest()
    return "Z" + base64.b32encode(digest).decode("ascii")[:7]
