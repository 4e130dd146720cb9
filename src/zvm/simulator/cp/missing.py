# SPDX-License-Identifier: Apache-2.0
"""Commands of CP that the simulator answers HCPCMD001E, and why: for the reference page."""

from __future__ import annotations

_STORAGE = "guests have no storage that could be looked at"
_REAL = "there is no hardware behind the system"
_MONITOR = "there is no monitor"
_SEGMENTS = "saved segments are those of SMAPI's Shared_Memory functions"

MISSING: dict[str, str] = {
    "ACNT": "nothing is accounted",
    "ADSTOP": _STORAGE,
    "BACKSPAC": "there are no real printers",
    "COMMIT": "a guest's storage is committed at once",
    "CPACCESS": "SYSTEM CONFIG is not read from a disk",
    "CPRELEASE": "SYSTEM CONFIG is not read from a disk",
    "CPTRAP": "there is no trace of CP",
    "CPU": "commands go to all CPUs of a guest",
    "DEDICATE": "processors are not dedicated",
    "DEFSEG": _SEGMENTS,
    "DEFSYS": _SEGMENTS,
    "DIAL": "there are no terminals",
    "DISABLE": "there are no terminals",
    "DISPLAY": _STORAGE,
    "DRAIN": "there are no real unit record devices",
    "DUMP": _STORAGE,
    "ECHO": "there are no terminals",
    "ENABLE": "there are no terminals",
    "HALT": _REAL,
    "LOCK": _STORAGE,
    "LOGON": "guests are logged on by XAUTOLOG",
    "MODIFY": "CP is not changed while it runs",
    "MONITOR": _MONITOR,
    "NOTREADY": _REAL,
    "ORDER": "spool files keep their order",
    "PER": _STORAGE,
    "RECORDING": "there are no records of CP",
    "REDEFINE": "a device is detached and defined anew",
    "SAVESEG": _SEGMENTS,
    "SAVESYS": _SEGMENTS,
    "SCREEN": "there are no terminals",
    "SLEEP": "there are no terminals",
    "START": "there are no real unit record devices",
    "STORE": _STORAGE,
    "TERMINAL": "there are no terminals",
    "TRACE": _STORAGE,
    "UNDIAL": "there are no terminals",
    "VINPUT": _REAL,
    "XSPOOL": "spool files have no pages",
}
