# SPDX-License-Identifier: Apache-2.0
"""VARY: real devices and channel paths are taken from the system, and come back."""

from __future__ import annotations

from zvm.simulator import dedicate
from zvm.simulator.cp.command import Context, abbreviates, command, lines
from zvm.simulator.cp_error import CpError

_NO_CHPID = 846


@command("VARY", "VARY ONline|OFFline rdev[-rdev] ... | CHPID chpid", "VAR", "B")
def vary(context: Context) -> str:
    """Take devices that nobody has offline, or a channel path; or bring them back."""
    word = context.word(0)
    on = abbreviates("ONline", word)
    if not on and not abbreviates("OFFline", word):
        raise CpError("VAR", 3, f"Invalid option - {word}")
    context.words = context.words[1:]
    if context.word(0) == "CHPID":
        return _channel_path(context, on)
    told, done, refused = [], 0, 0
    devices, rdevs = context.system.offline.devices, context.vdevs()
    for rdev in rdevs:
        try:
            _check_unused(context, rdev)
        except CpError as refusal:
            refused = refusal.number
            told.append(refusal.message)
            continue
        (devices.discard if on else devices.add)(rdev)
        told.append(f"{rdev} varied {_word(on)}")
        done += 1
    told.append(f"{len(rdevs)} device(s) specified; {done} device(s) successfully varied {_word(on)}")
    if refused:
        raise CpError.told("VAR", refused, "\n".join(told))
    return lines(*told)


def _word(on: bool) -> str:
    return "online" if on else "offline"


def _check_unused(context: Context, rdev: str) -> None:
    """Refuse a device that stays as it is: there is none, or somebody has it."""
    system = context.system
    if rdev not in system.real_devices():
        raise CpError("VAR", 40, f"Device {rdev} does not exist")
    if holder := dedicate.holder(system, rdev):
        raise CpError("VAR", 122, f"{dedicate.kind(system, rdev)} {rdev} already attached to {holder}")


def _channel_path(context: Context, on: bool) -> str:
    """Behind a path that is offline no FCP device reaches a LUN; a guest with another path goes on."""
    chpid = context.word(1).zfill(2)
    if chpid not in {fcp.chpid for fcp in context.system.config.fcp_devices}:
        raise CpError("VAR", _NO_CHPID, f"Invalid channel path identifier - {context.word(1)}")
    chpids = context.system.offline.chpids
    (chpids.discard if on else chpids.add)(chpid)
    return lines(f"CHPID {chpid} varied {_word(on)}")
