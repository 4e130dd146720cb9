# SPDX-License-Identifier: Apache-2.0
"""``rpower``: logs guests on and off, pauses them, tells whether they are on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from zvm.manager import guests
from zvm.manager.commands.base import Call, Report, each, step
from zvm.manager.errors import Invalid, Refused
from zvm.manager.service import GuestNode, ManagementNode
from zvm.xcat import envelope
from zvm.xcat.envelope import Response
from zvm.xcat.smcli_text import done
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

#: Seconds a guest gets to shut down by itself, and to be logged off by CP.
SHUTDOWN, LOGOFF = 15.0, 120.0
#: Seconds that a guest may be given at most (SIGNAL SHUTDOWN ... WITHIN).
_LONGEST = 65535

Action = Callable[[ManagementNode, ZhcpClient, GuestNode, Report], Awaitable[None]]


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Do the action, the first argument, to each node."""
    action = call.args[0] if call.args else ""
    if action in ("stat", "state") and len(call.nodes) > 1:
        powers = await guests.powers(mn, call.nodes)
        return [envelope.info(f"{node}: {power}\n") for node, power in powers.items()]
    run_action = _ACTIONS.get(action)
    if action == "softoff" and "within" in call.pairs():
        run_action = _signalling(call.pairs()["within"])

    async def one(node: str, report: Report) -> None:
        if run_action is None:
            raise Refused("Option not supported")
        guest = await mn.guest(node)
        if run_action not in (_stat, _isreachable):
            mn.check_userid(guest.userid)
        async with guest.host.zhcp() as zhcp:
            await run_action(mn, zhcp, guest, report)

    return await each(call, one)


async def _on(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, report: Report) -> None:
    sentence = f"Activating {guest.userid}"
    with step(sentence):
        await zhcp.smapi("Image_Activate", guest.userid)
    await guests.set_paused(mn, guest.node, False)
    report.info(done(sentence))


async def _deactivate(
    mn: ManagementNode,
    zhcp: ZhcpClient,
    guest: GuestNode,
    report: Report,
    work: Callable[[], Awaitable[None]],
) -> None:
    sentence = f"Deactivating {guest.userid}"
    try:
        with step(sentence):
            await work()
            report.info(done(sentence) + "\n")
    except AlreadyOff:
        report.info(f"{guest.userid} already logged off.")
    await guests.set_paused(mn, guest.node, False)


class AlreadyOff(Exception):
    """The guest was not logged on."""


async def log_off(zhcp: ZhcpClient, userid: str, how: str) -> None:
    """Log a guest off and wait until it is.

    :param how: ``IMMED``, or "" for a signal to shut down first.
    :raises AlreadyOff: it was not on.
    """
    try:
        await zhcp.smapi("Image_Deactivate", userid, {"force_time": how} if how else {})
    except zhcp_errors.Refused as error:
        if (error.rc, error.rs) == (200, 12):
            raise AlreadyOff from error
        if (error.rc, error.rs) != (200, 16):  # else: on its way off already
            raise
    state = await zhcp.guest(userid, wait="off", timeout=LOGOFF)
    if state.state != "off":
        raise zhcp_errors.Refused(
            f"{userid} is still not logged off after {LOGOFF:.0f} s",
            next_step="look at its console; rpower off logs it off at once",
        )


async def _off(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, report: Report) -> None:
    await _deactivate(mn, zhcp, guest, report, lambda: log_off(zhcp, guest.userid, "IMMED"))


async def shut_down(zhcp: ZhcpClient, userid: str) -> None:
    """Let a guest shut itself down, by its agent or by CP's signal; log it off if it does not.

    :raises AlreadyOff: it was not on.
    """
    with suppress(zhcp_errors.ZhcpError):  # no agent: CP's signal has to do
        await zhcp.agent(userid, "guest-shutdown", {"mode": "powerdown"}, timeout=5)
        if (await zhcp.guest(userid, wait="off", timeout=SHUTDOWN)).state == "off":
            return
    await log_off(zhcp, userid, "")


async def _softoff(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, report: Report) -> None:
    await _deactivate(mn, zhcp, guest, report, lambda: shut_down(zhcp, guest.userid))


def _signalling(within: str) -> Action:
    """Return what sends CP's signal and does not wait for the guest; CP forces it ``within`` seconds."""
    if not (within.isascii() and within.isdigit() and 1 <= int(within) <= _LONGEST):
        raise Invalid(f"within is a number of seconds from 1 to {_LONGEST}")

    async def signal(zhcp: ZhcpClient, userid: str) -> None:
        try:
            await zhcp.smapi("Image_Deactivate", userid, {"force_time": f"WITHIN {int(within)}"})
        except zhcp_errors.Refused as error:
            if (error.rc, error.rs) == (200, 12):
                raise AlreadyOff from error
            if (error.rc, error.rs) != (200, 16):  # else: it was signalled already
                raise

    async def action(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, report: Report) -> None:
        await _deactivate(mn, zhcp, guest, report, lambda: signal(zhcp, guest.userid))

    return action


async def _reset(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, report: Report) -> None:
    await _off(mn, zhcp, guest, report)
    await _on(mn, zhcp, guest, report)


async def _reboot(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, report: Report) -> None:
    sentence = f"Rebooting {guest.userid}"
    with step(sentence):
        await zhcp.agent(guest.userid, "guest-shutdown", {"mode": "reboot"})
    report.info(done(sentence) + "\n")


def _pausing(pause: bool) -> Action:
    async def action(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, report: Report) -> None:
        sentence = f"{'Pausing' if pause else 'Unpausing'} {guest.userid}"
        with step(sentence):
            await zhcp.smapi("Image_Pause", guest.userid, {"action": "PAUSE" if pause else "BEGIN"})
        await guests.set_paused(mn, guest.node, pause)
        report.info(done(sentence) + "\n")

    return action


async def _stat(_: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, report: Report) -> None:
    report.info("on\n" if await guests.is_on(zhcp, guest) else "off\n")


async def _isreachable(_: ManagementNode, zhcp: ZhcpClient, guest: GuestNode, report: Report) -> None:
    state = await zhcp.guest(guest.userid, wait="reachable", timeout=0)
    report.info("reachable" if state.reachable else "unreachable")


_ACTIONS: dict[str, Action] = {
    "on": _on,
    "off": _off,
    "softoff": _softoff,
    "reset": _reset,
    "reboot": _reboot,
    "pause": _pausing(True),
    "unpause": _pausing(False),
    "stat": _stat,
    "state": _stat,
    "isreachable": _isreachable,
}
