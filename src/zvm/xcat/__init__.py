# SPDX-License-Identifier: Apache-2.0
"""xCAT's REST dialect and a blocking client for it."""

from zvm.xcat.client import Call, Client
from zvm.xcat.envelope import Envelope
from zvm.xcat.errors import (
    XcatError,
    XcatNotFound,
    XcatOutcomeUnknown,
    XcatRefused,
    XcatUnauthorized,
    XcatUnreachable,
    XcatUnsupported,
)
from zvm.xcat.extension import Extension

__all__ = [
    "Call",
    "Client",
    "Envelope",
    "Extension",
    "XcatError",
    "XcatNotFound",
    "XcatOutcomeUnknown",
    "XcatRefused",
    "XcatUnauthorized",
    "XcatUnreachable",
    "XcatUnsupported",
]
