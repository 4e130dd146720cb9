# SPDX-License-Identifier: Apache-2.0
"""The terminal of a light guest: a login prompt that checks passwords, and a shell with a few programs.

Keystrokes come in, what a screen would show goes out: typed characters are echoed, passwords are not, and
lines end with carriage return and line feed, as Linux's tty layer does it.
"""

from __future__ import annotations

import hashlib
import hmac
import shlex
from collections.abc import Callable
from enum import Enum, auto

from zvm.simulator.agent import run_program
from zvm.simulator.light_guest import Linux
from zvm.simulator.network_programs import Host

_ENTER, _ERASE = "\r\n", "\b\x7f"
_INTERRUPT, _END = "\x03", "\x04"
#: More is not taken into one line (the tty layer's limit).
_LONGEST = 4096


class _Doing(Enum):
    LOGIN = auto()
    PASSWORD = auto()
    SHELL = auto()


class Terminal:
    """One terminal of a Linux; ``show`` is given what appears on it, ``host`` is its place on the network."""

    def __init__(self, linux: Linux, show: Callable[[str], None], host: Host | None = None) -> None:
        self._linux = linux
        self._show = show
        self._host = host
        self._doing = _Doing.LOGIN
        self._line = ""
        self._user = ""
        self._after_return = False

    @property
    def prompt(self) -> str:
        """What stands before the line that is typed."""
        if self._doing is _Doing.PASSWORD:
            return "Password: "
        if self._doing is _Doing.SHELL:
            return f"[{self._user}@{self._linux.hostname} ~]{'#' if self._user == 'root' else '$'} "
        return f"{self._linux.hostname} login: "

    def type(self, text: str) -> None:
        """Take keystrokes."""
        for key in text:
            after_return, self._after_return = self._after_return, key == "\r"
            if key == "\n" and after_return:
                continue  # one key on terminals that send both
            if key in _ENTER:
                self._show("\r\n")
                line, self._line = self._line, ""
                self._entered(line)
                self._show(self.prompt)
            elif key in _ERASE:
                if self._line:
                    self._line = self._line[:-1]
                    self._echo("\b \b")
            elif key == _INTERRUPT or (key == _END and not self._line):
                self._show("\r\n")
                self._leave(key)
                self._show(self.prompt)
            elif key.isprintable() and len(self._line) < _LONGEST:
                self._line += key
                self._echo(key)

    def _echo(self, text: str) -> None:
        if self._doing is not _Doing.PASSWORD:
            self._show(text)

    def _leave(self, key: str) -> None:
        self._line = ""
        if self._doing is not _Doing.SHELL or key == _END:
            self._doing = _Doing.LOGIN

    def _entered(self, line: str) -> None:
        if self._doing is _Doing.SHELL:
            self._run(line)
        elif self._doing is _Doing.PASSWORD:
            known = self._linux.passwords.get(self._user, "")
            if hmac.compare_digest(known, hashlib.sha256(line.encode()).hexdigest()):
                self._doing = _Doing.SHELL
            else:
                self._doing = _Doing.LOGIN
                self._show("Login incorrect\r\n\r\n")
        elif line.strip():
            self._user, self._doing = line.strip(), _Doing.PASSWORD

    def _run(self, line: str) -> None:
        try:
            words = shlex.split(line)
        except ValueError as error:
            self._show(f"-bash: syntax error: {error}\r\n")
            return
        if not words:
            return
        if words[0] in ("exit", "logout"):
            self._doing = _Doing.LOGIN
            return
        done = run_program(self._linux, words[0], words[1:], self._host)
        if done is None:
            self._show(f"-bash: {words[0]}: command not found\r\n")
            return
        _code, out, err = done
        self._show((out + err).decode(errors="replace").replace("\n", "\r\n"))
