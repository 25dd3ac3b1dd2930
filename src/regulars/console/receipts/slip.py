"""What a till prints: a sale, and what it did to the customer's points.

Amounts are minor units of the slip's one currency, quantities millionths of a unit, points integers. Texts may hold
whatever a shop or a vendor wrote; control characters are taken out when they are shown. Whoever makes a slip masks
the member's card.
"""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct

UNIT_MICRO = 1_000_000
"""A quantity of one."""


class Amount(Struct, frozen=True):
    """A sum with its words: a discount, a tax, a tender, a line of the totals."""

    text: str
    amount_minor: int


class Line(Struct, frozen=True, kw_only=True):
    """One article. `net_minor` is what is paid for it, discounts taken off; those are positive where they lower it."""

    name: str
    quantity_micro: int = UNIT_MICRO
    unit_price_minor: int
    discounts: tuple[Amount, ...] = ()
    net_minor: int


class Voucher(Struct, frozen=True, kw_only=True):
    """A voucher the customer takes home; valid until the end of `valid_until`, where it ends.

    `code` is at most 200 characters: what still makes a QR code of readable size.
    """

    text: str
    code: str
    valid_until: date | None = None


class NextReward(Struct, frozen=True):
    """The reward that comes next, and how many points are missing; none where it can be had already."""

    name: str
    missing_points: int


class Points(Struct, frozen=True, kw_only=True):
    """The member's part. `earned` and `used` are zero or more; a debt makes a balance negative.

    `before` is None where more has moved since. `earned_on_minor` is the part of the sale that earned, None where
    nothing could; `pending` of the points earned come later. `worth_minor` is what the points after the sale are worth; None in a programme where points are not
    money.
    """

    card: str
    before: int | None
    earned: int
    used: int
    after: int
    pending: int = 0
    earned_on_minor: int | None = None
    worth_minor: int | None = None
    tier: str = ""
    next_reward: NextReward | None = None
    offers: tuple[str, ...] = ()
    vouchers: tuple[Voucher, ...] = ()


class Slip(Struct, frozen=True, kw_only=True):
    """A receipt. `sold_at` is aware and shown in `zone`, the shop's (IANA name).

    `subtotals` are what stands above the total, such as discounts on the whole basket; `taxes` say in their texts
    whether they are included. `points` is None for who is no member.
    """

    shop: str
    address: tuple[str, ...] = ()
    receipt: str
    sold_at: datetime
    zone: str
    till: str = ""
    staff: str = ""
    currency: str
    lines: tuple[Line, ...]
    subtotals: tuple[Amount, ...] = ()
    total_minor: int
    taxes: tuple[Amount, ...] = ()
    tenders: tuple[Amount, ...] = ()
    points: Points | None = None
    message: str = ""
