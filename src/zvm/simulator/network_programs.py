# SPDX-License-Identifier: Apache-2.0
"""The programs of a light guest that use its network: ``ping``, and ``dnsmasq`` as a DHCP server.

Source: iputils, ping(8); dnsmasq(8).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING

from zvm.simulator.guest_network import Unreachable

if TYPE_CHECKING:
    from zvm.simulator.guest_network import GuestNetwork
    from zvm.simulator.light_guest import Linux
    from zvm.simulator.virtual_machine import VirtualMachine

_Result = tuple[int, bytes, bytes]
#: Who asks for more would ask for ever.
_DEFAULT_COUNT, _MOST = 3, 100
_WITH_VALUE = ("-c", "-i", "-W", "-w", "-s", "-I", "-t")


@dataclass
class Host:
    """A guest on its network: what these programs work on."""

    network: GuestNetwork
    machine: VirtualMachine
    linux: Linux


def run(host: Host, path: str, words: list[str]) -> _Result | None:
    """Return exit code, stdout and stderr of a program, or None when it is none of these."""
    match path.rpartition("/")[2]:
        case "ping":
            return _ping(host, words)
        case "dnsmasq":
            return _dnsmasq(host.linux, words)
    return None


def _ping(host: Host, words: list[str]) -> _Result:
    count, targets, rest = _DEFAULT_COUNT, [], list(words)
    while rest:
        word = rest.pop(0)
        if word in _WITH_VALUE and rest:
            value = rest.pop(0)
            if word == "-c" and value.isdigit():
                count = min(int(value), _MOST)
        elif not word.startswith("-"):
            targets.append(word)
    try:
        (target,) = (IPv4Address(name) for name in targets)
    except AddressValueError:
        return 2, b"", f"ping: {targets[0]}: Name or service not known\n".encode()
    except ValueError:
        return 2, b"", b"ping: usage error: Destination address required\n"
    lines, received = [f"PING {target} ({target}) 56(84) bytes of data."], 0
    for sequence in range(1, count + 1):
        try:
            answered = host.network.ping(host.machine, host.linux, target, sequence)
        except Unreachable as error:
            if error.source is None:
                return 2, b"", b"ping: connect: Network is unreachable\n"
            lines.append(f"From {error.source} icmp_seq={sequence} Destination Host Unreachable")
            continue
        if answered:
            received += 1
            lines.append(f"64 bytes from {target}: icmp_seq={sequence} ttl=64 time=0.100 ms")
    lost = 100 - 100 * received // count if count else 0
    lines += ["", f"--- {target} ping statistics ---"]
    lines.append(f"{count} packets transmitted, {received} received, {lost}% packet loss, time {count - 1}ms")
    return 0 if received else 1, "".join(f"{line}\n" for line in lines).encode(), b""


def _dnsmasq(linux: Linux, words: list[str]) -> _Result:
    """``dnsmasq --interface=NAME --dhcp-range=FIRST,LAST [--dhcp-option=option:router,ADDRESS]``."""
    options = dict(word.removeprefix("--").split("=", 1) for word in words if "=" in word)
    name, router = options.get("interface", ""), options.get("dhcp-option", "").partition("option:router,")[2]
    if name not in linux.links:
        return 2, b"", f"dnsmasq: unknown interface {name}\n".encode()
    try:
        first, last = (str(IPv4Address(item)) for item in options.get("dhcp-range", "").split(",")[:2])
        router = str(IPv4Address(router)) if router else ""
    except ValueError:
        return 1, b"", b"dnsmasq: bad dhcp-range\n"
    leases = linux.services.get("dhcp", {}).get("leases", {})
    linux.services["dhcp"] = {
        "mac": linux.links[name], "first": first, "last": last, "router": router, "leases": leases,
    }  # fmt: skip
    return 0, b"", b""
