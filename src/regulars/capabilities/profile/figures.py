"""Add receipts to figures and take them away again; sum the figures of records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from .state import REFUND, SALE, DayCell, Figures, SaleRow


def _bump(table: dict[str, int], key: str | None, amount: int) -> None:
    """Add to an entry; entries that come to zero vanish, so that equal histories give equal figures."""
    if key is None or amount == 0:
        return
    total = table.get(key, 0) + amount
    if total:
        table[key] = total
    else:
        del table[key]


def add_row(figures: Figures, row: SaleRow, sign: int) -> None:
    """Count a sale or refund (`sign` 1) or take it back (-1). First and last purchase are not touched."""
    if row.kind == SALE:
        figures.orders += sign
        figures.items_micro += sign * row.items_micro
        _bump(figures.spend_minor, row.currency, sign * row.total_minor)
        _bump(figures.paid_minor, row.currency, sign * row.total_minor)
        _bump(figures.paid_orders, row.currency, sign)
        _bump(figures.channels, row.channel, sign)
        _bump(figures.stores, row.store, sign)
    elif row.kind == REFUND:
        sign = -sign
        figures.returns -= sign
        figures.items_micro += sign * row.items_micro
        _bump(figures.spend_minor, row.currency, sign * row.total_minor)
    for category, quantity in row.categories().items():
        _bump(figures.categories, category, sign * quantity)


def add_to_day(cell: DayCell, row: SaleRow, sign: int) -> None:
    """Count a receipt in its shop's day, or take it back."""
    if row.kind == SALE:
        cell.orders += sign
        cell.items_micro += sign * row.items_micro
        cell.paid_minor += sign * row.total_minor
        cell.identified += sign * (row.counted_on is not None)
    elif row.kind == REFUND:
        cell.returns += sign
        cell.items_micro -= sign * row.items_micro
        cell.returned_minor += sign * row.total_minor


def widen(figures: Figures, at: datetime) -> None:
    """Let a purchase at `at` move the first and last purchase."""
    if figures.first_purchase_at is None or at < figures.first_purchase_at:
        figures.first_purchase_at = at
    if figures.last_purchase_at is None or at > figures.last_purchase_at:
        figures.last_purchase_at = at


def total(parts: Iterable[Figures]) -> Figures:
    """The figures of a profile: the sum of its records' disjoint figures."""
    out = Figures()
    for part in parts:
        out.orders += part.orders
        out.returns += part.returns
        out.items_micro += part.items_micro
        for mine, theirs in (
            (out.spend_minor, part.spend_minor),
            (out.paid_minor, part.paid_minor),
            (out.paid_orders, part.paid_orders),
            (out.channels, part.channels),
            (out.stores, part.stores),
            (out.categories, part.categories),
        ):
            for key, amount in theirs.items():
                _bump(mine, key, amount)
        for at in (part.first_purchase_at, part.last_purchase_at):
            if at is not None:
                widen(out, at)
    return out


def average_order_minor(figures: Figures) -> dict[str, int]:
    """Mean of what completed sales came to, per currency, rounded half to even."""
    return {
        currency: round_div(figures.paid_minor.get(currency, 0), orders)
        for currency, orders in figures.paid_orders.items()
        if orders > 0
    }


def round_div(amount: int, by: int) -> int:
    """Integer division rounded half to even."""
    whole, rest = divmod(amount, by)
    return whole + (2 * rest > by or (2 * rest == by and whole % 2 == 1))


def cadence_days(figures: Figures) -> float | None:
    """Mean days between purchases; None below two purchases."""
    first, last = figures.first_purchase_at, figures.last_purchase_at
    if figures.orders < 2 or first is None or last is None:
        return None
    return (last - first).total_seconds() / 86_400 / (figures.orders - 1)
