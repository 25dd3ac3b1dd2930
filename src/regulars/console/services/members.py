"""Members of a loyalty programme as a till sees them: what each customer who was found has now.

Nothing is posted here. The books are brought up to the clock in memory, by the very functions that a turn uses, so
points that are over do not show, whether the clean-up came by already or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, field

from regulars.capabilities.identity import kinds
from regulars.capabilities.loyalty import state
from regulars.capabilities.loyalty.earning import MARK
from regulars.capabilities.loyalty.expiry import Upcoming, upcoming
from regulars.capabilities.loyalty.fold import EARLIEST, Person, credits_of
from regulars.capabilities.loyalty.ledger import Book
from regulars.capabilities.loyalty.programme import Programme, Version, in_force, parse
from regulars.capabilities.loyalty.state import Account, Balance, Earning, Hold, Lot, Member, Taken
from regulars.capabilities.loyalty.tiers import TierStanding, tier_at
from regulars.store.database import Database
from regulars.store.pipeline import Call
from regulars.store.queries import load_queries
from regulars.vocabulary.errors import NotFound

from .common import id_array
from .lookups import Found

LOYALTY = load_queries("regulars.capabilities.loyalty")
_earning = msgspec.json.Decoder(Earning).decode
_FIRST = 1
"""The programme that is meant where a workspace has none yet."""


class Standing(Struct, frozen=True):
    """A customer in a programme now, in points of one type. `held` of the `balance` are reserved at tills.

    `enrolled_at` is None for who takes no part, `EARLIEST` for who does without having joined. `status`: active,
    blocked or left; None where there was nothing to be any of it. `worth`: (minor units, points) by currency. `cards`: the status of
    each record's account. `balances` of all types of points, `used` of caps by rule and period, `bought`: anything before.
    `birth`: month and day.
    """

    programme: int | None = None
    point: str | None = None
    worth: Mapping[str, tuple[int, int]] = {}
    enrolled_at: datetime | None = None
    status: str | None = None
    balance: int = 0
    held: int = 0
    pending: int = 0
    debt: int = 0
    expiring: Sequence[Upcoming] = ()
    at: datetime = EARLIEST
    version: Version | None = None
    credits: Sequence[tuple[date, int]] = ()
    tier: TierStanding | None = None
    tier_names: Mapping[str, str] = {}
    holds: Sequence[Hold] = ()
    cards: Mapping[str, str] = {}
    balances: Mapping[str, Balance] = {}
    used: Mapping[tuple[str, str], int] = {}
    bought: bool = False
    birth: tuple[int, int] | None = None

    @property
    def enrolled(self) -> bool:
        """Whether sales earn points."""
        return self.enrolled_at is not None and self.status != state.LEFT


class Wanted(Struct, frozen=True):
    """Which programme and type of points are asked about; None: the first there is."""

    programme: int | None = None
    point: str | None = None


class Taking(Struct, frozen=True):
    """A customer as the rules take them: their books, and who they are. `member` may be changed by whoever asked."""

    number: int
    versions: Sequence[Version]
    member: Member
    person: Person


class _Loaded(Struct):
    versions: dict[int, list[Version]] = field(default_factory=dict)
    accounts: dict[str, list[Account]] = field(default_factory=lambda: defaultdict(list))
    lots: dict[str, list[Lot]] = field(default_factory=lambda: defaultdict(list))
    holds: dict[str, list[Hold]] = field(default_factory=lambda: defaultdict(list))
    lent: dict[str, Lot] = field(default_factory=dict)
    carded: set[str] = field(default_factory=set)


@lru_cache(maxsize=200)
def programme_of(content: str) -> Programme:
    """A programme's text as parsed; a version is never changed, so it is read once."""
    return parse(content)


async def programmes(database: Database, workspace_id: int) -> dict[int, list[Version]]:
    """The versions of each programme that hold or will hold."""
    (found,) = await database.ask(workspace_id, _programmes(workspace_id))
    return _versions(found)


