"""What a quoted basket means for a member's points: what it will earn, and what can be spent on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal

from regulars.capabilities.loyalty import earning
from regulars.capabilities.loyalty.programme import Programme
from regulars.capabilities.loyalty.purchase import Purchase, purchase_of
from regulars.capabilities.loyalty.spending import spendable
from regulars.capabilities.loyalty.tiers import tier_at
from regulars.capabilities.loyalty.upgrading import earn_in_basket
from regulars.capabilities.offers import basket as offers
from regulars.capabilities.profile.state import MICRO
from regulars.vocabulary import events

from .members import Standing
from .quote_rest import Rest
from .quote_shapes import Basket, BurnOption, EarnedPoints, QuotedMember, QuotedPoints

_SALE = "0" * 32
_ALL_BP = 10_000


def points_of(
    asked: Basket,
    basket: offers.Basket,
    answer: offers.Answer,
    standing: Standing | None,
    told: QuotedMember,
    clock: datetime,
    tax_mode: str,
    rest: Rest,
) -> QuotedPoints | None:
    """Points of a member who takes part; None of anybody else. `rest`: what rewards did to the basket.

    What is earned is for a basket that is paid with money, all of it.
    """
    if standing is None or standing.version is None or told.state != "known":
        return None
    programme = standing.version.programme
    mode: Literal["inclusive", "exclusive"] = "exclusive" if tax_mode == "exclusive" else "inclusive"
    purchase = _purchase(asked, basket, answer, clock, programme, mode)
    tier = tier_at(programme, standing.credits, programme.day_of(clock)).tier if programme.tier else ""
    known = earning.Standing(tier, standing.enrolled_at, standing.birth, not standing.bought, standing.used)
    return QuotedPoints(
        standing.programme or 0,
        standing.version.number,
        [
            EarnedPoints(grant.point, grant.points, grant.active_at)
            for grant in earn_in_basket(programme, purchase, known, standing.credits).grants
            if grant.points
        ],
        _burns(programme, standing, asked.currency, answer.total_minor, rest.spent),
        rest.rewards,
    )


def _purchase(
    asked: Basket,
    basket: offers.Basket,
    answer: offers.Answer,
    clock: datetime,
    programme: Programme,
    mode: Literal["inclusive", "exclusive"],
) -> Purchase:
    """The sale as it would be told, so that it earns here what it earns then."""
    paid = {line.line_id: line for line in answer.lines}
    lines = [
        events.Line(
            line_id=line.line_id,
            sku=line.sku or None,
            category=line.category or None,
            brand=line.brand or None,
            quantity=Decimal(line.quantity_micro) / MICRO,
            total_minor=paid[line.line_id].net_minor,
            tax_minor=_tax(paid[line.line_id].net_minor, line.tax_rate_bp, mode),
        )
        for line in basket.lines
    ]
    tax = sum(line.tax_minor for line in lines)
    total = answer.total_minor + (tax if mode == "exclusive" else 0)
    sale = events.Sale(
        receipt="quote", currency=asked.currency, total_minor=total, tax_minor=tax, lines=lines
    )
    told = events.Event(
        id="quote",
        type="sale.completed",
        occurred_at=clock,
        channel=asked.channel,
        store=asked.store,
        sale=sale,
    )
    return purchase_of(told, sale_id=_SALE, tax_mode=mode, kinds=programme.kinds)


def _tax(net_minor: int, rate_bp: int, mode: Literal["inclusive", "exclusive"]) -> int:
    """Tax in, or on top of, what a line comes to; rounded half up."""
    whole = _ALL_BP + rate_bp if mode == "inclusive" else _ALL_BP
    return (2 * net_minor * rate_bp + whole) // (2 * whole)


def _burns(
    programme: Programme, standing: Standing, currency: str, total_minor: int, spent: Mapping[str, int]
) -> list[BurnOption]:
    """What of each type of points can pay; types without a value in the currency cannot."""
    out = []
    redeem = programme.redeem
    for kind in programme.point:
        if currency not in kind.value:
            continue
        held = standing.balances[kind.code]
        barred = redeem.blocked_in_debt and kind.code == standing.point and standing.debt > 0
        available = max(0, held.available - spent.get(kind.code, 0))
        most = spendable(programme, kind.code, 0 if barred else available, currency, total_minor)
        out.append(BurnOption(kind.code, available, most.points, most.minor, redeem.minimum, redeem.step))
    return out
