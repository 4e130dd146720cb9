# SPDX-License-Identifier: Apache-2.0
"""The terminal of a light guest, key by key."""

from __future__ import annotations

import pytest

from zvm.simulator.console import Console
from zvm.simulator.light_guest import Linux
from zvm.simulator.terminal import Terminal


class Screen:
    """A terminal and what it has shown."""

    def __init__(self) -> None:
        linux = Linux(hostname="linux1")
        linux.set_password("root", "Secret4u")
        self.text = ""
        self.terminal = Terminal(linux, self._show)

    def _show(self, text: str) -> None:
        self.text += text

    def types(self, keys: str) -> str:
        """Return what keys bring up."""
        self.text = ""
        self.terminal.type(keys)
        return self.text


@pytest.fixture
def screen() -> Screen:
    return Screen()


def test_a_login(screen: Screen) -> None:
    assert screen.types("root\r") == "root\r\nPassword: "
    assert screen.types("Secret4u\r") == "\r\n[root@linux1 ~]# "
    assert screen.types("hostname\r") == "hostname\r\nlinux1\r\n[root@linux1 ~]# "
    assert screen.types("rm x\n") == "rm x\r\n-bash: rm: command not found\r\n[root@linux1 ~]# "
    assert screen.types("echo 'x\r").endswith("No closing quotation\r\n[root@linux1 ~]# ")
    assert screen.types("exit\r") == "exit\r\nlinux1 login: "


@pytest.mark.parametrize(("user", "password"), [("root", "secret4u"), ("nobody", ""), ("root", "")])
def test_a_wrong_password(screen: Screen, user: str, password: str) -> None:
    shown = screen.types(f"{user}\r{password}\r")
    assert shown == f"{user}\r\nPassword: \r\nLogin incorrect\r\n\r\nlinux1 login: "


def test_keys_that_edit(screen: Screen) -> None:
    assert screen.types("rooo\x7ft\r\n") == "rooo\b \bt\r\nPassword: "
    assert screen.types("Secret4\b4u\r") == "\r\n[root@linux1 ~]# "
    assert screen.types("\x7f\x1b\x03") == "\r\n[root@linux1 ~]# "
    assert screen.types("x\x04") == "x"
    assert screen.types("\x03\x04") == "\r\n[root@linux1 ~]# \r\nlinux1 login: "


def test_the_console_keeps_whole_lines_and_tells_watchers_each_key() -> None:
    console, seen = Console(), []
    console.spooling = True
    console.watch(seen.append)
    for text in ("linux1 login: ", "r", "t", "\r\n", "Pass"):
        console.emit(text)
    assert seen == ["linux1 login: ", "r", "t", "\r\n", "Pass"]
    assert (console.lines, console.unfinished) == (["linux1 login: rt"], "Pass")
    console.write("kernel: oops")
    assert console.close_spool() == ["linux1 login: rt", "Pass", "kernel: oops"]
