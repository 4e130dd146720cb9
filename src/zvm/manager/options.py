# SPDX-License-Identifier: Apache-2.0
"""The options of the management node's configuration file: ``[DEFAULT]``, and a ``[zhcp:NAME]`` per zHCP."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from oslo_config import cfg
from oslo_log import log as oslo_log

#: Service machines as z/VM delivers them, and ours.
_PROTECTED = (
    "MAINT* OPER* TCPIP* DIRMAINT DIRMSAT* DATAMOVE* DTC* VSM* VMSERV* AUTOLOG* DVHTEST* EREP ROUTED*"
    " MONWRITE RACF* SYSADMIN GCS* SFS* PERFSVM FTPSERVE DISKACNT TSAFVM VMSYS* XCAT* ZHCP*"
)

SERVER = [
    cfg.HostAddressOpt("bind_host", default="127.0.0.1", help="Address to listen on."),
    cfg.PortOpt("bind_port", default=8080, help="Port to listen on; 0 takes a free one."),
    cfg.StrOpt("tls_cert", help="PEM file with the server's certificate (chain)."),
    cfg.StrOpt("tls_key", help="PEM file with the server's key."),
    cfg.StrOpt(
        "database",
        default="sqlite:////var/lib/zvm-manager/manager.sqlite",
        regex=r"^(sqlite|postgresql(\+psycopg)?)://",
        help="The database, as SQLAlchemy writes it; postgresql://USER@HOST/NAME where several management"
        " nodes share one, which needs psycopg (the extra postgresql) and libpq.",
        secret=True,
    ),
    cfg.StrOpt(
        "state_directory",
        default="/var/lib/zvm-manager",
        help="Where images and files for guests are kept; shared where several management nodes are.",
    ),
    cfg.StrOpt(
        "xcat_version",
        default="2.19.0.0",
        regex=r"^\d+\.\d+\.\d+\.\d+$",
        help="The xCAT version to answer: four numbers, for clients compare them as four.",
    ),
    cfg.StrOpt(
        "master", default="xcat", help="Name of this management node, as xCAT clients know it as a node."
    ),
    cfg.ListOpt(
        "protected_userids",
        default=_PROTECTED.split(),
        help="Userids that no guest may have; * stands for any characters.",
    ),
    cfg.BoolOpt(
        "only_xcat",
        default=False,
        help="Serve /xcatws alone, and there nothing that a genuine xCAT does not have: no /zvm/v1, no second"
        " dialect, no facts beside error texts, no cards at creation, no marks. For tests of clients.",
    ),
    cfg.StrOpt(
        "audit_log",
        help="File to which a line of JSON is appended for each change; journald: systemd's journal, with"
        " fields ZVM_USER, ZVM_COMMAND, ZVM_TARGET, ZVM_OUTCOME, ZVM_REQUESTID, ZVM_OBJECTID; none: no log.",
    ),
    cfg.ListOpt(
        "dsh_cp_commands",
        default=["Query", "INDicate"],
        help="CP commands that dsh may give to a zHCP by vmcp; capitals are the shortest form."
        " A zHCP is privileged: commands that change or end guests belong to chvm and rpower.",
    ),
    cfg.BoolOpt(
        "guest_execution",
        default=False,
        help="Let dsh and execcmdonvm run programs in guests, through their QEMU agent.",
    ),
    cfg.ListOpt(
        "remotehosts",
        default=[],
        help="user@host from which files may be fetched, and to which images may be exported, by SFTP, when a"
        " client of xCAT asks for it with remotehost; * stands for any characters. None: not at all.",
    ),
    cfg.StrOpt("ssh_key", help="File with the private key for the remotehosts."),
    cfg.StrOpt("ssh_known_hosts", help="File with the host keys of the remotehosts, as OpenSSH writes it."),
    cfg.PortOpt("ssh_port", default=22, help="Port of the remotehosts' SSH servers."),
    cfg.ListOpt(
        "image_sources",
        default=[],
        help="Beginnings of http:// and https:// addresses that imgimport may fetch images from. None: no.",
    ),
    cfg.IntOpt(
        "image_space",
        default=0,
        min=0,
        help="Octets that the stored images may take; 0: as many as the file system has. For a new one"
        " copies of Glance's images go, those first that were not used for the longest time.",
    ),
    cfg.FloatOpt(
        "upload_retention",
        default=86400.0,
        help="Seconds that an upload of an image in parts waits for its next part.",
    ),
    cfg.FloatOpt("task_retention", default=3600.0, help="Seconds the outcome of a command is kept."),
    cfg.FloatOpt(
        "transport_retention", default=86400.0, help="Seconds a file for a guest's first boot is kept."
    ),
    cfg.FloatOpt(
        "shutdown_timeout", default=30.0, help="Seconds that running commands get when the server is stopped."
    ),
]

ZHCP = [
    cfg.StrOpt("url", required=True, help="Address of the zHCP: https://zhcp.example.com:8443"),
    cfg.StrOpt("token_file", help="File with the token that the zHCP wants."),
    cfg.StrOpt("ca_file", help="PEM file with the CA of the zHCP's certificate; default: the system's CAs."),
    cfg.StrOpt("client_cert", help="PEM file with the certificate (and key) to show to the zHCP."),
    cfg.StrOpt("client_key", help="PEM file with that certificate's key, if it is not in the same file."),
    cfg.StrOpt("hostname", help="Name by which nodes refer to the zHCP (their hcp); default: NAME."),
    cfg.StrOpt("host", help="Node name of the z/VM system (the hypervisor); default: NAME."),
    cfg.ListOpt("pools", default=[], help="Disk pools (groups in EXTENT CONTROL) to report."),
    cfg.StrOpt("golden_userid", default="ZVMGOLD", help="Userid that owns the golden minidisks of images."),
    cfg.StrOpt("golden_pool", help="Pool for the golden minidisks; default: the first of pools."),
    cfg.IntOpt(
        "golden_limit",
        default=0,
        min=0,
        help="At most so many golden minidisks: for one more, the one that was not used for the longest time"
        " goes; 0: as many as the pool has room for.",
    ),
    cfg.StrOpt(
        "data_security_erase",
        default="yes",
        choices=["yes", "no", "system"],
        help="Overwrite minidisks of guests and images when they are removed, so that the next owner of the"
        " space cannot read them; no: leave their data; system: as DirMaint is set up.",
    ),
    cfg.StrOpt(
        "fcp_node_name",
        default="",
        regex=r"^([0-9A-Fa-f]{16})?$",
        help="Node name (WWNN) of the FCP channels, which z/VM does not tell: node_name of an fc_host in any"
        " Linux of this machine. Without it the channel's permanent port name stands in its place; Cinder"
        " wants one, storage servers go by port names.",
    ),
    cfg.BoolOpt(
        "grants",
        default=False,
        help="Grant a guest its virtual switches. Needed where the directory does not authorise networks"
        " (before z/VM 6.4, or by choice); costs a call per switch.",
    ),
]


#: SMAPI's words for option data_security_erase (Image_Delete_DM, Image_Disk_Delete_DM).
_ERASE = {"system": 0, "no": 1, "yes": 2}


@dataclass(frozen=True, slots=True)
class ZhcpOptions:
    """One ``[zhcp:NAME]`` group; ``data_security_erase`` is SMAPI's parameter of that name."""

    name: str
    url: str
    hostname: str
    host: str
    pools: tuple[str, ...]
    golden_userid: str
    golden_pool: str
    golden_limit: int
    data_security_erase: int
    grants: bool
    fcp_node_name: str
    token: str | None
    ssl_context: ssl.SSLContext | None


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options for oslo.config's sample generator."""
    return [("DEFAULT", SERVER), ("zhcp:NAME", ZHCP)]


