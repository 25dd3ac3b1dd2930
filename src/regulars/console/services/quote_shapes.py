"""What is asked of a quote and what it answers, for tills and for the page that tries baskets."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from regulars.capabilities.offers.basket import LINES_MAX, Minor
from regulars.vocabulary.events import Aware, Currency, Id

CODES_MAX = 20
REWARDS_MAX = 5
"""As many as a sale can name holds."""
MemberState = Literal["none", "known", "not_enrolled", "blocked", "unknown"]
Name = Annotated[str, Meta(max_length=120)]


class QuoteLine(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One line of the basket. `qty` has at most six places; one that is no whole number is weighed goods.

    `category` and `brand` come from the register of products where they are not given. `no_discount` is for gift cards,
    deposits and what the law forbids. `tax_rate_bp` in hundredths of a percent; prices as the store shows them.
    """

    line_id: Annotated[str, Meta(min_length=1, max_length=80)]
    sku: Name
    qty: Decimal = Decimal(1)
    unit_price_minor: Minor
    tax_rate_bp: Annotated[int, Meta(ge=0, le=10_000)] = 0
    category: Annotated[str, Meta(max_length=400)] | None = None
    brand: Name | None = None
    no_discount: bool = False


class Basket(Struct, kw_only=True):
    """A basket at a till. `clock`: when it is bought, with its offset; absent: now.

    Say who buys by `member_id` as a look-up told it, or by `card`, or by neither. `codes` are those presented, vouchers
    among them. `rewards`: codes of the programme's catalogue that the member wants to have with it.
    """

    currency: Currency
    lines: Annotated[list[QuoteLine], Meta(max_length=LINES_MAX)]
    store: Id | None = None
    till: Id | None = None
    channel: Id = "store"
    clock: Aware | None = None
    member_id: Annotated[str, Meta(max_length=64)] | None = None
    card: Id | None = None
    codes: Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(max_length=CODES_MAX)] = []
    rewards: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=REWARDS_MAX)] = []
    programme: Annotated[int, Meta(ge=1, le=32_767)] | None = None


class QuotedMember(Struct, frozen=True):
    """Who buys. Of an `unknown`, `blocked` or `not_enrolled` one the basket is priced as nobody's."""

    state: MemberState
    member_id: str | None = None
    tier: str | None = None


class LineDiscount(Struct, frozen=True):
    """What one promotion takes off a line; `~voucher` for vouchers, `~reward:` and its code for a reward."""

    promotion: str
    version: int
    amount_minor: int


class QuotedLine(Struct, frozen=True):
    """`net_minor` is `base_minor` less the discounts."""

    line_id: str
    base_minor: int
    discounts: list[LineDiscount]
    net_minor: int


class AppliedPromotion(Struct, frozen=True):
    """A promotion that took something off, on so many items or sets; `code`: the one that brought it."""

    promotion: str
    version: int
    text: str
    times: int
    amount_minor: int
    code: str | None


class SkippedPromotion(Struct, frozen=True):
    """A promotion whose products are in the basket, or a code that was presented, and why it did nothing."""

    reason: str
    promotion: str | None
    code: str | None


class NearPromotion(Struct, frozen=True):
    """An offer nearly reached: so many more of these products, or so much more spent on them; none named: all."""

    promotion: str
    text: str
    missing_items: int
    missing_minor: int
    skus: list[str]
    categories: list[str]
    brands: list[str]


class EarnedPoints(Struct, frozen=True):
    """Points the sale will earn; `active_at` is later than the sale where they are pending first."""

    point: str
    points: int
    active_at: datetime


class BurnOption(Struct, frozen=True):
    """Points that can pay for it: `points` at most, worth `minor`; no less than `minimum`, in steps of `step`.

    `available` are all that nobody reserved.
    """

    point: str
    available: int
    points: int
    minor: int
    minimum: int
    step: int


class RewardOption(Struct, frozen=True):
    """A reward of the catalogue for this member and basket, what can be had first.

    `can` says why it cannot be had, or `now`; `missing` points. `amount_minor`: what it takes off this basket, 0 for
    a voucher and what is paid back; `cash_minor` is paid on top. `applied`: it was wanted and is in the total; hold it
    with `POST /v1/holds` and name the hold in the sale.
    """

    reward: str
    name: str
    kind: str
    point: str
    points: int
    cash_minor: int | None
    amount_minor: int
    can: Literal["now", "more_points", "other_tier", "blocked", "in_debt", "not_in_steps"]
    missing: int
    applied: bool


class QuotedPoints(Struct, frozen=True):
    """What the basket means for the member's points, by the programme's version.

    `burn` is what rewards that are applied leave.
    """

    programme: int
    version: int
    earn: list[EarnedPoints]
    burn: list[BurnOption]
    rewards: list[RewardOption]


class QuotedVoucher(Struct, frozen=True):
    """A voucher that takes `amount_minor` off; what it is worth beyond the basket is lost."""

    code: str
    value_minor: int
    amount_minor: int


class OffersHold(Struct, frozen=True):
    """Uses of the promotions, reserved for this basket until `expires_at`; name it in the sale."""

    id: str
    expires_at: datetime


class Quote(Struct, frozen=True):
    """A priced basket. The same question, set of promotions, clock and member have the same answer but for its id.

    `snapshot` names the set. Ask again from `valid_until` on. `optimality` is bounded when no combination saves more than
    `gap_minor` beyond this one. `till_text` has lines of at most 42 columns.
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
    optimality: Literal["optimal", "bounded"]
    gap_minor: int
    hold: OffersHold | None = None
