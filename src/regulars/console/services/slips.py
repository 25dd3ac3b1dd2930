"""Slips of sales: what was bought as an event tells of it, and what it did to the customer's points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from regulars.capabilities.loyalty.programme import Programme
from regulars.capabilities.loyalty.purchase import Purchase, bases, with_kinds
from regulars.capabilities.loyalty.spending import worth
from regulars.capabilities.profile.receipt import micro
from regulars.console.i18n import _, later
from regulars.console.receipts.slip import Amount, Line, NextReward, Points, Slip, Voucher
from regulars.vocabulary import events
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Event, Sale

_TENDERS: Final[Mapping[str, str]] = {
    "cash": later("Cash"),
    "card": later("Card payment"),
    "points": later("Paid with points"),
    "loyalty": later("Paid with points"),
    "voucher": later("Voucher"),
    "gift_card": later("Gift card"),
}


def slip_of(
    event: Event, *, shop: str, zone: str, store: str = "", points: Points | None = None, message: str = ""
) -> Slip:
    """The slip of a sale. `zone` is the shop's; `store` its name. Raises InvalidInput for an event without a sale."""
    sale = event.sale
    if sale is None:
        raise InvalidInput("Only a sale has a receipt.", field="sale")
    return Slip(
        shop=shop,
        address=(store,) if store else (),
        receipt=sale.receipt,
        sold_at=event.occurred_at,
        zone=zone,
        till=event.till or "",
        staff=event.staff or "",
        currency=sale.currency,
        lines=tuple(_line(one) for one in sale.lines),
        subtotals=tuple(_subtotals(sale)),
        total_minor=sale.total_minor,
        taxes=(Amount(_("Tax in this"), sale.tax_minor),) if sale.tax_minor else (),
        tenders=tuple(_tender(one) for one in sale.tenders),
        points=points,
        message=message,
    )


def _line(line: events.Line) -> Line:
    quantity = micro(line.quantity, "quantity")
    return Line(
        name=line.name or line.sku or _("Article"),
        quantity_micro=quantity,
        unit_price_minor=line.unit_price_minor,
        discounts=(Amount(_("Discount"), line.discount_minor),) if line.discount_minor else (),
        net_minor=-line.total_minor if quantity < 0 < line.total_minor else line.total_minor,
    )


def _subtotals(sale: Sale) -> Iterator[Amount]:
    """What leads from the lines to the total: shipping, tip, a discount on the whole, tax on top."""
    if sale.shipping_minor:
        yield Amount(_("Delivery"), sale.shipping_minor)
    if sale.tip_minor:
        yield Amount(_("Tip"), sale.tip_minor)
    if not sale.lines:
        return
    lines = sum(_line(one).net_minor for one in sale.lines)
    rest = sale.total_minor - lines - sale.shipping_minor - sale.tip_minor
    if rest:
        on_top = rest == sale.tax_minor
        yield Amount(_("Tax on top") if on_top else _("Discount") if rest < 0 else _("Other"), rest)


def _tender(one: events.Tender) -> Amount:
    words = _TENDERS.get(one.kind)
    return Amount(_(words) if words else one.kind, one.amount_minor)


def points_of(
    programme: Programme,
    point: str,
    *,
    card: str,
    before: int | None,
    earned: int,
    used: int,
    after: int,
    held: int = 0,
    pending: int = 0,
    base_minor: int | None,
    currency: str,
    tier: str,
    offers: tuple[str, ...] = (),
    vouchers: tuple[Voucher, ...] = (),
) -> Points:
    """The member's part of a slip, in points of one type: what they are worth, and what they lead to next.

    `offers`: names of the rewards the sale was had with; `vouchers`: those it gave.
    """
    return Points(
        card=card,
        before=before,
        earned=max(0, earned),
        used=used,
        after=after,
        pending=pending,
        earned_on_minor=base_minor,
        worth_minor=worth(programme.point_type(point), after, currency) if after >= 0 else None,
        tier=tier,
        next_reward=_next_reward(programme, point, max(0, after - held)),
        offers=offers,
        vouchers=vouchers,
    )


def base_of(programme: Programme, purchase: Purchase) -> int:
    """The part of a sale that earns, in minor units."""
    return sum(bases(with_kinds(purchase, programme.kinds), programme.exclude).values())


def _next_reward(programme: Programme, point: str, free: int) -> NextReward | None:
    """The reward that the next points lead to, else the dearest one that can be had."""
    rewards = sorted((one for one in programme.reward if one.point == point), key=lambda one: one.points)
    for one in rewards:
        if free < one.points:
            return NextReward(one.name, one.points - free)
    return NextReward(rewards[-1].name, 0) if rewards else None
