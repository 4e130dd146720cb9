# SPDX-License-Identifier: Apache-2.0
"""Our servers as processes: started, waited for until they say that they are ready, ended."""

from __future__ import annotations

import json
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

#: Before a command: ends the process when the test run that started it is killed and cannot do it.
ENDS_WITH_US = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


class Daemon:
    """A process that prints one JSON line when it is ready.

    :param module: run as ``python -m module``.
    :param log: file that takes what it writes to stderr.
    """

    def __init__(self, module: str, arguments: Sequence[str | Path], log: Path, *, seconds: float = 180.0):
        self.log = log
        self._module = module
        self._arguments = [*ENDS_WITH_US, sys.executable, "-m", module, *map(str, arguments)]
        self._seconds = seconds
        self.process: subprocess.Popen[bytes]
        self.ready: dict[str, Any] = {}
        self.start()

    def start(self) -> None:
        """Start the process and wait for its line."""
        with self.log.open("ab") as errors:
            self.process = subprocess.Popen(self._arguments, stdout=subprocess.PIPE, stderr=errors)
        try:
            self.ready = json.loads(self._first_line())
        except BaseException:
            self.kill()
            raise

    def _first_line(self) -> bytes:
        assert self.process.stdout is not None
        deadline = time.monotonic() + self._seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if selector.select(max(0.0, deadline - time.monotonic())):
                line = self.process.stdout.readline()
                if line:
                    return line
        raise RuntimeError(f"{self._module} did not become ready: {self.log.read_text()[-2000:]}")

    def stop(self, seconds: float = 30.0) -> int:
        """End the process as systemd would; return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        finally:
            self._close()

    def kill(self) -> None:
        """Kill the process: it gets no chance to clean up."""
        self.process.kill()
        self.process.wait()
        self._close()

    def _close(self) -> None:
        if self.process.stdout is not None:
            self.process.stdout.close()