def load(arguments: list[str], *, log: bool = False) -> cfg.ConfigOpts:
    """Return the configuration that ``arguments`` (``--config-file F`` and the like) name.

    :param log: with the options of logging.
    :raises cfg.Error: for a file that is absent or values that break the options' rules.
    """
    config = cfg.ConfigOpts()
    config.register_opts(SERVER)
    if log:
        oslo_log.register_options(config)
        config.set_default("use_stderr", True)  # standard output belongs to the ready line
    config(arguments, project="zvm", prog="zvm manager", default_config_files=[])
    for option in SERVER:
        config[option.dest]  # oslo.config finds a wrong value only when it is read
    for section in config.list_all_sections():
        if section.startswith("zhcp:"):
            config.register_opts(ZHCP, group=cfg.OptGroup(section))
    return config


def zhcps(config: cfg.ConfigOpts) -> list[ZhcpOptions]:
    """Return the zHCPs of ``config``.

    :raises cfg.Error: a group says too little or the same as another.
    :raises OSError: a file that it names cannot be read.
    """
    found = []
    for section in config.list_all_sections():
        if not section.startswith("zhcp:"):
            continue
        group = config[section]
        name = section.removeprefix("zhcp:")
        if not group.url:
            raise cfg.RequiredOptError("url", cfg.OptGroup(section))
        pools = tuple(pool.upper() for pool in group.pools)
        found.append(
            ZhcpOptions(
                name=name,
                url=group.url,
                hostname=group.hostname or name,
                host=group.host or name,
                pools=pools,
                golden_userid=group.golden_userid.upper(),
                data_security_erase=_ERASE[group.data_security_erase],
                golden_pool=(group.golden_pool or (pools[0] if pools else "")).upper(),
                golden_limit=group.golden_limit,
                grants=group.grants,
                fcp_node_name=group.fcp_node_name.upper(),
                token=Path(group.token_file).read_text().strip() if group.token_file else None,
                ssl_context=_context(group),
            )
        )
    for attribute in ("hostname", "host"):
        values = [getattr(item, attribute) for item in found]
        if len(set(values)) != len(values):
            raise cfg.Error(f"two [zhcp:...] groups have the same {attribute}")
    return found


def _context(group: cfg.GroupAttr) -> ssl.SSLContext | None:
    if not group.url.startswith("https:"):
        return None
    context = ssl.create_default_context(cafile=group.ca_file)
    if group.client_cert:
        context.load_cert_chain(group.client_cert, group.client_key)
    return context
