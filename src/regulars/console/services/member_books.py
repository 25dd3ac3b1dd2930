"""The books of loyalty members out of the rows, for all who show or use what somebody has.

Nothing is posted here. `settled` brings books up to the clock in memory, by the very function that a turn uses, so
points that are over and holds that timed out do not show, whether the clean-up came by already or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from regulars.capabilities.loyalty.fold import EARLIEST
from regulars.capabilities.loyalty.ledger import Book
from regulars.capabilities.loyalty.programme import Programme, Version, parse
from regulars.capabilities.loyalty.state import Account, Earning, Hold, Lot, Member, Taken
from regulars.capabilities.loyalty.terms import Reward
from regulars.store.database import AsyncConnection, Database
from regulars.store.pipeline import Call
from regulars.store.queries import load_queries

from .common import id_array, rows
from .people import Part

LOYALTY: Final = load_queries("regulars.capabilities.loyalty")
SQL: Final = load_queries("regulars.store.views", "members.sql")
_earning = msgspec.json.Decoder(Earning).decode
_NOBODY: Final = "0" * 32
Programmes = dict[int, list[Version]]
"""The versions of each programme that hold or will hold, oldest first."""


class Books(Struct):
    """What is kept of some records: versions of the programmes, accounts, lots and open holds, and who has a card."""

    versions: Programmes
    carded: set[str]
    accounts: dict[str, list[Account]] = field(default_factory=lambda: defaultdict(list))
    lots: dict[str, Lot] = field(default_factory=dict)
    of_record: dict[str, list[Lot]] = field(default_factory=lambda: defaultdict(list))
    holds: dict[str, list[Hold]] = field(default_factory=lambda: defaultdict(list))

    def member(self, number: int, records: set[str]) -> Member:
        """A customer in a programme. Lots of others are there where a hold of this one reserves them."""
        member = Member(number, records)
        for record_id in records:
            member.accounts.update(
                {one.record_id: one for one in self.accounts[record_id] if one.programme == number}
            )
            member.lots.update(
                {one.lot_id: one for one in self.of_record[record_id] if one.programme == number}
            )
            member.holds.update(
                {one.hold_id: one for one in self.holds[record_id] if one.programme == number}
            )
        for hold in member.holds.values():
            # A sale between two of the questions may have ended the hold, and its lots were not asked for.
            hold.lots = [taken for taken in hold.lots if taken.lot_id in self.lots]
            for taken in hold.lots:
                member.lots.setdefault(taken.lot_id, self.lots[taken.lot_id])
        return member

    def joined(self, parts: Sequence[Part], member: Member) -> list[datetime]:
        """Since when a customer takes part, by each of the reasons there are; EARLIEST without having joined."""
        joined = [a.enrolled_at for a in member.accounts.values() if a.enrolled_at is not None]
        who = self.versions[member.programme][-1].programme.members.who
        carded = any(part.record_id.hex in self.carded for part in parts)
        if (who == "known" and any(part.known for part in parts)) or (who == "card" and carded):
            joined.append(EARLIEST)
        return joined


def book_questions(workspace_id: int, records: Iterable[str]) -> list[Call]:
    """Asks for the books of some records; `books_among` reads the answers."""
    of = {"workspace_id": workspace_id, "ids": id_array(records)}
    none = {"holds": id_array(()), "sales": id_array(())}
    return [
        Call(LOYALTY.load_programmes, {"workspace_id": workspace_id}),
        Call(LOYALTY.load_accounts, of),
        Call(LOYALTY.load_holds, of | none),
        Call(LOYALTY.load_cards, of),
        Call(SQL.open_lots, of),
    ]


def books_among(answers: Sequence[Sequence[tuple[Any, ...]]]) -> Books:
    """The books out of the answers to `book_questions`."""
    versions, accounts, holds, cards, lots = answers
    books = Books(versions_among(versions), {one[0].hex for one in cards})
    for record_id, *values in accounts:
        account = Account(record_id.hex, *values)
        books.accounts[account.record_id].append(account)
    for row in holds:
        hold = hold_of(row)
        books.holds[hold.record_id].append(hold)
    for lot in map(_lot_of, lots):
        books.lots[lot.lot_id] = lot
        books.of_record[lot.record_id].append(lot)
    return books


async def load_history(database: Database, workspace_id: int, member: Member) -> None:
    """Give a member all that they ever earned, and every lot."""
    of = {"workspace_id": workspace_id, "ids": id_array(member.records)}
    lots, earned = await database.ask(
        workspace_id, Call(LOYALTY.load_all_lots, of), Call(LOYALTY.load_all_earnings, of)
    )
    for row in lots:
        lot = _lot_of(row)
        if lot.programme == member.programme:
            member.lots.setdefault(lot.lot_id, lot)
    for record_id, programme, doc in earned:
        if programme == member.programme:
            earning = _earning(doc)
            member.earnings[earning.key, record_id.hex] = earning
    member.whole = True


def settled(member: Member, now: datetime) -> Member:
    """The same member, brought up to the clock."""
    Book(member, now=now, occurred_at=now, key=_NOBODY, new_id=lambda *_: _NOBODY).settle()
    return member


def birth_of(parts: Sequence[Part]) -> tuple[int, int] | None:
    """Month and day of birth; of several the least, as a turn takes it."""
    told = [str(born) for part in parts if (born := part.fields.scalar("birth_date"))]
    return min(((day.month, day.day) for day in map(date.fromisoformat, told)), default=None)


def _lot_of(row: Sequence[Any]) -> Lot:
    lot_id, owner, programme, point, reason, origin, *values = row
    return Lot(lot_id.hex, owner.hex, programme, point, reason, origin.hex, *values)


def hold_of(row: Sequence[Any]) -> Hold:
    """A hold out of a row of load_holds."""
    hold = Hold(row[0].hex, row[1].hex, *row[2:9])
    hold.sale_id = row[9].hex if row[9] is not None else None
    hold.lots = [Taken(*one) for one in row[10]]
    hold.reward = msgspec.convert(row[11], Reward | None)
    return hold


@lru_cache(maxsize=200)
def _parsed(content: str) -> Programme:
    """A programme's text as parsed; a version is never changed, so it is read once."""
    return parse(content)


def versions_among(found: Iterable[tuple[Any, ...]]) -> Programmes:
    """The versions out of rows of load_programmes."""
    out: Programmes = defaultdict(list)
    for number, version, content, effective_from in found:
        out[number].append(Version(version, effective_from, _parsed(content)))
    return dict(out)


async def load_rules(conn: AsyncConnection, workspace_id: int) -> Programmes:
    """The published versions of each programme."""
    return versions_among(await rows(conn, LOYALTY.load_programmes, {"workspace_id": workspace_id}))


async def programmes(database: Database, workspace_id: int) -> Programmes:
    """The same, in one round trip shared with others."""
    (found,) = await database.ask(workspace_id, Call(LOYALTY.load_programmes, {"workspace_id": workspace_id}))
    return versions_among(found)
