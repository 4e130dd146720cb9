# SPDX-License-Identifier: Apache-2.0
"""Directory statements: one immutable class each, read from and written as text.

``read_statements`` never fails: a statement that this package does not know, or that does not follow the
grammar it knows, becomes an ``Unknown`` and is written back exactly as it stood. Devices are in
``device_statements``. Source: CP Planning and Administration, "Creating a user directory".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Self

from zvm.directory import names, records
from zvm.directory.errors import DirectoryError, InvalidStatement
from zvm.directory.statement_base import (
    Statement,
    WordsStatement,
    count,
    one_of,
    operands,
    present,
    register,
    registered,
    tail_text,
    word,
)


@dataclass(frozen=True, slots=True)
class Header(Statement):
    """A statement that begins an entry; ``name`` is whom the entry is for."""

    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", names.userid(self.name))


@dataclass(frozen=True, slots=True)
class User(Header):
    """``USER userid password storage maximum classes ...``: who, and how large.

    ``storage`` and ``maximum_storage`` are as written (``2G``, ``512M``); ``more``: line-editing characters.
    """

    keyword: ClassVar[str] = "USER"

    password: str = field(repr=False)
    storage: str = ""
    maximum_storage: str = ""
    classes: str = ""
    more: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        Header.__post_init__(self)
        word(self.keyword, self.password, 200)
        optional = [self.storage, self.maximum_storage, self.classes, *self.more]
        filled = [item for item in optional if item]
        if optional[: len(filled)] != filled:
            raise InvalidStatement(self.keyword, "an operand cannot be left out before another")
        for item in filled:
            word(self.keyword, item)

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        name, password, storage, maximum, classes = operands(cls.keyword, words[:5], 2, 5)
        return cls(
            name, password.upper(), storage.upper(), maximum.upper(), classes.upper(), tuple(words[5:])
        )

    def text(self) -> str:
        return present(
            self.keyword,
            self.name,
            self.password,
            self.storage,
            self.maximum_storage,
            self.classes,
            *self.more,
        )


@dataclass(frozen=True, slots=True)
class Identity(User):
    """``IDENTITY``: a user who may be logged on once per member of an SSI cluster."""

    keyword: ClassVar[str] = "IDENTITY"


@dataclass(frozen=True, slots=True)
class ProfileName(Header):
    """``PROFILE name``: begins statements that entries INCLUDE."""

    keyword: ClassVar[str] = "PROFILE"

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        return cls(*operands(cls.keyword, words, 1, 1))

    def text(self) -> str:
        return f"{self.keyword} {self.name}"


@dataclass(frozen=True, slots=True)
class Subconfig(ProfileName):
    """``SUBCONFIG name``: the part of an IDENTITY that holds on one member."""

    keyword: ClassVar[str] = "SUBCONFIG"


for _header in (User, Identity, ProfileName, Subconfig):
    register(_header)


@register
@dataclass(frozen=True, slots=True)
class Include(Statement):
    """``INCLUDE profile``."""

    keyword: ClassVar[str] = "INCLUDE"

    profile: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "profile", names.userid(self.profile))

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        return cls(*operands(cls.keyword, words, 1, 1))

    def text(self) -> str:
        return f"{self.keyword} {self.profile}"


@register
@dataclass(frozen=True, slots=True)
class Machine(Statement):
    """``MACHINE architecture [cpus]``: the architecture and how many CPUs there may be at most."""

    keyword: ClassVar[str] = "MACHINE"

    architecture: str
    cpus: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "architecture", one_of(self.keyword, self.architecture, ("ESA", "XA", "XC", "Z", "ZARCH"))
        )

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        architecture, cpus = operands(cls.keyword, words, 1, 2)
        return cls(architecture, count(cls.keyword, cpus, 1) if cpus else None)

    def text(self) -> str:
        return present(self.keyword, self.architecture, "" if self.cpus is None else str(self.cpus))


@register
@dataclass(frozen=True, slots=True)
class Cpu(Statement):
    """``CPU address [BASE] [CPUID id] ...``; ``address`` is two hexadecimal digits."""

    keyword: ClassVar[str] = "CPU"

    address: str
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", names.vdev(self.address)[2:])
        for item in self.options:
            word(self.keyword, item)

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        if not words or len(words[0]) > 2:
            raise InvalidStatement(cls.keyword, "needs an address of two hexadecimal digits")
        return cls(words[0], tuple(item.upper() for item in words[1:]))

    @property
    def base(self) -> bool:
        """Whether this is the CPU that IPLs."""
        return "BASE" in self.options

    def text(self) -> str:
        return present(self.keyword, self.address, *self.options)


@register
@dataclass(frozen=True, slots=True)
class Ipl(Statement):
    """``IPL device-or-system [LOADPARM word] [PARM text]``."""

    keyword: ClassVar[str] = "IPL"

    system: str
    load_parameter: str = ""
    parameters: str = ""

    def __post_init__(self) -> None:
        word(self.keyword, self.system, 8)
        if self.load_parameter:
            word(self.keyword, self.load_parameter, 10)
        tail_text(self.keyword, self.parameters)

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        if not words:
            raise InvalidStatement(cls.keyword, "needs a device or a system name")
        system, _, rest = tail.partition(" ")
        rest = rest.lstrip()
        load_parameter = ""
        if rest.upper().startswith("LOADPARM "):
            load_parameter, _, rest = rest[len("LOADPARM ") :].lstrip().partition(" ")
            rest = rest.lstrip()
        if rest and not rest.upper().startswith("PARM "):
            raise InvalidStatement(cls.keyword, "knows LOADPARM and PARM only")
        return cls(system.upper(), load_parameter, rest[len("PARM ") :].strip())

    def text(self) -> str:
        return present(
            self.keyword,
            self.system,
            f"LOADPARM {self.load_parameter}" if self.load_parameter else "",
            f"PARM {self.parameters}" if self.parameters else "",
        )


@register
@dataclass(frozen=True, slots=True)
class LogonBy(Statement):
    """``LOGONBY userid ...``: who may log on with his own password."""

    keyword: ClassVar[str] = "LOGONBY"

    userids: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.userids:
            raise InvalidStatement(self.keyword, "names nobody")
        object.__setattr__(self, "userids", tuple(names.userid(item) for item in self.userids))

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        return cls(tuple(words))

    def text(self) -> str:
        return present(self.keyword, *self.userids)


@register
@dataclass(frozen=True, slots=True)
class Command(Statement):
    """``COMMAND cp-command``: run by CP at each logon, before the IPL. The command's case is kept."""

    keyword: ClassVar[str] = "COMMAND"

    command: str

    def __post_init__(self) -> None:
        tail_text(self.keyword, self.command, optional=False)

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        return cls(tail)

    def text(self) -> str:
        return f"{self.keyword} {self.command}"


