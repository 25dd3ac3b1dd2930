"""What a return gives back: what was paid, less what the kept goods cost by the promotions of the day they were bought."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from regulars.vocabulary.errors import InvalidInput

from .amounts import spread
from .basket import Answer, Basket, Line, Usage
from .compiled import Snapshot
from .quoting import quote


class Refund(Struct, frozen=True):
    """`lines` share `refund_minor` out to what comes back, in proportion to what was paid for it.

    `withheld_minor` is what was paid for the returned goods and is not given back, because what is kept no longer earns
    its discount. `kept` is the quote of all that is kept after this return.
    """

    refund_minor: int
    lines: dict[str, int]
    withheld_minor: int
    kept: Answer


def refund(
    snapshot: Snapshot,
    sold: Basket,
    returned: Mapping[str, int],
    *,
    paid: Mapping[str, int],
    earlier: Mapping[str, int] | None = None,
    refunded_minor: int = 0,
    with_points: Mapping[str, int] | None = None,
    usage: Usage | None = None,
) -> Refund:
    """The refund for quantities in millionths by line id.

    `snapshot` holds the promotion versions of the sale, `sold` and `usage` are as they were quoted then. `paid` is what
    each line cost in the end: what else made it cheaper than its quote, or dearer, goes with the line. `earlier` is what
    came back before and `refunded_minor` what was given for it; where that was less than is right, the shop kept it.
    `with_points`: what of each line was paid with points; no less goes back. All returns of a sale together never give
    back more than was paid, and exactly that once nothing is kept. Raises InvalidInput for a line that was not sold, and
    for more than is left of one.
    """
    gone = dict(earlier or {})
    sold_lines = {line.line_id: line for line in sold.lines}
    for line_id, quantity in returned.items():
        _check(sold_lines.get(line_id), line_id, quantity, gone.get(line_id, 0))
    costs = _Costs(snapshot, sold, paid, with_points or {}, usage)
    rooms = _worth(sold_lines, gone, paid, returned)
    cost, kept = costs.kept(gone)
    given = max(refunded_minor, costs.paid_minor - cost)
    before = costs.points(gone)
    for line_id, quantity in returned.items():
        gone[line_id] = gone.get(line_id, 0) + quantity
    if returned:
        cost, kept = costs.kept(gone)
    least = before - costs.points(gone)
    amount = max(least, costs.paid_minor - given - cost) if returned else 0
    whole = sum(rooms.values())
    shares = dict(zip(rooms, spread(min(amount, whole), list(rooms.values())), strict=True))
    # A kept line may have become cheaper than it was: what exceeds the price of the returned goes with the first.
    if amount > whole and shares:
        shares[next(iter(shares))] += amount - whole
    return Refund(amount, shares, max(0, whole - amount), kept)


class _Costs:
    """What the kept part of a sale costs, by the promotions of the sale and by what else its lines were paid with."""

    def __init__(
        self,
        snapshot: Snapshot,
        sold: Basket,
        paid: Mapping[str, int],
        with_points: Mapping[str, int],
        usage: Usage | None,
    ) -> None:
        self._snapshot, self._sold, self._usage = snapshot, sold, usage
        self._points = {line.line_id: with_points.get(line.line_id, 0) for line in sold.lines}
        self._whole = quote(snapshot, sold, usage)
        self._less = {line.line_id: line.net_minor - paid.get(line.line_id, 0) for line in self._whole.lines}
        self.paid_minor = sum(paid.get(line.line_id, 0) for line in sold.lines)

    def kept(self, gone: Mapping[str, int]) -> tuple[int, Answer]:
        """What all that is kept costs, with its quote; no less than was paid for it with points."""
        kept = self._whole
        if any(gone.values()):
            kept = quote(self._snapshot, _kept(self._sold, gone), self._usage)
        return max(kept.total_minor - self._left(self._less, gone), self.points(gone)), kept

    def points(self, gone: Mapping[str, int]) -> int:
        """What was paid with points for all that is kept."""
        return self._left(self._points, gone)

    def _left(self, amounts: Mapping[str, int], gone: Mapping[str, int]) -> int:
        return sum(
            amounts[line.line_id] - amounts[line.line_id] * gone.get(line.line_id, 0) // line.quantity_micro
            for line in self._sold.lines
        )


def _check(line: Line | None, line_id: str, quantity: int, gone: int) -> None:
    if line is None:
        message = "There was no line '%(id)s' in this sale; name one that was sold."
        raise InvalidInput(message, field="lines", id=line_id)
    left = line.quantity_micro - gone
    if not 0 < quantity <= left:
        message = "Of line '%(id)s' %(left)s millionths are left to return; send that many at most."
        raise InvalidInput(message, field="lines", id=line_id, left=left)


def _kept(sold: Basket, gone: Mapping[str, int]) -> Basket:
    lines = (
        msgspec.structs.replace(line, quantity_micro=line.quantity_micro - gone.get(line.line_id, 0))
        for line in sold.lines
        if line.quantity_micro > gone.get(line.line_id, 0)
    )
    return msgspec.structs.replace(sold, lines=tuple(lines))


def _worth(
    sold: Mapping[str, Line], gone: Mapping[str, int], paid: Mapping[str, int], returned: Mapping[str, int]
) -> dict[str, int]:
    """What was paid for the returned part of each line; the last part takes what rounding left."""
    out = {}
    for line_id in sorted(returned):
        whole, before, price = sold[line_id].quantity_micro, gone.get(line_id, 0), paid.get(line_id, 0)
        out[line_id] = price * (before + returned[line_id]) // whole - price * before // whole
    return out