async def standings(
    database: Database, workspace_id: int, people: Sequence[Found], wanted: Wanted, now: datetime
) -> dict[UUID, Standing]:
    """Where each of some customers stands, by profile; two round trips.

    Raises NotFound for a programme or a type of points that is not there.
    """
    records = {part.record_id.hex for one in people for part in one.parts}
    loaded = await _load(database, workspace_id, records)
    number, version = chosen(loaded.versions, wanted.programme, now)
    if version is None:
        return {one.profile_id: Standing() for one in people}
    point = point_of(version.programme, wanted.point)
    who = loaded.versions[number][-1].programme.members.who
    return {one.profile_id: _standing(one, loaded, (number, version), point, who, now) for one in people}


async def load_taking(
    database: Database, workspace_id: int, found: Found, wanted: Wanted, now: datetime, *, whole: bool = False
) -> Taking | None:
    """A customer's books as they are now, for a trial; None where no programme holds. Raises NotFound.

    `whole`: with all that they ever earned and every lot, for a trial that may count their history anew.
    """
    records = {part.record_id.hex for part in found.parts}
    loaded = await _load(database, workspace_id, records)
    number, version = chosen(loaded.versions, wanted.programme, now)
    if version is None:
        return None
    versions = loaded.versions[number]
    member = _member(loaded, number, records)
    if whole:
        await _load_history(database, workspace_id, member)
    joined = _joined(found, loaded, member, versions[-1].programme.members.who)
    person = Person(found.profile_id.hex, min(joined, default=None), _birth(found) if joined else None)
    return Taking(number, versions, member, person)


def _birth(found: Found) -> tuple[int, int] | None:
    """Month and day of birth; of several the least, as a turn takes it."""
    told = [str(born) for part in found.parts if (born := part.fields.scalar("birth_date"))]
    return min(((day.month, day.day) for day in map(date.fromisoformat, told)), default=None)


def chosen(
    versions: Mapping[int, Sequence[Version]], number: int | None, now: datetime
) -> tuple[int, Version | None]:
    """The programme asked for, else the first that holds. Raises NotFound for one that is not there."""
    if number is not None:
        version = in_force(versions.get(number, ()), now)
        if version is None:
            raise NotFound(
                "No programme %(n)s holds now.", code="unknown_programme", field="programme", n=number
            )
        return number, version
    for known in sorted(versions):
        version = in_force(versions[known], now)
        if version is not None:
            return known, version
    return _FIRST, None


def point_of(programme: Programme, point: str | None) -> str:
    """The type of points asked for, else the programme's first. Raises NotFound."""
    if point is None:
        return programme.point[0].code
    if not any(one.code == point for one in programme.point):
        raise NotFound("The programme has no such points.", code="unknown_point", field="point")
    return point


def _programmes(workspace_id: int) -> Call:
    return Call(LOYALTY.load_programmes, {"workspace_id": workspace_id})


def _versions(found: Iterable[tuple[Any, ...]]) -> dict[int, list[Version]]:
    out: dict[int, list[Version]] = defaultdict(list)
    for number, version, content, effective_from in found:
        out[number].append(Version(version, effective_from, programme_of(content)))
    return dict(out)


async def _load(database: Database, workspace_id: int, records: Iterable[str]) -> _Loaded:
    of = {"workspace_id": workspace_id, "ids": id_array(records)}
    none = {"holds": id_array(()), "sales": id_array(())}
    versions, accounts, holds, cards = await database.ask(
        workspace_id,
        _programmes(workspace_id),
        Call(LOYALTY.load_accounts, of),
        Call(LOYALTY.load_holds, of | none),
        Call(LOYALTY.load_cards, of | {"kind": kinds.LOYALTY_CARD}),
    )
    loaded = _Loaded(_versions(versions), carded={one[0].hex for one in cards})
    for record_id, *values in accounts:
        account = Account(record_id.hex, *values)
        loaded.accounts[account.record_id].append(account)
    for row in holds:
        hold = hold_of(row)
        loaded.holds[hold.record_id].append(hold)
    wanted = {taken.lot_id for each in loaded.holds.values() for hold in each for taken in hold.lots}
    asked = of | {"origins": id_array(()), "lots": id_array(wanted)}
    for row in (await database.ask(workspace_id, Call(LOYALTY.load_lots, asked)))[0]:
        lot = _lot_of(row)
        loaded.lots[lot.record_id].append(lot)
        loaded.lent[lot.lot_id] = lot
    return loaded


