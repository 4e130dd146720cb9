# SPDX-License-Identifier: Apache-2.0
"""The whole page of a system, from its components."""

from __future__ import annotations

import time
from importlib import resources
from typing import TYPE_CHECKING

from zvm.simulator.page.parts import Html, code, hue, join, section, state, table, tag, text
from zvm.simulator.page.switches import switches
from zvm.simulator.virtual_machine import VirtualMachine, format_storage

if TYPE_CHECKING:
    from zvm.simulator.dasd import Volume
    from zvm.simulator.system import System

_GIB = 1 << 30
_CALLS = 20
#: A part of a volume that is narrower carries no name (percent).
_NAMED = 4.0


def page(system: System) -> str:
    """Return the HTML page; it needs nothing else from anywhere."""
    css = resources.files(__package__).joinpath("page.css").read_text("ascii")
    title = f"{system.name}: simulated z/VM"
    head = tag(
        "head",
        Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width">'),
        tag("title", title),
        tag("style", Html(css)),
    )
    sections = (_guests, _volumes, switches, _switches, _spool, _fcp, _luns, _calls, _events)
    main = tag("main", _figures(system), *(part(system) for part in sections))
    foot = tag("footer", "A simulation by nova-zvm; reload the page to see what is new.")
    return f"<!DOCTYPE html>{tag('html', head, tag('body', _header(system), main, foot), lang='en')}"


def _header(system: System) -> Html:
    facts = system.config.system
    up = int(time.time() - system.ipl_time)
    links = ("inventory", "calls", "faults", "settings")
    return tag(
        "header",
        tag("h1", system.name),
        tag("p", f"{facts.version}; IBM {facts.machine_type} LPAR {facts.lpar_name}; up {_duration(up)}"),
        tag("nav", *(tag("a", name, href=name) for name in links)),
    )


def _figures(system: System) -> Html:
    dasd, guests = system.dasd.volumes.values(), system.guests.logged_on()
    figures = [
        (len(guests), "guests logged on"),
        (len(system.directory.entries()), "in the directory"),
        (len(system.dasd.volumes), "volumes"),
        (f"{sum(volume.size * volume.unit_bytes for volume in dasd) / _GIB:.0f} GiB", "of DASD"),
        (len(system.network.vswitches), "virtual switches"),
        (len(system.config.fcp_devices), "FCP devices"),
        (f"{system.config.system.cpus} {system.config.system.cpu_type}", "processors"),
    ]
    faults = len(system.faults.pending())
    if faults or system.trouble.is_any():
        figures.append((faults or "!", "faults on purpose"))
    return tag(
        "div", *(tag("div", tag("b", number), tag("span", what)) for number, what in figures), cls="figures"
    )


def _guests(system: System) -> Html:
    machines = sorted(system.guests.logged_on(), key=lambda machine: machine.userid)
    rows = [
        (
            tag("a", code(machine.userid), href=f"console/{machine.userid}"),
            state(machine.state.value),
            code(machine.ipl_device or "-"),
            f"{format_storage(machine.storage)}, {len(machine.cpus)} CPU",
            join([code(disk.vdev) for disk in machine.disks if disk.owner == machine.userid], " "),
            _cards(system, machine),
            machine.console.lines[-1][:60] if machine.console.lines else "",
        )
        for machine in machines
    ]
    columns = ("Userid", "State", "IPL", "Size", "Minidisks", "Network cards", "Last console line")
    note = f"{len(machines)} logged on"
    return section("Guests", note, table(columns, rows, "Nobody is logged on."))


def _cards(system: System, machine: VirtualMachine) -> Html:
    shown = []
    for adapter in system.network.adapters(machine.userid):
        where = adapter.lan_name if adapter.coupled else "not coupled"
        shown.append(
            join([code(adapter.vdev), " ", tag("span", where, cls="" if adapter.coupled else "bad")])
        )
    return join(shown, ", ")


def _volumes(system: System) -> Html:
    uses: dict[str, list[tuple[int, int, str, str]]] = {}
    for use in system.extents.uses():
        place = use.extent
        uses.setdefault(place.volume, []).append((place.start, place.size, use.owner, use.vdev))
    rows = [_volume(system, volume, uses.get(volume.volser, [])) for volume in system.dasd.volumes.values()]
    return section("Disks on volumes", "each colour an owner; grey is free", join(rows))


