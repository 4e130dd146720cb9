# SPDX-License-Identifier: Apache-2.0
"""SSI and live guest relocation on a system that is no member of a cluster: refused as z/VM refuses it."""

from __future__ import annotations

from zvm.simulator.functions.registry import Call, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply

_NOT_A_MEMBER = 3008
#: HCPRLH1940E and its kin: the relocation is refused by CP; here because there is nowhere to go.
_CP_REFUSED = 3000
_NONE_ACTIVE = 3001


@serves("SSI_Query")
def ssi_query(call: Call) -> Reply:
    raise Refused(4, _NOT_A_MEMBER)


@serves("VMRELOCATE")
def vmrelocate(call: Call) -> Reply:
    raise Refused(4, _CP_REFUSED, "1996")


@serves("VMRELOCATE_Status")
def vmrelocate_status(call: Call) -> Reply:
    raise Refused(4, _NONE_ACTIVE)


@serves("VMRELOCATE_Modify")
def vmrelocate_modify(call: Call) -> Reply:
    raise Refused(8, 3010, "1926")
