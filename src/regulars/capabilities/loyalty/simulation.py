"""What a programme would have given: members' sales counted by the fold of the turn, their postings thrown away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct, field

from .fold import EARLIEST, Person, count, credits_of, kept
from .ledger import Book
from .programme import Programme, Version
from .purchase import Purchase
from .state import Account, Earning, Member, Return
from .terms import Bonus, EarnRule, Members, Multiplier
from .tiers import tier_at

_OWNER = ""
"""The one account a simulated member has."""


class Past(Struct):
    """A member as known before: `enrolled_at` joined, `card` and `known` as rules of taking part ask.

    `credits`: tier credit by day; `bought`: anything was bought before.
    """

    profile_id: str
    enrolled_at: datetime | None = None
    card: bool = False
    known: bool = False
    credits: dict[str, int] = field(default_factory=dict)
    bought: bool = False

    def joined(self, members: Members) -> datetime | None:
        """Since when they take part by a programme; None where they do not."""
        if members.who == "known" and self.known:
            return EARLIEST
        return EARLIEST if members.who == "card" and self.card else self.enrolled_at


class Bought(Struct):
    """A sale with what came back of it; `loose` is a return that names no sale."""

    purchase: Purchase
    loose: bool = False
    returns: list[Return] = field(default_factory=list)


class PointTally(Struct):
    """Points of one type: given, taken back by returns, and what is left of them that has not ended, by currency."""

    given: int = 0
    taken_back: int = 0
    left: dict[str, int] = field(default_factory=dict)


class Tally(Struct):
    """What a programme gave: points by type and by rule, and members by tier. `members` took part and bought."""

    members: int = 0
    points: dict[str, PointTally] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)
    tiers: dict[str, int] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Take in what another part of the members was given."""
        self.members += other.members
        for code, theirs in other.points.items():
            own = self.points.setdefault(code, PointTally())
            own.given += theirs.given
            own.taken_back += theirs.taken_back
            _add(own.left, theirs.left)
        _add(self.rules, other.rules)
        _add(self.tiers, other.tiers)


class Moves(Struct):
    """Members who would be in a higher, a lower, or the same tier."""

    up: int = 0
    down: int = 0
    same: int = 0


class Outcome(Struct):
    """A draft beside what holds (None where nothing does): so many sales of so many customers were counted."""

    sales: int = 0
    customers: int = 0
    draft: Tally = field(default_factory=Tally)
    live: Tally | None = None
    moves: Moves = field(default_factory=Moves)

    def add(self, other: Outcome) -> None:
        """Take in the outcome of another part of the customers."""
        self.sales += other.sales
        self.customers += other.customers
        self.draft.add(other.draft)
        if self.live is not None and other.live is not None:
            self.live.add(other.live)
        self.moves.up += other.moves.up
        self.moves.down += other.moves.down
        self.moves.same += other.moves.same


class Simulation:
    """Counts members one after the other, by a draft and by what holds. `now` is the end of the days looked at.

    `assumed`: when those take part who have not joined, because nobody could; None where only who joined does.
    """

    def __init__(
        self, draft: Programme, live: Programme | None, now: datetime, assumed: datetime | None
    ) -> None:
        self._now, self._assumed = now, assumed
        self._draft, self._live = draft, live
        self.outcome = Outcome(live=Tally() if live is not None else None)

    def take(self, past: Past, bought: Sequence[Bought]) -> None:
        """Count one member."""
        if self._assumed is not None and past.enrolled_at is None and past.known:
            past.enrolled_at = self._assumed
        if bought:
            self.outcome.sales += len(bought)
            self.outcome.customers += 1
        level = self._count(self._draft, past, bought, self.outcome.draft)
        held: int | None = 0
        if self._live is not None and self.outcome.live is not None:
            held = self._count(self._live, past, bought, self.outcome.live)
        if level is not None or held:
            self._moved((level or 0) - (held or 0))

    def _moved(self, by: int) -> None:
        moves = self.outcome.moves
        if by > 0:
            moves.up += 1
        elif by < 0:
            moves.down += 1
        else:
            moves.same += 1

    def _count(self, programme: Programme, past: Past, bought: Sequence[Bought], tally: Tally) -> int | None:
        """The level of the member's tier in the end; None for who takes no part or has no credit."""
        enrolled_at = past.joined(programme.members)
        if enrolled_at is None or not (bought or past.credits):
            return None
        if not bought:
            return self._in_tier(programme, _dated(past.credits), tally)
        tally.members += 1
        member = Member(0, {_OWNER}, {_OWNER: _account(past)})
        for one in bought:
            purchase = one.purchase
            member.earnings[purchase.sale_id, _OWNER] = Earning(
                purchase.sale_id,
                _OWNER,
                0,
                purchase.occurred_at,
                purchase=purchase,
                loose=one.loose,
                returns=one.returns,
            )
        book = Book(member, now=self._now, occurred_at=self._now, key="", new_id=_no_id)
        count(book, [Version(0, EARLIEST, programme)], Person(past.profile_id, enrolled_at))
        self._add_up(member, tally)
        return self._in_tier(programme, credits_of(member), tally)

    def _in_tier(self, programme: Programme, history: Sequence[tuple[date, int]], tally: Tally) -> int:
        standing = tier_at(programme, history, programme.day_of(self._now))
        tally.tiers[standing.tier] = tally.tiers.get(standing.tier, 0) + 1
        return standing.level

    def _add_up(self, member: Member, tally: Tally) -> None:
        for earning in member.earnings.values():
            currency = earning.purchase.currency if earning.purchase is not None else ""
            for posted in earning.posted:
                left = kept(earning, posted)
                points = tally.points.get(posted.point)
                if points is None:
                    points = tally.points[posted.point] = PointTally()
                points.given += posted.points
                points.taken_back += posted.points - left
                tally.rules[posted.rule] = tally.rules.get(posted.rule, 0) + left
                if posted.expires_at is None or self._now < posted.expires_at:
                    points.left[currency] = points.left.get(currency, 0) + left


def unstored(programme: Programme) -> list[str]:
    """What a programme asks for that stored sales do not tell: brands, tenders; in that order."""
    places: list[EarnRule | Multiplier | Bonus] = [*programme.earn, *programme.multiplier, *programme.bonus]
    wheres = [one.where for one in places]
    brands = bool(programme.exclude.brands) or any(one.brands or one.without_brands for one in wheres)
    tenders = any(one.tenders for one in wheres)
    return [name for name, asked in (("brands", brands), ("tenders", tenders)) if asked]


def _account(past: Past) -> Account:
    first = EARLIEST if past.bought else None
    return Account(_OWNER, 0, past.enrolled_at, credits=dict(past.credits), first_at=first)


def _dated(days: Mapping[str, int]) -> list[tuple[date, int]]:
    return [(date.fromisoformat(day), credit) for day, credit in sorted(days.items())]


def _add(to: dict[str, int], more: Mapping[str, int]) -> None:
    for name, points in more.items():
        to[name] = to.get(name, 0) + points


def _no_id(*_: str) -> str:
    return ""


def worth(programme: Programme, tally: Tally) -> dict[str, int]:
    """What the points left are worth when spent, in minor units by currency, rounded down once for each type."""
    found: dict[str, int] = {}
    for code, points in tally.points.items():
        value = programme.point_type(code).value
        for currency, left in points.left.items():
            if currency in value:
                minor = left * value[currency].minor // value[currency].points
                found[currency] = found.get(currency, 0) + minor
    return found
