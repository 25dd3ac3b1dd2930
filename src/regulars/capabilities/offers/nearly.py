"""Offers that are nearly reached: what the till may say while there is still time to fetch one more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from .basket import NEAR_SKUS_MAX, Near
from .compiled import MAIN, Ready
from .items import Table
from .model import Bundle, Cheapest, NForM, Selector, Threshold, TierPrices
from .plan import Plan, spent_on

NEAR_MAX = 5
"""So many are told, the nearest first."""

_HALF = Fraction(1, 2)


def nearly(table: Table, plan: Plan) -> tuple[Near, ...]:
    """Offers of the plan of which at least half is there; those that something better beat are left out."""
    found = []
    for ready in plan.readies:
        if plan.lost.get(ready) not in {"beaten_by_better", "budget_spent"} and not _full(ready, plan):
            found += [
                (missing, ready.order, near) for missing, near in _near(ready, table) if missing <= _HALF
            ]
    found.sort(key=lambda one: one[:2])
    return tuple(near for _, _, near in found[:NEAR_MAX])


def _full(ready: Ready, plan: Plan) -> bool:
    most = ready.promotion.limits.basket
    return most is not None and plan.times[ready] >= most


def _near(ready: Ready, table: Table) -> Iterator[tuple[Fraction, Near]]:
    promotion, effect = ready.promotion, ready.promotion.effect
    match effect:
        case NForM(size) | Cheapest(size):
            yield from _items(ready, promotion.products, _units(table, ready, MAIN) % size, size)
        case Bundle(parts):
            have = [min(_units(table, ready, number), part.quantity) for number, part in enumerate(parts, 1)]
            short = [place for place, part in enumerate(parts) if have[place] < part.quantity]
            if len(short) == 1:
                part = parts[short[0]]
                missing = part.quantity - have[short[0]]
                whole = sum(one.quantity for one in parts)
                yield from _items(ready, part.products, whole - missing, whole)
        case TierPrices(prices):
            steps = sorted(one.from_quantity for one in prices if not one.tier or one.tier == table.tier)
            yield from _next_step(ready, steps, _counts(table, ready))
        case Threshold(spend):
            lines = {
                line for place in table.matched[ready].get(MAIN, ()) for line, _ in table.items[place].lines
            }
            have_minor = spent_on(table, sorted(lines))
            if 0 < have_minor < spend:
                missing_minor = spend - have_minor
                near = _told(ready, promotion.products, missing_minor=missing_minor)
                yield Fraction(missing_minor, spend), near
        case _:
            pass


def _items(ready: Ready, products: Selector, have: int, size: int) -> Iterator[tuple[Fraction, Near]]:
    if have:
        yield Fraction(size - have, size), _told(ready, products, missing_items=size - have)


def _told(ready: Ready, products: Selector, *, missing_items: int = 0, missing_minor: int = 0) -> Near:
    promotion = ready.promotion
    return Near(
        promotion.id,
        promotion.version,
        promotion.text,
        missing_items,
        missing_minor,
        tuple(sorted(products.skus)[:NEAR_SKUS_MAX]),
        tuple(sorted(products.categories)),
        tuple(sorted(products.brands)),
    )


def _next_step(ready: Ready, steps: list[int], counts: Iterable[int]) -> Iterator[tuple[Fraction, Near]]:
    """The product that needs the fewest more for its next price."""
    gaps = [(step - count, step) for count in counts for step in steps if step > count][:1000]
    if gaps:
        missing, step = min(gaps)
        yield from _items(ready, ready.promotion.products, step - missing, step)


def _counts(table: Table, ready: Ready) -> list[int]:
    items = (table.items[place] for place in table.matched[ready].get(MAIN, ()))
    return [item.count for item in items if not item.micro]


def _units(table: Table, ready: Ready, slot: int) -> int:
    items = (table.items[place] for place in table.matched[ready].get(slot, ()))
    return sum(item.count for item in items if not item.micro)
