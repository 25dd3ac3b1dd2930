"""Where a customer stands in the loyalty programmes: points by type, tier, what ends when, what tills have reserved.

It is worked out of the rows as the engine works them out in a turn, brought up to the clock in memory: what has ended
or timed out counts as gone though nothing has posted it yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from regulars.capabilities.loyalty.expiry import Upcoming, upcoming
from regulars.capabilities.loyalty.fold import credits_of
from regulars.capabilities.loyalty.once import given_twice
from regulars.capabilities.loyalty.programme import Programme, Version, in_force
from regulars.capabilities.loyalty.state import (
    ACTIVE,
    BLOCKED,
    OPEN,
    Balance,
    Member,
)
from regulars.capabilities.loyalty.terms import PointType
from regulars.capabilities.loyalty.tiers import TierStanding, tier_at
from regulars.store.database import AsyncConnection
from regulars.store.pipeline import Call
from regulars.vocabulary.errors import NotFound

from .common import id_array, rows
from .held_words import why_words
from .member_books import SQL, Books, book_questions, books_among, settled
from .people import Part


class OpenHold(Struct, frozen=True):
    """Points a till has reserved; void from `expires_at` on. `reward`: the name of what they are for, if anything."""

    hold_id: str
    point: str
    amount: int
    expires_at: datetime
    reward: str = ""


class HeldBack(Struct, frozen=True):
    """Points that are held back until somebody decides, no longer than `until`. `why` is a code."""

    point: str
    points: int
    why: str
    until: datetime

    @property
    def words(self) -> str:
        """The reason in words."""
        return why_words(self.why)


class PointsOf(Struct, frozen=True):
    """Points of one type. `balance` may be spent but for what is `held`; it is below zero by what is owed (`debt`).

    `worth_minor`: what the balance is worth when spent, rounded down, per currency; empty where the type has no value.
    `ending`: every day on which points end, the soonest first.
    """

    point: str
    name: str
    balance: int
    held: int
    pending: int
    debt: int
    worth_minor: dict[str, int] = field(default_factory=dict)
    ending: list[Upcoming] = field(default_factory=list)


class Standing(Struct, frozen=True):
    """A customer in a programme. `enrolled_at` is None where the programme takes everybody with a card, or known.

    `status`: active, or blocked where any account is. `tier` is None in a programme without tiers; `tiers`: names by
    code; `records`: those of the profile, whose points these are. `twice`: bonuses that are given once, and were given to
    several of them while they were several customers. `held_back`: points among the pending ones that wait for a person.
    """

    profile_id: UUID
    programme: int
    name: str
    version: Version
    status: str
    enrolled_at: datetime | None
    points: list[PointsOf]
    holds: list[OpenHold]
    tier: TierStanding | None
    records: list[UUID]
    twice: list[str] = field(default_factory=list)
    held_back: list[HeldBack] = field(default_factory=list)

    @property
    def rules(self) -> Programme:
        """The programme as it holds now."""
        return self.version.programme

    @property
    def missing(self) -> dict[str, int]:
        """What is to be spent for the next tier, in minor units per currency; none where points count."""
        return self.rules.in_money(self.tier.missing) if self.tier is not None else {}

    @property
    def keep_missing(self) -> dict[str, int]:
        """What is to be spent to keep the tier, likewise."""
        return self.rules.in_money(self.tier.keep_missing) if self.tier is not None else {}

    @property
    def spent(self) -> dict[str, int]:
        """What was spent towards a tier, likewise."""
        return self.rules.in_money(self.tier.credit) if self.tier is not None else {}

    @property
    def tiers(self) -> dict[str, str]:
        """The names of the tiers by code."""
        return {tier.code: tier.name for tier in self.rules.tier}


async def load_standings(
    conn: AsyncConnection, workspace_id: int, parts: Mapping[UUID, Sequence[Part]], *, now: datetime
) -> dict[UUID, list[Standing]]:
    """Where some profiles stand, by programme; `parts` are all their records. Who takes no part has an empty list."""
    answers = [await rows(conn, *call) for call in standing_questions(workspace_id, parts)]
    return standings_among(parts, answers, now=now)


async def profiles_of(conn: AsyncConnection, workspace_id: int, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The profile that each of some records belongs to now; those that are gone are left out."""
    found = await rows(conn, SQL.homes, {"workspace_id": workspace_id, "ids": list(ids)})
    return dict(found)


