# SPDX-License-Identifier: Apache-2.0
"""What happens to guests without Nova: told to Nova within seconds.

A thread listens to the management node, begins anew with growing pauses when the stream breaks, and then
looks at all guests, since nothing is told later. Nova hears of guests that were started, stopped and paused
by its lifecycle events. It has none for a crash and for a guest that an operator moved to another member of
the cluster: these are written into the instance's record.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from nova import context as nova_context
from nova import exception, objects
from nova.compute import power_state
from nova.virt import event as virtevent
from oslo_log import log as logging

from zvm.nova.moved import Moved
from zvm.nova.session import Session
from zvm.xcat.events import GuestEvent

LOG = logging.getLogger(__name__)

#: Seconds before a stream that broke is begun anew, at first and at most.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
#: Seconds that a guest has to come back before Nova hears that it is off: a restart is no stop.
STOP_DELAY = 4.0

_TRANSITIONS = {
    "running": virtevent.EVENT_LIFECYCLE_STARTED,
    "paused": virtevent.EVENT_LIFECYCLE_PAUSED,
    "off": virtevent.EVENT_LIFECYCLE_STOPPED,
}


class Lifecycle:
    """The listener of one compute service.

    :param emit: takes Nova's lifecycle events.
    """

    def __init__(self, session: Session, moved: Moved, emit: Callable[[virtevent.Event], None]) -> None:
        self._session = session
        self._moved = moved
        self._emit = emit
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        #: uuid -> when Nova is to hear that the guest is off.
        self._off: dict[str, float] = {}
        self._states: dict[str, str] | None = None

    def start(self) -> None:
        """Begin to listen; may be repeated. A genuine xCAT tells nothing by itself: there Nova looks."""
        if self._session.is_genuine_xcat:
            return
        if self._thread is not None and not self._stopping.is_set():
            return
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="zvm-lifecycle", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take in nothing more; the thread ends by itself at the node's next sign of life, in two seconds."""
        self._stopping.set()

    def tell_off(self, uuid: str) -> None:
        """Let Nova hear in some seconds that the guest of a new server is off: now it is busy with it."""
        self._off[uuid] = time.monotonic() + STOP_DELAY

    def _run(self) -> None:
        pause, told, stopping = _FIRST_PAUSE, "", self._stopping
        while not stopping.is_set():
            try:
                for event in self._session.events():
                    if stopping.is_set():
                        return
                    if event is None and pause:
                        self._look()
                        pause, told = 0.0, ""
                    if event is not None:
                        self._take(event)
                    self._tell_who_is_off()
                problem = "the stream ended"
            except exception.NovaException as error:
                problem = str(error)
            except Exception as error:
                LOG.exception("An event could not be taken in")
                problem = str(error)
            if problem != told:
                LOG.warning("No events of guests until the node answers again: %s", problem)
                told = problem
            pause = min(max(2 * pause, _FIRST_PAUSE), _LONGEST_PAUSE)
            stopping.wait(pause)

    def _look(self) -> None:
        """Take in what happened while nobody listened."""
        before, self._states = self._states, {}
        for guest in self._session.ours(fresh=True):
            self._states[guest.uuid] = guest.state
            if before is not None and guest.state != before.get(guest.uuid, guest.state):
                self._take(GuestEvent("state", guest.node, guest.userid, guest.uuid, guest.state))
        self._moved.look()

    def _take(self, event: GuestEvent) -> None:
        """Take an event in; what goes wrong with one must not keep the next ones away."""
        try:
            self._happened(event)
        except Exception:
            LOG.exception("What happened to guest %s could not be told to Nova", event.userid)

    def _happened(self, event: GuestEvent) -> None:
        if not event.uuid:
            return
        self._session.expire_all()
        self._off.pop(event.uuid, None)
        if self._states is not None and event.type == "state":
            self._states[event.uuid] = event.state
        if event.type == "relocated":
            self._moved.follow(event.uuid, event.host)
        elif event.state == "crashed":
            self._crashed(event.uuid)
        elif event.state == "off":
            self._off[event.uuid] = time.monotonic() + STOP_DELAY
        elif event.state in _TRANSITIONS:
            self._emit(virtevent.LifecycleEvent(event.uuid, _TRANSITIONS[event.state]))

    def _tell_who_is_off(self) -> None:
        for uuid, due in list(self._off.items()):
            if time.monotonic() >= due:
                del self._off[uuid]
                self._emit(virtevent.LifecycleEvent(uuid, virtevent.EVENT_LIFECYCLE_STOPPED))

    def _crashed(self, uuid: str) -> None:
        """Write down that a guest crashed; Nova's periodic comparison of power states acts on it."""
        try:
            instance = objects.Instance.get_by_uuid(nova_context.get_admin_context(), uuid)
        except exception.InstanceNotFound:
            return
        if instance.host != self._session.service or instance.task_state is not None:
            return
        LOG.warning("The guest has crashed: it stopped in a disabled wait", instance=instance)
        instance.power_state = power_state.CRASHED
        instance.save()
