# SPDX-License-Identifier: Apache-2.0
"""What the management node itself refuses; what z/VM refuses comes as the errors of :mod:`zvm.zhcp.errors`.

::

    ManagerError                  kind        HTTP status in /zvm/v1
    ├── Refused                   refused     409
    ├── Invalid                   invalid     400
    │   ├── UnknownTable
    │   └── UnknownColumn
    ├── NotFound                  not_found   404
    │   └── UnknownNodes                           403 in v1, as xCAT has it
    ├── NotSupported              not_supported 501
    ├── TooLarge                  invalid     413
    ├── Unauthenticated           unauthenticated 401
    └── Forbidden                 forbidden   403  (401 in v1, as xCAT has it)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class ManagerError(Exception):
    """The management node cannot do what it was asked.

    :ivar message: what is wrong, in words.
    :ivar next_step: what to do about it, or "".
    """

    kind: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


class Refused(ManagerError):
    """Not in this state, or not with these arguments."""

    kind = "refused"
    status = 409


class Invalid(ManagerError):
    """The request breaks a rule that it names."""

    kind = "invalid"
    status = 400


class UnknownTable(Invalid):
    """There is no such table."""

    def __init__(self, table: str) -> None:
        super().__init__(f"No such table: {table}")
        self.table = table


class UnknownColumn(Invalid):
    """The table has no such column."""

    def __init__(self, table: str, column: str) -> None:
        super().__init__(f"The table {table} has no column {column}")
        self.table = table
        self.column = column


class NotFound(ManagerError):
    """What was named does not exist."""

    kind = "not_found"
    status = 404


class UnknownNodes(NotFound):
    """A noderange names what is neither node nor group."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"Invalid nodes and/or groups in noderange: {','.join(self.names)}")


class NotSupported(ManagerError):
    """This management node cannot do that."""

    kind = "not_supported"
    status = 501


class TooLarge(ManagerError):
    """More octets than there may be."""

    kind = "invalid"
    status = 413


class Unauthenticated(ManagerError):
    """Wrong credentials."""

    kind = "unauthenticated"
    status = 401


class Forbidden(ManagerError):
    """The policy does not let this user run the command."""

    kind = "forbidden"
    status = 403