@register
@dataclass(frozen=True, slots=True)
class Loaddev(Statement):
    """``LOADDEV what value``: where a SCSI disk is IPLed from (PORTNAME, LUN, BOOTPROG ...)."""

    keyword: ClassVar[str] = "LOADDEV"

    what: str
    value: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "what", word(self.keyword, self.what.upper(), 12))
        tail_text(self.keyword, self.value, optional=False)

    @classmethod
    def read(cls, words: list[str], tail: str) -> Self:
        if len(words) < 2:
            raise InvalidStatement(cls.keyword, "needs a name and a value")
        return cls(words[0], tail.partition(" ")[2].strip())

    def text(self) -> str:
        return f"{self.keyword} {self.what} {self.value}"


@register
@dataclass(frozen=True, slots=True)
class Option(WordsStatement):
    """``OPTION word ...``, such as LNKNOPAS."""

    keyword: ClassVar[str] = "OPTION"


@register
@dataclass(frozen=True, slots=True)
class Share(WordsStatement):
    """``SHARE RELATIVE n`` or ``SHARE ABSOLUTE n%``."""

    keyword: ClassVar[str] = "SHARE"


@register
@dataclass(frozen=True, slots=True)
class IoPriority(WordsStatement):
    """``IOPRIORITY RELATIVE|ABSOLUTE low [high]``: the range of priorities of a guest's I/O, 0 to 255."""

    keyword: ClassVar[str] = "IOPRIORITY"


@register
@dataclass(frozen=True, slots=True)
class Account(WordsStatement):
    """``ACCOUNT number [distribution]``."""

    keyword: ClassVar[str] = "ACCOUNT"


@register
@dataclass(frozen=True, slots=True)
class VmRelocate(WordsStatement):
    """``VMRELOCATE ON|OFF [DOMAIN name]``."""

    keyword: ClassVar[str] = "VMRELOCATE"


@dataclass(frozen=True, slots=True)
class Comment(Statement):
    """A comment record, kept as it is: ``*`` is its first character that is not blank."""

    keyword: ClassVar[str] = "*"

    comment: str

    def __post_init__(self) -> None:
        fits = len(self.comment) <= records.COLUMNS and self.comment == self.comment.rstrip()
        if not fits or not self.comment.lstrip(" ").startswith("*") or not self.comment.isprintable():
            raise InvalidStatement(
                "comment", f"a record begins with * and has at most {records.COLUMNS} columns"
            )

    def text(self) -> str:
        return self.comment

    def records(self) -> list[str]:
        return [self.comment]


@dataclass(frozen=True, slots=True)
class Unknown(Statement):
    """A statement this package does not know: its records, kept as they are."""

    lines: tuple[str, ...] = field(repr=False)

    def text(self) -> str:
        return records.unfold(self.lines)[0][0]

    def records(self) -> list[str]:
        return list(self.lines)


def read_statements(lines: Iterable[str]) -> list[Statement]:
    """Return the statements on the records ``lines``, in order; blank records vanish."""
    return [_read(text, on) for text, on in records.unfold(lines)]


def _read(text: str, on: tuple[str, ...]) -> Statement:
    """Return the statement ``text`` that stood on the records ``on``."""
    if text.lstrip().startswith("*") and len(on) == 1:
        return Comment(text) if text.isprintable() else Unknown(on)
    keyword, _, tail = text.partition(" ")
    kind = registered.get(keyword.upper())
    if kind is None:
        return Unknown(on)
    tail = tail.strip()
    try:
        statement = kind.read(tail.split(), tail)
        statement.records()
    except DirectoryError:
        return Unknown(on)
    return statement
