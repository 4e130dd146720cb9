# SPDX-License-Identifier: Apache-2.0
"""Network cards on a genuine xCAT: a NICDEF statement by ``chvm --smcli``, a grant by ``dsh`` to the zHCP.

That is how Neutron's agent for xCAT made them. xCAT's tables mac and switch say which port a card is for.
xCAT may answer nothing when z/VM refuses, so each card is looked for afterwards (``lsvm --checknics``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from zvm.nova.genuine.rows import Row, Rows
from zvm.xcat import Client, XcatRefused, smcli_text, texts
from zvm.xcat.urls import path

_FIRST, _STEP = 0x1000, 3
_PREFIX = re.compile(r"User prefix: *([0-9A-F]{6})", re.IGNORECASE)
#: Virtual_Network_Vswitch_Set_Extended: the user is authorized already.
_GRANTED = (212, 44)
_SMCLI = "/opt/zhcp/bin/smcli"


@dataclass(frozen=True, slots=True)
class Card:
    """A network card to be."""

    vdev: str
    vswitch: str
    mac: str
    port: str
    vlan: int | None = None


class Nics:
    """The cards of the guests of the node behind ``client``. Thread-safe.

    :param zhcp: gives the name of the zHCP's node.
    """

    def __init__(self, client: Client, rows: Rows, zhcp: Callable[[], str]) -> None:
        self._client = client
        self._rows = rows
        self._zhcp = zhcp

    @staticmethod
    def parsed(operand: str) -> Card:
        """Return the card of the operand ``nic=VDEV,vswitch=V,mac=M[,vlan=N],port=P``."""
        vdev, *parts = operand.removeprefix("nic=").split(",")
        values = dict(part.partition("=")[::2] for part in parts)
        vlan = int(values["vlan"]) if values.get("vlan") else None
        return Card(vdev, values["vswitch"], values["mac"], values.get("port", ""), vlan)

    def add(self, node: str, card: Card) -> None:
        """Give the guest a card, for its next logons; grant its virtual switch before.

        :raises XcatRefused: z/VM refused.
        """
        row = self._rows.of(node)
        if row is None:
            raise XcatRefused(f"PUT {path('vms', node)}", [f"there is no node {node}"])
        self._rows.add_nic(node, card.vdev, card.mac, card.vswitch, card.vlan, card.port)
        self._grant(row, card)
        definition = (
            f"NICDEF=VDEV={card.vdev} TYPE=QDIO MACID={card.mac.replace(':', '')[-6:].upper()} "
            f"LAN=SYSTEM SWITCHNAME={card.vswitch}"
        )
        words = f"Image_Definition_Update_DM -T %userid% -k '{definition}'"
        self._client.request("PUT", path("vms", node), body=["--smcli", words])
        self._client.request("GET", path("vms", node), query={"checknics": card.vdev})

    def _grant(self, row: Row, card: Card) -> None:
        vlan = f" -k user_vlan_id={card.vlan}" if card.vlan else ""
        wanted = f"-k switch_name={card.vswitch} -k grant_userid={row.userid}{vlan} -k persist=YES"
        try:
            self.dsh(f"{_SMCLI} Virtual_Network_Vswitch_Set_Extended -T {row.userid} {wanted}")
        except XcatRefused as problem:
            if (problem.rc, problem.rs) != _GRANTED:
                raise

    def revoke(self, row: Row) -> None:
        """Take back the grants for the guest's cards; what is gone already does no harm."""
        found = self._rows.table("switch")
        for vswitch in sorted({item.get("switch", "") for item in found if item.get("node") == row.node}):
            if not vswitch:
                continue
            wanted = f"-k switch_name={vswitch} -k revoke_userid={row.userid} -k persist=YES"
            try:
                self.dsh(f"{_SMCLI} Virtual_Network_Vswitch_Set_Extended -T {row.userid} {wanted}")
            except XcatRefused as problem:
                if problem.rc != 212:  # the switch, or the grant, is gone
                    raise

    def free_vdev(self, node: str) -> str:
        """Return a device number for a further card."""
        taken = {item.get("interface", "") for item in self._rows.table("switch") if item.get("node") == node}
        return next(vdev for number in range(100) if (vdev := f"{_FIRST + _STEP * number:04X}") not in taken)

    def mac_prefix(self) -> str:
        """Return the first half of the MAC addresses of guests, such as 02:00:06; "" when CP does not say."""
        match = _PREFIX.search("\n".join(self.dsh("/sbin/vmcp query vmlan")))
        if match is None:
            return ""
        digits = match[1].lower()
        return ":".join((digits[:2], digits[2:4], digits[4:]))

    def dsh(self, command: str) -> list[str]:
        """Run a line on the zHCP; return what it prints.

        :raises XcatRefused: it failed: xCAT counts the targets where it did.
        """
        node = self._zhcp()
        url = path("nodes", node, "dsh")
        answer = self._client.request("PUT", url, body=[f"command={command}"])
        printed = texts.lines(answer.data, node)
        if (answer.errorcode or ["0"])[-1] != "0":
            text = "\n".join(printed) or f"{command.partition(' ')[0]} failed on {node}"
            failure = smcli_text.parse_failure(text)
            rc, rs = (failure.rc, failure.rs) if failure else (None, None)
            raise XcatRefused(f"PUT {url}", [text], rc=rc, rs=rs, function=_function(command))
        return printed


def _function(command: str) -> str:
    words = command.split()
    return words[1] if words and words[0].endswith("smcli") and len(words) > 1 else ""
