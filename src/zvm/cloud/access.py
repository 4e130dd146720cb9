# SPDX-License-Identifier: Apache-2.0
"""How people and programs get into the cloud: clouds.yaml, openrc, and connections of the OpenStack SDK."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

from zvm.cloud.identity import REGION
from zvm.cloud.layout import Layout, write_private

#: Names in clouds.yaml: an ordinary user with a project of its own, and the administrator.
USER, ADMIN = "zvm", "zvm-admin"
ACCOUNTS = {USER: "demo", ADMIN: "admin"}


def clouds(layout: Layout) -> dict[str, Any]:
    """Return the contents of clouds.yaml."""
    return {
        "clouds": {
            cloud: {
                "region_name": REGION,
                "auth": {
                    "auth_url": f"{layout.url('keystone')}/v3",
                    "username": account,
                    "password": layout.password(account),
                    "project_name": account,
                    "user_domain_id": "default",
                    "project_domain_id": "default",
                },
            }
            for cloud, account in ACCOUNTS.items()
        }
    }


def write(layout: Layout) -> None:
    """Write clouds.yaml (JSON is YAML) and ``openrc``, to be sourced by a shell."""
    clouds_file = layout.root / "clouds.yaml"
    write_private(clouds_file, json.dumps(clouds(layout), indent=1) + "\n")
    lines = [
        f"export OS_CLIENT_CONFIG_FILE={shlex.quote(str(clouds_file))}",
        f"export OS_CLOUD={USER}  # or {ADMIN}",
        f"export ZVM_STATE={shlex.quote(str(layout.root))}",
        f"export PATH={shlex.quote(str(programs()))}:$PATH",
        "export no_proxy=127.0.0.1,localhost${no_proxy:+,$no_proxy}",
    ]
    write_private(layout.root / "openrc", "\n".join(lines) + "\n")


def programs() -> Path:
    """Return the folder of the commands that belong to this Python."""
    return Path(sys.executable).parent


def environment(layout: Layout, cloud: str = USER) -> dict[str, str]:
    """Return the variables by which a program finds the cloud."""
    return {"OS_CLIENT_CONFIG_FILE": str(layout.root / "clouds.yaml"), "OS_CLOUD": cloud}


def connect_as(layout: Layout, account: str, password: str) -> Any:
    """Return a connection of the OpenStack SDK for a user whose project has the same name."""
    import openstack

    auth = clouds(layout)["clouds"][USER]["auth"]
    auth |= {"username": account, "password": password, "project_name": account}
    return openstack.connect(auth=auth, region_name=REGION, load_yaml_config=False, load_envvars=False)


def connect(layout: Layout, cloud: str = USER) -> Any:
    """Return a connection of the OpenStack SDK."""
    from openstack.config import OpenStackConfig
    from openstack.connection import Connection

    os.environ["no_proxy"] = ",".join(filter(None, [os.environ.get("no_proxy"), "127.0.0.1"]))
    config = OpenStackConfig(
        config_files=[str(layout.root / "clouds.yaml")], load_envvars=False, secure_files=[], vendor_files=[]
    )
    return Connection(config=config.get_one(cloud=cloud))
