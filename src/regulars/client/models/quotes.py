# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: quotes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec


class AppliedPromotion(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A promotion that took something off, on so many items or sets; `code`: the one that brought it."""

    promotion: str
    version: int
    text: str
    times: int
    amount_minor: int
    code: str | None


class BurnOption(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points that can pay for it: `points` at most, worth `minor`; no less than `minimum`, in steps of
    `step`.

    `available` are all that nobody reserved.
    """

    point: str
    available: int
    points: int
    minor: int
    minimum: int
    step: int


class EarnedPoints(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points the sale will earn; `active_at` is later than the sale where they are pending first."""

    point: str
    points: int
    active_at: datetime


class LineDiscount(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What one promotion takes off a line; `~voucher` for vouchers, `~reward:` and its code for a reward."""

    promotion: str
    version: int
    amount_minor: int


class NearPromotion(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An offer nearly reached: so many more of these products, or so much more spent on them; none named:
    all.
    """

    promotion: str
    text: str
    missing_items: int
    missing_minor: int
    skus: list[str]
    categories: list[str]
    brands: list[str]


class OffersHold(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Uses of the promotions, reserved for this basket until `expires_at`; name it in the sale."""

    id: str
    expires_at: datetime


class OffersHoldEnded(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of a hold of promotions."""

    id: str
    # One of captured, open, released, timed_out.
    state: str


class OffersRelease(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Nothing has to be said to let reserved promotions go."""


class Quote(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A priced basket. The same question, set of promotions, clock and member have the same answer but for
    its id.

    `snapshot` names the set. Ask again from `valid_until` on. `optimality` is bounded when no
    combination saves more than `gap_minor` beyond this one. `till_text` has lines of at most 42
    columns.
    """

    quote_id: str
    valid_until: datetime
    snapshot: str
    clock: datetime
    zone: str
    currency: str
    member: QuotedMember
    base_minor: int
    discount_minor: int
    total_minor: int
    lines: list[QuotedLine]
    applied: list[AppliedPromotion]
    skipped: list[SkippedPromotion]
    nearly: list[NearPromotion]
    points: QuotedPoints | None
    vouchers: list[QuotedVoucher]
    till_text: str
    # One of bounded, optimal.
    optimality: str
    gap_minor: int
    hold: OffersHold | None = None


class QuoteLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line of the basket. `qty` has at most six places; one that is no whole number is weighed goods.

    `category` and `brand` come from the register of products where they are not given. `no_discount` is
    for gift cards, deposits and what the law forbids. `tax_rate_bp` in hundredths of a percent; prices
    as the store shows them.
    """

    line_id: str
    sku: str
    qty: Decimal = Decimal(1)
    unit_price_minor: int
    tax_rate_bp: int = 0
    category: str | None = None
    brand: str | None = None
    no_discount: bool = False


class QuoteRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A basket to price. With `reserve` the uses of its promotions are held for `ttl_seconds`, all of them
    or none.
    """

    currency: str
    lines: list[QuoteLine]
    store: str | None = None
    till: str | None = None
    channel: str = "store"
    clock: datetime | None = None
    member_id: str | None = None
    card: str | None = None
    codes: list[str] = msgspec.field(default_factory=list)
    rewards: list[str] = msgspec.field(default_factory=list)
    programme: int | None = None
    reserve: bool = False
    ttl_seconds: int = 900


class QuotedLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`net_minor` is `base_minor` less the discounts."""

    line_id: str
    base_minor: int
    discounts: list[LineDiscount]
    net_minor: int


class QuotedMember(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Who buys. Of an `unknown`, `blocked` or `not_enrolled` one the basket is priced as nobody's."""

    # One of blocked, known, none, not_enrolled, unknown.
    state: str
    member_id: str | None = None
    tier: str | None = None


class QuotedPoints(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the basket means for the member's points, by the programme's version.

    `burn` is what rewards that are applied leave.
    """

    programme: int
    version: int
    earn: list[EarnedPoints]
    burn: list[BurnOption]
    rewards: list[RewardOption]


class QuotedVoucher(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A voucher that takes `amount_minor` off; what it is worth beyond the basket is lost."""

    code: str
    value_minor: int
    amount_minor: int


class RewardOption(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A reward of the catalogue for this member and basket, what can be had first.

    `can` says why it cannot be had, or `now`; `missing` points. `amount_minor`: what it takes off this
    basket, 0 for a voucher and what is paid back; `cash_minor` is paid on top. `applied`: it was wanted
    and is in the total; hold it with `POST /v1/holds` and name the hold in the sale.
    """

    reward: str
    name: str
    kind: str
    point: str
    points: int
    cash_minor: int | None
    amount_minor: int
    # One of blocked, in_debt, more_points, not_in_steps, now, other_tier.
    can: str
    missing: int
    applied: bool


class SkippedPromotion(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A promotion whose products are in the basket, or a code that was presented, and why it did nothing."""

    reason: str
    promotion: str | None
    code: str | None
