"""Where a customer stands in the loyalty programmes: points by type, tier, what ends when, what tills have reserved.

It is worked out of the rows as the engine works them out in a turn, brought up to the clock in memory: what has ended
or timed out counts as gone though nothing has posted it yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from regulars.capabilities.identity import kinds
from regulars.capabilities.loyalty.expiry import Upcoming, upcoming
from regulars.capabilities.loyalty.fold import credits_of
from regulars.capabilities.loyalty.ledger import Book
from regulars.capabilities.loyalty.once import given_twice
from regulars.capabilities.loyalty.programme import Programme, Version, in_force, parse
from regulars.capabilities.loyalty.state import (
    ACTIVE,
    BLOCKED,
    OPEN,
    Account,
    Balance,
    Hold,
    Lot,
    Member,
    Taken,
)
from regulars.capabilities.loyalty.terms import PointType
from regulars.capabilities.loyalty.tiers import TierStanding, tier_at
from regulars.store.database import AsyncConnection
from regulars.store.pipeline import Call
from regulars.store.queries import load_queries
from regulars.vocabulary.errors import NotFound

from .common import rows
from .held_words import why_words
from .people import Part

SQL: Final = load_queries("regulars.store.views", "members.sql")
_VERSIONS_KEPT: Final = 64


class OpenHold(Struct, frozen=True):
    """Points a till has reserved; void from `expires_at` on."""

    hold_id: str
    point: str
    amount: int
    expires_at: datetime


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


@lru_cache(maxsize=_VERSIONS_KEPT)
def _parsed(content: str) -> Programme:
    return parse(content)


def versions_among(found: Sequence[tuple[Any, ...]]) -> dict[int, list[Version]]:
    """The published versions of each programme out of the rows of `rules`."""
    programmes: dict[int, list[Version]] = defaultdict(list)
    for number, version, content, effective_from in found:
        programmes[number].append(Version(version, effective_from, _parsed(content)))
    return dict(programmes)


async def load_rules(conn: AsyncConnection, workspace_id: int) -> dict[int, list[Version]]:
    """The published versions of each programme, oldest first."""
    return versions_among(await rows(conn, SQL.rules, {"workspace_id": workspace_id}))


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
    asked = {
        "workspace_id": workspace_id,
        "ids": [part.record_id for records in parts.values() for part in records],
    }
    return [
        Call(SQL.rules, {"workspace_id": workspace_id}),
        *(Call(sql, asked) for sql in (SQL.accounts, SQL.lots, SQL.holds, SQL.held_back)),
    ]


def standings_among(
    parts: Mapping[UUID, Sequence[Part]], answers: Sequence[Sequence[tuple[Any, ...]]], *, now: datetime
) -> dict[UUID, list[Standing]]:
    """Where profiles stand, out of the answers to `standing_questions`."""
    rules, accounts, lots, holds, waiting = answers
    programmes = versions_among(list(rules))
    if not programmes:
        return {profile_id: [] for profile_id in parts}
    owners = {part.record_id: profile_id for profile_id, records in parts.items() for part in records}
    members: dict[tuple[UUID, int], Member] = defaultdict(lambda: Member(0))
    for profile_id, records in parts.items():
        for number in programmes:
            members[profile_id, number] = Member(number, {part.record_id.hex for part in records})
    for record_id, number, enrolled_at, status, debt, earned, used in accounts:
        member = members[owners[record_id], number]
        member.accounts[record_id.hex] = Account(
            record_id.hex, number, enrolled_at, status, dict(debt), dict(earned), dict(used)
        )
    for lot_id, record_id, number, point, reason, origin, *rest in lots:
        lot = Lot(lot_id.hex, record_id.hex, number, point, reason, origin.hex, *rest)
        members[owners[record_id], number].lots[lot.lot_id] = lot
    for hold_id, record_id, number, point, amount, expires_at, state, taken in holds:
        hold = Hold(hold_id.hex, record_id.hex, number, point, amount, expires_at, state)
        hold.lots = [Taken(*one) for one in taken]
        members[owners[record_id], number].holds[hold.hold_id] = hold
    held: dict[tuple[UUID, int], list[HeldBack]] = defaultdict(list)
    for record_id, number, point, points, why, until in waiting:
        if until > now:
            held[owners[record_id], number].append(HeldBack(point, points, why, until))
    return {
        profile_id: [
            replace(made, held_back=held[profile_id, number])
            for number, versions in programmes.items()
            if (made := _standing(profile_id, records, members[profile_id, number], versions, now))
        ]
        for profile_id, records in parts.items()
    }


def _standing(
    profile_id: UUID, parts: Sequence[Part], member: Member, versions: Sequence[Version], now: datetime
) -> Standing | None:
    version = in_force(versions, now)
    enrolled = min((a.enrolled_at for a in member.accounts.values() if a.enrolled_at), default=None)
    if version is None or (enrolled is None and not _everybody(versions[-1].programme, parts)):
        return None
    programme = version.programme
    _settle(member, now)
    statuses = {account.status for account in member.accounts.values()}
    return Standing(
        profile_id=profile_id,
        programme=member.programme,
        name=programme.name,
        version=version,
        status=BLOCKED if BLOCKED in statuses else ACTIVE,
        enrolled_at=enrolled,
        points=[_points(member, programme, kind, now) for kind in programme.point],
        holds=[
            OpenHold(hold.hold_id, hold.point, hold.amount, hold.expires_at)
            for hold in sorted(member.holds.values(), key=lambda one: one.expires_at)
            if hold.state == OPEN
        ],
        tier=tier_at(programme, credits_of(member), programme.day_of(now)) if programme.tier else None,
        records=[part.record_id for part in parts],
        twice=given_twice(programme, member.accounts.values()),
    )


def _everybody(programme: Programme, parts: Sequence[Part]) -> bool:
    """Whether the programme takes a customer who did not join."""
    who = programme.members.who
    if who == "card":
        return any(part.fields.current(kinds.LOYALTY_CARD) for part in parts)
    return who == "known" and any(part.known for part in parts)


def _settle(member: Member, now: datetime) -> None:
    """Bring the books of a member up to the clock, in memory alone."""
    for hold in member.holds.values():
        # A lot of somebody who was one person with this one when it was reserved is not theirs to show.
        hold.lots = [taken for taken in hold.lots if taken.lot_id in member.lots]
    Book(member, now=now, occurred_at=now, key="", new_id=lambda *_: "").settle()


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
