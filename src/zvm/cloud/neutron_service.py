# SPDX-License-Identifier: Apache-2.0
"""All of Neutron in one process: ``python -m zvm.cloud.neutron_service PORT``.

The API, the listeners that agents call, and the z/VM agent, joined by oslo.messaging's in-process transport.
"""

from __future__ import annotations

import importlib
import sys

from zvm.cloud import sqlite_writers, wsgi
from zvm.neutron import agent


def main(port: int) -> None:
    """Start the listeners and the agent, and serve the API until told to end."""
    sys.argv = ["neutron"]
    sqlite_writers.install()
    application = importlib.import_module("neutron.wsgi.api").application
    from neutron_lib.plugins import directory

    directory.get_plugin().start_rpc_listeners()
    if not agent.start().reported.wait(30):
        raise RuntimeError("the z/VM agent could not report itself")
    wsgi.serve(application, port)


if __name__ == "__main__":
    wsgi.run(lambda: main(port=int(sys.argv[1])))
