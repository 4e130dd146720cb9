# SPDX-License-Identifier: Apache-2.0
from tests.support.chain import chain

__all__ = ["chain"]
