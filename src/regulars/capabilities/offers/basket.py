"""What a quote is asked about and what it answers. Money in minor units of the basket's currency, quantities in millionths."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

Quantity = Annotated[int, Meta(ge=1, le=10**11)]
Minor = Annotated[int, Meta(ge=0, le=10**12)]
LINES_MAX = 1_000
NEAR_SKUS_MAX = 20

Reason = Literal[
    "not_in_time", "other_store", "other_channel", "other_currency", "needs_member", "tier", "segment", "limit_reached",
    "budget_spent", "below_threshold", "too_few_items", "nothing_matches", "beaten_by_better", "excluded_by_group",
    "code_unknown",
]  # fmt: skip
"""Why a promotion or code did nothing; stable for programs."""


class Line(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of the basket. A quantity that is no whole number of units is weighed goods.

    `no_discount` (gift cards, deposits, what the law forbids) is left alone and counts towards nothing. `tax_rate_bp`
    is handed through; prices are with or without tax as the store shows them.
    """

    line_id: Annotated[str, Meta(min_length=1, max_length=80)]
    sku: Annotated[str, Meta(max_length=120)]
    quantity_micro: Quantity
    unit_price_minor: Minor
    category: Annotated[str, Meta(max_length=400)] = ""
    brand: Annotated[str, Meta(max_length=120)] = ""
    tax_rate_bp: Annotated[int, Meta(ge=0, le=10_000)] = 0
    no_discount: bool = False


class Member(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The member as far as promotions care. `used`: sales of this member in which a promotion (by id) applied."""

    tier: str = ""
    segments: frozenset[str] = frozenset()
    used: dict[str, int] = {}


class Basket(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A basket at a till at a moment. `at` carries its offset; `zone` is the store's IANA time zone.

    `codes` are those presented, `valid_codes` gives the promotion id of each that was found good.
    """

    lines: Annotated[tuple[Line, ...], Meta(max_length=LINES_MAX)]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
    at: Annotated[datetime, Meta(tz=True)]
    zone: str = "UTC"
    store: str = ""
    channel: str = ""
    member: Member | None = None
    codes: Annotated[tuple[str, ...], Meta(max_length=50)] = ()
    valid_codes: dict[str, str] = {}


class Usage(Struct, frozen=True):
    """What promotions (by id) were used so far: sales altogether and on the store's day, and money given away."""

    total: dict[str, int] = {}
    today: dict[str, int] = {}
    spent_minor: dict[str, int] = {}


class Discount(Struct, frozen=True):
    """What one promotion takes off a line."""

    promotion_id: str
    version: int
    amount_minor: int


class LineAnswer(Struct, frozen=True):
    """`net_minor` is `base_minor` less the discounts, never below zero."""

    line_id: str
    base_minor: int
    discounts: tuple[Discount, ...]
    net_minor: int
    tax_rate_bp: int


class Applied(Struct, frozen=True):
    """A promotion that took something off. `times`: items or sets it was given on; 1 for the basket as a whole."""

    promotion_id: str
    version: int
    text: str
    times: int
    amount_minor: int
    priority: int


class Skipped(Struct, frozen=True, omit_defaults=True):
    """A promotion whose products are in the basket, or a code that was presented, and why it did nothing."""

    reason: Reason
    promotion_id: str = ""
    code: str = ""


class Near(Struct, frozen=True, omit_defaults=True):
    """An offer nearly reached: so many more of these products, or so much more spent on them, are missing.

    None named means all products; of the skus no more than NEAR_SKUS_MAX are named.
    """

    promotion_id: str
    version: int
    text: str
    missing_items: int = 0
    missing_minor: int = 0
    skus: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()


class Answer(Struct, frozen=True):
    """The quote. Everything is in an order of its own, so equal questions have equal bytes.

    `optimality` is `optimal`, or `bounded` when no combination saves more than `gap_minor` beyond this one.
    `snapshot` names the set of promotions it was made with.
    """

    snapshot: str
    lines: tuple[LineAnswer, ...]
    applied: tuple[Applied, ...]
    skipped: tuple[Skipped, ...]
    nearly: tuple[Near, ...]
    base_minor: int
    discount_minor: int
    total_minor: int
    optimality: Literal["optimal", "bounded"] = "optimal"
    gap_minor: int = 0
