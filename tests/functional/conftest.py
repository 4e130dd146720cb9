# SPDX-License-Identifier: Apache-2.0
"""The chain below Nova."""

from tests.support.nova_chain import nova_chain

__all__ = ["nova_chain"]
