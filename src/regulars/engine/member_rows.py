"""What a turn reads of members. Of a large turn it is read while the turn before it is decided, by what its events name.

What is read ahead is a guess: events say whom they are about, and identity decides it. What was not guessed is asked
for besides; turns that were in the air meanwhile are laid over all of it in the same way (see loyalty.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from regulars.capabilities.loyalty.terms import bonus_of
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Call, Row, Session
from regulars.store.vault import Vault
from regulars.vocabulary.events import BIRTHDAY, REVIEWED

from .open_lots import LOTS_AHEAD
from .points import Programmes, events_named, watches_staff
from .prepared import Item, Prepared

_SQL = load_queries("regulars.capabilities.loyalty")
_MODELS = load_queries("regulars.store", "models.sql")


class Wanted(Struct, frozen=True):
    """Records, sales and holds that are asked for, and codes of staff; `born` are records whose day of birth is."""

    ids: set[str]
    sales: set[str]
    holds: set[str]
    born: set[str]
    staff: set[str]


class MemberRows(Struct, frozen=True):
    """Rows of the queries they are named after; `stored` are records, and of a record no more than `lots` open lots."""

    accounts: list[Row] = field(default_factory=list)
    holds: list[Row] = field(default_factory=list)
    earnings: list[Row] = field(default_factory=list)
    cards: list[Row] = field(default_factory=list)
    lots: list[Row] = field(default_factory=list)
    stored: list[Row] = field(default_factory=list)
    staff: list[Row] = field(default_factory=list)

    def joined(self, more: MemberRows) -> MemberRows:
        """These and others."""
        pairs = zip(_lists(self), _lists(more), strict=True)
        return MemberRows(*(one + other for one, other in pairs))


class Ahead(Struct, frozen=True):
    """What was read before a turn knew what it needs. `touched`: the records that its events name.

    `wanted` is None where no more than the `profiles` of these were read.
    """

    touched: set[str]
    profiles: list[Row]
    wanted: Wanted | None = None
    rows: MemberRows = MemberRows()


class Reader:
    """Asks for members of one workspace; `most`: lots of a record that are told, see load_open_lots."""

    def __init__(
        self, session: Session, vault: Vault, programmes: Programmes, *, most: int, ahead: Ahead | None = None
    ) -> None:
        self._session, self._ahead, self._most = session, ahead, most
        self._workspace: dict[str, Any] = {"workspace_id": vault.workspace_id}
        self._cards = any(versions[-1].programme.members.who == "card" for versions in programmes.values())

    def ask(self, *calls: tuple[Any, dict[str, Any]]) -> list[list[Row]]:
        """Rows of queries, in one round trip."""
        return self._session.run([Call(sql, self._workspace | values) for sql, values in calls])

    def profiles(self, records: set[str], profiles: set[str]) -> list[Row]:
        """Rows of load_profiles: of the records' profiles, and of profiles."""
        found: list[Row] = []
        if self._ahead is not None:
            found = self._ahead.profiles
            records, profiles = records - self._ahead.touched, profiles - {row[1] for row in found}
        if records or profiles:
            found = found + self._profiles(records, profiles)
        return found

    def members(self, wanted: Wanted) -> MemberRows:
        """What is stored of records; of more than these where more was read ahead."""
        ahead, known = self._ahead, self._ahead.wanted if self._ahead is not None else None
        if (
            ahead is None
            or known is None
            or not (wanted.sales <= known.sales and wanted.holds <= known.holds)
        ):
            return self._members(wanted)
        rest = replace(
            wanted,
            ids=wanted.ids - known.ids,
            born=wanted.born - known.born,
            staff=wanted.staff - known.staff,
        )
        if not (rest.ids or rest.born or rest.staff):
            return ahead.rows
        return ahead.rows.joined(self._members(rest))

    def _profiles(self, records: Iterable[str], profiles: Iterable[str]) -> list[Row]:
        return self._session.run([profiles_call(self._workspace, records, profiles)])[0]

    def _members(self, wanted: Wanted) -> MemberRows:
        ids, sales = uuids(wanted.ids), uuids(wanted.sales)
        found = self.ask(
            (_SQL.load_accounts, {"ids": ids}),
            (_SQL.load_holds, {"ids": ids, "holds": uuids(wanted.holds), "sales": sales}),
            (_SQL.load_some_earnings, {"ids": ids, "keys": sales}),
            (_SQL.load_cards, {"ids": ids if self._cards else uuids(())}),
            (_SQL.load_open_lots, {"ids": ids, "most": self._most}),
            (_MODELS.load_some, {"ids": uuids(wanted.born)}),
            (_SQL.load_staff, {"codes": sorted(wanted.staff)}),
        )
        return MemberRows(*found)


