"""How often promotions are used, and for how much: reserved before a sale is paid, counted with it, given back by returns.

A hold reserves all of its promotions or none. A sale that was paid is always counted; what it takes beyond a bound is
written down with it. Everything happens in the turn, one event after the other, so no bound is passed by two at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from typing import Final

from msgspec import Struct, field

from regulars.vocabulary.events import OfferUse

OPEN: Final = "open"
CAPTURED: Final = "captured"
RELEASED: Final = "released"
TIMED_OUT: Final = "timed_out"

LIMIT, BUDGET, CODE = "limit_reached", "budget_spent", "code_used"
UNKNOWN_HOLD, HOLD_EXPIRED, HOLD_ENDED = "unknown_hold", "hold_expired", "hold_ended"

VOUCHER: Final = "~voucher"
"""What a voucher with a value of its own is counted as; no promotion has such an id."""

TOTAL: Final = "total"
DAY: Final = "day"
MEMBER: Final = "member"
WITH_CODE: Final = "code"

Place = tuple[str, str, str]
"""What is counted: (scope, key, promotion). Keys: none of the total, day and store, a record, the hash of a code."""


class Count(Struct):
    """Sales that used a promotion, and money given away, in minor units of its currency; `held` ones are reserved."""

    uses: int = 0
    held: int = 0
    spent_minor: int = 0
    held_minor: int = 0

    @property
    def taken(self) -> int:
        """Uses that nobody else can have."""
        return self.uses + self.held

    @property
    def taken_minor(self) -> int:
        """Money that nobody else can have."""
        return self.spent_minor + self.held_minor


class Where(Struct, frozen=True):
    """Whose use it is, and the store's day it counts on. `record_id` None: nobody's in particular."""

    record_id: str | None
    store: str
    day: date


class Hold(Struct):
    """Promotions reserved at a till. It ends once: captured by a sale, released, or timed out."""

    hold_id: str
    where: Where
    expires_at: datetime
    uses: list[OfferUse]
    state: str = OPEN
    sale_id: str | None = None


class Over(Struct, array_like=True, frozen=True):
    """A promotion that a sale took beyond a bound."""

    promotion: str
    reason: str


class Used(Struct):
    """What a sale used. `counted`: it is a sale still, of which not everything came back.

    `back`: of each use in turn, what came back with goods, in minor units; empty while nothing did.
    """

    sale_id: str
    where: Where
    at: datetime
    uses: list[OfferUse]
    counted: bool = False
    over: list[Over] = field(default_factory=list)
    back: list[int] = field(default_factory=list)


def places(use: OfferUse, where: Where) -> Iterator[Place]:
    """Where a use is counted."""
    yield TOTAL, "", use.promotion
    yield DAY, day_key(where.store, where.day), use.promotion
    if where.record_id is not None:
        yield MEMBER, where.record_id, use.promotion
    if use.code is not None:
        yield WITH_CODE, use.code, use.promotion


def day_key(store: str, day: date) -> str:
    """The key of a store's day."""
    return f"{day.isoformat()}:{store}"


