# SPDX-License-Identifier: Apache-2.0
"""Tells the operator what goes on: live on a terminal, a line per finished step elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from zvm.cloud.errors import GivenUp


class Reporter:
    """Writes headings, steps with their time, and text. Steps may run side by side in several threads.

    :param console: where to; the standard output when left out.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._lock = threading.Lock()
        self._live: Progress | None = None

    def __enter__(self) -> Reporter:
        if self.console.is_terminal:
            columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
            self._live = Progress(*columns, console=self.console, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def heading(self, text: str) -> None:
        """Begin a part of the story."""
        self._print(f"\n[bold]{escape(text)}[/]")

    def say(self, text: str) -> None:
        """Write ``text``, which may be several lines."""
        for line in text.splitlines():
            self._print(f"  {escape(line)}")

    def quote(self, text: str) -> None:
        """Write what another program said."""
        for line in text.splitlines():
            self._print(f"    [dim]{escape(line)}[/]")

    def command(self, text: str) -> None:
        """Write a command as the operator would type it."""
        self._print(f"  [cyan]$ {escape(text)}[/]")

    def done(self, text: str, seconds: float | None = None) -> None:
        """Write that something is done, with the time it took."""
        took = "" if seconds is None else f"  [dim]{seconds:.1f} s[/]"
        self._print(f"  [green]✔[/] {escape(text)}{took}")

    def failed(self, text: str) -> None:
        """Write that something failed."""
        self._print(f"  [red]✘[/] {escape(text)}")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show ``text`` while the block runs, and its time at the end."""
        task = self._live.add_task(text) if self._live else None
        began = time.monotonic()
        try:
            yield
        except GivenUp:
            raise
        except BaseException:
            self.failed(text)
            raise
        else:
            self.done(text, time.monotonic() - began)
        finally:
            if self._live and task is not None:
                self._live.remove_task(task)

    def _print(self, markup: str) -> None:
        with self._lock:
            self.console.print(markup)