def standing_in(standings: Sequence[Standing], programme: int | None) -> Standing:
    """The one of a programme, the first where none is named. Raises NotFound."""
    for one in standings:
        if programme is None or one.programme == programme:
            return one
    raise NotFound("This customer takes no part in the programme.", code="not_a_member", field="programme")


def standing_questions(workspace_id: int, parts: Mapping[UUID, Sequence[Part]]) -> list[Call]:
    """Asks where some profiles stand; `standings_among` reads the answers."""
    records = {part.record_id.hex for own in parts.values() for part in own}
    asked = {"workspace_id": workspace_id, "ids": id_array(records)}
    return [Call(SQL.held_back, asked), *book_questions(workspace_id, records)]


def standings_among(
    parts: Mapping[UUID, Sequence[Part]], answers: Sequence[Sequence[tuple[Any, ...]]], *, now: datetime
) -> dict[UUID, list[Standing]]:
    """Where profiles stand, out of the answers to `standing_questions`."""
    waiting, *kept = answers
    books = books_among(kept)
    owners = {part.record_id: profile_id for profile_id, own in parts.items() for part in own}
    held: dict[tuple[UUID, int], list[HeldBack]] = defaultdict(list)
    for record_id, number, point, points, why, until in waiting:
        if until > now:
            held[owners[record_id], number].append(HeldBack(point, points, why, until))
    return {
        profile_id: [
            replace(made, held_back=held[profile_id, number])
            for number in books.versions
            if (made := _standing(profile_id, own, books, number, now))
        ]
        for profile_id, own in parts.items()
    }


def _standing(
    profile_id: UUID, parts: Sequence[Part], books: Books, number: int, now: datetime
) -> Standing | None:
    version = in_force(books.versions[number], now)
    member = settled(books.member(number, {part.record_id.hex for part in parts}), now)
    if version is None or not books.joined(parts, member):
        return None
    programme = version.programme
    statuses = {account.status for account in member.accounts.values()}
    return Standing(
        profile_id=profile_id,
        programme=number,
        name=programme.name,
        version=version,
        status=BLOCKED if BLOCKED in statuses else ACTIVE,
        enrolled_at=min((a.enrolled_at for a in member.accounts.values() if a.enrolled_at), default=None),
        points=[_points(member, programme, kind, now) for kind in programme.point],
        holds=[
            OpenHold(hold.hold_id, hold.point, hold.amount, hold.expires_at, hold.words)
            for hold in sorted(member.holds.values(), key=lambda one: one.expires_at)
            if hold.state == OPEN
        ],
        tier=tier_at(programme, credits_of(member), programme.day_of(now)) if programme.tier else None,
        records=[part.record_id for part in parts],
        twice=given_twice(programme, member.accounts.values()),
    )


def _points(member: Member, programme: Programme, kind: PointType, now: datetime) -> PointsOf:
    balance: Balance = member.balance(kind.code, now)
    lots = [(lot.expires_at, lot.remaining) for lot in member.own_lots(kind.code)]
    return PointsOf(
        point=kind.code,
        name=kind.name,
        balance=balance.balance,
        held=balance.held,
        pending=balance.pending,
        debt=member.debt(kind.code),
        worth_minor={
            currency: max(balance.balance, 0) * worth.minor // worth.points
            for currency, worth in sorted(kind.value.items())
        },
        ending=upcoming(lots, now, programme.zone),
    )