class Usage:
    """Counts, holds and sales as loaded, and what happens to them. `moved_*` name what is to be saved."""

    def __init__(self) -> None:
        self.counts: dict[Place, Count] = {}
        self.holds: dict[str, Hold] = {}
        self.sales: dict[str, Used] = {}
        self.moved_counts: set[Place] = set()
        self.moved_holds: set[str] = set()
        self.moved_sales: set[str] = set()

    def settle(self, now: datetime) -> None:
        """Free what holds reserve whose time is over."""
        for hold in self.holds.values():
            if hold.state == OPEN and hold.expires_at <= now:
                self._end(hold, TIMED_OUT)

    def hold(self, made: Hold, records: Collection[str]) -> list[Over]:
        """Reserve all of it, or nothing: then why. `records`: those of the member's profile. A repeat changes nothing."""
        if made.hold_id in self.holds:
            return []
        beyond = self.beyond(made.uses, made.where, records)
        if not beyond:
            self.holds[made.hold_id] = made
            self.moved_holds.add(made.hold_id)
            self._move(made.uses, made.where, held=1)
        return beyond

    def release(self, hold_id: str) -> str | None:
        """Let a hold go; None where that was done, else the code of why it could not."""
        hold = self.holds.get(hold_id)
        if hold is None:
            return UNKNOWN_HOLD
        if hold.state in (OPEN, RELEASED):
            self._end(hold, RELEASED)
            return None
        return HOLD_EXPIRED if hold.state == TIMED_OUT else HOLD_ENDED

    def sell(self, told: Used, hold_id: str | None, records: Collection[str]) -> list[Over]:
        """Count what a sale used, in place of the hold it names; what is beyond a bound is counted, and told.

        A sale that is told again is counted as it is told last.
        """
        hold = self.holds.get(hold_id or "")
        if hold is not None and hold.state == OPEN:
            self._end(hold, CAPTURED)
            hold.sale_id = told.sale_id
        before = self.sales.get(told.sale_id)
        if before is not None:
            self.uncount(before)
        self.sales[told.sale_id] = told
        self.count(told, records)
        return told.over

    def count(self, used: Used, records: Collection[str]) -> None:
        """Count a sale that is not; what is beyond a bound is noted on it."""
        if used.counted:
            return
        used.over = self.beyond(used.uses, used.where, records)
        used.counted = True
        self.moved_sales.add(used.sale_id)
        self._move(used.uses, used.where, sold=1)

    def uncount(self, used: Used) -> None:
        """Give back what a sale used that is none any more."""
        if not used.counted:
            return
        self.give_back(used, [])
        used.counted, used.over = False, []
        self.moved_sales.add(used.sale_id)
        self._move(used.uses, used.where, sold=-1)

    def give_back(self, used: Used, amounts: list[int]) -> None:
        """Say what came back so far of each use of a sale that counts: budgets have it again, uses stay used."""
        if not used.counted or amounts == used.back:
            return
        for place, use in enumerate(used.uses):
            more = _at(amounts, place) - _at(used.back, place)
            if more:
                for key in places(use, used.where):
                    self.counts.setdefault(key, Count()).spent_minor -= more
                    self.moved_counts.add(key)
        used.back = amounts
        self.moved_sales.add(used.sale_id)

    def beyond(self, uses: Iterable[OfferUse], where: Where, records: Collection[str]) -> list[Over]:
        """What of these could not be had any more, each with the first bound it would pass."""
        found = ((use.promotion, self._reason(use, where, records)) for use in uses)
        return [Over(promotion, reason) for promotion, reason in found if reason is not None]

    def _reason(self, use: OfferUse, where: Where, records: Collection[str]) -> str | None:
        name = use.promotion
        if use.code_most is not None and self._taken(WITH_CODE, use.code or "", name) >= use.code_most:
            return CODE
        by_member = sum(self._taken(MEMBER, record, name) for record in records)
        for most, taken in (
            (use.total_most, self._taken(TOTAL, "", name)),
            (use.day_most, self._taken(DAY, day_key(where.store, where.day), name)),
            (use.member_most, by_member if where.record_id is not None else 0),
        ):
            if most is not None and taken >= most:
                return LIMIT
        total = self.counts.get((TOTAL, "", name)) or Count()
        if use.budget_minor is not None and total.taken_minor + use.amount_minor > use.budget_minor:
            return BUDGET
        return None

    def _taken(self, scope: str, key: str, promotion: str) -> int:
        count = self.counts.get((scope, key, promotion))
        return count.taken if count is not None else 0

    def _end(self, hold: Hold, state: str) -> None:
        if hold.state == OPEN:
            hold.state = state
            self.moved_holds.add(hold.hold_id)
            self._move(hold.uses, hold.where, held=-1)

    def _move(self, uses: Iterable[OfferUse], where: Where, *, sold: int = 0, held: int = 0) -> None:
        for use in uses:
            for place in places(use, where):
                count = self.counts.setdefault(place, Count())
                count.uses += sold
                count.held += held
                count.spent_minor += sold * use.amount_minor
                count.held_minor += held * use.amount_minor
                self.moved_counts.add(place)


def _at(amounts: list[int], place: int) -> int:
    return amounts[place] if amounts else 0
