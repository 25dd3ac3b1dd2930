# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: sales."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from .shared import Customer, MemberAfter, Sale


class Claim(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Whose sale it was. `programme` is the one whose rules say how old it may be, the first unless given."""

    member_id: str
    staff: str | None = None
    programme: int | None = None


class Confirm(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A sale that was paid: the parts of `sale.completed`, and the points it spends.

    Say whose it is by `member_id` as a look-up told it, or by `customer`; by neither where `holds` say
    it, or where nobody knows. `offline`: it was made without the network. Then holds whose time is
    over, and `unheld` points, are taken as far as they are there and the till's floor limit goes; what
    is over is the shop's loss. `promotions` are those it got, and `offers_hold` the hold of their
    quote; without `promotions` it got what the hold reserves. What is beyond a bound is counted, and
    noted for somebody to look at. `programme` and `point` say what the answer tells of.
    """

    sale: Sale
    occurred_at: datetime
    channel: str = "store"
    store: str | None = None
    till: str | None = None
    staff: str | None = None
    member_id: str | None = None
    customer: Customer | None = None
    holds: list[HoldUse] = msgspec.field(default_factory=list)
    offline: bool = False
    unheld: UnheldPoints | None = None
    promotions: list[SoldPromotion] = msgspec.field(default_factory=list)
    offers_hold: str | None = None
    programme: int | None = None
    point: str | None = None


class HoldUse(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A hold that the sale spends: `amount` of it, all where it is not said; the rest is free again."""

    id: str
    amount: int | None = None


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Every error: a stable code, a sentence that says what to do and, where one is to blame, the field."""

    code: str
    message: str
    field: str | None = None


class Queue(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Up to 100 sales, each as `POST /v1/sales` takes it, in the order they were made."""

    sales: list[dict[str, Any]]


class QueueAnswer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One result for each sale, in order."""

    results: list[QueuedSale]


class QueuedSale(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of one sale of the queue: the answer, or the error, that a call of its own would have
    had.
    """

    # One of confirmed, refused.
    status: str
    sale: SaleAnswer | None
    error: Problem | None


class SaleAnswer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A sale, and what it did to its member's points; `member` is null for anonymous sales and those of no
    member.

    `points_over`: points that an offline till let be spent beyond its limit or what there was; the
    shop's loss, for somebody to look at. `replayed`: this was done before, and nothing was done now.
    """

    # 32 hexadecimal digits.
    sale_id: str
    receipt: str
    version: int
    void: bool
    member: MemberAfter | None
    holds: list[SaleHold]
    points_over: int
    replayed: bool


class SaleHold(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of a hold that the sale names; `reward` is the code of what it was for, left out for
    plain points.

    `stays`: why its points did not come back although the sale was voided, left out where they did.
    """

    # 32 hexadecimal digits.
    id: str
    # One of captured, open, released, timed_out.
    state: str
    captured: int
    reward: str | None = None
    # The voucher that these points bought is used or reserved, so they stay spent. One of voucher_used.
    stays: str | None = None


class SoldPromotion(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A promotion that a sale got, in the version of its quote, and the code that brought it.

    A voucher with a value of its own is the promotion `~voucher`, version 1, with its code. `lines`:
    what of it came off which line, by line id, so that a return gives the budget back what came off the
    goods; else it counts as shared out over all lines.
    """

    promotion: str
    version: int
    amount_minor: int
    times: int = 1
    code: str | None = None
    lines: dict[str, int] = msgspec.field(default_factory=dict)


class UnheldPoints(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points an offline till let be spent without asking."""

    amount: int
    point: str | None = None


class Void(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Why a sale is voided. `occurred_at` is now unless given; `business_date` for tills whose day ends
    after midnight.
    """

    reason: str
    staff: str | None = None
    occurred_at: datetime | None = None
    business_date: date | None = None
