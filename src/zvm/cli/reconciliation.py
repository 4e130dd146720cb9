# SPDX-License-Identifier: Apache-2.0
"""Compares what OpenStack believes with what is on z/VM.

Reads only. What is being made, moved or removed at this moment may look like a difference; whoever acts on a
finding looks twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zvm.xcat.records import Guest, Leftover, Nic, Volume

#: Status of a server → the states in which its guest may be; others, such as ERROR, say nothing about it.
STATES = {
    "ACTIVE": {"running"},
    "PAUSED": {"paused"},
    "RESCUE": {"running"},
    "SHELVED": {"off"},
    "SHUTOFF": {"off"},
    "SUSPENDED": {"paused", "running"},
}
#: Servers of which there is no guest.
NO_GUEST = {"SHELVED_OFFLOADED", "DELETED", "SOFT_DELETED", "BUILD", "ERROR"}


@dataclass(frozen=True, slots=True)
class Server:
    """A server of Nova's; ``busy`` is its task, "" when it has none."""

    uuid: str
    name: str
    status: str
    host: str
    busy: str = ""


@dataclass(frozen=True, slots=True)
class Port:
    """A port of Neutron's."""

    uuid: str
    mac: str
    server: str
    status: str


@dataclass(frozen=True, slots=True)
class OpenStack:
    """What OpenStack believes; servers, ports and allocations of the z/VM hosts alone.

    :ivar volumes: volumes and snapshots of Cinder's minidisk backends, None where there is no Cinder.
    :ivar consumers: who has allocations at the z/VM hosts' providers.
    :ivar migrations: the uuids of migrations, which hold allocations too until they are confirmed.
    """

    servers: Mapping[str, Server]
    ports: tuple[Port, ...] = ()
    volumes: frozenset[str] | None = None
    consumers: frozenset[str] = frozenset()
    migrations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Zvm:
    """What is on z/VM."""

    guests: tuple[Guest, ...]
    nics: tuple[Nic, ...] = ()
    volumes: tuple[Volume, ...] = ()
    leftovers: tuple[Leftover, ...] = ()


def joined(views: Sequence[Zvm]) -> Zvm:
    """Return what management nodes know together; left over is what is so for all of them."""
    left = [{(one.kind, one.name): one for one in view.leftovers} for view in views]
    return Zvm(
        tuple({(one.host, one.userid): one for view in views for one in view.guests}.values()),
        tuple({(one.userid, one.vdev): one for view in views for one in view.nics}.values()),
        tuple({one.uuid: one for view in views for one in view.volumes}.values()),
        tuple(one for key, one in left[0].items() if all(key in others for others in left)),
    )


def compare(openstack: OpenStack, zvm: Zvm) -> list[Leftover]:
    """Return every difference, in the order in which an operator would look at them."""
    return [
        *zvm.leftovers,
        *_guests(openstack, zvm),
        *_servers(openstack, zvm),
        *_cards(openstack, zvm),
        *_volumes(openstack, zvm),
        *_allocations(openstack),
    ]


def _guests(openstack: OpenStack, zvm: Zvm) -> Iterable[Leftover]:
    seen: dict[str, Guest] = {}
    for guest in zvm.guests:
        if not guest.uuid:
            continue
        if guest.uuid not in openstack.servers:
            what = f"userid {guest.userid}, {guest.state}, of instance {guest.uuid}, which Nova does not know"
            release = f"DELETE /zvm/v1/guests/{guest.node}/adoption?uuid={guest.uuid}"
            step = f"look into it, then {release if guest.adopted else f'rmvm {guest.node}'}"
            yield Leftover("guest", guest.node, guest.host, what, step, guest.uuid)
        if guest.uuid in seen:
            what = f"is the same instance as {seen[guest.uuid].node}"
            yield Leftover("guest", guest.node, guest.host, what, "find out which one is used", guest.uuid)
        seen[guest.uuid] = guest


def _servers(openstack: OpenStack, zvm: Zvm) -> Iterable[Leftover]:
    guests = {guest.uuid: guest for guest in zvm.guests}
    for server in openstack.servers.values():
        guest = guests.get(server.uuid)
        if server.busy:
            continue
        if guest is None:
            if server.status not in NO_GUEST:
                what = f"{server.status}, but there is no guest of it"
                step = "rebuild or delete it"
                yield Leftover("server", server.name, server.host, what, step, server.uuid)
        elif server.status == "SHELVED_OFFLOADED":
            what = f"{server.status}, but there is a guest of it: {guest.userid}"
            yield Leftover("server", server.name, guest.host, what, f"rmvm {guest.node}", server.uuid)
        elif guest.state != "unknown":
            yield from _differences(server, guest)


def _differences(server: Server, guest: Guest) -> Iterable[Leftover]:
    if guest.state not in STATES.get(server.status, {guest.state}):
        what = f"{server.status}, but its guest {guest.userid} is {guest.state}"
        step = "Nova finds out by itself, unless nova-compute is down"
        yield Leftover("server", server.name, server.host, what, step, server.uuid)
    if server.host != guest.host and server.status in STATES:
        what = f"on {server.host}, but its guest {guest.userid} is on {guest.host}"
        step = "restart the nova-compute of both"
        yield Leftover("server", server.name, server.host, what, step, server.uuid)


def _cards(openstack: OpenStack, zvm: Zvm) -> Iterable[Leftover]:
    busy = {server.uuid for server in openstack.servers.values() if server.busy}
    ports = {port.mac.lower(): port for port in openstack.ports}
    cards = {nic.mac.lower(): nic for nic in zvm.nics if nic.uuid}
    existing = {guest.uuid for guest in zvm.guests}
    for mac, nic in cards.items():
        port = ports.get(mac)
        if nic.uuid in busy or (port is not None and port.server == nic.uuid):
            continue
        what = f"NIC {nic.vdev} of {nic.userid}, {mac}, is a port of no server there"
        step = f"detach it: DELETE /zvm/v1/guests/{nic.node}/nics/{nic.vdev}"
        yield Leftover("nic", f"{nic.node} {nic.vdev}", "", what, step, nic.uuid)
    for mac, port in ports.items():
        if port.server in existing and port.server not in busy and mac not in cards:
            what = f"{mac}, of a server whose guest has no such NIC"
            yield Leftover("port", port.uuid, "", what, "detach it from the server", port.server)


def _volumes(openstack: OpenStack, zvm: Zvm) -> Iterable[Leftover]:
    if openstack.volumes is None:
        return
    found = {volume.uuid: volume for volume in zvm.volumes}
    for uuid in sorted(set(found) - openstack.volumes):
        volume = found[uuid]
        what = f"minidisk {volume.vdev} of {volume.userid}, of a volume that Cinder does not know"
        step = f"look into it, then DELETE /zvm/v1/volumes/{uuid}"
        yield Leftover("volume", uuid, volume.host, what, step, uuid)
    for uuid in sorted(openstack.volumes - set(found)):
        what = "a volume of Cinder's without a minidisk"
        yield Leftover("volume", uuid, "", what, "restore it from a backup, or delete it", uuid)


def _allocations(openstack: OpenStack) -> Iterable[Leftover]:
    for consumer in sorted(openstack.consumers - set(openstack.servers) - openstack.migrations):
        what = "holds resources of a z/VM host in Placement, but is no server"
        step = "nova-manage placement audit --delete"
        yield Leftover("allocation", consumer, "", what, step, consumer)
