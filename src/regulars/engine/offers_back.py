"""What comes back of promotions with goods: the part of each that the goods were cheaper by.

A promotion's use stays used until all of the sale came back. What it gave away is given back line by line, in proportion
to what of a line came back, rounded down, and with its last part the rest. So the order in which returns are told does
not matter, and no sequence of them gives back more than was given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from regulars.capabilities.loyalty.purchase import StoredLine, purchase_of_row
from regulars.capabilities.loyalty.returning import (
    Share,
    SoldLine,
    back_lines,
    match,
    sold_lines,
    take_back,
)
from regulars.capabilities.loyalty.spreading import spread
from regulars.capabilities.profile.state import SaleRow
from regulars.vocabulary.events import OfferUse, Sale

_lines = msgspec.json.Decoder(list[StoredLine]).decode


def come_back(sale: SaleRow, returns: Iterable[SaleRow], uses: Sequence[OfferUse]) -> list[int]:
    """What of each use came back with these returns, in minor units; empty where nothing did."""
    ordered = sorted(returns, key=lambda row: (row.occurred_at, row.sale_id))
    if not ordered:
        return []
    sold = _sold(sale)
    came = dict.fromkeys((line.line_id for line in sold), 0)
    for row in ordered:
        left = [msgspec.structs.replace(line, returned_micro=came[line.line_id]) for line in sold]
        for name, micro in match(left, back_lines(_lines(row.lines), row.total_minor)).lines.items():
            came[name] += micro
    back = [_part(use, sold, came) for use in uses]
    return back if any(back) else []


def _sold(sale: SaleRow) -> list[SoldLine]:
    told = Sale(
        sale.receipt or sale.sale_id,
        sale.currency,
        sale.total_minor,
        tax_minor=sale.tax_minor,
        discount_minor=sale.discount_minor,
    )
    lines = _lines(sale.lines)
    purchase = purchase_of_row(
        sale.sale_id, sale.occurred_at, told, lines, store=sale.store, channel=sale.channel
    )
    return sold_lines(purchase, {})


def _part(use: OfferUse, sold: Sequence[SoldLine], came: Mapping[str, int]) -> int:
    bought = {line.line_id: line.quantity_micro for line in sold}
    shares = [
        Share(name, minor, 0, bought[name], 0)
        for name, minor in _by_line(use, sold).items()
        if name in bought
    ]
    return sum(take_back(shares, came).values())


def _by_line(use: OfferUse, sold: Sequence[SoldLine]) -> dict[str, int]:
    """What came off each line: as it was told, else in proportion to what the lines came to."""
    told = {one.line_id: one.amount_minor for one in use.lines}
    known = {line.line_id for line in sold}
    if told and known.issuperset(told) and sum(told.values()) == use.amount_minor:
        return told
    weights = {line.line_id: line.amount_minor for line in sold}
    if not any(weights.values()):
        weights = {line.line_id: line.quantity_micro for line in sold}
    return spread(use.amount_minor, weights) if weights else {}
