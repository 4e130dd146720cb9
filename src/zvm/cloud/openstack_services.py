# SPDX-License-Identifier: Apache-2.0
"""The processes of OpenStack in the embedded profile: one per service."""

from __future__ import annotations

import sys
from collections.abc import Callable

from zvm.cloud.layout import Layout
from zvm.cloud.processes import Service
from zvm.cloud.readiness import answers
from zvm.cloud.settings.common import shipped


def environment(layout: Layout, service: str) -> dict[str, str]:
    """Return the variables that lead ``service`` to its configuration."""
    variables = {f"OS_{service.upper()}_CONFIG_DIR": str(layout.config(service))}
    if service == "neutron":
        variables["OS_NEUTRON_CONFIG_FILES"] = "neutron.conf"
    if service == "nova":
        # The first file is the one that PasteDeploy reads.
        variables["OS_NOVA_CONFIG_FILES"] = f"{shipped('nova', 'api-paste.ini')};nova.conf"
        # Native threads, in nova-manage too, which would otherwise still choose eventlet.
        variables["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "1"
    return variables


def api(layout: Layout, service: str, module: str, path: str, *arguments: str, name: str = "") -> Service:
    """Return a service that is nothing but a WSGI module.

    :param path: what to ask it for to see that it is ready.
    :param arguments: its command line, where it reads one.
    :param name: its own and its port's, where it is not the project's.
    """
    name = name or service
    return Service(
        name=name,
        port=layout.port(name),
        command=[sys.executable, "-m", "zvm.cloud.wsgi", module, str(layout.port(name)), *arguments],
        ready=answers(layout.url(name) + path),
        environment=environment(layout, service),
    )


def keystone(layout: Layout) -> Service:
    """Return the identity service."""
    return api(layout, "keystone", "keystone.wsgi.api", "/v3")


def placement(layout: Layout) -> Service:
    """Return the placement service."""
    return api(layout, "placement", "placement.wsgi.api", "/")


def glance(layout: Layout) -> Service:
    """Return the image service."""
    return api(layout, "glance", "glance.wsgi.api", "/versions")


def neutron(layout: Layout) -> Service:
    """Return the network service, the z/VM agent in it."""
    return Service(
        name="neutron",
        port=layout.port("neutron"),
        command=[sys.executable, "-m", "zvm.cloud.neutron_service", str(layout.port("neutron"))],
        ready=answers(layout.url("neutron")),
        environment=environment(layout, "neutron"),
    )


def nova(layout: Layout) -> Service:
    """Return the compute service: API, conductor, scheduler and nova-compute."""
    return Service(
        name="nova",
        port=layout.port("nova"),
        command=[sys.executable, "-m", "zvm.cloud.nova_service", str(layout.port("nova"))],
        ready=answers(layout.url("nova")),
        environment=environment(layout, "nova"),
    )


SERVICES: dict[str, Callable[[Layout], Service]] = {
    "keystone": keystone,
    "placement": placement,
    "glance": glance,
    "neutron": neutron,
    "nova": nova,
}
