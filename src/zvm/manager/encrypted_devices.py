# SPDX-License-Identifier: Apache-2.0
"""Block devices of running guests that are encrypted with LUKS, opened and closed by cryptsetup in the guest.

Nobody but the guest sees the clear data. The passphrase goes to cryptsetup's standard input: it is in no
command line, no file, no log and no answer. All verbs may be repeated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from zvm.manager import guest_devices, guest_programs, guests
from zvm.manager.errors import Invalid, Refused
from zvm.manager.service import GuestNode, ManagementNode
from zvm.zhcp.client import ZhcpClient

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}\Z")
_CIPHER = re.compile(r"[a-z0-9]+(?:-[a-z0-9:]+){0,3}\Z")
_TYPES = ("luks1", "luks2")
_KEY_SIZES = range(128, 1025, 8)
_LONGEST_PASSPHRASE = 512  # cryptsetup's own limit for interactive ones
#: Seconds that cryptsetup may take: a key derivation is meant to be slow.
_PATIENCE = 300.0
#: Exit codes. Source: cryptsetup(8): wrong parameters or device does not exist; blkid(8): nothing was found.
_NOT_ACTIVE, _NOTHING_FOUND = 4, 2


@dataclass(frozen=True, slots=True)
class Layout:
    """How a device that is new is encrypted; what is "" or 0 is cryptsetup's choice.

    :ivar type: ``luks1`` or ``luks2``.
    :ivar cipher: as cryptsetup names it, ``aes-xts-plain64``.
    :ivar key_size: bits.
    """

    type: str
    cipher: str = ""
    key_size: int = 0

    def check(self) -> None:
        """Check the grammar of each part.

        :raises Invalid: one breaks its rule.
        """
        if self.type not in _TYPES:
            raise Invalid(f"the type of an encryption is one of {', '.join(_TYPES)}")
        if self.cipher and not _CIPHER.match(self.cipher):
            raise Invalid("a cipher is named as aes-xts-plain64 is")
        if self.key_size and self.key_size not in _KEY_SIZES:
            raise Invalid("a key has 128 to 1024 bits, a multiple of 8")

    @property
    def words(self) -> list[str]:
        """The options for luksFormat."""
        cipher = [f"--cipher={self.cipher}"] if self.cipher else []
        return [f"--type={self.type}", *cipher, *([f"--key-size={self.key_size}"] if self.key_size else [])]


@dataclass(frozen=True, slots=True)
class Opened:
    """An open device: its name in the guest and its size in bytes; empty of a guest that is off."""

    device: str = ""
    bytes: int = 0


async def unlock(
    mn: ManagementNode, guest: GuestNode, device: str, name: str, passphrase: str, layout: Layout
) -> Opened:
    """Let a running guest open an encrypted device as ``/dev/mapper/NAME``; one that is new is formatted.

    Only a device on which there is nothing that blkid knows is formatted.

    :param device: link below /dev/disk.
    :raises Refused: something else than LUKS is on the device.
    :raises zhcp_errors.Refused: the passphrase is wrong, or cryptsetup refuses; the device stays closed.
    """
    guest_devices.check_link(device)
    _check_name(name)
    key = _key(passphrase)
    layout.check()
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        if not await guests.is_on(zhcp, guest):
            return Opened()
        if not await _is_open(zhcp, guest.userid, device, name):
            if await _is_new(zhcp, guest.userid, device):
                words = ("cryptsetup", "luksFormat", "--batch-mode", "--key-file=-", *layout.words, device)
                await guest_programs.must(zhcp, guest.userid, *words, stdin=key, timeout=_PATIENCE)
            await _close(zhcp, guest.userid, name)  # what is of this name is above a device that has gone
            words = ("cryptsetup", "luksOpen", "--key-file=-", device, name)
            await guest_programs.must(zhcp, guest.userid, *words, stdin=key, timeout=_PATIENCE)
        return await _opened(zhcp, guest.userid, name)


async def lock(mn: ManagementNode, guest: GuestNode, name: str) -> None:
    """Let a running guest close an encrypted device; one that is not open does no harm.

    :raises zhcp_errors.Refused: the guest uses it.
    """
    _check_name(name)
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        if not await guests.is_on(zhcp, guest):
            return
        await _close(zhcp, guest.userid, name)


async def grow(mn: ManagementNode, guest: GuestNode, name: str, passphrase: str) -> Opened:
    """Let a running guest see that the device below an open one has grown.

    :raises zhcp_errors.Refused: it is not open, or the passphrase is wrong.
    """
    _check_name(name)
    key = _key(passphrase)
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        if not await guests.is_on(zhcp, guest):
            return Opened()
        words = ("cryptsetup", "resize", "--key-file=-", name)
        await guest_programs.must(zhcp, guest.userid, *words, stdin=key, timeout=_PATIENCE)
        return await _opened(zhcp, guest.userid, name)


def _check_name(name: str) -> None:
    if not _NAME.match(name):
        raise Invalid("the name of an open device has letters, digits, dots, underscores and hyphens")


def _key(passphrase: str) -> bytes:
    """Return the octets of a passphrase; no message ever has them."""
    if not 1 <= len(passphrase) <= _LONGEST_PASSPHRASE or not passphrase.isascii():
        raise Invalid(f"a passphrase has 1 to {_LONGEST_PASSPHRASE} ASCII characters")
    return passphrase.encode("ascii")


async def _close(zhcp: ZhcpClient, userid: str, name: str) -> None:
    words = ("cryptsetup", "luksClose", name)
    ended = await guest_programs.run(zhcp, userid, *words)
    if ended.code not in (0, _NOT_ACTIVE):
        raise guest_programs.refused(userid, words, ended)


async def _is_open(zhcp: ZhcpClient, userid: str, device: str, name: str) -> bool:
    """Return whether ``name`` is open above this device, not above one that has gone."""
    tree = await guest_devices.tree(zhcp, userid, device)
    return any((found, type_) == (name, "crypt") for found, type_, _ in tree)


async def _is_new(zhcp: ZhcpClient, userid: str, device: str) -> bool:
    """Return whether nothing is on a device.

    :raises Refused: something is that is not LUKS.
    """
    words = ("blkid", "--probe", "--output", "value", "--match-tag", "TYPE", "--match-tag", "PTTYPE", device)
    ended = await guest_programs.run(zhcp, userid, *words)
    if ended.code == _NOTHING_FOUND:
        return True
    if ended.code:
        raise guest_programs.refused(userid, words, ended)
    found = ended.out.split()
    if found != ["crypto_LUKS"]:
        raise Refused(
            f"{device} of {userid} is not encrypted: there is {', '.join(found) or 'something'} on it, "
            "which formatting would destroy",
            next_step="copy the data to a new volume of the encrypted type",
        )
    return False


async def _opened(zhcp: ZhcpClient, userid: str, name: str) -> Opened:
    device = f"/dev/mapper/{name}"
    return Opened(device, await guest_devices.size(zhcp, userid, device))
