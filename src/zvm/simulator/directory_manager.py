# SPDX-License-Identifier: Apache-2.0
"""DirMaint: the entries of the user directory, and what may be done to them.

The refusals carry SMAPI's codes (SMAPI Programming, "return and reason codes" of the _DM functions).
"""

from __future__ import annotations

import copy
import hmac
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zvm.directory import (
    Account,
    Entry,
    Extent,
    Header,
    Include,
    InvalidEntry,
    IoPriority,
    Ipl,
    Machine,
    Mdisk,
    SeveralHeaders,
    Share,
    Statement,
    Unknown,
    User,
    holes,
    parse_directory,
    parse_entry,
    passwords,
)
from zvm.simulator.directory_locks import DirectoryLocks
from zvm.simulator.refused import Refused

if TYPE_CHECKING:
    from zvm.simulator.system import System

#: DirMaint's word for a minidisk of the type that the volumes have.
ANY_DEVTYPE = "X" * 4
#: data_security_erase of the deleting functions: 0 as the system is set up, 1 no, 2 yes.
KEEP_DATA = 1

_ONCE = (Machine, Ipl, Share, IoPriority, Account)


class _Watched(dict[str, Entry]):
    """Entries by name; tells whether any came, went or was replaced since it was last asked."""

    changed = True

    def __setitem__(self, name: str, entry: Entry) -> None:
        self.changed = True
        super().__setitem__(name, entry)

    def __delitem__(self, name: str) -> None:
        self.changed = True
        super().__delitem__(name)


