# SPDX-License-Identifier: Apache-2.0
"""The chains below Nova."""

from tests.support.nova_chain import nova_chain
from tests.support.nova_cluster import nova_cluster

__all__ = ["nova_chain", "nova_cluster"]
