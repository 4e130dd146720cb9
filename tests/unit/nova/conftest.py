# SPDX-License-Identifier: Apache-2.0
"""A management node that answers as it is told, for what is about the driver alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests_mock
from nova import exception  # noqa: F401  registers options that the driver reads
from nova.conf import CONF as NOVA
from oslo_config import cfg

from zvm.nova import options
from zvm.nova.session import Session

URL = "https://xcat.test"
UUID = "6f70656e-7374-6163-6b20-6f6e207a2f56"

#: Nova's options in groups that the driver reads.
GROUPS = {
    "glance": (
        "verify_glance_signatures",
        "enable_certificate_validation",
        "default_trusted_certificate_ids",
    ),
    "image_cache": ("remove_unused_base_images", "remove_unused_original_minimum_age_seconds"),
}

INVENTORY = """z: z/VM Host: ZVMSIM1
z: zHCP: zhcp.example.com
z: CEC Model: 3931
z: Hypervisor OS: z/VM 7.4.0
z: LPAR CPU Total: 8
z: LPAR CPU Used: 2
z: LPAR Memory Total: 64G
z: LPAR Memory Used: 8G
z: IPL Time: IPL at 11/01/26 10:00:00 EST
"""


class Node:
    """Answers for all that the driver calls; :meth:`answer` changes one answer."""

    def __init__(self, mock: requests_mock.Mocker) -> None:
        self.mock = mock
        self.guests: list[dict[str, Any]] = []
        self.answer("ANY", "/xcatws/.*", json={"data": []})
        self.answer("GET", "/xcatws/version", info_key="data", info="Version 2.19.0.0")
        self.answer("GET", "/xcatws/nodes/z/inventory", info=INVENTORY)
        self.answer("GET", r"/xcatws/nodes/z/inventory\?.*userprofilenames.*", info="z: LNXDFLT")
        self.extension(
            "GET", "", {"version": "1", "extensions": ["images", "transports", "guests", "nics", "pools"]}
        )
        self.extension("GET", "/pools", {"pools": [pool("POOL1", 100)]})
        self.extension("GET", "/images/.*", image("disk"))
        self.extension("PUT", "/transports/.*", {"transport": "t1"})
        self.extension("GET", "/guests", lambda *_: {"guests": self.guests})
        self.extension("GET", "/guests/.*", guest(reachable=True))
        self.extension("GET", "/guests/.*/performance", {"cpus": 2, "nics": []})
        self.extension("GET", "/nics", {"nics": []})
        self.extension("POST", "/guests/.*/agent", {"return": {}})

    def answer(self, method: str, path: str, *, info: str = "", info_key: str = "info", **how: Any) -> None:
        """Answer ``method`` on ``path`` (a pattern) so from now on."""
        if info:
            how["json"] = {"data": [{info_key: [info]}]}
        verb = requests_mock.ANY if method == "ANY" else method
        self.mock.register_uri(verb, re.compile(f"^{URL}{path}(\\?.*)?$"), **how)

    def extension(self, method: str, path: str, document: Any) -> None:
        """Answer a call of the extension."""
        self.answer(method, f"/zvm/v1{path}", json=document)

    def refuse(
        self, method: str, path: str, rc: int | None = None, rs: int | None = None, **facts: Any
    ) -> None:
        """Refuse an xCAT command as our management node does."""
        facts = {"kind": "refused", "message": "words", "rc": rc, "rs": rs, "function": "F", **facts}
        self.answer(method, path, json={"data": [{"error": ["refused"], "errorcode": ["1"], "zvm": [facts]}]})

    def calls(self) -> list[str]:
        """Return the calls so far as ``METHOD /path``, without those that only look at the host."""
        made = [f"{call.method} {call.path}" for call in self.mock.request_history]
        return [call for call in made if "/inventory" not in call and "/pools" not in call]

    def bodies(self, call: str) -> list[Any]:
        """Return the bodies of ``call``."""
        return [
            request.json()
            for request in self.mock.request_history
            if f"{request.method} {request.path}" == call
        ]


def pool(name: str, gigabytes: int, device_type: str = "3390") -> dict[str, Any]:
    size = gigabytes << 30
    return {
        "name": name,
        "host": "z",
        "total_bytes": size,
        "used_bytes": 0,
        "free_bytes": size,
        "largest_free_bytes": size,
        "device_type": device_type,
    }


def image(name: str, size: int = 1 << 20) -> dict[str, Any]:
    return {"name": name, "bytes": size, "sha256": "", "format": "raw", "state": "complete"}


def guest(node: str = "ibm0001", **facts: Any) -> dict[str, Any]:
    return {"node": node, "userid": node.upper(), "uuid": UUID, "state": "running", "host": "z", **facts}


@pytest.fixture
def node() -> Iterator[Node]:
    with requests_mock.Mocker() as mock:
        yield Node(mock)


@pytest.fixture
def conf() -> cfg.ConfigOpts:
    """Options as nova.conf would set them; Nova's own are its defaults."""
    conf = cfg.ConfigOpts()
    options.register(conf)
    for group, names in GROUPS.items():
        for name in names:
            conf.register_opt(NOVA._groups[group]._opts[name]["opt"], group=group)
    for name in (
        "host",
        "max_concurrent_builds",
        "my_ip",
        "reboot_timeout",
        "vif_plugging_is_fatal",
        "vif_plugging_timeout",
        "reserved_host_cpus",
        "reserved_host_memory_mb",
    ):
        conf.register_opt(NOVA._opts[name]["opt"])
    conf([])
    ours = {"server": "xcat.test", "password": "secret", "host": "z", "diskpool": "pool1"}
    for name, value in {**ours, "default_vswitch": "VSW1"}.items():
        conf.set_override(name, value, group="zvm_xcat")
    return conf


@pytest.fixture
def session(node: Node, conf: cfg.ConfigOpts) -> Session:
    return Session(conf)


@pytest.fixture
def instance() -> SimpleNamespace:
    flavor = SimpleNamespace(vcpus=2, memory_mb=1024, root_gb=10, extra_specs={})
    return SimpleNamespace(name="ibm0001", uuid=UUID, host="compute1", flavor=flavor, trusted_certs=None)