async def _load_history(database: Database, workspace_id: int, member: Member) -> None:
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


def _lot_of(row: Sequence[Any]) -> Lot:
    lot_id, owner, programme, point, reason, origin, *values = row
    return Lot(lot_id.hex, owner.hex, programme, point, reason, origin.hex, *values)


def hold_of(row: Sequence[Any]) -> Hold:
    """A hold out of a row of load_holds."""
    hold = Hold(row[0].hex, row[1].hex, *row[2:9])
    hold.sale_id = row[9].hex if row[9] is not None else None
    hold.lots = [Taken(*one) for one in row[10]]
    return hold


def _standing(
    found: Found, loaded: _Loaded, holds_now: tuple[int, Version], point: str, who: str, now: datetime
) -> Standing:
    number, version = holds_now
    programme = version.programme
    records = {part.record_id.hex for part in found.parts}
    member = _member(loaded, number, records)
    book = Book(member, now=now, occurred_at=now, key="0" * 32, new_id=lambda *_: "0" * 32)
    book.settle()
    balance = member.balance(point, now)
    joined = _joined(found, loaded, member, who)
    credit = credits_of(member)
    tier = tier_at(programme, credit, programme.day_of(now)) if programme.tier else None
    return Standing(
        programme=number,
        point=point,
        worth={
            currency: (value.minor, value.points)
            for currency, value in programme.point_type(point).value.items()
        },
        enrolled_at=min(joined, default=None),
        status=_status(member, joined),
        balance=balance.balance,
        held=balance.held,
        pending=balance.pending,
        debt=member.debt(point),
        expiring=upcoming(
            ((lot.expires_at, lot.remaining) for lot in member.own_lots(point)), now, programme.zone
        ),
        at=now,
        version=version,
        credits=credit,
        tier=tier,
        tier_names={one.code: one.name for one in programme.tier},
        holds=sorted(
            (hold for hold in member.holds.values() if state.is_open(hold, now) and hold.point == point),
            key=lambda hold: (hold.expires_at, hold.hold_id),
        ),
        cards={record_id: account.status for record_id, account in member.accounts.items()},
        balances={kind.code: member.balance(kind.code, now) for kind in programme.point},
        used=_used(member),
        bought=any(account.first_at is not None for account in member.accounts.values()),
        birth=_birth(found) if joined else None,
    )


def _used(member: Member) -> dict[tuple[str, str], int]:
    """What rules gave towards their caps, over all records."""
    used: dict[tuple[str, str], int] = defaultdict(int)
    for account in member.accounts.values():
        for name, points in account.used.items():
            rule, _, period = name.partition(MARK)
            used[rule, period] += points
    return dict(used)


def _joined(found: Found, loaded: _Loaded, member: Member, who: str) -> list[datetime]:
    """Since when a customer takes part, by each of the reasons there are."""
    joined = [a.enrolled_at for a in member.accounts.values() if a.enrolled_at is not None]
    carded = not loaded.carded.isdisjoint(part.record_id.hex for part in found.parts)
    if (who == "known" and any(part.known for part in found.parts)) or (who == "card" and carded):
        joined.append(EARLIEST)
    return joined


def _member(loaded: _Loaded, number: int, records: set[str]) -> Member:
    member = Member(number, records)
    for record_id in records:
        member.accounts.update(
            {one.record_id: one for one in loaded.accounts[record_id] if one.programme == number}
        )
        member.lots.update({one.lot_id: one for one in loaded.lots[record_id] if one.programme == number})
        member.holds.update({one.hold_id: one for one in loaded.holds[record_id] if one.programme == number})
    for hold in member.holds.values():
        for taken in hold.lots:
            member.lots.setdefault(taken.lot_id, loaded.lent[taken.lot_id])
    return member


def _status(member: Member, joined: Sequence[datetime]) -> str | None:
    said = {account.status for account in member.accounts.values()}
    if state.BLOCKED in said:
        return state.BLOCKED
    if joined:
        return state.ACTIVE
    return state.LEFT if state.LEFT in said else None
