# SPDX-License-Identifier: Apache-2.0
"""The driver's options: group ``[zvm_xcat]``; the names of the 2013 design in [DEFAULT] are accepted too."""

from __future__ import annotations

from collections.abc import Sequence

from oslo_config import cfg
from oslo_log import log as logging

LOG = logging.getLogger(__name__)

GROUP = cfg.OptGroup(
    "zvm_xcat",
    title="z/VM by way of an xCAT management node",
    help="The nova-compute host of one z/VM system and the management node that it talks to.",
)


def _seed(name: str) -> list[cfg.DeprecatedOpt]:
    return [cfg.DeprecatedOpt(name, group="DEFAULT")]


OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "server",
        deprecated_opts=_seed("zvm_xcat_server"),
        help="The management node: host, host:port or URL. https unless the URL says http, which is accepted "
        "for the loopback interface only.",
    ),
    cfg.StrOpt("username", default="root", deprecated_opts=_seed("zvm_xcat_username"), help="xCAT user."),
    cfg.StrOpt(
        "password", secret=True, deprecated_opts=_seed("zvm_xcat_password"), help="The xCAT user's password."
    ),
    cfg.StrOpt("ca_file", help="PEM file of the authorities that sign the management node's certificate."),
    cfg.StrOpt(
        "master",
        default="xcat",
        deprecated_opts=_seed("zvm_xcat_master"),
        help="The management node's own name in its tables; messages call it so.",
    ),
    cfg.StrOpt(
        "host",
        deprecated_opts=_seed("zvm_host"),
        help="Node name of the z/VM system in the management node's tables. It is the name of Nova's compute "
        "node too: once guests run it must not change.",
    ),
    cfg.StrOpt(
        "diskpool",
        deprecated_opts=_seed("zvm_diskpool"),
        help="Disk pool (DirMaint group) on which root disks are made; further pools of the system are "
        "offered to the scheduler beside it.",
    ),
    cfg.StrOpt(
        "scsi_pool",
        deprecated_opts=_seed("zvm_scsi_pool"),
        help="zFCP pool for SCSI disks. Read for compatibility; no SCSI disks are made yet.",
    ),
    cfg.StrOpt(
        "fcp_devices",
        default="",
        deprecated_opts=_seed("zvm_fcp_list"),
        help="Real device numbers of the FCP devices that guests may have, as ranges: 1FA0-1FAF;1FB0-1FBF. "
        "Empty: no volumes over Fibre Channel on this host.",
    ),
    cfg.IntOpt(
        "fcp_paths",
        default=2,
        min=1,
        max=8,
        help="FCP devices that a guest with volumes over Fibre Channel gets, each on another channel path; "
        "fewer where fcp_devices lie on fewer channel paths.",
    ),
    cfg.DictOpt(
        "eckd_control_units",
        default={},
        help="Control units of ECKD volumes (3390 of a DS8000 by FICON), as CULA:DEVICE pairs: "
        "C4:C400,C5:2300. CULA is the first part of a pair in Cinder's ds8k_devadd_unitadd_mapping (C4 of "
        "C4-10), DEVICE the real device number that unit address 00 of this control unit has on the z/VM "
        "system; both hexadecimal. A volume is the device DEVICE + its unit address. Empty: no ECKD volumes "
        "on this host.",
    ),
    cfg.StrOpt(
        "user_profile",
        default="LNXDFLT",
        deprecated_opts=_seed("zvm_user_profile"),
        help="Directory profile that every guest's entry includes.",
    ),
    cfg.StrOpt(
        "snapshots_directory",
        deprecated_opts=_seed("zvm_snapshots_directory"),
        help="With a genuine xCAT: where images and config drives lie on this host while it fetches them, or "
        "puts them, by ssh. The management node of nova-zvm needs no such place.",
    ),
    cfg.StrOpt(
        "remotehost",
        regex=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*@[A-Za-z0-9_][A-Za-z0-9_.:-]*$",
        help="With a genuine xCAT: user@host by which it reaches this host by ssh. Unset: the user of this "
        "service at my_ip.",
    ),
    cfg.IntOpt(
        "reachable_timeout",
        default=300,
        min=0,
        deprecated_opts=_seed("zvm_reachable_timeout"),
        help="Seconds within which the agent in a new guest must answer after power on. A guest that has not "
        "by then, or that stops in a disabled wait, counts as failed: its build fails with the end of its "
        "console and it is removed. 0: do not wait; use it for images without an agent.",
    ),
    cfg.DictOpt(
        "vswitch_mappings",
        default={},
        help="physical_network:VSWITCH pairs, for ports whose binding does not name a virtual switch.",
    ),
    cfg.StrOpt("default_vswitch", help="Virtual switch of ports for which nothing else names one."),
    cfg.StrOpt(
        "privilege_class",
        default="G",
        regex=r"^[A-Za-z1-6]{1,32}$",
        help="CP privilege classes of guests.",
    ),
    cfg.IntOpt(
        "request_timeout",
        default=600,
        min=1,
        help="Seconds without an answer after which a call to the management node is given up.",
    ),
    cfg.IntOpt(
        "retry_timeout",
        default=60,
        min=0,
        help="Seconds for which what a user asked for (a build, a delete, an attachment) waits for a "
        "management node or zHCP that does not answer, as during a restart. Only deletions and calls of "
        "which nothing was done are made again. 0: such a call fails at once.",
    ),
    cfg.IntOpt(
        "relocation_max_total",
        default=0,
        min=0,
        help="Seconds that a live migration may take before CP cancels it; 0: no limit.",
    ),
    cfg.IntOpt(
        "relocation_max_quiesce",
        default=10,
        min=0,
        help="Seconds that a guest may stand still at the end of its live migration; CP cancels it where "
        "that would take longer. 0: no limit.",
    ),
    cfg.IntOpt(
        "relocation_silence",
        default=900,
        min=1,
        help="Seconds for which nobody can say what became of a live migration before Nova is told that it "
        "failed. Where the guest is in truth is found out once somebody answers again, and Nova corrected.",
    ),
    cfg.IntOpt(
        "soft_reboot_timeout",
        default=120,
        min=1,
        help="Seconds that a guest has to shut down by itself in a soft reboot before it is forced.",
    ),
    cfg.BoolOpt(
        "serial_console_cleartext",
        default=False,
        help="Listen for nova-serialproxy on [serial_console]proxyclient_address even when that is not "
        "loopback. nova-serialproxy speaks no TLS there: what is typed at a console, passwords too, then "
        "passes the network between the two hosts in clear text.",
    ),
    cfg.StrOpt(
        "vnc_port_range",
        default="5900:6900",
        regex=r"^\d{1,5}:\d{1,5}$",
        help="Ports, first:last without the last, on which VNC consoles are listened for on "
        "[vnc]server_listen: one for each console in use.",
    ),
    cfg.BoolOpt(
        "vnc_console_cleartext",
        default=False,
        help="Listen for nova-novncproxy on [vnc]server_listen even when that is not loopback. What is typed "
        "at a console, passwords too, then passes the network between the two hosts in clear text.",
    ),
    cfg.StrOpt(
        "crash_dump",
        default="restart",
        choices=[
            (
                "restart",
                "The guest gets CP's SYSTEM RESTART: its kernel makes the dump (kdump, or panic action).",
            ),
            (
                "vmdump",
                "CP writes the guest's whole storage into the guest's reader (VMDUMP); the guest runs on.",
            ),
        ],
        help="How a crash dump is triggered. vmdump needs as much free spool space as the guest has memory.",
    ),
]

