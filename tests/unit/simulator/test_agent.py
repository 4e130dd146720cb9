# SPDX-License-Identifier: Apache-2.0
"""The guest agent protocol, answered by a light guest."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.unit.simulator.guests import bootable, machine, punch
from tests.unit.simulator.worlds import World
from zvm.simulator.agent import Agents


class Agent:
    """Asks one guest's agent."""

    def __init__(self, world: World) -> None:
        bootable(world)
        punch(world)
        world.system.guests.logon("LINUX01")
        self.agents = Agents(world.system)
        self.world = world

    def raw(self, request: Any) -> dict[str, Any]:
        agent = self.agents.get(machine(self.world))
        assert agent is not None
        return agent.answer(request)

    def __call__(self, command: str, **arguments: Any) -> Any:
        names = {name.replace("_", "-"): value for name, value in arguments.items()}
        answer = self.raw({"execute": command, "arguments": names})
        assert "return" in answer, answer
        return answer["return"]

    def refusal(self, command: str, **arguments: Any) -> dict[str, str]:
        names = {name.replace("_", "-"): value for name, value in arguments.items()}
        refused: dict[str, str] = self.raw({"execute": command, "arguments": names})["error"]
        return refused


@pytest.fixture
def agent(world: World) -> Agent:
    return Agent(world)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_ping_sync_info(agent: Agent) -> None:
    assert agent("guest-ping") == {}
    assert agent("guest-sync", id=4711) == 4711
    names = {item["name"] for item in agent("guest-info")["supported_commands"]}
    assert {"guest-ping", "guest-exec", "guest-set-user-password", "guest-fsfreeze-freeze"} <= names
    assert agent("guest-get-osinfo")["machine"] == "s390x"
    assert agent("guest-get-host-name") == {"host-name": "linux01"}
    assert len(agent("guest-get-vcpus")) == 1


def test_interfaces(agent: Agent) -> None:
    loopback, card = agent("guest-network-get-interfaces")
    assert loopback["name"] == "lo"
    assert card["hardware-address"] == "02:00:06:00:aa:01"
    assert card["ip-addresses"] == [{"ip-address-type": "ipv4", "ip-address": "10.1.0.5", "prefix": 24}]


def test_passwords_are_kept_as_digests(agent: Agent) -> None:
    linux = agent.world.system.guests.linux(machine(agent.world))
    assert linux is not None
    before = linux.passwords["root"]
    agent("guest-set-user-password", username="root", password=b64(b"N3w"), crypted=False)
    assert linux.passwords["root"] not in (before, "N3w")
    assert agent.refusal("guest-set-user-password", username="root", password="%")["class"] == "GenericError"


def test_files(agent: Agent) -> None:
    handle = agent("guest-file-open", path="/etc/motd")
    assert base64.b64decode(agent("guest-file-read", handle=handle, count=4)["buf-b64"]) == b"welc"
    rest = agent("guest-file-read", handle=handle)
    assert (base64.b64decode(rest["buf-b64"]), rest["eof"]) == (b"ome\n", True)
    assert (
        "Bad file descriptor" in agent.refusal("guest-file-write", handle=handle, buf_b64=b64(b"x"))["desc"]
    )
    agent("guest-file-close", handle=handle)
    assert agent.refusal("guest-file-read", handle=handle)["desc"] == "handle not found"

    for mode, content in [("w", b"new"), ("a", b"newmore")]:
        handle = agent("guest-file-open", path="/tmp/file", mode=mode)
        agent("guest-file-write", handle=handle, buf_b64=b64(content[-4:] if mode == "a" else content))
        agent("guest-file-flush", handle=handle)
        agent("guest-file-close", handle=handle)
        handle = agent("guest-file-open", path="/tmp/file")
        assert base64.b64decode(agent("guest-file-read", handle=handle)["buf-b64"]) == content
    assert "No such file" in agent.refusal("guest-file-open", path="/nowhere")["desc"]


def test_programs(agent: Agent) -> None:
    def run(path: str, *words: str) -> tuple[int, bytes]:
        started = agent("guest-exec", path=path, arg=list(words), capture_output=True)
        done = agent("guest-exec-status", pid=started["pid"])
        return done["exitcode"], base64.b64decode(done.get("out-data", ""))

    assert run("/bin/echo", "a", "b") == (0, b"a b\n")
    assert run("hostname") == (0, b"linux01\n")
    assert run("/bin/cat", "/etc/motd", "/etc/hostname") == (0, b"welcome\nlinux01\n")
    assert run("cat", "/nowhere")[0] == 1
    assert run("cloud-init", "status") == (0, b"status: done\n")
    assert run("false") == (1, b"")
    assert "No such file" in agent.refusal("guest-exec", path="/usr/bin/rm")["desc"]
    assert "pid" in agent.refusal("guest-exec-status", pid=1)["desc"]


def test_a_frozen_guest_answers_little(agent: Agent) -> None:
    assert agent("guest-fsfreeze-status") == "thawed"
    assert agent("guest-fsfreeze-freeze") == 1
    assert agent("guest-ping") == {}
    assert "frozen" in agent.refusal("guest-file-open", path="/etc/motd")["desc"]
    assert agent("guest-fsfreeze-thaw") == 1
    assert agent("guest-fsfreeze-thaw") == 0


def test_shutdown_and_reboot(agent: Agent) -> None:
    assert "mode" in agent.refusal("guest-shutdown", mode="sideways")["desc"]
    agent("guest-shutdown", mode="reboot")
    assert agent("guest-get-host-name") == {"host-name": "linux01"}
    agent("guest-shutdown")
    assert agent.world.system.guests.get("LINUX01") is None


@pytest.mark.parametrize("request_", [[], {}, {"execute": 5}, {"execute": "guest-sync", "arguments": {}}])
def test_malformed_requests(agent: Agent, request_: Any) -> None:
    assert "error" in agent.raw(request_)


def test_unknown_commands(agent: Agent) -> None:
    assert agent.refusal("guest-suspend-ram")["class"] == "CommandNotFound"


def test_no_linux_no_agent(world: World) -> None:
    assert Agents(world.system).get(machine(world, "MAINT")) is None
