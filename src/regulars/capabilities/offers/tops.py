"""What comes on top: stacked promotions by item, one after another by priority, each on what the last one left."""

from __future__ import annotations

from msgspec import Struct

from .amounts import floor_of, off_item
from .atoms import by_item
from .compiled import Ready
from .items import Item, Table


class Piece(Struct, eq=False, gc=False):
    """Units of one item that got the same: `offs` per unit in the order they were taken off.

    `net` is what one unit costs now, `floor` the least that those promotions let it cost.
    """

    place: int
    count: int
    offs: tuple[tuple[Ready, int], ...]
    net: int
    floor: int

    def less(self, ready: Ready, amount: int, floor: int, count: int) -> Piece:
        """So many of the units with one discount more; nothing changes at an amount of zero."""
        if not amount:
            return Piece(self.place, count, self.offs, self.net, self.floor)
        return Piece(
            self.place, count, (*self.offs, (ready, amount)), self.net - amount, max(self.floor, floor)
        )


class Tops:
    """The stacked promotions of a plan, by item."""

    def __init__(self, table: Table, readies: list[Ready]) -> None:
        self._table = table
        stacked = {ready for ready in readies if ready.promotion.mode == "stack" and by_item(ready)}
        self.of: list[tuple[Ready, ...]] = [
            tuple(dict.fromkeys(ready for ready, _ in item.hits if ready in stacked)) if stacked else ()
            for item in table.items
        ]
        self.any = bool(stacked)
        self._ends: dict[tuple[int, int, int], int] = {}

    def end(self, item: Item, net: int, floor: int) -> int:
        """What a unit that costs `net` costs after all that comes on top; budgets are not looked at."""
        tops = self.of[item.place]
        if not tops:
            return net
        key = (item.place, net, floor)
        known = self._ends.get(key)
        if known is not None:
            return known
        for ready in tops:
            amount = off_item(ready.promotion, item, net, floor, self._table.tier)
            if amount:
                net -= amount
                floor = max(floor, floor_of(ready.promotion, item))
        self._ends[key] = net
        return net

    def put_on(self, pieces: list[Piece]) -> tuple[list[Piece], int]:
        """The pieces with what comes on top, and how much budgets that ran out held back."""
        left = dict(self._table.budgets)
        held = 0
        for ready in sorted({ready for tops in self.of for ready in tops}, key=lambda one: one.order):
            out = []
            for piece in pieces:
                if ready not in self.of[piece.place]:
                    out.append(piece)
                    continue
                done, short = self._one(ready, piece, left)
                out += done
                held += short
            pieces = out
        return pieces, held

    def _one(self, ready: Ready, piece: Piece, left: dict[Ready, int]) -> tuple[list[Piece], int]:
        item = self._table.items[piece.place]
        amount = off_item(ready.promotion, item, piece.net, piece.floor, self._table.tier)
        floor = floor_of(ready.promotion, item)
        budget = left.get(ready)
        if budget is None or amount * piece.count <= budget:
            if budget is not None:
                left[ready] = budget - amount * piece.count
            return [piece.less(ready, amount, floor, piece.count)], 0
        full, rest = divmod(budget, amount)
        left[ready] = 0
        parts = [(amount, full), (rest, 1), (0, piece.count - full - 1)]
        made = [piece.less(ready, each, floor, count) for each, count in parts if count > 0]
        return made, amount * piece.count - budget
