# SPDX-License-Identifier: Apache-2.0
"""The program ``ip`` of a light guest: the few of its commands by which interfaces are set up.

Source: iproute2, ip-address(8), ip-link(8), ip-route(8).
"""

from __future__ import annotations

import ipaddress

from zvm.simulator.light_guest import Linux

_USAGE = b"Usage: ip [ -6 ] { address replace ADDR dev NAME | link set dev NAME [ mtu N ] up"
_USAGE += b" | route replace default via ADDR dev NAME }\n"


def run(linux: Linux, words: list[str]) -> tuple[int, bytes, bytes]:
    """Return exit code, stdout and stderr of ``ip`` with these operands."""
    match [word for word in words if word != "-6"]:
        case ["address", "replace", address, "dev", name]:
            try:
                wanted = str(ipaddress.ip_interface(address))
            except ValueError:
                return _error(f'any valid prefix is expected rather than "{address}".')
            known = linux.configured.setdefault(linux.links.get(name, ""), [])
            if name in linux.links and wanted not in known:
                known.append(wanted)
        case ["link", "set", "dev", name, *rest] if rest[-1:] == ["up"]:
            pass
        case ["route", "replace", "default", "via", gateway, "dev", name]:
            version = ipaddress.ip_address(gateway).version
            others = [
                item
                for item in linux.gateways.get(linux.links.get(name, ""), [])
                if ipaddress.ip_address(item).version != version
            ]
            if name in linux.links:
                linux.gateways[linux.links[name]] = [*others, gateway]
        case _:
            return 255, b"", _USAGE
    linux.configured.pop("", None)
    return (0, b"", b"") if name in linux.links else (1, b"", f'Cannot find device "{name}"\n'.encode())


def _error(text: str) -> tuple[int, bytes, bytes]:
    return 1, b"", f"Error: {text}\n".encode()
