# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: returns."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import msgspec

from .shared import MemberAfter, Tender


class LineBack(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What comes back of a line, named by its id or by its SKU.

    `total_minor` is what goes back for it, for shops that keep something; otherwise what was paid for
    it. What is kept is kept of the money: points come back with their goods.
    """

    line_id: str | None = None
    sku: str | None = None
    quantity: Decimal = Decimal(1)
    total_minor: int | None = None


class Original(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The sale that goods come back of: by the id of its answer, or by its receipt with what else is known
    of it.
    """

    sale_id: str | None = None
    receipt: str | None = None
    store: str | None = None
    till: str | None = None
    business_date: date | None = None


class ReturnAnswer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A return, or what it would be.

    Of `refund_minor`, `refund_points_minor` was paid with points and goes back as points
    (`points_given_back`), the rest as money. `points_taken_back` were earned by what comes back; where
    they were spent the balance goes below zero, if the programme lets it. Where it says so,
    `recovered_minor` is kept of the money for `points_recovered` of them, and the till pays out
    `payout_minor`. `withheld_minor` of what was paid for these goods does not go back, since what is
    kept no longer reaches an offer of the sale. `replayed`: this was done before, and nothing was done
    now.
    """

    # 32 hexadecimal digits.
    return_id: str | None
    # 32 hexadecimal digits.
    sale_id: str
    receipt: str
    dry_run: bool
    currency: str
    lines: list[ReturnedLine]
    refund_minor: int
    refund_points_minor: int
    refund_money_minor: int
    points_taken_back: int
    points_given_back: int
    points_recovered: int
    recovered_minor: int
    payout_minor: int
    member: MemberAfter | None
    replayed: bool
    withheld_minor: int = 0


class ReturnRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A return. Without `lines` all that is left of the sale comes back. `receipt` is the number of the
    return itself.

    With `dry_run` it is only told what would be.
    """

    receipt: str
    original: Original
    occurred_at: datetime
    lines: list[LineBack] = msgspec.field(default_factory=list)
    channel: str = "store"
    store: str | None = None
    till: str | None = None
    staff: str | None = None
    tenders: list[Tender] = msgspec.field(default_factory=list)
    dry_run: bool = False
    programme: int | None = None
    point: str | None = None


class ReturnedLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What comes back of a line, what goes back for it, and the quantity that may still come back."""

    line_id: str
    sku: str | None
    quantity: float
    amount_minor: int
    quantity_left: float
