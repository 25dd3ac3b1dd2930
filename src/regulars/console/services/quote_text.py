"""What a till may show of a quote: a few lines of 42 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from regulars.capabilities.offers.basket import Answer
from regulars.capabilities.offers.compiled import Snapshot
from regulars.console.format import money
from regulars.console.i18n import _, number
from regulars.console.receipts.columns import beside, clean, wrap
from regulars.console.receipts.text import COLUMNS

from .quote_shapes import QuotedPoints, QuotedVoucher

APPLIED_MAX: Final = 6
_PLAIN: Final = str.maketrans({"\u2212": "-"})


def till_text(
    currency: str,
    answer: Answer,
    snapshot: Snapshot,
    points: QuotedPoints | None,
    vouchers: Sequence[QuotedVoucher],
) -> str:
    """What saved most, what is saved altogether, one offer nearly reached, and the points."""
    lines: list[str] = []
    for one in sorted(answer.applied, key=lambda one: (-one.amount_minor, one.promotion_id))[:APPLIED_MAX]:
        amount = money(-one.amount_minor, currency).translate(_PLAIN)
        lines += beside(_name(snapshot, one.promotion_id), amount, COLUMNS)
    for name, minor in _rest(points, vouchers):
        lines += beside(clean(name), money(-minor, currency).translate(_PLAIN), COLUMNS)
    if answer.discount_minor:
        lines += beside(_("You save"), money(answer.discount_minor, currency), COLUMNS)
    for near in answer.nearly[:1]:
        offer = _name(snapshot, near.promotion_id)
        if near.missing_items:
            told = _("%(n)s more for: %(offer)s", n=near.missing_items, offer=offer)
        else:
            told = _("%(money)s more for: %(offer)s", money=money(near.missing_minor, currency), offer=offer)
        lines += wrap(told, COLUMNS)
    for earned in points.earn if points is not None else []:
        lines += beside(_("Points to earn (%(point)s)", point=earned.point), number(earned.points), COLUMNS)
    return "\n".join(lines)


def _rest(points: QuotedPoints | None, vouchers: Sequence[QuotedVoucher]) -> Iterator[tuple[str, int]]:
    """Rewards and vouchers that take something off."""
    for one in points.rewards if points is not None else ():
        if one.applied and one.amount_minor:
            yield one.name, one.amount_minor
    for voucher in vouchers:
        yield _("Voucher"), voucher.amount_minor


def _name(snapshot: Snapshot, promotion_id: str) -> str:
    promotion = snapshot.by_id[promotion_id].promotion
    return clean(promotion.text or promotion.name)
