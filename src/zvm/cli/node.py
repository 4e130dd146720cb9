# SPDX-License-Identifier: Apache-2.0
"""``zvm node …`` and ``zvm cp``: asks the management node and the zHCP of a cloud on this machine."""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import Any

from zvm.cli.base import Command, Lister, OfCloud, ShowOne, layout


def manager(parsed_args: argparse.Namespace) -> Any:
    """Return a client of the cloud's management node."""
    from zvm.xcat.client import Client

    place = layout(parsed_args)
    return Client(place.url("manager"), "root", place.password("manager"), timeout=120.0)


class Guests(OfCloud, Lister):
    """List the guests that the management node manages."""

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Return a row per guest."""
        from zvm.xcat.extension import Extension

        with manager(parsed_args) as client:
            guests = Extension(client).guests()
        rows: list[tuple[str, ...]] = [
            (guest.node, guest.userid, guest.host, guest.state, guest.uuid) for guest in guests
        ]
        return ("Node", "Userid", "z/VM system", "State", "Server"), rows


class Guest(OfCloud, ShowOne):
    """Show one guest: where its disks lie and what its NICs are coupled to."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Take the cloud and the node."""
        parser = super().get_parser(prog_name)
        parser.add_argument("node", help="the guest's node, as `zvm node guests` lists it")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return what is known of it."""
        from zvm.xcat.extension import Extension

        with manager(parsed_args) as client:
            guest = Extension(client).guest(parsed_args.node)
        disks = [
            f"{disk.vdev}: {disk.size} {disk.unit} from {disk.start} on {disk.volume}"
            for disk in guest.minidisks
        ]
        nics = [f"{nic.vdev}: {nic.mac} {nic.vswitch} VLAN {nic.vlan}" for nic in guest.nics]
        names = ("Node", "Userid", "z/VM system", "State", "Server", "Minidisks", "NICs")
        values = (
            guest.node,
            guest.userid,
            guest.host,
            guest.state,
            guest.uuid,
            "\n".join(disks),
            "\n".join(nics),
        )
        return names, values


class Entry(OfCloud, Command):
    """Print a guest's entry in the z/VM directory."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Take the cloud and the node."""
        parser = super().get_parser(prog_name)
        parser.add_argument("node", help="the guest's node, as `zvm node guests` lists it")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Print it as xCAT's lsvm gives it, without the node's name before each line."""
        from zvm.xcat.urls import path

        with manager(parsed_args) as client:
            envelope = client.request("GET", path("vms", parsed_args.node))
        for text in envelope.info:
            for line in text.splitlines():
                print(line.removeprefix(f"{parsed_args.node}: "))


class Pools(OfCloud, Lister):
    """List the disk pools with their space."""

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Return a row per pool."""
        from zvm.xcat.extension import Extension

        with manager(parsed_args) as client:
            pools = Extension(client).pools()
        rows: list[tuple[str, ...]] = [
            (pool.name, pool.host, pool.device_type, f"{pool.used_bytes >> 20}", f"{pool.free_bytes >> 20}")
            for pool in pools
        ]
        return ("Pool", "z/VM system", "Device", "Used MiB", "Free MiB"), rows


class Cp(OfCloud, Command):
    """Run a CP command on the z/VM system, by its zHCP, and print what CP says."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Take the cloud and the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument("words", nargs="+", metavar="COMMAND", help="such as QUERY USER LINUX1")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Print CP's answer; its return code becomes this command's."""
        import requests

        place = layout(parsed_args)
        with closing(requests.Session()) as session:
            session.trust_env = False
            session.headers["Authorization"] = f"Bearer {place.password('zhcp')}"
            command = {"command": " ".join(parsed_args.words)}
            try:
                response = session.post(f"{place.url('zhcp')}/v1/cp", json=command, timeout=120)
            except requests.ConnectionError as error:
                raise RuntimeError(f"no zHCP answers at {place.url('zhcp')}") from error
        answer = response.json()
        if response.status_code != 200:
            raise RuntimeError(answer["error"]["message"])
        print(answer["text"].rstrip("\n"))
        return 1 if answer["rc"] else 0
