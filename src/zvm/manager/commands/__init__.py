# SPDX-License-Identifier: Apache-2.0
"""The xCAT commands, a module per command or for a few that belong together.

Commands that change a guest are exclusive: one at a time for each node.
"""

from zvm.manager.commands import (
    chvm,
    dsh,
    images,
    imgcapture,
    lsdef,
    lsvm,
    lsxcatd,
    mkdef,
    mkvm,
    nodeset,
    rinv,
    rmdef,
    rmvm,
    rpower,
    small,
    tabs,
)
from zvm.manager.commands.base import Command

COMMANDS: dict[str, Command] = {
    "chdef": Command(mkdef.chdef),
    "chhypervisor": Command(small.chhypervisor, needs_nodes=True),
    "chvm": Command(chvm.run, needs_nodes=True, exclusive=True),
    "diagnostics": Command(small.diagnostics),
    "execcmdonvm": Command(dsh.execcmdonvm, needs_nodes=True),
    "gettab": Command(tabs.gettab),
    "imgcapture": Command(imgcapture.run, needs_nodes=True, exclusive=True),
    "imgexport": Command(images.imgexport),
    "imgimport": Command(images.imgimport),
    "lsdef": Command(lsdef.run),
    "lsvm": Command(lsvm.run, needs_nodes=True),
    "lsxcatd": Command(lsxcatd.run),
    "makedns": Command(small.nothing),
    "makehosts": Command(small.nothing),
    "mkdef": Command(mkdef.mkdef),
    "mkvm": Command(mkvm.run, needs_nodes=True, exclusive=True),
    "monls": Command(small.nothing),
    "nodeset": Command(nodeset.run, needs_nodes=True, exclusive=True),
    "nodestat": Command(small.nodestat, needs_nodes=True),
    "rinv": Command(rinv.run, needs_nodes=True),
    "rmdef": Command(rmdef.run),
    "rmimage": Command(images.rmimage),
    "rmvm": Command(rmvm.run, needs_nodes=True, exclusive=True),
    "rpower": Command(rpower.run, needs_nodes=True),
    "tabch": Command(tabs.tabch),
    "tabdump": Command(tabs.tabdump),
    "xdsh": Command(dsh.xdsh, needs_nodes=True),
}
