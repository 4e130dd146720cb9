# SPDX-License-Identifier: Apache-2.0
"""The power of guests: Nova's states and verbs on xCAT's."""

from __future__ import annotations

import time

from nova import exception, objects
from nova.compute import power_state
from nova.virt import hardware
from oslo_log import log as logging

from zvm.nova import exceptions, naming
from zvm.nova.session import Session
from zvm.xcat.records import Guest

LOG = logging.getLogger(__name__)

_STATES = {
    "running": power_state.RUNNING,
    "paused": power_state.PAUSED,
    "crashed": power_state.CRASHED,
    "off": power_state.SHUTDOWN,
}
#: Refusals that say that the guest is in the wanted state already: Image_Activate (logged on) and
#: Image_Deactivate (not logged on, logging off).
_IS_ON = (200, 8)
_IS_OFF = ((200, 12), (200, 16))
#: Seconds that the agent has to take the order to shut down.
_ASK = 5


class Power:
    """Switches the guests behind ``session``. Thread-safe; every verb may be repeated."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def info(self, instance: objects.Instance, *, use_cache: bool) -> hardware.InstanceInfo:
        """Return the instance's state, of the one bulk answer for all.

        :raises InstanceNotFound: the host has no guest of it.
        """
        guest = self._guest(instance, fresh=not use_cache)
        return hardware.InstanceInfo(_STATES.get(guest.state, power_state.NOSTATE), internal_id=guest.userid)

    def _guest(self, instance: objects.Instance, *, fresh: bool = True) -> Guest:
        guest = self._session.find(instance.uuid, fresh=fresh)
        if guest is None:
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        return guest

    def is_off(self, instance: objects.Instance) -> bool:
        """Return whether the guest is logged off, as of now.

        :raises InstanceNotFound: the host has no guest of it.
        """
        return self._guest(instance).state == "off"

    def on(self, instance: objects.Instance) -> None:
        """Log the guest on."""
        try:
            self._session.power(naming.node_name(instance), "on")
        except exceptions.Refused as problem:
            if (problem.rc, problem.rs) != _IS_ON:
                raise

    def off(self, instance: objects.Instance, timeout: int = 0, retry_interval: int = 0) -> None:
        """Shut the guest down and log it off; one that is not there does no harm.

        :param timeout: seconds it has to shut down by itself before it is forced; 0: forced at once.
        :param retry_interval: seconds after which it is told again.
        """
        if timeout and self._shut_down(instance, timeout, retry_interval):
            return
        self._force_off(instance)

    def _shut_down(self, instance: objects.Instance, timeout: int, retry_interval: int) -> bool:
        """Return whether the guest went off by itself in time."""
        node = naming.node_name(instance)
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            try:
                self._ask_to_shut_down(node, left)
                guest = self._session.wait_for(node, "off", min(retry_interval or left, left))
            except exceptions.NotInTables:
                return True
            except exceptions.Refused as problem:
                LOG.info("Guest cannot be asked to shut down: %s", problem, instance=instance)
                return False
            if guest.state == "off":
                self._session.guests.expire()
                return True
            if guest.state == "crashed":
                break
        LOG.info("Guest did not shut down within %d s; it is forced", timeout, instance=instance)
        return False

    def _ask_to_shut_down(self, node: str, left: float) -> None:
        """Ask the agent; without one send CP's signal. Neither is waited for."""
        try:
            self._session.agent(node, "guest-shutdown", {"mode": "powerdown"}, timeout=_ASK)
        except exceptions.OutcomeUnknown:
            return  # the protocol has no answer to a shutdown that begins
        except (exceptions.Refused, exceptions.Unreachable):
            self._session.power(node, "softoff", f"within={max(1, round(left))}")

    def _force_off(self, instance: objects.Instance) -> None:
        try:
            self._session.power(naming.node_name(instance), "off")
        except exceptions.NotInTables:
            return
        except exceptions.Refused as problem:
            if (problem.rc, problem.rs) not in _IS_OFF:
                raise exception.InstancePowerOffFailure(reason=str(problem)) from problem

    def off_for_reboot(self, instance: objects.Instance, *, hard: bool) -> None:
        """Log the guest off: hard at once, soft after it shut down, or after it failed to.

        It has ``soft_reboot_timeout`` seconds, or Nova's ``reboot_timeout`` where that is set and shorter.
        """
        conf = self._session.conf
        seconds = conf.zvm_xcat.soft_reboot_timeout
        if conf.reboot_timeout > 0:
            seconds = min(seconds, conf.reboot_timeout)
        if hard or not self._shut_down(instance, seconds, 0):
            self._force_off(instance)

    def pause(self, instance: objects.Instance) -> None:
        """Stop the guest's processors."""
        self._guest(instance)
        self._session.power(naming.node_name(instance), "pause")

    def unpause(self, instance: objects.Instance) -> None:
        """Let the guest's processors run."""
        self._guest(instance)
        self._session.power(naming.node_name(instance), "unpause")

    def resume(self, instance: objects.Instance) -> bool:
        """Let the guest's processors run; return False where there are none: the guest is off."""
        if self._guest(instance).state == "off":
            LOG.warning("Guest was logged off while it was suspended; it starts anew", instance=instance)
            return False
        self._session.power(naming.node_name(instance), "unpause")
        return True
