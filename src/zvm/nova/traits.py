# SPDX-License-Identifier: Apache-2.0
"""What a z/VM system is, in Placement's traits.

==========================  =============================================================
``HW_ARCH_S390X``,          guests are s390x
``COMPUTE_ARCH_S390X``
``CUSTOM_ZVM_7_4``          level of z/VM
``CUSTOM_Z_MACHINE_3931``   machine type
``CUSTOM_Z_ARCH12`` ...     architecture levels that the processors have, each with those
                            before it; the number is that of ``-march=arch12`` of compilers
==========================  =============================================================
"""

from __future__ import annotations

import re

import os_traits

from zvm.nova.host_facts import HostFacts

#: Those that follow the system; all others with ``CUSTOM_`` are the operator's.
_OURS = re.compile(r"CUSTOM_(ZVM_|Z_MACHINE_|Z_ARCH\d)")
#: Machine type → edition of the z/Architecture Principles of Operation, as GCC numbers them for ``-march``.
_ARCH = {
    "2964": 11,  # z13
    "2965": 11,
    "3906": 12,  # z14
    "3907": 12,
    "8561": 13,  # z15
    "8562": 13,
    "3931": 14,  # z16
    "3932": 14,
    "9175": 15,  # z17
}


def of(facts: HostFacts) -> set[str]:
    """Return the traits of a system; what is not known of it has none."""
    found = {os_traits.HW_ARCH_S390X, os_traits.COMPUTE_ARCH_S390X}
    if facts.level:
        found.add(os_traits.normalize_name(f"ZVM_{facts.level.removesuffix('.0')}"))
    if facts.model:
        found.add(os_traits.normalize_name(f"Z_MACHINE_{facts.model}"))
    newest = _ARCH.get(facts.model, 0)
    found.update(f"CUSTOM_Z_ARCH{level}" for level in range(min(_ARCH.values()), newest + 1))
    return found


def outdated(present: set[str], now: set[str]) -> set[str]:
    """Return which of the traits ``present`` an earlier state of the system had."""
    return {trait for trait in present if _OURS.match(trait)} - now
