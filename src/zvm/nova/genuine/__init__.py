# SPDX-License-Identifier: Apache-2.0
"""A genuine xCAT as the management node: what the driver does by xCAT's own v1 API alone.

:class:`zvm.nova.genuine.node.GenuineXcat` answers the calls of :class:`zvm.nova.session.Session` in place of
the extension ``/zvm/v1``; what it cannot answer stands in :mod:`zvm.nova.genuine.features`.
"""
