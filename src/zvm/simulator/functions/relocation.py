# SPDX-License-Identifier: Apache-2.0
"""SSI and live guest relocation; a system that is no member of a cluster refuses as z/VM does."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from zvm.simulator.cp_error import CpError
from zvm.simulator.eligibility import FORCES
from zvm.simulator.functions.registry import Call, done, serves
from zvm.simulator.refused import Refused
from zvm.simulator.relocation import DEFAULT_QUIESCE, NO_RELOCATION, Limits, NotEligible
from zvm.smapi.frames import Reply

if TYPE_CHECKING:
    from zvm.simulator.ssi import Ssi

_NOT_A_MEMBER = 3008
#: CP refuses the relocation: 4 with the reasons why the guest is not eligible, 8 with any other message.
_CP_REFUSED = 3000
_NONE_ACTIVE = 3001
_NOT_MODIFIED = 3010
_NO_DOMAIN, _NOT_IN_DOMAIN = 1821, 1822


@serves("SSI_Query")
def ssi_query(call: Call) -> Reply:
    """Name the cluster and its members; one that is down has no heart-beats."""
    ssi = call.system.ssi
    if ssi is None:
        raise Refused(4, _NOT_A_MEMBER)
    volume = call.system.dasd.volumes.get(ssi.settings.pdr_volume)
    beat = f"{call.system.trouble.now():%Y-%m-%d_%H:%M:%S}"
    members = [
        f"{slot} {member.name} {ssi.state(member)}{f' {beat} {beat}' if ssi.is_joined(member) else ''}"
        for slot, member in enumerate(ssi.members, 1)
    ]
    return done(
        ssi_name=ssi.name,
        ssi_mode="Stable",
        cross_system_timeouts="Enabled",
        ssi_pdr=f"{volume.volser} on {volume.rdev}" if volume else "NONE",
        ssiInfo=members,
    )


@serves("VMRELOCATE")
def vmrelocate(call: Call) -> Reply:
    """Test, begin or cancel the relocation of the target."""
    ssi = call.system.ssi
    if ssi is None:
        raise Refused(4, _CP_REFUSED, "1996")
    action, destination = call.text("action") or "MOVE", call.text("destination")
    immediate = call.text("immediate") == "YES"
    limits = Limits(
        _limit(call, "max_total", None),
        _limit(call, "max_quiesce", None if immediate else DEFAULT_QUIESCE),
    )
    force = [word for word in call.text("force").split() if word in FORCES]
    try:
        if action == "CANCEL":
            ssi.relocations.cancel(call.target, call.caller)
        elif action == "TEST":
            ssi.relocations.test(call.system, call.target, destination, force)
        else:
            ssi.relocations.move(
                call.system,
                call.target,
                destination,
                call.caller,
                force=force,
                immediate=immediate,
                limits=limits,
            )
    except NotEligible as error:
        raise Refused(4, _CP_REFUSED, error.numbers) from error
    except CpError as error:
        raise Refused(8, _CP_REFUSED, f"{error.number:04}") from error
    return done()


@serves("VMRELOCATE_Status")
def vmrelocate_status(call: Call) -> Reply:
    """List the relocations under way; ``status_target`` is ALL, USER userid or a userid."""
    wanted = call.text("status_target").removeprefix("USER ").strip()
    active = [
        f"{item.userid} {item.source} {item.target} {item.by}"
        f" {datetime.fromtimestamp(item.started):%H:%M:%S} {item.status}"
        for item in (call.system.ssi.relocations.active() if call.system.ssi else ())
        if wanted in ("", "ALL", "*", item.userid)
    ]
    if not active:
        raise Refused(4, _NONE_ACTIVE)
    return done(relocationStatus=active)


@serves("VMRELOCATE_Modify")
def vmrelocate_modify(call: Call) -> Reply:
    """Set other limits for the relocation of the target."""
    ssi = call.system.ssi
    try:
        if ssi is None:
            raise Refused(8, _NOT_MODIFIED, str(NO_RELOCATION))
        known = ssi.relocations.get(call.target)
        ssi.relocations.modify(
            call.target,
            Limits(_limit(call, "max_total", known.total), _limit(call, "max_quiesce", known.quiesce)),
        )
    except CpError as error:
        raise Refused(8, _NOT_MODIFIED, str(error.number)) from error
    return done()


@serves("VMRELOCATE_Image_Attributes")
def vmrelocate_image_attributes(call: Call) -> Reply:
    """Allow or forbid that the target is relocated, and say within which domain."""
    ssi = _cluster(call)
    machine = call.system.guests.get(call.target)
    if machine is None:
        raise Refused(8, 12)
    domain = call.text("domain_name")
    if domain and not ssi.is_domain(domain):
        raise Refused(8, _NO_DOMAIN)
    if domain and call.text("archforce") != "YES" and not ssi.in_domain(domain, call.system):
        raise Refused(8, _NOT_IN_DOMAIN)
    machine.domain = domain or machine.domain
    if setting := call.text("relocation_setting"):
        machine.relocatable = setting == "ON"
    return done()


@serves("System_EQID_Query")
def system_eqid_query(call: Call) -> Reply:
    """List equivalency ids: of all devices, of one device, or the devices of one id."""
    eqids = dict(sorted(call.system.config.eqids.items()))
    kind, wanted = call.text("eqid_for"), call.text("eqid_target")
    if kind == "EQID":
        devices = [f"{rdev:0>5}" for rdev, eqid in eqids.items() if eqid == wanted]
        return _found([f"{wanted} {' '.join(devices)}"] if devices else [])
    if kind == "RDEV":
        rdev = (call.text("eqid_rdev") or wanted)[-4:]
        if not wanted or "," in wanted:
            raise Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={call['eqid_target']}")
        eqids = {rdev: eqids[rdev]} if rdev in eqids else {}
    return _found([f"{rdev:0>5} {eqid}" for rdev, eqid in eqids.items()])


def _found(lines: list[str]) -> Reply:
    if not lines:
        raise Refused(4, 8)
    return done(eqidInfoStructureArray=lines)


def _cluster(call: Call) -> Ssi:
    if call.system.ssi is None:
        raise Refused(8, _NOT_A_MEMBER)
    return call.system.ssi


def _limit(call: Call, name: str, default: float | None) -> float | None:
    """Return a limit in seconds; ``None`` is NOLIMIT."""
    text = call.text(name)
    if not text:
        return default
    if text == "NOLIMIT":
        return None
    if not text.isdecimal():
        raise Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={text}")
    return float(text)
