# SPDX-License-Identifier: Apache-2.0
"""The z/VM user directory as a language: text in, text out."""

from zvm.directory.device_statements import Console, Dedicate, DeviceStatement, Link, Mdisk, NicDef, Spool
from zvm.directory.entry import Directory, Entry, Profile, parse_directory, parse_entry
from zvm.directory.errors import DirectoryError, InvalidEntry, InvalidName, InvalidStatement, SeveralHeaders
from zvm.directory.extents import Extent, first_fit, holes, overlaps
from zvm.directory.mark import mark, marked_uuid
from zvm.directory.statement_base import Statement
from zvm.directory.statements import (
    Account,
    Command,
    Comment,
    Cpu,
    Header,
    Identity,
    Include,
    Ipl,
    Loaddev,
    LogonBy,
    Machine,
    Option,
    ProfileName,
    Share,
    Subconfig,
    Unknown,
    User,
    VmRelocate,
)

__all__ = [
    "Account",
    "Command",
    "Comment",
    "Console",
    "Cpu",
    "Dedicate",
    "DeviceStatement",
    "Directory",
    "DirectoryError",
    "Entry",
    "Extent",
    "Header",
    "Identity",
    "Include",
    "InvalidEntry",
    "InvalidName",
    "InvalidStatement",
    "Ipl",
    "Link",
    "Loaddev",
    "LogonBy",
    "Machine",
    "Mdisk",
    "NicDef",
    "Option",
    "Profile",
    "ProfileName",
    "SeveralHeaders",
    "Share",
    "Spool",
    "Statement",
    "Subconfig",
    "Unknown",
    "User",
    "VmRelocate",
    "first_fit",
    "holes",
    "mark",
    "marked_uuid",
    "overlaps",
    "parse_directory",
    "parse_entry",
]