def read_ahead(
    session: Session, vault: Vault, programmes: Programmes, items: Sequence[Item], calls: Sequence[Call]
) -> tuple[list[list[Row]], Ahead | None]:
    """Rows of calls, and what is stored of the members that events name; None where that is nobody."""
    events = [item for item in items if isinstance(item, Prepared)]
    bonuses = events_named(programmes)
    touched = set(named(events, bonuses)) if programmes else set()
    if not touched:
        return session.run(calls), None
    reader = Reader(session, vault, programmes, most=LOTS_AHEAD + 1)
    *found, rows = session.run([*calls, profiles_call({"workspace_id": vault.workspace_id}, touched)])
    profiles = {record_id: profile_id for record_id, profile_id, _ in rows}
    dated = {profiles.get(record_id) for record_id in born(events)} if "birthday" in bonuses else set()
    wanted = Wanted(
        ids=set(profiles),
        sales={prepared.sale.sale_id for prepared in events if prepared.sale is not None},
        holds=set(holds(events)),
        born={record_id for record_id, profile_id in profiles.items() if profile_id in dated},
        staff=set(cashiers(events)) if watches_staff(programmes) else set(),
    )
    return found, Ahead(touched, rows, wanted, reader.members(wanted))


def profiles_call(workspace: Mapping[str, Any], records: Iterable[str], profiles: Iterable[str] = ()) -> Call:
    """Ask for the profiles of records, and for profiles."""
    asked = {"ids": uuids(records), "profiles": uuids(profiles)}
    return Call(_SQL.load_profiles, {**workspace, **asked})


def named(events: Iterable[Prepared], bonuses: Iterable[str]) -> Iterable[str]:
    """Records that commands, sales and events that something is given for name."""
    for prepared in events:
        said = prepared.loyalty
        if said is not None:
            yield from said.members
            if said.member is not None:
                yield said.member
        if prepared.said is not None and (prepared.sale is not None or bonus_of(prepared.type) in bonuses):
            yield prepared.said.person.record_id


def holds(events: Iterable[Prepared]) -> Iterable[str]:
    """Holds that commands and sales name."""
    for prepared in events:
        if prepared.loyalty is not None:
            if prepared.loyalty.hold is not None:
                yield prepared.loyalty.hold
            yield from (spend.hold for spend in prepared.loyalty.spends if spend.hold is not None)


def cashiers(events: Iterable[Prepared]) -> Iterable[str]:
    """Codes of the staff of sales."""
    return (prepared.sale.staff for prepared in events if prepared.sale is not None and prepared.sale.staff)


def born(events: Iterable[Prepared]) -> Iterable[str]:
    """Records named by what a day of birth matters for: a sale, the command for the day, a history counted anew."""
    for prepared in events:
        if prepared.sale is not None and prepared.said is not None:
            yield prepared.said.person.record_id
        elif prepared.type in (BIRTHDAY, REVIEWED) and prepared.loyalty is not None:
            yield from prepared.loyalty.members
            if prepared.loyalty.member is not None:
                yield prepared.loyalty.member


def _lists(rows: MemberRows) -> tuple[list[Row], ...]:
    return rows.accounts, rows.holds, rows.earnings, rows.cards, rows.lots, rows.stored, rows.staff
