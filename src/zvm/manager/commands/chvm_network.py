# SPDX-License-Identifier: Apache-2.0
"""The options of ``chvm`` about network cards."""

from __future__ import annotations

from zvm.directory import names
from zvm.manager.commands import grants
from zvm.manager.commands.base import step
from zvm.manager.commands.chvm_option import Change, Option
from zvm.manager.errors import Invalid
from zvm.xcat.smcli_text import done
from zvm.zhcp import errors as zhcp_errors

_TYPES = {"HIPERSOCKETS": 1, "HIPERS": 1, "QDIO": 2}


async def _add_nic(change: Change) -> None:
    """``ADDR TYPE DEVICES``: a card without a network, in the running guest too."""
    vdev, kind, devices = names.vdev(change.word(0)), change.word(1).upper(), change.word(2)
    if kind not in _TYPES or not devices.isdigit():
        raise Invalid(f"a network card has the type {' or '.join(_TYPES)} and a number of devices")
    await change.smapi(
        f"Adding NIC {vdev} to {change.userid}'s directory entry",
        "Virtual_Network_Adapter_Create_DM",
        {"vdev": vdev, "type": _TYPES[kind], "devices": int(devices)},
    )
    if await change.is_on():
        await change.smapi(
            f"Adding NIC {vdev} to {change.userid}'s active configuration",
            "Virtual_Network_Adapter_Create_Extended",
            {"image_device_number": vdev, "adapter_type": kind, "devices": devices},
        )


async def _connect(change: Change) -> None:
    """``ADDR VSWITCH [PORTTYPE VLAN]``: grants the switch and couples the card."""
    vdev, vswitch = names.vdev(change.word(0)), names.vswitch(change.word(1))
    await _grant(change, vswitch, change.word(2), change.word(3))
    network = {"image_device_number": vdev, "switch_name": vswitch}
    await change.smapi(
        f"Connecting NIC {vdev} to VSwitch {vswitch} in {change.userid}'s directory entry",
        "Virtual_Network_Adapter_Connect_Vswitch_DM",
        network,
    )
    if await change.is_on():
        await change.smapi(
            f"Connecting NIC {vdev} to VSwitch {vswitch} on {change.userid}'s active configuration",
            "Virtual_Network_Adapter_Connect_Vswitch",
            network,
        )


async def _grant_vswitch(change: Change) -> None:
    """``VSWITCH [PORTTYPE VLAN]``."""
    await _grant(change, names.vswitch(change.word(0)), change.word(1), change.word(2))


async def _grant(change: Change, vswitch: str, port_type: str, vlan: str) -> None:
    if vlan and not (vlan.isdigit() and 1 <= int(vlan) <= 4094):
        raise Invalid(f"'{vlan}' is no VLAN: a number from 1 to 4094")
    await grants.grant(change.mn, change.zhcp, change.guest, vswitch, vlan=vlan)
    told = f"Granting VSwitch ({vswitch} {port_type} {vlan}) access for {change.userid}"
    change.report.info(done(told) + "\n")


async def _disconnect(change: Change) -> None:
    """``ADDR``: uncouples the card."""
    vdev = names.vdev(change.word(0))
    await change.smapi(
        f"Disconnecting NIC {vdev} in {change.userid}'s directory entry",
        "Virtual_Network_Adapter_Disconnect_DM",
        {"image_device_number": vdev},
    )
    if await change.is_on():
        await _gone(change, f"Disconnecting NIC {vdev}", "Virtual_Network_Adapter_Disconnect", vdev)


async def _remove_nic(change: Change) -> None:
    """``ADDR``: the card, in the running guest too."""
    vdev = names.vdev(change.word(0))
    if await change.is_on():
        await _gone(change, f"Removing NIC {vdev}", "Virtual_Network_Adapter_Delete", vdev)
    await change.smapi(
        f"Removing NIC {vdev} from {change.userid}'s directory entry",
        "Virtual_Network_Adapter_Delete_DM",
        {"image_device_number": vdev},
    )


async def _gone(change: Change, sentence: str, function: str, vdev: str) -> None:
    """Take the card from the running guest; one that it does not have, or has not coupled, is fine."""
    with step(sentence):
        try:
            await change.zhcp.smapi(function, change.userid, {"image_device_number": vdev})
        except zhcp_errors.Refused as error:
            if (error.rc, error.rs) not in ((200, 12), (204, 8), (204, 48)):
                raise


OPTIONS = {
    "--addnic": Option(_add_nic, 3),
    "--connectnic2vswitch": Option(_connect, 2, 4),
    "--grantvswitch": Option(_grant_vswitch, 1, 3),
    "--disconnectnic": Option(_disconnect, 1),
    "--removenic": Option(_remove_nic, 1),
}
