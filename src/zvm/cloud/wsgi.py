# SPDX-License-Identifier: Apache-2.0
"""Serves an OpenStack API that is a WSGI module: ``python -m zvm.cloud.wsgi MODULE PORT [ARGUMENT …]``."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

from zvm.cloud.layout import HOST


def main(module: str, port: int, *arguments: str) -> None:
    """Serve ``module``'s ``application`` on the loopback until told to end.

    :param arguments: what it finds as its command line.
    """
    # The modules parse the command line as if it were theirs.
    sys.argv = [module, *arguments]
    from zvm.cloud import sqlite_writers

    sqlite_writers.install()
    serve(importlib.import_module(module).application, port)


def serve(application: Any, port: int) -> None:
    """Serve the WSGI ``application``, one thread per request, until SIGTERM."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):  # type: ignore[misc]
        """Leaves the record of requests to the services' own logs."""

        def log(self, type: str, message: str, *args: Any) -> None:
            if type != "info":
                sys.stderr.write(message % args + "\n")

    def end(number: int, frame: FrameType | None) -> None:
        # The services leave threads behind that would keep the process for a while; all they know is stored.
        sys.stderr.flush()
        os._exit(0)

    server = make_server(HOST, port, application, threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, end)
    server.serve_forever()


def run(service: Callable[[], None]) -> None:
    """Run ``service`` as the whole of this process; when it fails, its threads do not keep it alive."""
    try:
        service()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    run(lambda: main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
