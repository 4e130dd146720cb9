# SPDX-License-Identifier: Apache-2.0
"""All of Nova in one process: ``python -m zvm.cloud.nova_service PORT``.

API, conductor, scheduler and compute as the stock programs start them, joined by oslo.messaging's in-process
transport; the compute service with what ``zvm-nova-compute`` adds to ``nova-compute``.
"""

from nova import monkey_patch

monkey_patch.patch(backend="threading")  # before any other part of Nova or oslo is loaded

import shlex  # noqa: E402
import sys  # noqa: E402

import os_brick  # noqa: E402
import os_vif  # noqa: E402
from nova import conf as nova_conf  # noqa: E402
from nova import context, objects, service, utils  # noqa: E402
from nova.api.openstack import wsgi_app  # noqa: E402
from nova.compute import rpcapi  # noqa: E402
from nova.objects import host_mapping  # noqa: E402
from oslo_privsep import priv_context  # noqa: E402

from zvm.cloud import sqlite_writers, wsgi  # noqa: E402
from zvm.nova import launcher, os_vif_plugin  # noqa: E402


def main(port: int) -> None:
    """Start the services, make the compute host known to the cell, and serve the API until told to end."""
    sys.argv = ["nova"]
    launcher.accept_seed_values()
    os_vif_plugin.join_nova()
    sqlite_writers.install()
    application = wsgi_app.init_application("osapi_compute", "nova-api-os-compute")
    priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
    os_brick.setup(nova_conf.CONF)
    os_vif.initialize()
    objects.Service.enable_min_version_cache()
    for binary, topics in (
        ("nova-conductor", {"topic": "conductor"}),
        ("nova-scheduler", {"topic": "scheduler"}),
        ("nova-compute", {"topic": rpcapi.RPC_TOPIC, "topic_alt": rpcapi.RPC_TOPIC_ALT}),
    ):
        started = service.Service.create(binary=binary, **topics)
        started.start()
        # Its first own sign of life comes seconds later; after a longer pause of the cloud the scheduler
        # would take the host for down until then.
        started.service_ref.report_count += 1
        started.service_ref.save()
    host_mapping.discover_hosts(context.get_admin_context())
    wsgi.serve(application, port)


if __name__ == "__main__":
    wsgi.run(lambda: main(port=int(sys.argv[1])))