#: Options of the 2013 nova.conf that today's Nova has no use for, and why.
WITHOUT_EFFECT: dict[str, str] = {
    "libvirt_type": "this driver does not use libvirt; compute_driver alone says that the hypervisor is z/VM",
    "libvirt_vif_driver": "network cards are made by the management node as NICDEF statements",
    "network_api_class": "Nova talks to Neutron only since its release 22",
}
#: Options of ours that are read but change nothing yet, and why.
READ_ONLY: dict[str, str] = {
    "scsi_pool": "no SCSI disks are made yet",
}


def register(conf: cfg.ConfigOpts) -> None:
    """Register the options, and those without effect so that it can be told that they are set."""
    conf.register_opts(OPTIONS, group=GROUP.name)
    conf.register_opts([cfg.StrOpt(name, help=why) for name, why in WITHOUT_EFFECT.items()])


def adjust(conf: cfg.ConfigOpts) -> None:
    """Change defaults of Nova's own options that do not suit z/VM; what nova.conf sets stays.

    A network card comes to the destination of a live migration with its guest, so nothing is plugged there
    before, and nobody must wait for that.
    """
    conf.set_default("live_migration_wait_for_vif_plug", False, group="compute")


def list_opts() -> list[tuple[cfg.OptGroup, Sequence[cfg.Opt]]]:
    """Return the options for oslo-config-generator."""
    return [(GROUP, OPTIONS)]


def log_without_effect(conf: cfg.ConfigOpts) -> None:
    """Log one line for each option that is set and has no effect, with the reason."""
    for name, why in WITHOUT_EFFECT.items():
        if conf[name] is not None:
            LOG.info("Option %s in [DEFAULT] has no effect: %s.", name, why)
    for name, why in READ_ONLY.items():
        if conf[GROUP.name][name] is not None:
            LOG.info("Option %s in [%s] has no effect: %s.", name, GROUP.name, why)


def base_url(server: str) -> str:
    """Return the URL that option ``server`` means."""
    return server if "://" in server else f"https://{server}"
