# SPDX-License-Identifier: Apache-2.0
"""The hardware control point of one z/VM system: all its parts, put together from the configuration."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import ssl
from importlib.metadata import version
from pathlib import Path
from typing import TextIO

from oslo_config import cfg

from zvm.smapi.aio import AsyncClient
from zvm.smapi.endpoint import Endpoint, IucvEndpoint, TcpEndpoint, UnixEndpoint
from zvm.zhcp import errors
from zvm.zhcp.agent import GuestAgent
from zvm.zhcp.console import Consoles
from zvm.zhcp.disks import Disks
from zvm.zhcp.events import Events
from zvm.zhcp.guests import Guests
from zvm.zhcp.host import Host
from zvm.zhcp.links import Links, parse_range
from zvm.zhcp.metrics import Metrics
from zvm.zhcp.operations import Operations
from zvm.zhcp.platform import Platform
from zvm.zhcp.relocation import Relocations
from zvm.zhcp.results import About
from zvm.zhcp.smapi_session import SmapiSession
from zvm.zhcp.spool import Spool
from zvm.zhcp.vmevents import VmEvents

LOG = logging.getLogger(__name__)


class ControlPoint:
    """One zHCP, without its HTTP front."""

    def __init__(self, config: cfg.ConfigOpts, platform: Platform, smapi: SmapiSession, metrics: Metrics):
        state = Path(config.state_directory)
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = lock(state / "lock")
        self.config = config
        self.platform = platform
        self.metrics = metrics
        platform.on_cp = metrics.count_cp
        self.smapi = smapi
        self.operations = Operations(state / "operations.sqlite", retention=config.operation_retention)
        self.links = Links(platform, state / "links", parse_range(config.link_vdevs))
        self.disks = Disks(platform, self.links, metrics)
        self.spool = Spool(platform, state / "punched")
        self.agent = GuestAgent(platform)
        self.events = Events()
        console_dir = Path(config.console_dir) if config.console_dir else state / "console"
        self.consoles = Consoles(platform, smapi, console_dir, config.console_log_limit)
        self.guests = Guests(
            platform,
            smapi,
            self.agent,
            self.consoles,
            self.events,
            state / "guests.json",
            poll_interval=config.poll_interval,
            crash_check_after=config.crash_check_after,
            crash_check_interval=config.crash_check_interval,
        )
        self.host = Host(platform, smapi)
        self.relocations = Relocations(platform, smapi)
        self._vmevents = VmEvents(smapi.events, self.guests)
        self._watches: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Clean up after a predecessor and begin to watch."""
        await self.links.clean()
        await self.spool.clean()
        start = asyncio.get_running_loop().create_task
        self._watches = [start(self.guests.watch(self.config.events_interval)), start(self._vmevents.run())]

    def stopping(self) -> None:
        """Let go of those who wait, since the server is about to stop."""
        self.guests.stop()
        self.events.close()

    async def stop(self) -> None:
        """Let running work end, then close everything."""
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        await self.relocations.stop()
        await self.operations.finish(self.config.shutdown_timeout)
        await self.links.finish()
        await self.platform.close()
        self._lock.close()

    async def about(self) -> About:
        """Return which zHCP this is, and of which z/VM system."""
        userid, system = await self.host.identity()
        level = await self.smapi.call("Query_API_Functional_Level", userid)
        return About(
            version=version("nova-zvm"),
            userid=userid,
            system=system,
            smapi_level=level.rs,
            cp_level=(await self.host.cp_level())[0],
            ssi=await self.host.ssi(),
        )


def lock(path: Path) -> TextIO:
    """Return the open file that holds the lock on a state directory, until it is closed or the process ends.

    :raises errors.Invalid: another zHCP has it, whose links would otherwise be taken for leftovers.
    """
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise errors.Invalid(f"another zHCP runs with the state in {path.parent}") from error
    return file


def build(config: cfg.ConfigOpts) -> ControlPoint:
    """Return the zHCP that ``config`` describes.

    :raises errors.Invalid: the configuration contradicts itself.
    """
    os.umask(0o077)
    metrics = Metrics()
    session = SmapiSession(
        AsyncClient(_endpoint(config)),
        limit=config.session_limit,
        busy_limit=config.busy_limit,
        busy_interval=config.busy_interval,
        metrics=metrics,
    )
    return ControlPoint(config, _platform(config), session, metrics)


def _platform(config: cfg.ConfigOpts) -> Platform:
    if config.platform == "simulator":
        if not config.simulator_platform_socket:
            raise errors.Invalid("platform = simulator needs simulator_platform_socket")
        from zvm.zhcp.platform_simulator import SimulatorPlatform

        return SimulatorPlatform(Path(config.simulator_platform_socket))
    from zvm.zhcp.platform_linux import LinuxPlatform

    return LinuxPlatform(
        sysfs=Path(config.sysfs),
        procfs=Path(config.procfs),
        devfs=Path(config.devfs),
        console_terminal=config.console_terminal,
        agent_terminal=config.agent_terminal,
    )


def _endpoint(config: cfg.ConfigOpts) -> Endpoint:
    if config.smapi_socket and config.smapi_host:
        raise errors.Invalid("smapi_socket and smapi_host exclude each other")
    if config.smapi_socket:
        return UnixEndpoint(config.smapi_socket)
    if config.smapi_host:
        if not config.smapi_password_file:
            raise errors.Invalid("SMAPI over TCP needs smapi_userid and smapi_password_file")
        context = ssl.create_default_context(cafile=config.smapi_ca_file) if config.smapi_tls else None
        password = Path(config.smapi_password_file).read_text().strip()
        return TcpEndpoint(
            config.smapi_host, config.smapi_port, config.smapi_userid, password, ssl_context=context
        )
    return IucvEndpoint()
