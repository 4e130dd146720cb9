# SPDX-License-Identifier: Apache-2.0
"""Where Nova finds the driver: ``compute_driver = zvm_xcat.ZVMDriver``.

Nova imports ``nova.virt.<compute_driver>`` and this folder is part of that package's path, see
``zvm.nova.os_vif_plugin``.
"""

from zvm.nova.driver import ZVMDriver

__all__ = ["ZVMDriver"]