class DirectoryManager:
    """Entries and profiles by name, in the order they came."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._entries = _Watched()
        self._profiles = _Watched()
        self._written: dict[str, tuple[Entry, list[str]]] = {}
        self._dumped: dict[str, Any] = {}
        #: The entries and profiles CP goes by while changes of the source are held back from it.
        self._object: tuple[dict[str, Entry], dict[str, Entry]] | None = None
        self.locks = DirectoryLocks()

    def install(self, text: str) -> None:
        """Take the whole directory from ``text``."""
        for entry in parse_directory(text).entries:
            (self._profiles if entry.kind == "PROFILE" else self._entries)[entry.userid] = entry

    # Looking

    def entries(self) -> list[Entry]:
        """Return all entries but profiles."""
        return list(self._entries.values())

    def profiles(self) -> list[Entry]:
        """Return all profiles."""
        return list(self._profiles.values())

    def find(self, userid: str, *, online: bool = False) -> Entry | None:
        """Return an entry, or None; ``online`` as CP knows it."""
        return self._view(online)[0].get(userid)

    def _view(self, online: bool) -> tuple[dict[str, Entry], dict[str, Entry]]:
        return self._object if online and self._object else (self._entries, self._profiles)

    def get(self, userid: str) -> Entry:
        """Return an entry.

        Raises:
            Refused: 400/4, there is none.
        """
        try:
            return self._entries[userid]
        except KeyError:
            raise Refused(400, 4) from None

    def profile(self, name: str) -> Entry:
        """Return a profile.

        Raises:
            Refused: 400/4, there is none.
        """
        try:
            return self._profiles[name]
        except KeyError:
            raise Refused(400, 4) from None

    def resolved(self, userid: str, *, online: bool = False) -> Entry:
        """Return an entry with its profile's statements in the place of INCLUDE; its own statements win.

        Parameters:
            online: as CP knows it.

        Raises:
            Refused: 400/4, there is no such entry.
        """
        entries, profiles = self._view(online)
        if userid not in entries:
            raise Refused(400, 4)
        entry = entries[userid]
        own_devices = {getattr(item, "vdev", None) for item in entry.statements if item.device}
        once = tuple(kind for kind in _ONCE if entry.find(kind))
        statements: list[Statement] = []
        for statement in entry.statements:
            profile = profiles.get(statement.profile) if isinstance(statement, Include) else None
            if profile is None:
                statements.append(statement)
                continue
            statements += [
                item
                for item in profile.statements
                if not isinstance(item, once)
                and not (item.device and getattr(item, "vdev", None) in own_devices)
            ]
        return replace(entry, statements=tuple(statements))

    def can_log_on(self, userid: str) -> bool:
        """Tell whether there is such a user; with NOLOG for a password CP treats it as if there were not."""
        entry = self.find(userid, online=True)
        if entry is None:
            return False
        return not (isinstance(entry.header, User) and entry.header.password == passwords.NOLOG)

    def password_matches(self, userid: str, password: str) -> bool:
        """Tell whether somebody may log on as ``userid`` with ``password``."""
        entry = self.find(userid, online=True)
        if entry is None or not isinstance(entry.header, User):
            return False
        if entry.header.password in passwords.NO_PASSWORD | {passwords.HIDDEN}:
            return False
        return hmac.compare_digest(entry.header.password.encode(), password.upper().encode())

    # Changing

    def create(self, userid: str, records: list[str], password: str = "", account: str = "") -> Entry:
        """Add an entry; room is found for the minidisks that leave it to DirMaint (AUTOG, AUTOR, AUTOV).

        Raises:
            Refused: 400/8 exists, 400/40 several USER statements, 436/4 no such profile, 436/40 several
                profiles, 408/24 no room, 408/4 a device twice, 420/8 no such group, 24/4xx no entry at all.
        """
        if userid in self._entries or userid in self._profiles:
            raise Refused(400, 8)
        entry = self._parsed(userid, records, "USER", "IDENTITY")
        if password and isinstance(entry.header, User):
            entry = replace(entry, header=replace(entry.header, password=password.upper()))
        self._check_profile(entry)
        entry = self._allocated(entry)
        if account:
            entry = entry.with_statement(Account((account.upper(),)))
        self._clean(self._places(entry))
        self._entries[userid] = entry
        self._system.events.directory(userid, "ADD")
        return entry

    def replace(self, userid: str, records: list[str], by: str) -> Entry:
        """Put other statements in the place of an entry that ``by`` has locked.

        Raises:
            Refused: 400/4 no such entry, 400/24 not locked, 400/12 locked by another, and as ``create``.
        """
        self.get(userid)
        self._check_own_lock(userid, by)
        entry = self._parsed(userid, records, "USER", "IDENTITY")
        self._check_profile(entry)
        entry = self._allocated(entry, replaces=True)
        self.update(entry, action="REPLACE")
        return entry

    def update(self, entry: Entry, erase: int = 0, action: str = "CHANGE") -> None:
        """Put a changed entry in the place of the one with its userid. Locks are the caller's business.

        What becomes the entry's holds zeros only; what is freed is erased unless ``erase`` is KEEP_DATA.
        Subscribers to events are told ``action``.

        Raises:
            Refused: 400/4, no such entry.
        """
        before, after = self._places(self.get(entry.userid)), self._places(entry)
        if erase != KEEP_DATA:
            self._clean(hole for place in before for hole in holes(place, after))
        self._clean(hole for place in after for hole in holes(place, before))
        self._entries[entry.userid] = entry
        self._system.events.directory(entry.userid, action)

    def delete(self, userid: str, erase: int = 0) -> None:
        """Remove an entry and free its minidisks; a guest that is logged on stays until it logs off.

        Raises:
            Refused: 400/4 no such entry, 400/12 locked, 408/12 a minidisk is locked.
        """
        entry = self.get(userid)
        self.locks.check(userid)
        if self.locks.devices(userid):
            raise Refused(408, 12)
        if erase != KEEP_DATA:
            self._clean(self._places(entry))
        del self._entries[userid]
        self._system.events.directory(userid, "PURGE")
        self.locks.forget(userid)

    def add_disk(self, userid: str, disk: Mdisk) -> None:
        """Add a minidisk whose place ``extents.allocate`` found; it holds zeros only.

        Raises:
            Refused: 400/4 no such entry, 400/12 locked, 408/4 the device number is taken.
        """
        entry = self.get(userid)
        self.locks.check(userid, disk.vdev)
        if self.resolved(userid).devices(disk.vdev):
            raise Refused(408, 4)
        self.update(entry.with_statement(disk), action="AMDISK")

    def remove_disk(self, userid: str, vdev: str, erase: int = 0) -> Mdisk:
        """Remove a minidisk and free its extent.

        Raises:
            Refused: 400/4 no such entry, 400/12 locked, 408/12 the disk is locked, 408/8 no such disk.
        """
        entry = self.get(userid)
        self.locks.check(userid)
        self.locks.check(userid, vdev, 408)
        disk = entry.minidisk(vdev)
        if disk is None:
            raise Refused(408, 8)
        self.update(entry.without(disk), erase, "DMDISK")
        return disk

    def create_profile(self, name: str, records: list[str]) -> None:
        """Add a profile.

        Raises:
            Refused: 400/8, an entry or profile of that name exists.
        """
        if name in self._profiles or name in self._entries:
            raise Refused(400, 8)
        self._profiles[name] = self._parsed(name, records, "PROFILE")

    def replace_profile(self, name: str, records: list[str], by: str) -> None:
        """Put other statements in the place of a profile that ``by`` has locked.

        Raises:
            Refused: 400/4 no such profile, 400/24 not locked, 400/12 locked by somebody else.
        """
        self.profile(name)
        self._check_own_lock(name, by)
        self._profiles[name] = self._parsed(name, records, "PROFILE")

    def delete_profile(self, name: str) -> None:
        """Remove a profile.

        Raises:
            Refused: 400/4 no such profile, 400/12 locked, 400/16 an entry includes it.
        """
        self.profile(name)
        self.locks.check(name)
        if any(Include(name) in entry.statements for entry in self._entries.values()):
            raise Refused(400, 16)
        del self._profiles[name]

    # The object directory

    @property
    def offline(self) -> bool:
        """Whether changes are held back from CP."""
        return self._object is not None

    def hold(self) -> None:
        """Let CP go on with the directory as it is now, whatever changes."""
        if self._object is None:
            self._object = (dict(self._entries), dict(self._profiles))
            self._entries.changed = True

    def release(self, *, stay_offline: bool = False) -> None:
        """Let CP know all changes; with ``stay_offline`` those to come are held back still."""
        held, self._object = self._object, None
        self._entries.changed = True
        if held and stay_offline:
            self.hold()

    # State

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        locks = self.locks.dump()
        if not (self._entries.changed or self._profiles.changed) and locks == self._dumped.get("(locks)"):
            return self._dumped
        self._entries.changed = self._profiles.changed = False
        before, self._written = self._written, {}
        for entry in (*self._profiles.values(), *self._entries.values()):
            # Entries never change: the same object has the same records, and the store looks no further.
            known = before.get(entry.userid)
            self._written[entry.userid] = known if known and known[0] is entry else (entry, entry.records())
        state: dict[str, Any] = {
            f"{entry.kind} {name}": records for name, (entry, records) in self._written.items()
        }
        names = [*self._profiles, *self._entries]
        self._dumped = state | {"(locks)": copy.deepcopy(locks), "(order)": names}
        if self._object:
            held = (entry for part in self._object for entry in part.values())
            self._dumped["(object)"] = [entry.records() for entry in held]
        return self._dumped

    def load(self, state: dict[str, Any]) -> None:
        """Take up what ``dump`` returned."""
        entries = [parse_entry(records) for key, records in state.items() if not key.startswith("(")]
        by_name = {entry.userid: entry for entry in entries}
        for name in state["(order)"]:
            entry = by_name[name]
            (self._profiles if entry.kind == "PROFILE" else self._entries)[name] = entry
        self.locks.load(state["(locks)"])
        if "(object)" in state:
            held = [parse_entry(records) for records in state["(object)"]]
            self._object = (
                {entry.userid: entry for entry in held if entry.kind != "PROFILE"},
                {entry.userid: entry for entry in held if entry.kind == "PROFILE"},
            )

    # Inside

    def _check_own_lock(self, name: str, by: str) -> None:
        holder = self.locks.holder(name)
        if holder != by:
            raise Refused(400, 12 if holder else 24)

    def _parsed(self, name: str, records: list[str], *kinds: str) -> Entry:
        try:
            entry = parse_entry(records)
        except SeveralHeaders:
            raise Refused(400, 40) from None
        except InvalidEntry:
            raise Refused(24, 418) from None
        header: Header = entry.header
        if header.keyword not in kinds or header.name != name:
            raise Refused(24, 423)
        return entry

    def _check_profile(self, entry: Entry) -> None:
        included = entry.find(Include)
        if any(item.profile not in self._profiles for item in included):
            raise Refused(436, 4)
        if len(included) > 1:
            raise Refused(436, 40)

    def _allocated(self, entry: Entry, *, replaces: bool = False) -> Entry:
        """Return the entry with a place for every minidisk; none overlaps another's.

        Parameters:
            replaces: the places of the entry it replaces may be used.
        """
        extents = self._system.extents
        taken = extents.taken(but=entry.userid if replaces else "")
        seen: set[str] = set()
        places: list[Extent] = []
        for statement in entry.statements:
            disk = statement if isinstance(statement, Mdisk) else None
            if isinstance(statement, Unknown):
                disk = self._automatic(statement, places)
            if disk is None:
                continue
            if disk.vdev in seen:
                raise Refused(408, 4)
            seen.add(disk.vdev)
            if disk is not statement:
                entry = entry.with_statement(disk, instead_of=statement)
            place = extents.place_of(disk)
            if place and not extents.excluded(entry.userid, disk.vdev):
                if any(place.overlaps(other) for other in (*taken, *places)):
                    raise Refused(408, 24)
                places.append(place)
        return entry

    def _automatic(self, statement: Unknown, more: list[Extent]) -> Mdisk | None:
        """Return what DirMaint makes of ``MDISK vdev type AUTOG size group mode``, None for anything else."""
        words = statement.text().upper().split()
        if len(words) < 6 or words[0] != "MDISK" or words[3] not in ("AUTOG", "AUTOR", "AUTOV"):
            return None
        _, vdev, devtype, how, size, area, *rest = words
        if not size.isdigit() or not int(size):
            raise Refused(24, 410)
        kind = "3390" if devtype in ("3390", ANY_DEVTYPE) else "FB-512"
        volume_type = "3390" if kind == "3390" else "9336"
        place = self._system.extents.allocate(how, area, volume_type, int(size), more)
        return Mdisk(vdev, kind, place.start, place.size, place.volume, *rest[:4])

    def _places(self, entry: Entry) -> list[Extent]:
        """Return where the minidisks of an entry are, but for those EXCLUDE lets lie over others."""
        extents = self._system.extents
        disks = [disk for disk in entry.minidisks() if not extents.excluded(entry.userid, disk.vdev)]
        return [place for disk in disks if (place := extents.place_of(disk))]

    def _clean(self, extents: Iterable[Extent]) -> None:
        """Make extents all zeros, so that nobody reads what was there before."""
        for extent in extents:
            self._system.dasd.erase(extent)
