# SPDX-License-Identifier: Apache-2.0
"""kill -9 in the middle of work: what was answered is kept, what was not is done whole or not at all.

Beside the simulator that is killed a twin in this process gets the same calls. After each kill the killed one
must be as the twin was before the call under way, or as it is after it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from zvm.simulator import functions
from zvm.simulator.config import Config, load_config
from zvm.simulator.functions.registry import Call
from zvm.simulator.inventory import inventory
from zvm.simulator.link import MODES
from zvm.simulator.refused import Refused
from zvm.simulator.server import Addresses, Simulator
from zvm.simulator.system import System
from zvm.smapi.frames import Request, decode_request, encode_request

_NAMES = [f"LINUX{number:02}" for number in range(6)]
_PATH = "1FA1 500507630B10C1E0 4010400000000000"
#: A card that no NICDEF authorises, and the device numbers of other users' minidisks.
_PLUGGED, _LINKED = "2000", ("0F00", "0F01")
#: One kill in so many is preceded by an IPL, which ends volatile grants and links.
_IPL = 25
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
#: At most so many seconds after the last call is sent comes the kill.
_LATEST = 0.0015


def some_call(chance: random.Random) -> Request:
    """Return a call that changes something, if its guest is in the state for it."""
    userid, vdev = chance.choice(_NAMES), chance.choice(("0100", "0101"))
    records = [f"USER {userid} LBYONLY 64M 1G G", "INCLUDE LNXDFLT", "IPL 0100"]
    records.append(f"NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW1 MACID 00AA{userid[-2:]}")
    disk = {"vdev": vdev, "device_type": "3390", "allocation": "AUTOG", "area_or_volser": "POOL1", "unit": 1}
    disk |= {"size": chance.randrange(1, 50), "mode": "MR", "format": 1}
    switch, persist = {"switch_name": "XCATVSW1"}, {"persist": chance.choice(("YES", "NO"))}
    card, vlans = {"image_device_number": _PLUGGED}, {"user_vlan_id": chance.choice(("", "100", "100 200"))}
    share = {"image_disk_number": chance.choice(_LINKED), "target_image_disk_number": vdev}
    share |= {"target_image_name": userid, "read_write_mode": chance.choice(MODES)}
    linker = chance.choice(("ZHCP", *_NAMES))
    setting = "Virtual_Network_Vswitch_Set_Extended"
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("Image_Create_DM", userid, {"image_record_array": records}),
        ("Image_Create_DM", userid, {"image_record_array": records}),
        ("Image_Delete_DM", userid, {"data_security_erase": 0}),
        ("Image_Disk_Create_DM", userid, disk),
        ("Image_Disk_Create_DM", userid, disk),
        ("Image_Disk_Delete_DM", userid, {"image_disk_number": vdev, "data_security_erase": 0}),
        ("Image_Activate", userid, {}),
        ("Image_Activate", userid, {}),
        ("Image_Deactivate", userid, {"force_time": "IMMED"}),
        ("Image_Lock_DM", userid, {"device_address": vdev}),
        ("Image_Unlock_DM", userid, {"device_address": vdev}),
        ("Image_Disk_Share", linker, share),
        ("Image_Disk_Share", linker, share),
        ("Image_Disk_Unshare", linker, {"image_disk_number": share["image_disk_number"]}),
        (setting, "MAINT", {**switch, "grant_userid": userid, **persist, **vlans}),
        (setting, "MAINT", {**switch, "revoke_userid": userid, **persist}),
        ("Virtual_Network_Adapter_Create_Extended", userid, {**card, "adapter_type": "QDIO"}),
        ("Virtual_Network_Adapter_Connect_Vswitch", userid, {**card, **switch}),
        ("Virtual_Network_Adapter_Disconnect", userid, card),
        ("System_SCSI_Disk_Add", "MAINT", {"dev_num": "6000", "dev_path_array": _PATH}),
        ("System_SCSI_Disk_Delete", "MAINT", {"dev_num": "6000"}),
    ]
    name, target, parameters = chance.choice(calls)
    return Request(name, target, parameters=parameters)


class Killed:
    """A simulator in a process of its own, forked so that a thousand starts take no time."""

    def __init__(self, config: Config, state: Path) -> None:
        self._config = config
        self._state = state
        self.pid = 0
        self.control = ""

    def start(self) -> None:
        """Fork it and wait until it listens."""
        read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(read)
            try:
                asyncio.run(self._serve(write))
            finally:
                os._exit(1)
        os.close(write)
        with os.fdopen(read) as pipe:
            line = pipe.readline()
        assert line, "the simulator did not start"
        self.control = json.loads(line)["control"]

    async def _serve(self, write: int) -> None:
        ready = await Simulator(self._config, self._state, Addresses()).start()
        os.write(write, f"{json.dumps(ready)}\n".encode())
        await asyncio.Event().wait()

    def send(self, request: Request) -> socket.socket:
        """Send a request and return the connection."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(30)
        connection.connect(str(self._state / "smapi.sock"))
        connection.sendall(encode_request(request))
        return connection

    def call(self, request: Request) -> None:
        """Send a request and wait for its answer."""
        with self.send(request) as connection:
            while connection.recv(1 << 16):
                pass

    def ipl(self) -> None:
        """IPL the system."""
        _OPENER.open(f"{self.control}/ipl", data=b"", timeout=30).close()

    def kill(self) -> None:
        """End it without a chance to write anything."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def state(self) -> dict[str, Any]:
        """Return its inventory without what counts and tells the time."""
        with _OPENER.open(f"{self.control}/inventory", timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
        del found["counters"]
        return found


def leaves(found: Any, path: str = "") -> dict[str, Any]:
    """Return what an inventory says, by the way there."""
    if not isinstance(found, dict):
        return {path: found}
    return {at: value for key, inner in found.items() for at, value in leaves(inner, f"{path}/{key}").items()}


def differences(state: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return where a state is not as before, or the call changed something."""
    now, then, wanted = leaves(state), leaves(before), leaves(after)
    paths = sorted(now.keys() | then.keys() | wanted.keys())
    return "; ".join(
        f"{path}: before {then.get(path)}, killed {now.get(path)}, after {wanted.get(path)}"
        for path in paths
        if not now.get(path) == then.get(path) == wanted.get(path)
    )


