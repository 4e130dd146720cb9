# SPDX-License-Identifier: Apache-2.0
"""The first form of the tables.

Written out, not taken from the declaration: that moves on, this stays.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.String(255)

#: xCAT's tables: columns, and the keys among them.
XCAT = {
    "auditlog": (
        "recid audittime userid clientname clienttype command noderange args status comments disable",
        "recid",
    ),
    "eventlog": (
        "recid eventtime eventtype monitor monnode node application component id severity message "
        "rawdata comments disable",
        "recid",
    ),
    "hosts": ("node ip hostnames otherinterfaces comments disable", "node"),
    "hypervisor": (
        "node type mgr interface netmap defaultnet cluster datacenter preferdirect comments disable",
        "node",
    ),
    "linuximage": (
        "imagename template boottarget addkcmdline pkglist pkgdir otherpkglist otherpkgdir exlist "
        "postinstall rootimgdir kerneldir nodebootif otherifce netdrivers kernelver krpmver "
        "permission dump crashkernelsize partitionfile driverupdatesrc comments disable",
        "imagename",
    ),
    "mac": ("node interface mac comments disable", "node interface"),
    "monitoring": ("name nodestatmon comments disable", "name"),
    "monsetting": ("name key value comments disable", "name key"),
    "networks": (
        "netname net mask mgtifname gateway dhcpserver tftpserver nameservers ntpservers logservers "
        "dynamicrange staticrange staticrangeincrement nodehostname ddnsdomain vlanid domain mtu "
        "comments disable",
        "net mask",
    ),
    "nodegroup": ("groupname grouptype members membergroups wherevals comments disable", "groupname"),
    "nodehm": (
        "node power mgt cons termserver termport conserver serialport serialspeed serialflow getmac "
        "cmdmapping consoleondemand consoleenabled comments disable",
        "node",
    ),
    "nodelist": (
        "node groups status statustime appstatus appstatustime primarysn hidden updatestatus "
        "updatestatustime zonename comments disable",
        "node",
    ),
    "noderes": (
        "node servicenode netboot tftpserver tftpdir nfsserver monserver nfsdir installnic "
        "primarynic discoverynics cmdinterface xcatmaster current_osimage next_osimage nimserver "
        "routenames nameservers proxydhcp syslog comments disable",
        "node",
    ),
    "nodetype": ("node os arch profile provmethod supportedarchs nodetype comments disable", "node"),
    "notification": ("filename tables tableops comments disable", "filename"),
    "osimage": (
        "imagename groups profile imagetype description provmethod rootfstype nfsrootopts "
        "osdistroname osupdatename cfmdir osname osvers osarch synclists postscripts "
        "postbootscripts serverrole isdeletable kitcomponents environvar comments disable",
        "imagename",
    ),
    "passwd": ("key username password cryptmethod authdomain comments disable", "key username"),
    "policy": ("priority name host commands noderange parameters time rule comments disable", "priority"),
    "postscripts": ("node postscripts postbootscripts comments disable", "node"),
    "site": ("key value comments disable", "key"),
    "switch": ("node switch port vlan interface comments disable", "node port interface"),
    "token": ("tokenid username expire created access comments disable", "tokenid"),
    "zvm": ("node hcp userid nodetype parent comments disable discovered status", "node"),
}


def upgrade() -> None:
    """Make the tables."""
    for name, (columns, keys) in XCAT.items():
        op.create_table(
            f"xcat_{name}",
            sa.Column("row_", sa.Integer, primary_key=True, autoincrement=True),
            *(
                sa.Column(
                    column, KEY if column in keys.split() else sa.Text, nullable=False, server_default=""
                )
                for column in columns.split()
            ),
            sa.UniqueConstraint(*keys.split(), name=f"uq_xcat_{name}"),
        )
    op.create_table(
        "images",
        sa.Column("name", KEY, primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("format", sa.String(16), nullable=False, server_default=""),
        sa.Column("bytes", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("sha256", sa.String(64), nullable=False, server_default=""),
        sa.Column("content_sha256", sa.String(64), nullable=False, server_default=""),
        sa.Column("origin", sa.Text, nullable=False, server_default=""),
        sa.Column("updated", sa.Float, nullable=False),
    )
    op.create_table(
        "goldens",
        sa.Column("hcp", KEY, primary_key=True),
        sa.Column("vdev", sa.String(4), primary_key=True),
        sa.Column("image", KEY, nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("device_type", sa.String(8), nullable=False),
        sa.Column("pool", sa.String(8), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("used", sa.Float, nullable=False),
        sa.UniqueConstraint("hcp", "content_sha256", "device_type", name="uq_goldens"),
    )
    op.create_table(
        "grants",
        sa.Column("node", KEY, primary_key=True),
        sa.Column("vswitch", sa.String(8), primary_key=True),
    )
    op.create_table(
        "transports",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("node", KEY, nullable=False),
        sa.Column("name", sa.String(8), nullable=False),
        sa.Column("type", sa.String(8), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
    )
    op.create_table(
        "tasks",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("requestid", KEY, nullable=False, index=True),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("percent", sa.Integer, nullable=False, server_default="0"),
        sa.Column("bytes", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("step", sa.Text, nullable=False, server_default=""),
        sa.Column("status", sa.Integer, nullable=False, server_default="0"),
        sa.Column("answer", sa.Text, nullable=False, server_default=""),
        sa.Column("updated", sa.Float, nullable=False, index=True),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("tasks", "transports", "grants", "goldens", "images"):
        op.drop_table(name)
    for name in XCAT:
        op.drop_table(f"xcat_{name}")
