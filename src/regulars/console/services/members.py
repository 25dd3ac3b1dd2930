"""Members of a loyalty programme as a till sees them: what each customer who was found has now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from regulars.capabilities.loyalty import state
from regulars.capabilities.loyalty.earning import MARK
from regulars.capabilities.loyalty.expiry import Upcoming, upcoming
from regulars.capabilities.loyalty.fold import EARLIEST, Person, credits_of
from regulars.capabilities.loyalty.programme import Programme, Version, in_force
from regulars.capabilities.loyalty.state import Balance, Hold, Member
from regulars.capabilities.loyalty.tiers import TierStanding, tier_at
from regulars.store.database import Database
from regulars.store.pipeline import Call
from regulars.vocabulary.errors import NotFound

from .lookups import Found
from .member_books import Books, birth_of, book_questions, books_among, load_history, settled

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


async def standings(
    database: Database, workspace_id: int, people: Sequence[Found], wanted: Wanted, now: datetime
) -> dict[UUID, Standing]:
    """Where each of some customers stands, by profile; one round trip.

    Raises NotFound for a programme or a type of points that is not there.
    """
    found = await database.ask(workspace_id, *standing_questions(workspace_id, people))
    return standings_among(people, found, wanted, now)


def standing_questions(workspace_id: int, people: Sequence[Found]) -> list[Call]:
    """Asks where customers stand; `standings_among` reads the answers."""
    return book_questions(workspace_id, {part.record_id.hex for one in people for part in one.parts})


def standings_among(
    people: Sequence[Found], answers: Sequence[Sequence[tuple[Any, ...]]], wanted: Wanted, now: datetime
) -> dict[UUID, Standing]:
    """Where customers stand, out of the answers to `standing_questions`. Raises as `standings` does."""
    books = books_among(answers)
    number, version = chosen(books.versions, wanted.programme, now)
    if version is None:
        return {one.profile_id: Standing() for one in people}
    point = point_of(version.programme, wanted.point)
    return {one.profile_id: _standing(one, books, (number, version), point, now) for one in people}


async def load_taking(
    database: Database, workspace_id: int, found: Found, wanted: Wanted, now: datetime, *, whole: bool = False
) -> Taking | None:
    """A customer's books as they are kept, for a trial; None where no programme holds. Raises NotFound.

    `whole`: with all that they ever earned and every lot, for a trial that may count their history anew.
    """
    books = books_among(await database.ask(workspace_id, *standing_questions(workspace_id, [found])))
    number, version = chosen(books.versions, wanted.programme, now)
    if version is None:
        return None
    member = books.member(number, {part.record_id.hex for part in found.parts})
    if whole:
        await load_history(database, workspace_id, member)
    joined = books.joined(found.parts, member)
    birth = birth_of(found.parts) if joined else None
    person = Person(found.profile_id.hex, min(joined, default=None), birth)
    return Taking(number, books.versions[number], member, person)


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


def _standing(
    found: Found, books: Books, holds_now: tuple[int, Version], point: str, now: datetime
) -> Standing:
    number, version = holds_now
    programme = version.programme
    member = settled(books.member(number, {part.record_id.hex for part in found.parts}), now)
    balance = member.balance(point, now)
    joined = books.joined(found.parts, member)
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
        birth=birth_of(found.parts) if joined else None,
    )


def _used(member: Member) -> dict[tuple[str, str], int]:
    """What rules gave towards their caps, over all records."""
    used: dict[tuple[str, str], int] = defaultdict(int)
    for account in member.accounts.values():
        for name, points in account.used.items():
            rule, _, period = name.partition(MARK)
            used[rule, period] += points
    return dict(used)


def _status(member: Member, joined: Sequence[datetime]) -> str | None:
    said = {account.status for account in member.accounts.values()}
    if state.BLOCKED in said:
        return state.BLOCKED
    if joined:
        return state.ACTIVE
    return state.LEFT if state.LEFT in said else None
