# SPDX-License-Identifier: Apache-2.0
"""Why our management node answers some requests otherwise than a genuine xCAT did; for the reference page."""

from __future__ import annotations

#: word in ``exchanges/*.yaml`` → what is answered here, and why
REASONS: dict[str, tuple[str, str]] = {
    "both-words": (
        "``Guest CPUs:`` and ``Processors:``",
        "releases differ in the word; clients look for either",
    ),
    "capture": ("another error", "nothing is run in the guest: its directory entry tells of its disks"),
    "credentials": ("401", "xCAT lets a caller without credentials act as root when its CGI runs as root"),
    "dns": ("an empty answer", "names are written into files that name servers read; none is restarted"),
    "dump": (
        "JSON alone",
        "xCAT puts a dump of the request before its answer, at two places with the password in the clear",
    ),
    "files": (
        "a line less, or an error",
        "files of other machines are fetched by the SSH protocol; no program is run",
    ),
    "format": ("an error", "xCAT tells the failure as success; disks of guests are formatted by the guests"),
    "grants": (
        "no grants",
        "xCAT grants a new guest every virtual switch that the zHCP has; here it gets those that it is given",
    ),
    "inventory": ("all that ``rinv`` tells", "xCAT loses everything but the userid"),
    "masked": ("no passwords", "xCAT shows those of its users and of the directory in the clear"),
    "needed": ("the free space", "xCAT answers nothing for the recorded node; clients fail then"),
    "not-json": ("400 with another text", "xCAT's CGI dies, or tells what its JSON library said"),
    "other-hardware": ("the tables that are kept here", "xCAT's tables of other hardware do not exist"),
    "shell": (
        "an error",
        "nothing is handed to a shell: lines are taken apart, and only those that clients need are answered",
    ),
    "silent": (
        "``... Done``, or z/VM's refusal as an error",
        "xCAT answers nothing for these options since 2.13, even when z/VM refused",
    ),
    "ssh": ("an answer", "the recorded user had no SSH key for the zHCP; here users need none"),
    "stand-in": (
        "what z/VM tells",
        "the recorded answer holds what a stand-in for z/VM said, which is neither xCAT's nor z/VM's",
    ),
    "upsert": ("the row is changed", "xCAT answers a database error, which breaks its own client"),
    "words": (
        "the same codes, described in our words",
        "they say what to do; clients look at the codes",
    ),
    "xcatd": ("no such port", "the XML port of xcatd is not offered: no client of the REST API needs it"),
}
