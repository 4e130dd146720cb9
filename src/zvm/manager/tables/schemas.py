# SPDX-License-Identifier: Apache-2.0
"""xCAT's tables: their columns in xCAT's order, and which columns tell rows apart.

The order matters: clients read ``tabdump`` by position. All values are texts, as in xCAT.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from zvm.directory import names


@dataclass(frozen=True, slots=True)
class Schema:
    """One table.

    :ivar columns: every column, in the order of ``tabdump``.
    :ivar keys: the columns by which a row is found when it is written without a search; xCAT fails there when
        the row exists, which breaks its own clients, so here such a row is updated.
    :ivar grammar: columns whose values are checked, with what raises InvalidName; "" is none and always good.
        A genuine xCAT stores whatever comes, and gives it to its shell later.
    """

    name: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    grammar: Mapping[str, Callable[[str], object]] = field(default_factory=dict)


def _table(name: str, columns: str, keys: str) -> Schema:
    return Schema(name, (*columns.split(), "comments", "disable"), tuple(keys.split()))


_DECLARED = (
    _table("auditlog", "recid audittime userid clientname clienttype command noderange args status", "recid"),
    _table(
        "eventlog",
        "recid eventtime eventtype monitor monnode node application component id severity message rawdata",
        "recid",
    ),
    _table("hosts", "node ip hostnames otherinterfaces", "node"),
    _table("hypervisor", "node type mgr interface netmap defaultnet cluster datacenter preferdirect", "node"),
    _table(
        "linuximage",
        "imagename template boottarget addkcmdline pkglist pkgdir otherpkglist otherpkgdir exlist postinstall"
        " rootimgdir kerneldir nodebootif otherifce netdrivers kernelver krpmver permission dump"
        " crashkernelsize partitionfile driverupdatesrc",
        "imagename",
    ),
    _table("mac", "node interface mac", "node interface"),
    _table("monitoring", "name nodestatmon", "name"),
    _table("monsetting", "name key value", "name key"),
    _table(
        "networks",
        "netname net mask mgtifname gateway dhcpserver tftpserver nameservers ntpservers logservers"
        " dynamicrange staticrange staticrangeincrement nodehostname ddnsdomain vlanid domain mtu",
        "net mask",
    ),
    _table("nodegroup", "groupname grouptype members membergroups wherevals", "groupname"),
    _table(
        "nodehm",
        "node power mgt cons termserver termport conserver serialport serialspeed serialflow getmac"
        " cmdmapping consoleondemand consoleenabled",
        "node",
    ),
    _table(
        "nodelist",
        "node groups status statustime appstatus appstatustime primarysn hidden updatestatus"
        " updatestatustime zonename",
        "node",
    ),
    _table(
        "noderes",
        "node servicenode netboot tftpserver tftpdir nfsserver monserver nfsdir installnic primarynic"
        " discoverynics cmdinterface xcatmaster current_osimage next_osimage nimserver routenames nameservers"
        " proxydhcp syslog",
        "node",
    ),
    _table("nodetype", "node os arch profile provmethod supportedarchs nodetype", "node"),
    _table("notification", "filename tables tableops", "filename"),
    _table(
        "osimage",
        "imagename groups profile imagetype description provmethod rootfstype nfsrootopts osdistroname"
        " osupdatename cfmdir osname osvers osarch synclists postscripts postbootscripts serverrole"
        " isdeletable kitcomponents environvar",
        "imagename",
    ),
    _table("passwd", "key username password cryptmethod authdomain", "key username"),
    _table("policy", "priority name host commands noderange parameters time rule", "priority"),
    _table("postscripts", "node postscripts postbootscripts", "node"),
    _table("site", "key value", "key"),
    _table("switch", "node switch port vlan interface", "node port interface"),
    _table("token", "tokenid username expire created access", "tokenid"),
)
#: This one alone has columns behind ``disable``: they came after the clients had fixed their positions.
_ZVM = Schema(
    "zvm",
    ("node", "hcp", "userid", "nodetype", "parent", "comments", "disable", "discovered", "status"),
    ("node",),
    {"userid": names.userid},
)

SCHEMAS: dict[str, Schema] = {schema.name: schema for schema in (*_DECLARED, _ZVM)}
