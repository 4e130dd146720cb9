# SPDX-License-Identifier: Apache-2.0
"""Where our management node answers otherwise than a genuine xCAT did, and why; for the reference page."""

from __future__ import annotations

#: request → what is different, why
DEVIATIONS: tuple[tuple[str, str, str], ...] = (
    (
        "any request without credentials",
        "401, ``Permission denied for request``",
        "xCAT lets it act as root when its CGI runs as root",
    ),
    (
        "``GET /policies``, ``GET /notifications``",
        "JSON alone",
        "xCAT puts a dump of the request before it, the password in the clear",
    ),
    ("``GET /accounts``", "no passwords", "xCAT shows those that it keeps in the clear"),
    (
        "``PUT /tables/mac`` for a row that exists",
        "the row is changed",
        "xCAT answers a database error, which breaks its own client",
    ),
    (
        "``PUT /vms/X``: setipl, addnic, removenic, removedisk, purgerdr, smcli",
        "``... Done``, or the refusal as an error",
        "xCAT answers nothing, even when z/VM refused",
    ),
    (
        "``PUT /vms/X``: punchfile of a file that does not exist",
        "an error",
        "xCAT says that it is done",
    ),
    (
        "a body that is not JSON",
        "400 with a text",
        "xCAT's CGI dies with 500 and an empty body",
    ),
    (
        "``PUT /nodes/X/dsh`` of what is neither smcli, vmcp nor one of a few fixed lines",
        "an error",
        "nothing is handed to a shell",
    ),
    (
        "refusals of z/VM",
        "the codes are the same, the description is in our words",
        "it says what to do; clients look at the codes",
    ),
    (
        "``POST /images/capture``",
        "an error",
        "it would run commands in the guest; its disk can be read when it is off",
    ),
    (
        "second dialect, ``GET /nodes/X/inventory``",
        "all that rinv tells",
        "xCAT loses everything but the userid",
    ),
    (
        "second dialect, the resources localres, services and templates",
        "501",
        "nothing is kept there",
    ),
    ("``GET /version``", "four numbers", "clients compare the version as four numbers"),
)