def twin_state(twin: System) -> dict[str, Any]:
    """Return the twin's inventory as JSON would carry it."""
    found: dict[str, Any] = json.loads(json.dumps(inventory(twin)))
    del found["counters"]
    return found


def twin_call(twin: System, request: Request) -> None:
    """Do a call on the twin."""
    with suppress(Refused):
        functions.serve(Call(twin, decode_request(encode_request(request)[4:]), "ZHCP"))
    twin.commit()


def kills(folder: Path, seed: int, count: int) -> None:
    """Kill so many times."""
    chance, config = random.Random(seed), load_config().instant()
    folder.mkdir(parents=True)
    twin = System(config, folder / "twin")
    killed = Killed(config, folder / "killed")
    started, undone = time.perf_counter(), 0
    killed.start()
    try:
        for number in range(count):
            if not chance.randrange(_IPL):
                killed.ipl()
                twin.ipl()
            for _ in range(chance.randrange(4)):
                request = some_call(chance)
                killed.call(request)
                twin_call(twin, request)
            before, request = twin_state(twin), some_call(chance)
            with killed.send(request):
                time.sleep(chance.random() * _LATEST)
                killed.kill()
            twin_call(twin, request)
            after = twin_state(twin)
            killed.start()
            state = killed.state()
            if state != after:
                assert state == before, f"kill {number}: {request}: {differences(state, before, after)}"
                undone += 1
                killed.call(request)
                assert killed.state() == after, f"kill {number}: {request}: not as the twin when done again"
            if (number + 1) % 100 == 0:
                seconds = time.perf_counter() - started
                print(f"{number + 1} kills in {seconds:.0f} s, {undone} of them before the work", flush=True)
    finally:
        killed.kill()
        twin.close()
