# SPDX-License-Identifier: Apache-2.0
"""One declaration per SMAPI function, a module per family, and the registry of them all."""

from __future__ import annotations

from zvm.smapi.declaration import FunctionDeclaration
from zvm.smapi.errors import UnknownFunction
from zvm.smapi.functions import (
    directory_manager,
    general,
    image_active,
    image_devices,
    image_directory,
    image_disks,
    lan,
    metadata,
    name_lists,
    profiles,
    relocation,
    shared_memory,
    system,
    system_disks,
    virtual_network_adapters,
    volume_space,
    vswitch,
)

_FAMILIES = (
    directory_manager,
    general,
    image_active,
    image_devices,
    image_directory,
    image_disks,
    lan,
    metadata,
    name_lists,
    profiles,
    relocation,
    shared_memory,
    system,
    system_disks,
    virtual_network_adapters,
    volume_space,
    vswitch,
)
_BY_NAME: dict[str, FunctionDeclaration] = {
    function.name: function for family in _FAMILIES for function in family.FUNCTIONS
}
_BY_SENT_NAME = {function.sent_name: function for function in _BY_NAME.values()} | _BY_NAME


def get(name: str) -> FunctionDeclaration:
    """Return the declaration of the function called ``name``.

    :raises UnknownFunction: there is none.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise UnknownFunction(name) from None


def by_sent_name(name: str) -> FunctionDeclaration | None:
    """Return the declaration of the function that request frames call ``name``, if there is one."""
    return _BY_SENT_NAME.get(name)


def names() -> list[str]:
    """Return the names of all declared functions, sorted."""
    return sorted(_BY_NAME)
