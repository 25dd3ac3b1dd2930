"""The basket as promotions see it: items alike in price and in what may be done with them, counted."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from msgspec import Struct

from regulars.capabilities.profile.state import MICRO
from regulars.vocabulary.errors import InvalidInput

from .basket import Basket, Line, Reason, Usage
from .compiled import Product, Ready, Snapshot, product_of
from .eligible import Eligibility
from .model import TierPrices

Slot = tuple[Ready, int]


class Item(Struct, eq=False):
    """`count` units at `price` each, on `lines` as (place in the basket's sorted lines, units).

    A weighed line is one unit: `price` is that of all of it, and `micro` its quantity (else 0).
    """

    place: int
    price: int
    count: int
    micro: int
    hits: tuple[Slot, ...]
    lines: list[tuple[int, int]]


class Table(Struct, eq=False):
    """A basket laid out. `matched` holds for each promotion that may apply the places of its items by slot.

    `refused` are the promotions whose products are here but that this basket cannot have; `base` is what each of the
    sorted `lines` costs before discounts.
    """

    lines: list[Line]
    base: list[int]
    items: list[Item]
    matched: dict[Ready, dict[int, list[int]]]
    refused: dict[Ready, Reason]
    budgets: dict[Ready, int]
    tier: str


def lay_out(snapshot: Snapshot, basket: Basket, usage: Usage) -> Table:
    """Sort and collapse the lines, and find who may apply. Raises InvalidInput for two lines of one id."""
    lines = sorted(basket.lines, key=lambda line: line.line_id)
    for first, second in pairwise(lines):
        if first.line_id == second.line_id:
            message = "Two lines have the id '%(id)s'; give each its own."
            raise InvalidInput(message, field="lines", id=first.line_id)
    tier = basket.member.tier if basket.member else ""
    table = Table(lines, [base_of(line) for line in lines], [], {}, {}, {}, tier)
    open_to = Eligibility(basket, usage)
    known: dict[tuple[str, str, str], tuple[Product, tuple[Slot, ...]]] = {}
    verdicts: dict[Ready, bool] = {}
    groups: dict[tuple[object, ...], Item] = {}
    for number, line in enumerate(lines):
        if line.no_discount:
            continue
        key = (line.sku, line.category, line.brand)
        if key not in known:
            product = product_of(*key)
            hits = snapshot.hits(product)
            known[key] = product, tuple(hit for hit in hits if _may(hit[0], open_to, verdicts, table))
        if known[key][1]:
            _collect(groups, number, line, table.base[number], known[key][1])
    _number(table, groups)
    return table


def base_of(line: Line) -> int:
    """Price of a line before discounts, rounded half up where it is weighed."""
    return (line.unit_price_minor * line.quantity_micro + MICRO // 2) // MICRO


def _may(ready: Ready, open_to: Eligibility, verdicts: dict[Ready, bool], table: Table) -> bool:
    known = verdicts.get(ready)
    if known is not None:
        return known
    verdicts[ready] = False
    if open_to.unasked(ready):
        return False
    refusal = open_to.refusal(ready)
    if refusal is not None:
        table.refused[ready] = refusal
        return False
    left = open_to.budget_minor(ready.promotion)
    if left is not None:
        table.budgets[ready] = left
    verdicts[ready] = True
    return True


def _collect(
    groups: dict[tuple[object, ...], Item], number: int, line: Line, base: int, hits: tuple[Slot, ...]
) -> None:
    units, rest = divmod(line.quantity_micro, MICRO)
    if rest:
        groups[number,] = Item(0, base, 1, line.quantity_micro, hits, [(number, 1)])
        return
    # Prices by quantity count one product; to all else only the price matters.
    own = any(isinstance(ready.promotion.effect, TierPrices) for ready, _ in hits)
    key = (line.unit_price_minor, tuple((ready.order, slot) for ready, slot in hits), line.sku if own else "")
    item = groups.get(key)
    if item is None:
        groups[key] = Item(0, line.unit_price_minor, units, 0, hits, [(number, units)])
    else:
        item.count += units
        item.lines.append((number, units))


def _number(table: Table, groups: dict[tuple[object, ...], Item]) -> None:
    """Dearest first; alike ones by what may be done with them, then by their first line."""
    table.items = sorted(
        groups.values(),
        key=lambda item: (-item.price, [(ready.order, slot) for ready, slot in item.hits], item.lines),
    )
    matched: dict[Ready, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, item in enumerate(table.items):
        item.place = place
        for ready, slot in item.hits:
            matched[ready][slot].append(place)
    table.matched = {ready: dict(matched[ready]) for ready in sorted(matched, key=lambda one: one.order)}
