# SPDX-License-Identifier: Apache-2.0
"""``zvm reconcile``: tells what OpenStack and z/VM do not agree about."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from zvm.cli.base import Lister, OfCloud, layout
from zvm.cli.reconciliation import OpenStack, Port, Server, Zvm, compare, joined


class Reconcile(OfCloud, Lister):
    """List what z/VM and OpenStack hold that the other does not know: none is what there should be.

    Of a cloud on this machine without further options; of another one by its entry in clouds.yaml, with the
    administrator's rights, and its management nodes.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Take which OpenStack and which management node."""
        parser = super().get_parser(prog_name)
        parser.add_argument("--os-cloud", metavar="NAME", help="entry of clouds.yaml")
        parser.add_argument(
            "--server",
            metavar="URL",
            action="append",
            help="the management node; again for another one",
        )
        parser.add_argument("--username", default="root", help="its user (default: %(default)s)")
        parser.add_argument(
            "--password-file", type=Path, metavar="FILE", help="the password is its first line"
        )
        parser.add_argument("--ca-file", metavar="FILE", help="who signs its certificate")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Return a row per finding."""
        rows: list[tuple[str, ...]] = [
            (one.kind, one.name, one.host, one.what, one.next_step)
            for one in compare(openstack(connection(parsed_args)), zvm(clients(parsed_args)))
        ]
        return ("Kind", "Name", "z/VM system", "What", "Next step"), rows


def connection(parsed_args: argparse.Namespace) -> Any:
    """Return a connection to OpenStack with the administrator's rights."""
    if parsed_args.os_cloud:
        import openstack

        return openstack.connect(cloud=parsed_args.os_cloud)
    from zvm.cloud import access

    return access.connect(layout(parsed_args), access.ADMIN)


def clients(parsed_args: argparse.Namespace) -> list[Any]:
    """Return clients of the management nodes.

    :raises RuntimeError: they are named without a password.
    """
    from zvm.xcat.client import Client

    if not parsed_args.server:
        return managers_of(layout(parsed_args))
    if not parsed_args.password_file:
        raise RuntimeError("--server needs --password-file")
    password = parsed_args.password_file.read_text().splitlines()[0]
    return [
        Client(server, parsed_args.username, password, ca_file=parsed_args.ca_file, timeout=300.0)
        for server in parsed_args.server
    ]


def managers_of(place: Any) -> list[Any]:
    """Return clients of the management nodes of a cloud on this machine."""
    from zvm.cloud.ways import PROFILES
    from zvm.xcat.client import Client

    names = dict.fromkeys(member.manager for member in PROFILES[place.profile].members)
    return [Client(place.url(name), "root", place.password("manager"), timeout=300.0) for name in names]


def zvm(nodes: list[Any]) -> Zvm:
    """Return what is on z/VM, in a number of calls that does not grow with the guests.

    Management nodes of one cluster see the same directory: left over is what belongs to none of them.
    """
    return joined([_seen_by(node) for node in nodes])


def _seen_by(client: Any) -> Zvm:
    from zvm.xcat.extension import Extension
    from zvm.xcat.records import Volume

    with client:
        node = Extension(client)
        volumes = client.extension("GET", "/volumes")["volumes"]
        return Zvm(
            tuple(node.guests()),
            tuple(node.nics()),
            tuple(map(Volume.read, volumes)),
            tuple(node.leftovers()),
        )


def openstack(connection: Any) -> OpenStack:
    """Return what OpenStack believes of its z/VM hosts."""
    hypervisors = [
        one for one in connection.compute.hypervisors(details=True) if one.hypervisor_type in ("zvm", "ZVM")
    ]
    names = {one.name for one in hypervisors}
    servers = {
        one.id: Server(one.id, one.name, one.status, one.hypervisor_hostname or "", one.task_state or "")
        for one in connection.compute.servers(all_projects=True)
        if not one.hypervisor_hostname or one.hypervisor_hostname in names
    }
    ports = tuple(
        Port(one.id, one.mac_address, one.device_id, one.status)
        for one in connection.network.ports()
        if one.device_id in servers
    )
    consumers: set[str] = set()
    for provider in connection.placement.resource_providers():
        if provider.name.split("_")[0] in names or provider.name in names:
            answer = connection.placement.get(f"/resource_providers/{provider.id}/allocations")
            consumers |= set(answer.json()["allocations"])
    migrations = {one.uuid for one in connection.compute.migrations() if one.uuid}
    return OpenStack(servers, ports, _volumes(connection), frozenset(consumers), frozenset(migrations))


def _volumes(connection: Any) -> frozenset[str] | None:
    """Return the volumes and snapshots of backends whose driver is ours; None where there is no Cinder.

    A volume that Cinder took over goes by the id that it had before.
    """
    if not connection.has_service("block-storage"):
        return None
    storage = connection.block_storage
    pools = {
        one.name
        for one in storage.backend_pools()
        if one.capabilities.get("storage_protocol") == "zvm_minidisk"
    }
    ours = {
        one.id: one.provider_id or one.id
        for one in storage.volumes(all_projects=True)
        if one.status not in ("creating", "error") and one.host in pools
    }
    snapshots = {one.id for one in storage.snapshots(all_projects=True) if one.volume_id in ours}
    return frozenset(snapshots.union(ours.values()))
