# SPDX-License-Identifier: Apache-2.0
"""What can go wrong while a cloud is brought up, used or ended.

::

    CloudError              something of the cloud failed: text, log file, next step
    ├── ServiceFailed       a service ended or never became ready
    └── StoryFailed         the cloud runs, but the demo's story took a wrong turn

    GivenUp                 not a failure of its own: something else failed meanwhile
"""

from __future__ import annotations

from pathlib import Path


class CloudError(Exception):
    """A failure that is told to the operator in words.

    :ivar message: what went wrong, one sentence.
    :ivar log: the log file of the failing service, if there is one.
    :ivar next_step: what to do now.
    """

    def __init__(self, message: str, *, log: Path | None = None, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.log = log
        self.next_step = next_step


class ServiceFailed(CloudError):
    """A service ended, or was not ready within its time.

    :ivar service: its name, as ``zvm cloud status`` shows it.
    """

    def __init__(self, service: str, message: str, *, log: Path | None = None, next_step: str = "") -> None:
        super().__init__(f"{service}: {message}", log=log, next_step=next_step)
        self.service = service


class GivenUp(Exception):
    """What was waited for is of no use any more, as something else failed."""


class StoryFailed(CloudError):
    """A step of the demo's story did not give what it should."""


def last_lines(path: Path, count: int = 15) -> list[str]:
    """Return the last ``count`` lines of the file at ``path``; none when there is no such file."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 64 * 1024))
            return file.read().decode(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return []
