# SPDX-License-Identifier: Apache-2.0
"""Volumes of an encrypted type: the guest opens them by dm-crypt, the key comes from Nova's key manager.

z/VM has no layer below the guest that could encrypt. So the guest's own kernel has the key while a volume is
open, as its administrator could read it; what is protected is the data on its way to the storage server and
there. The format is the one that os-brick makes on other hypervisors, and a volume moves between them.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from typing import Any

from castellan import key_manager
from nova import context as nova_context
from nova import exception, objects
from nova.i18n import _
from nova.volume import cinder
from os_brick import encryptors
from oslo_log import log as logging

from zvm.nova import exceptions, naming
from zvm.nova.session import Session
from zvm.nova.volumes.kind import Kind
from zvm.nova.volumes.storage_calls import StorageCalls
from zvm.nova.volumes.volume import Volume

LOG = logging.getLogger(__name__)

#: Cinder's encryption provider → cryptsetup's type. Source: os_brick.encryptors.
_TYPES = {encryptors.LUKS: "luks1", encryptors.LUKS2: "luks2"}


@dataclass(frozen=True, slots=True)
class Lock:
    """How a volume is opened.

    :ivar name: what the open device is called below /dev/mapper.
    :ivar key_id: the key manager's id of the key.
    :ivar layout: how a new volume is formatted: ``type``, ``cipher``, ``key_size``.
    """

    name: str
    key_id: str
    layout: dict[str, Any]


class Encryption:
    """Opens and closes the encrypted volumes of guests. Thread-safe; every verb may be repeated."""

    def __init__(self, session: Session) -> None:
        self._conf = session.conf
        self._calls = StorageCalls(session)
        self._cinder = cinder.API()

    def check(self, instance: objects.Instance, volume: Volume, kind: Kind, *, root: bool = False) -> None:
        """Return if the guest can have the volume.

        :param root: it is to boot from it.
        :raises InvalidVolume: it cannot, for the volume is encrypted; the message has the reason.
        """
        # A data volume that was attached before was checked then: Cinder is not asked again at each start.
        checked = kind.encryptable and not root and not volume.encryption
        if not volume.encrypted or checked or self._lock(instance, volume) is None:
            return
        if root:
            reason = _(
                "volume %s is encrypted, and CP and the machine loader, which load the guest, have no key; "
                "boot from a volume of another type and attach this one as a data volume"
            )
            raise exception.InvalidVolume(reason=reason % volume.id)
        if not kind.encryptable:
            reason = _("volume %(id)s is encrypted, which volumes of the type %(type)s cannot be here")
            raise exception.InvalidVolume(reason=reason % {"id": volume.id, "type": volume.type})

    def open(self, instance: objects.Instance, volume: Volume, device: str) -> None:
        """Let the guest open a volume that is connected; ``opened_device`` of its data is the open one then.

        :param device: link below /dev/disk in the guest; "": it is off, and only the key is looked for.
        :raises Refused: there is no key, or a wrong one.
        """
        if not volume.encrypted or (lock := self._lock(instance, volume)) is None:
            return
        passphrase = self._passphrase(instance, volume, lock)
        if device:
            node = naming.node_name(instance)
            if opened := self._calls.unlock(node, device, lock.name, passphrase, lock.layout):
                volume.data["opened_device"] = opened
                LOG.info("Volume %s is open as %s", volume.id, opened, instance=instance)

    def close(self, instance: objects.Instance, volume: Volume) -> None:
        """Let the guest close a volume.

        :raises DeviceDetachFailed: something in the guest uses it, or its agent does not answer.
        """
        if not volume.encrypted:
            return
        try:
            self._calls.lock(naming.node_name(instance), _name(volume))
        except (exceptions.Refused, exceptions.Unreachable) as problem:
            raise exception.DeviceDetachFailed(device=volume.mountpoint, reason=str(problem)) from problem

    def grow(self, instance: objects.Instance, volume: Volume) -> None:
        """Let the open device have the size of the volume below it."""
        if volume.encrypted and (lock := self._lock(instance, volume)):
            passphrase = self._passphrase(instance, volume, lock)
            self._calls.grow(naming.node_name(instance), lock.name, passphrase)

    def _lock(self, instance: objects.Instance, volume: Volume) -> Lock | None:
        """Return how the guest opens a volume, None when the storage server encrypts it.

        :raises InvalidVolume: the guest has no means for this encryption.
        """
        found = dict(volume.encryption) or encryptors.get_encryption_metadata(
            _context(instance), self._cinder, volume.id, {"data": volume.data}
        )
        if str(found.get("control_location") or "front-end").lower() != "front-end":
            return None
        provider = str(found.get("provider") or "")
        provider = encryptors.LEGACY_PROVIDER_CLASS_TO_FORMAT_MAP.get(provider, provider)
        if provider not in _TYPES or not found.get("encryption_key_id"):
            reason = _("volume %(id)s is encrypted by '%(provider)s'; guests on z/VM can open %(known)s")
            raise exception.InvalidVolume(
                reason=reason % {"id": volume.id, "provider": provider, "known": " and ".join(sorted(_TYPES))}
            )
        layout = {"type": _TYPES[provider], "cipher": str(found.get("cipher") or "")}
        layout["key_size"] = int(found.get("key_size") or 0)
        return Lock(_name(volume), str(found["encryption_key_id"]), layout)

    def _passphrase(self, instance: objects.Instance, volume: Volume, lock: Lock) -> str:
        """Return the passphrase: the key's octets as hexadecimal digits, as os-brick and libvirt take them.

        :raises Refused: the key manager does not give the key; its message never has one.
        """
        try:
            key = key_manager.API(self._conf).get(_context(instance), lock.key_id)
            return binascii.hexlify(key.get_encoded()).decode("ascii")
        except Exception as problem:  # each back end of castellan raises its own
            reason = _("it does not give the key %(key)s of volume %(id)s: %(problem)s")
            raise exceptions.Refused(
                _("Key manager"),
                reason % {"key": lock.key_id, "id": volume.id, "problem": problem or type(problem).__name__},
                next_step=_("see [key_manager] in nova.conf, and who may read the key"),
            ) from problem


def _context(instance: objects.Instance) -> nova_context.RequestContext:
    """Return the context of the request that brought the instance: who may read a key is known by it."""
    return instance._context or nova_context.get_admin_context()


def _name(volume: Volume) -> str:
    return f"crypt-{volume.id}"
