# SPDX-License-Identifier: Apache-2.0
"""The options of a backend's group in cinder.conf."""

from __future__ import annotations

from collections.abc import Sequence

from oslo_config import cfg

OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "zvm_server",
        help="The management node: host, host:port or URL. https unless the URL says http, which is accepted "
        "for the loopback interface only.",
    ),
    cfg.StrOpt("zvm_username", default="root", help="User of the management node."),
    cfg.StrOpt("zvm_password", secret=True, help="That user's password."),
    cfg.StrOpt(
        "zvm_ca_file", help="PEM file of the authorities that sign the management node's certificate."
    ),
    cfg.StrOpt(
        "zvm_host",
        help="Node name of the z/VM system in the management node's tables, as in nova.conf. Of the members "
        "of an SSI cluster, which share directory and DASD, any one.",
    ),
    cfg.ListOpt(
        "zvm_pools",
        default=[],
        help="Disk pools (groups in EXTENT CONTROL) of which volumes are made; each is a pool to Cinder's "
        "scheduler. Default: all that the management node reports.",
    ),
    cfg.BoolOpt(
        "zvm_secure_erase",
        default=True,
        help="Overwrite a volume's minidisk when it is deleted, so that the next owner of its space finds "
        "nothing of it. A new volume holds zeros only if this is on, or if DirMaint itself erases.",
    ),
    cfg.IntOpt(
        "zvm_request_timeout",
        default=600,
        min=1,
        help="Seconds without an answer after which a call to the management node is given up.",
    ),
    cfg.IntOpt(
        "zvm_retry_timeout",
        default=60,
        min=0,
        help="Seconds for which a call whose answer was lost is repeated. Volumes are known by their id, so "
        "nothing is done twice.",
    ),
]


def list_opts() -> list[tuple[str, Sequence[cfg.Opt]]]:
    """Return the options for oslo-config-generator."""
    return [("backend_defaults", OPTIONS)]
