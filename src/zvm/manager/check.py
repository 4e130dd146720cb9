# SPDX-License-Identifier: Apache-2.0
"""``zvm manager check``: each link of the chain, from the database to a virtual switch, and what is wrong."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from oslo_config import cfg
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from zvm.directory.errors import DirectoryError
from zvm.directory.names import userid as checked_userid
from zvm.manager import guests, options, pools, server
from zvm.manager.database import Database
from zvm.manager.errors import ManagerError
from zvm.manager.hosts import Host
from zvm.manager.tables.models import XCAT
from zvm.zhcp import errors as zhcp_errors


@dataclass(frozen=True, slots=True)
class Finding:
    """One link: what was looked at, what was seen, and the next step when it is wrong."""

    link: str
    seen: str
    next_step: str = ""
    good: bool = True

    def line(self) -> str:
        """Return it as it is printed."""
        step = f"\n        next step: {self.next_step}" if self.next_step and not self.good else ""
        return f"{'ok    ' if self.good else 'FAILED'}  {self.link}: {self.seen}{step}"


class Wrong(ManagerError):
    """A link that answers, but not as it should."""

    def __init__(self, seen: str, next_step: str) -> None:
        super().__init__(seen, next_step=next_step)


async def findings(
    config: cfg.ConfigOpts, profiles: Sequence[str], vswitches: Sequence[str]
) -> AsyncIterator[Finding]:
    """Give the links one by one; of a zHCP that does not answer only that.

    :param profiles: directory profiles that each system must have.
    :param vswitches: virtual switches that each system must have.
    """
    yield await _found("configuration", _configuration(config))
    yield await _found("database", _database(config.database))
    yield await _found("state directory", _state_directory(config.state_directory))
    try:
        groups = options.zhcps(config)
    except (cfg.Error, OSError) as problem:
        yield Finding("zHCPs", str(problem), "mend the [zhcp:...] groups", good=False)
        return
    for group in groups:
        host = Host(group)
        try:
            async for finding in _of_host(host, profiles, vswitches):
                yield finding
        finally:
            await host.client.close()


async def _of_host(host: Host, profiles: Sequence[str], vswitches: Sequence[str]) -> AsyncIterator[Finding]:
    def named(link: str) -> str:
        return f"{host.options.name}: {link}"

    yield (first := await _found(named("zHCP"), _zhcp(host)))
    if not first.good:
        return
    yield await _found(named("CP"), _cp(host))
    yield (smapi := await _found(named("SMAPI"), _smapi(host)))
    if not smapi.good:
        return
    for pool in host.options.pools or [""]:
        yield await _found(named(f"pool {pool}".rstrip()), _pool(host, pool))
    yield await _found(named("golden userid"), _golden(host))
    for profile in profiles:
        yield await _found(named(f"profile {profile}"), _profile(host, profile))
    for vswitch in vswitches or [""]:
        yield await _found(named(f"virtual switch {vswitch}".rstrip()), _vswitch(host, vswitch))


async def _found(link: str, look: Awaitable[str]) -> Finding:
    try:
        return Finding(link, await look)
    except (ManagerError, zhcp_errors.ZhcpError) as error:
        return Finding(link, error.message, error.next_step, good=False)
    except DirectoryError as error:
        return Finding(link, str(error), "mend the directory entry", good=False)


async def _configuration(config: cfg.ConfigOpts) -> str:
    try:
        server.check(config)
    except cfg.Error as problem:
        raise Wrong(str(problem), "mend the configuration file") from problem
    return f"{'https' if config.tls_cert else 'http'} at {config.bind_host} port {config.bind_port}"


async def _database(url: str) -> str:
    def count(connection: Connection) -> int:
        users = select(func.count()).select_from(XCAT["passwd"]).where(XCAT["passwd"].c.key == "xcat")
        return int(connection.scalar(users) or 0)

    database = None
    try:
        database = Database(url)
        await asyncio.to_thread(database.migrate)
        users = await database.read(count)
    except (SQLAlchemyError, OSError, ImportError) as problem:
        reason = " ".join(str(getattr(problem, "orig", None) or problem).split())
        raise Wrong(reason, "see that the database runs and that its account may make tables") from problem
    finally:
        if database is not None:
            database.close()
    if not users:
        raise Wrong("nobody may call", "zvm manager user add NAME --config-file FILE")
    return f"{'shared' if database.shared else 'SQLite'}, {users} user{'s' if users > 1 else ''}"


async def _state_directory(path: str) -> str:
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            space = os.statvfs(path)
    except OSError as problem:
        raise Wrong(str(problem), "give the directory to the management node's account") from problem
    return f"{path}, {space.f_bavail * space.f_frsize >> 30} GiB free"


async def _zhcp(host: Host) -> str:
    if not await host.client.healthy():
        raise Wrong(
            f"{host.options.url} does not answer",
            "start the zHCP; see that url is right, and that ca_file names the CA of its certificate",
        )
    return f"{host.options.url} answers"


async def _cp(host: Host) -> str:
    result = await host.client.cp("QUERY CPLEVEL")
    text = " ".join(result.text.split())
    if result.rc:
        raise Wrong(
            f"QUERY CPLEVEL ended with {result.rc}: {text}", "see that /dev/vmcp is there on the zHCP"
        )
    return text


async def _smapi(host: Host) -> str:
    about = await host.client.about()
    return f"answers for {about.system}" + (f", a member of {about.ssi}" if about.ssi else "")


async def _pool(host: Host, name: str) -> str:
    there = await pools.names_of(host)
    if name and name not in there:
        raise Wrong(
            f"there is no such pool, there are {', '.join(there) or 'none'}", "correct the option pools"
        )
    found = await pools.of(host, [name] if name else None)
    if not found:
        raise Wrong("there is none", "define a group of regions in EXTENT CONTROL, name it in pools")
    return ", ".join(
        f"{pool.name}: {pool.free_bytes >> 30} of {pool.total_bytes >> 30} GiB free" for pool in found
    )


async def _golden(host: Host) -> str:
    owner, pool = host.options.golden_userid, host.options.golden_pool
    if not pool:
        raise Wrong("there is no pool for golden minidisks", "set pools or golden_pool")
    entry = await guests.find_entry(host.client, owner)
    if entry is None:
        return f"{owner} is made by the first deploy"
    return f"{owner} has {len(entry.minidisks())} minidisks"


async def _profile(host: Host, profile: str) -> str:
    try:
        await host.client.smapi("Profile_Query_DM", checked_userid(profile))
    except zhcp_errors.Refused as refusal:
        raise Wrong(refusal.message, f"make the profile {profile}, or name another one") from refusal
    return "is there"


async def _vswitch(host: Host, vswitch: str) -> str:
    answer = await host.client.smapi("Virtual_Network_Vswitch_Query_Extended", "SYSTEM", {"switch_name": "*"})
    there = [item["vswitchAttributes"].split()[0] for item in answer.reply["vswitchList"]]
    if (vswitch and vswitch.upper() not in there) or not there:
        raise Wrong(f"there are {', '.join(there) or 'none'}", "DEFINE VSWITCH, and in SYSTEM CONFIG too")
    return "is there" if vswitch else ", ".join(there)


def run(arguments: list[str]) -> int:
    """Print what is found; return the exit status: 1 when a link is wrong."""
    parser = argparse.ArgumentParser(prog="zvm manager check", description=__doc__)
    parser.add_argument("--config-file", required=True)
    parser.add_argument(
        "--profile", action="append", default=[], help="a directory profile that must be there"
    )
    parser.add_argument("--vswitch", action="append", default=[], help="a virtual switch that must be there")
    asked = parser.parse_args(arguments)
    os.umask(0o077)
    try:
        config = options.load(["--config-file", asked.config_file])
    except (cfg.Error, OSError) as error:
        sys.stderr.write(f"zvm manager: {error}\n")
        return 1
    return asyncio.run(_print(findings(config, asked.profile, asked.vswitch), sys.stdout.write))


async def _print(found: AsyncIterator[Finding], write: Callable[[str], object]) -> int:
    wrong = 0
    async for finding in found:
        wrong += not finding.good
        write(finding.line() + "\n")
    write(f"{wrong} of the links {'is' if wrong == 1 else 'are'} wrong\n" if wrong else "all is well\n")
    return 1 if wrong else 0
