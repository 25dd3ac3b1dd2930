"""A pretend till: what a confirmed basket would do to a customer's points. Nothing is posted.

The customer's books are loaded, and the very functions of a turn are run on them in memory: the hold, the sale, what it
earns by each rule, the tier after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from msgspec import Struct

from regulars.capabilities.loyalty.commands import Command, command
from regulars.capabilities.loyalty.fold import Fact, credits_of, take
from regulars.capabilities.loyalty.ledger import Book
from regulars.capabilities.loyalty.programme import Programme, in_force
from regulars.capabilities.loyalty.purchase import purchase_of
from regulars.capabilities.loyalty.spending import spendable, worth
from regulars.capabilities.loyalty.state import Hold, Posted
from regulars.capabilities.loyalty.terms import Reward
from regulars.capabilities.loyalty.tiers import tier_at
from regulars.capabilities.profile.receipt import micro
from regulars.store.vault import Vault
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import HELD, Event, Line, Loyalty, Sale, Spend, Tender

from .members import Taking
from .slips import base_of

LINES_MAX: Final = 20
TILL: Final = "pretend"
RECEIPT: Final = "PRETEND"
_KEY: Final = "0" * 32


class BasketLine(Struct, frozen=True):
    """An article of the basket; `price_minor` for one unit, of which `off_minor` comes off the line as it was quoted."""

    sku: str
    name: str
    quantity: Decimal
    price_minor: int
    category: str | None = None
    brand: str | None = None
    base_minor: int | None = None
    off_minor: int = 0

    @property
    def total_minor(self) -> int:
        """What the line comes to; half a minor unit to the even one where nobody quoted it."""
        if self.base_minor is not None:
            return self.base_minor - self.off_minor
        return round(Decimal(self.price_minor) * self.quantity)


class Basket(Struct, frozen=True):
    """What is bought, where, and how it is paid: `points` of the programme's first type, the rest by `tender`.

    `rewards`: codes of those that are had with it; what they take off is in the lines.
    """

    lines: Sequence[BasketLine]
    currency: str
    points: int = 0
    tender: str = "card"
    store: str | None = None
    rewards: Sequence[str] = ()

    @property
    def total_minor(self) -> int:
        """What the basket comes to."""
        return sum(line.total_minor for line in self.lines)


class Outcome(Struct, frozen=True):
    """What a confirm would do. `refused`: the code of why the points could not be reserved, with what is `available`.

    Balances are of points of the programme's first type; `base_minor` is the part of the sale that earns.
    """

    event: Event
    programme: Programme
    point: str
    before: int
    after: int
    pending: int
    burned: int
    rewards: Sequence[Reward] = ()
    earned: Sequence[Posted] = ()
    base_minor: int = 0
    tier_before: str = ""
    tier_after: str = ""
    refused: str | None = None
    available: int = 0

    @property
    def left_minor(self) -> int:
        """What is to be paid besides points, in minor units."""
        tenders = self.event.sale.tenders if self.event.sale is not None else ()
        return sum(one.amount_minor for one in tenders if one.kind != "points")

    @property
    def points_earned(self) -> int:
        """By all rules together."""
        return sum(one.points for one in self.earned if one.point == self.point)

    def pending_earned(self, now: datetime) -> int:
        """Those of them that come later."""
        return sum(one.points for one in self.earned if one.point == self.point and one.active_at > now)


def sale_event(basket: Basket, *, now: datetime, paid_minor: int = 0) -> Event:
    """The basket as a till would tell of it; `paid_minor` of it was paid with points."""
    total = basket.total_minor
    tenders = [Tender("points", paid_minor)] if paid_minor else []
    if total > paid_minor:
        tenders.append(Tender(basket.tender, total - paid_minor))
    lines = [
        Line(
            line_id=str(number),
            sku=one.sku,
            name=one.name,
            category=one.category,
            brand=one.brand,
            quantity=one.quantity,
            unit_price_minor=one.price_minor,
            discount_minor=one.off_minor,
            total_minor=one.total_minor,
        )
        for number, one in enumerate(basket.lines, 1)
    ]
    sale = Sale(receipt=RECEIPT, currency=basket.currency, total_minor=total, lines=lines, tenders=tenders)
    return Event(
        id=RECEIPT, type="sale.completed", occurred_at=now, channel="store", store=basket.store, till=TILL, sale=sale
    )  # fmt: skip


def most_points(vault: Vault, taking: Taking, basket: Basket, now: datetime) -> int:
    """The most points that can pay for this basket now, besides those its rewards take."""
    programme, book = _opened(vault, taking, now)
    point = programme.point[0].code
    rewards = [one for one in programme.reward if one.code in basket.rewards and one.point == point]
    available = book.available(point) - sum(one.points for one in rewards)
    return spendable(programme, point, available, basket.currency, basket.total_minor).points


def try_sale(vault: Vault, taking: Taking, basket: Basket, *, now: datetime) -> Outcome:
    """Run the sale on the customer's books in memory. Raises InvalidInput for points that cannot pay for it.

    `taking` is changed by it, so it is loaded for each trial.
    """
    programme, book = _opened(vault, taking, now)
    point = programme.point[0].code
    balance, available = book.member.balance(point, now), book.available(point)
    tier = _tier(programme, book, now)
    paid = _paid(programme, point, basket, available) if basket.points else 0
    event = sale_event(basket, now=now, paid_minor=paid)
    record_id = min(book.member.records)
    holds: list[Hold] = []
    for number, said in enumerate(_asked(taking, basket, record_id, point), 1):
        own = _book(vault, taking, now, key=f"{number:032}")
        done = command(own, Command(HELD, said, record_id), taking.versions, taking.person)
        if done.hold is None:
            return Outcome(
                event, programme, point, balance.balance, balance.balance, balance.pending, 0,
                tier_before=tier, tier_after=tier, refused=done.refused, available=done.available or 0,
            )  # fmt: skip
        holds.append(done.hold)
    spends = [Spend(hold=one.hold_id) for one in holds]
    purchase = purchase_of(event, sale_id=_KEY)
    last = max((a.last_at for a in book.member.accounts.values() if a.last_at is not None), default=now)
    at = max(now, last + timedelta(microseconds=1))  # never before what was counted: nothing is counted anew
    fact = Fact(_KEY, record_id, at, counted=True, purchase=purchase)
    take(book, [fact], taking.versions, taking.person, spends=spends)
    earning = book.member.earnings.get((_KEY, record_id))
    after = book.member.balance(point, now)
    return Outcome(
        event, programme, point, balance.balance, after.balance, after.pending,
        sum(one.amount for one in holds if one.point == point),
        rewards=[one.reward for one in holds if one.reward is not None],
        earned=earning.posted if earning is not None else (),
        base_minor=base_of(programme, purchase),
        tier_before=tier,
        tier_after=_tier(programme, book, now),
    )  # fmt: skip


def _opened(vault: Vault, taking: Taking, now: datetime) -> tuple[Programme, Book]:
    version = in_force(taking.versions, now)
    assert version is not None, "it was loaded because it holds"

    book = _book(vault, taking, now)
    book.settle()
    book.close("settle")
    return version.programme, book


def _book(vault: Vault, taking: Taking, now: datetime, *, key: str = _KEY) -> Book:
    def new_id(*parts: str) -> str:
        return vault.hash("pretend", *parts)

    return Book(taking.member, now=now, occurred_at=now, key=key, new_id=new_id)


def _asked(taking: Taking, basket: Basket, record_id: str, point: str) -> list[Loyalty]:
    """What a till would hold: each reward, then the points that pay."""
    asked = [Loyalty(programme=taking.number, member=record_id, reward=code) for code in basket.rewards]
    if basket.points:
        asked.append(Loyalty(programme=taking.number, member=record_id, point=point, amount=basket.points))
    return asked


def _paid(programme: Programme, point: str, basket: Basket, available: int) -> int:
    """What the points come to. Raises InvalidInput for more than may pay for this basket."""
    value = worth(programme.point_type(point), basket.points, basket.currency)
    most = spendable(programme, point, max(available, basket.points), basket.currency, basket.total_minor)
    if value is None:
        raise InvalidInput("These points are worth nothing in this currency.", field="points")
    if basket.points > most.points:
        raise InvalidInput(
            "At most %(n)s points can pay for this basket.", field="points", n=str(most.points)
        )
    return value


def _tier(programme: Programme, book: Book, now: datetime) -> str:
    if not programme.tier:
        return ""
    code = tier_at(programme, credits_of(book.member), programme.day_of(now)).tier
    return next(tier.name for tier in programme.tier if tier.code == code)


def quantity_of(text: str, field: str) -> Decimal:
    """A quantity of a form, above zero. Raises InvalidInput."""
    try:
        value = Decimal(text.strip().replace(",", "."))
        if value > 0 and micro(value, field) <= 10_000_000_000:
            return value
    except ArithmeticError:
        pass
    raise InvalidInput("A quantity is above 0, such as 1 or 0.5.", field=field)
