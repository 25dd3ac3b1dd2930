"""Shopify's refunds as returns.

One refund is one return receipt, told by refunds/create and again inside every later body of its order: the event
id is the refund's own, so it counts once. Its total is the money that moved back, its lines are what came back.
Numbers of a refund's lines are JSON numbers where all other amounts are texts; both are read as exact decimals.
"""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from regulars.connectors.reading import optional_id, quantity, required_id, short_id, text, utc
from regulars.vocabulary.connector import SourceConfig
from regulars.vocabulary.errors import BadPayload
from regulars.vocabulary.events import Event, Line, Sale

from .orders import channel_of, shop_minor, sku_of, tail
from .shapes import LineItem, MoneySet, Order, Refund, RefundLine, Transaction, items

MOVED: Final = frozenset({"success", "pending"})
"""A pending refund is promised and cannot be called back; a failed one gave nothing."""


def is_partial(refund: Refund) -> bool:
    """Whether a body was cut down so far that the refund must be asked for."""
    missing = refund.refund_line_items is UNSET or refund.transactions is UNSET
    return missing or (refund.processed_at is None and refund.created_at is None)


def moved_money(refund: Refund) -> list[Transaction]:
    """The transactions that gave money back."""
    return [
        move
        for move in items(refund.transactions)
        if (move.kind or "").lower() == "refund" and (move.status or "").lower() in MOVED
    ]


def shop_currency(refund: Refund, order: Order | None) -> str | None:
    """The shop's currency: the order's, else one that is named beside a shop amount, else the money's."""
    if order is not None and order.currency:
        return order.currency
    if refund.order is not None and refund.order.currency:
        return refund.order.currency
    sets = [part.subtotal_set for part in items(refund.refund_line_items)]
    named = (_named(money) for money in [*sets, refund.total_duties_set, refund.total_refunded_set])
    moved = (move.currency for move in moved_money(refund))
    return next((name for name in (*named, *moved) if name), None)


def _named(money: MoneySet | None) -> str | None:
    return money.shop_money.currency_code if money and money.shop_money else None


def in_other_currency(refund: Refund, order: Order | None) -> bool:
    """Whether money went back in another currency than the shop's, so that its amount must be asked for."""
    if refund.total_refunded_set is not None:
        return False
    currency = shop_currency(refund, order)
    return any(
        move.amount_set is None and move.currency not in (None, currency) for move in moved_money(refund)
    )


def refund_event(refund: Refund, order: Order | None, config: SourceConfig) -> Event | None:
    """The return a refund stands for; None when no money moved (an edit, or a refund that failed)."""
    moved = moved_money(refund)
    moment = refund.processed_at or refund.created_at
    currency = shop_currency(refund, order)
    if not moved or moment is None:
        return None
    if currency is None:
        raise BadPayload("the refund has no currency", field="transactions.currency")
    original = refund.order_id or (refund.order.id if refund.order else None) or (order.id if order else None)
    total = _total(refund, moved, currency)
    lines = _lines(refund, order, total, currency)
    sale = Sale(
        receipt=required_id(refund.id, "id"),
        currency=currency,
        total_minor=total,
        tax_minor=sum(line.tax_minor for line in lines),
        lines=lines,
        original_receipt=required_id(original, "order_id"),
        receipt_unique=True,
    )
    unexplained = total - sum(line.total_minor for line in lines) - _beside(refund, currency)
    return Event(
        id=short_id("refund", sale.receipt),
        type="sale.refunded",
        occurred_at=utc(moment),
        channel=channel_of(moved[0].source_name, config) if moved[0].source_name else None,
        store=optional_id(moved[0].location_id),
        till=optional_id(moved[0].device_id),
        staff=optional_id(refund.user_id),
        sale=sale,
        properties={"unexplained_minor": unexplained} if unexplained else None,
    )


def _total(refund: Refund, moved: list[Transaction], currency: str) -> int:
    if refund.total_refunded_set is not None:
        return shop_minor(refund.total_refunded_set, None, currency, "total_refunded")
    return sum(shop_minor(move.amount_set, move.amount, currency, "transactions.amount") for move in moved)


def _lines(refund: Refund, order: Order | None, total: int, currency: str) -> list[Line]:
    parts = items(refund.refund_line_items)
    on_top = _tax_on_top(refund, order, total, currency)
    return [_line(part, currency, tax_on_top=on_top) for part in parts]


def _line(part: RefundLine, currency: str, *, tax_on_top: bool) -> Line:
    item = part.line_item or LineItem()
    tax = shop_minor(part.total_tax_set, part.total_tax, currency, "refund_line_items.total_tax")
    subtotal = shop_minor(part.subtotal_set, part.subtotal, currency, "refund_line_items.subtotal")
    return Line(
        line_id=tail(part.id) or None,
        original_line_id=tail(part.line_item_id or item.id) or None,
        sku=sku_of(item),
        name=text(item.name or item.title),
        brand=text(item.vendor),
        quantity=quantity(part.quantity),
        unit_price_minor=shop_minor(item.price_set, item.price, currency, "refund_line_items.price"),
        tax_minor=tax,
        total_minor=subtotal + (tax if tax_on_top else 0),
    )


def _tax_on_top(refund: Refund, order: Order | None, total: int, currency: str) -> bool:
    """Whether subtotals are without tax. A refund's own body does not say: the money does, where it fits."""
    held = order.taxes_included if order else refund.order.taxes_included if refund.order else None
    if held is not None:
        return not held
    parts = items(refund.refund_line_items)
    subtotals = sum(shop_minor(part.subtotal_set, part.subtotal, currency, "subtotal") for part in parts)
    return total != subtotals + _beside(refund, currency)


def _beside(refund: Refund, currency: str) -> int:
    """What was given back beside the lines, such as delivery; below zero for what was kept back."""
    adjustments = items(refund.order_adjustments)
    given = sum(shop_minor(one.amount_set, one.amount, currency, "order_adjustments") for one in adjustments)
    taxes = (shop_minor(one.tax_amount_set, one.tax_amount, currency, "tax_amount") for one in adjustments)
    return -given - sum(taxes)
