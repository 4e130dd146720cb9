# SPDX-License-Identifier: Apache-2.0
"""The options of the zHCP's configuration file, all of them in ``[DEFAULT]``."""

from __future__ import annotations

from oslo_config import cfg
from oslo_log import log as oslo_log

SERVER = [
    cfg.HostAddressOpt("bind_host", default="127.0.0.1", help="Address to listen on."),
    cfg.PortOpt("bind_port", default=8443, help="Port to listen on; 0 takes a free one."),
    cfg.StrOpt("token_file", help="File with the bearer token that callers show (mode 0600)."),
    cfg.StrOpt("tls_cert", help="PEM file with the server's certificate (chain)."),
    cfg.StrOpt("tls_key", help="PEM file with the server's key."),
    cfg.StrOpt(
        "tls_client_ca",
        help="PEM file with the CA of client certificates. When set, each caller must show a certificate.",
    ),
    cfg.StrOpt(
        "state_directory",
        default="/var/lib/zvm-zhcp",
        help="Where operation ids, links and console logs are kept.",
    ),
    cfg.StrOpt("console_dir", help="Where console logs are kept; default: state_directory/console."),
    cfg.IntOpt(
        "console_log_limit",
        default=16 << 20,
        min=1 << 16,
        help="Octets of console log kept per guest; the older half goes when it is exceeded.",
    ),
    cfg.FloatOpt("operation_retention", default=3600.0, help="Seconds an operation's answer is kept."),
    cfg.FloatOpt(
        "shutdown_timeout", default=30.0, help="Seconds that running work gets when the server is stopped."
    ),
]

SMAPI = [
    cfg.StrOpt("smapi_socket", help="UNIX socket of SMAPI (the simulator has one)."),
    cfg.StrOpt("smapi_host", help="Host of SMAPI over TCP."),
    cfg.PortOpt("smapi_port", default=44444, help="Port of SMAPI over TCP."),
    cfg.BoolOpt("smapi_tls", default=False, help="Speak TLS to SMAPI over TCP."),
    cfg.StrOpt("smapi_ca_file", help="CA file for SMAPI over TLS; default: the system's CAs."),
    cfg.StrOpt("smapi_userid", default="", help="Userid for SMAPI over TCP."),
    cfg.StrOpt("smapi_password_file", help="File with the password for SMAPI over TCP."),
    cfg.IntOpt(
        "session_limit", default=8, min=1, help="SMAPI calls in flight at once; more of them queue up here."
    ),
    cfg.FloatOpt(
        "busy_limit",
        default=120.0,
        min=0.0,
        help="Seconds a busy directory manager or a lock by running work is waited out.",
    ),
    cfg.FloatOpt(
        "busy_interval",
        default=1.0,
        min=0.01,
        help="First pause between attempts when busy, in seconds; it doubles up to 15.",
    ),
]

PLATFORM = [
    cfg.StrOpt(
        "platform",
        default="linux",
        choices=["linux", "simulator"],
        help="What the zHCP runs on: Linux under z/VM, or anywhere beside the simulator.",
    ),
    cfg.StrOpt("simulator_platform_socket", help="Platform socket of the simulator."),
    cfg.StrOpt(
        "link_vdevs",
        default="F000-F0FF",
        help="Virtual device numbers of the zHCP's own configuration that it may link minidisks at.",
    ),
    cfg.StrOpt("sysfs", default="/sys", help="The sysfs tree (platform linux)."),
    cfg.StrOpt("procfs", default="/proc", help="The proc tree (platform linux)."),
    cfg.StrOpt("devfs", default="/dev", help="The device nodes (platform linux)."),
    cfg.StrOpt("console_terminal", default="lnxhvc0", help="IUCV terminal of a guest's console."),
    cfg.StrOpt("agent_terminal", default="lnxhvc1", help="IUCV terminal of a guest's QEMU guest agent."),
]

GUESTS = [
    cfg.FloatOpt("poll_interval", default=0.25, min=0.01, help="First pause when waiting for a guest (s)."),
    cfg.FloatOpt(
        "crash_check_after",
        default=3.0,
        min=0.0,
        help="Seconds of waiting for a guest before its console is looked at for a disabled wait.",
    ),
    cfg.FloatOpt(
        "crash_check_interval", default=15.0, min=0.1, help="Seconds between such looks at the console."
    ),
    cfg.FloatOpt(
        "events_interval",
        default=5.0,
        min=0.1,
        help="Seconds between looks at who is logged on, while somebody listens to the events.",
    ),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options for oslo.config's sample generator."""
    return [("DEFAULT", [*SERVER, *SMAPI, *PLATFORM, *GUESTS])]


def load(arguments: list[str]) -> cfg.ConfigOpts:
    """Return the configuration that ``arguments`` (``--config-file F`` and the like) name.

    :raises cfg.Error: for a file that is absent or values that break the options' rules.
    """
    config = cfg.ConfigOpts()
    oslo_log.register_options(config)
    # Standard output belongs to the ready line.
    config.set_default("use_stderr", True)
    for _, options in list_opts():
        config.register_opts(options)
    config(arguments, project="zvm", prog="zvm zhcp run", default_config_files=[])
    for _, options in list_opts():
        for option in options:
            config[option.dest]  # oslo.config finds a wrong value only when it is read
    return config