def _volume(system: System, volume: Volume, uses: list[tuple[int, int, str, str]]) -> Html:
    parts = []
    for start, size, owner, vdev in sorted(uses):
        left, width = 100 * start / volume.size, 100 * size / volume.size
        style = f"--hue:{hue(owner)};left:{left:.3f}%;width:{width:.3f}%"
        title = f"{owner} {vdev}: {start} to {start + size - 1}"
        parts.append(tag("i", f"{owner} {vdev}" if width >= _NAMED else "", style=style, title=title))
    unit = "cyl" if volume.devtype == "3390" else "blocks"
    used = sum(size for _, size, _, _ in uses)
    pool = system.extents.group_of(volume.volser).replace("*", "")
    name = join([code(volume.volser), tag("small", f"{volume.devtype} {volume.rdev} {pool}")])
    figures = tag("span", f"{used} of {volume.size} {unit}", cls="used")
    return tag("div", tag("div", name), tag("div", *parts, cls="map"), figures, cls="volume")


def _switches(system: System) -> Html:
    shown = []
    for switch in system.network.vswitches.values():
        ports = [
            tag("span", code(f"{adapter.owner} {adapter.vdev}"), _vlans(adapter.vlans))
            for adapter in system.network.connected("SYSTEM", switch.name)
        ]
        aware = f"VLAN aware, native {switch.native_vlan}" if switch.vlan_aware else "VLAN unaware"
        uplink = f"OSA {' '.join(switch.rdevs)}" if switch.ready else "no uplink"
        facts = f" {switch.transport}, {aware}, {switch.based}, {uplink}, {len(switch.grants)} grants"
        body = tag("div", *ports, cls="ports") if ports else tag("div", "no ports", cls="none")
        shown.append(tag("div", code(switch.name), tag("span", facts, cls="faint"), body, cls="switch"))
    return section("Virtual switches", "", join(shown) or tag("p", "None.", cls="none"), half=True)


def _vlans(vlans: list[int]) -> str:
    return f" VLAN {', '.join(map(str, vlans))}" if vlans else ""


def _spool(system: System) -> Html:
    files = sorted(system.spool.all_files(), key=lambda file: file.serial, reverse=True)
    rows = [
        (
            code(file.owner),
            file.queue,
            f"{file.spoolid:04}",
            file.cls,
            code(file.origin),
            f"{file.name} {file.type}",
        )
        for file in files
    ]
    columns = ("Owner", "Queue", "File", "Class", "From", "Name")
    return section("Spool", f"{len(files)} waiting", table(columns, rows, "No files.", 12), half=True)


def _fcp(system: System) -> Html:
    channels: dict[str, list[Html]] = {}
    for fcp in system.config.fcp_devices:
        owner = system.san.owner(fcp.rdev)
        used = tag("b", f" {owner}") if owner else ""
        port = f"port name {fcp.npiv_wwpn or fcp.wwpn or 'unknown'}"
        channels.setdefault(fcp.chpid, []).append(tag("span", code(fcp.rdev), used, title=port))
    rows = [
        tag("div", tag("span", f"CHPID {chpid}", cls="faint"), tag("div", *chips, cls="ports"), cls="switch")
        for chpid, chips in channels.items()
    ]
    body = join(rows) or tag("p", "None.", cls="none")
    return section("FCP devices", "the names of their ports show when pointed at", body, half=True)


def _luns(system: System) -> Html:
    edevs = {edev.uuid: edev for edev in system.edevs.all()}
    rows = []
    for lun in system.san.luns:
        edev = edevs.get(lun.uuid)
        seen = "all" if "*" in lun.settings.initiators else f"{len(lun.settings.initiators)} port names"
        use = f"EDEV {edev.rdev}, volume {edev.volser}" if edev else "-"
        rows.append((code(lun.number), f"{lun.size / _GIB:.1f} GiB", seen, use))
    table_ = table(("LUN", "Size", "Seen by", "EDEV"), rows, "No LUNs.")
    return section("Storage network", f"{len(rows)} LUNs", table_, half=True)


def _calls(system: System) -> Html:
    rows = []
    for call in reversed(system.calls.entries()[-_CALLS:]):
        good = not call["rc"]
        if call["kind"] == "smapi":
            what, who, answer = call["function"], call["target"], f"{call['rc']}/{call['rs']}"
        else:
            what, who, answer = call["command"], call["userid"], str(call["rc"])
        rows.append(
            (call["kind"].upper(), code(what[:60]), code(who), text(answer) if good else tag("b", answer))
        )
    columns = ("", "Call", "For", "Answer")
    return section("Last calls", "newest first", table(columns, rows, "None yet."), half=True)


def _events(system: System) -> Html:
    told = list(system.events.recent)[::-1][:_CALLS]
    body = table(("Event",), [(code(event),) for event in told], "Nothing has happened yet.")
    return section("Events", "newest first", body, half=True)


def _duration(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    return (
        f"{days} days, {rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
        if days
        else (f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}")
    )
