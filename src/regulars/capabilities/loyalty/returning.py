"""What a return takes back: from the stored shares of the lines that come back, never from today's rules.

A line's share goes back in proportion to what of it has come back so far, rounded down, and the last part takes the
rest. So any sequence of returns takes back exactly what was given. The same rule gives back points that were spent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from .purchase import Purchase, StoredLine


class SoldLine(Struct, frozen=True):
    """A line of the sale: what was bought of it, what it came to in minor units, and what has come back already.

    Quantities are in millionths. Only what counts for points belongs here: no shipping, no tip.
    """

    line_id: str
    quantity_micro: int
    amount_minor: int
    sku: str | None = None
    returned_micro: int = 0

    @property
    def left_micro(self) -> int:
        """What can still come back."""
        return max(self.quantity_micro - self.returned_micro, 0)

    @property
    def left_minor(self) -> int:
        """What that came to, rounded down."""
        return self.amount_minor * self.left_micro // self.quantity_micro if self.quantity_micro > 0 else 0


class BackLine(Struct, frozen=True):
    """A line of a return, quantity and amount as positive numbers; without a quantity it is money for a line kept."""

    line_id: str | None = None
    sku: str | None = None
    quantity_micro: int = 0
    amount_minor: int = 0


class Over(Struct, frozen=True):
    """More came back than is left: of a line or a sku, in millionths; or of the whole sale, in minor units."""

    asked: int
    left: int
    line_id: str | None = None
    sku: str | None = None


class Matched(Struct, frozen=True):
    """Which lines come back, in millionths by line id, and what was over; of that only what is left is in `lines`."""

    lines: dict[str, int]
    over: tuple[Over, ...] = ()


class Share(Struct, frozen=True):
    """What a line was given, by one rule or in one payment, and what has been taken back of it.

    `returned_micro` is what had come back before. Shares of 0 need not be there.
    """

    line_id: str
    points: int
    taken: int
    quantity_micro: int
    returned_micro: int


def sold_lines(purchase: Purchase, returned: Mapping[str, int]) -> list[SoldLine]:
    """The lines of a sale that can come back; `returned` is what has, in millionths by line id.

    Lines that bring goods back themselves are left out.
    """
    paid = purchase.paid()
    return [
        SoldLine(one.line_id, one.quantity_micro, paid[one.line_id], one.sku, returned.get(one.line_id, 0))
        for one in purchase.lines
        if one.quantity_micro > 0 and paid[one.line_id] >= 0
    ]


def back_lines(lines: Iterable[StoredLine], total_minor: int) -> list[BackLine]:
    """What a return brought back, as its row keeps it; its total where it tells no lines.

    A row of a return names each line by the one it was bought as (see profile.receipt).
    """
    told = [BackLine(line[0], line[1], abs(line[3]), abs(line[7])) for line in lines]
    return told or [BackLine(amount_minor=abs(total_minor))]


def match(sold: Sequence[SoldLine], back: Iterable[BackLine], other_minor: int = 0) -> Matched:
    """Which lines of a sale a return brings back, whatever it names them by, in whatever order.

    Lines are found by id; else by sku, those of the same price first; else by the amount of a whole line; else the
    amount goes to all lines in proportion to what is left of them. `other_minor` is what the sale came to besides its
    lines (shipping, tip): an amount beyond the lines by no more than that is not over.
    """
    book = _Book(sold)
    unknown = []
    # Those that name their line come first: nothing less certain may take what they mean.
    for line in sorted(back, key=lambda line: (not book.named_by(line), *_order(line))):
        if book.named_by(line):
            book.by_line(line)
        elif line.sku is not None and line.sku in book.skus:
            book.by_sku(line)
        elif line.amount_minor > 0:
            unknown.append(line)
        elif line.quantity_micro > 0:
            book.over.append(Over(line.quantity_micro, 0, line.line_id, line.sku))
    book.loose = sum(line.amount_minor for line in unknown if not book.whole_line(line))
    book.by_amount(other_minor)
    return Matched({name: taken for name, taken in sorted(book.back.items()) if taken}, tuple(book.over))


def _order(line: BackLine) -> tuple[bool, str, str, int, int]:
    return line.line_id is None, line.line_id or "", line.sku or "", -line.quantity_micro, -line.amount_minor


class _Book:
    """What is left of the lines of a sale while a return is matched."""

    def __init__(self, sold: Sequence[SoldLine]) -> None:
        self.sold = {line.line_id: line for line in sorted(sold, key=lambda line: line.line_id)}
        self.skus = {line.sku for line in sold if line.sku is not None}
        self.back = dict.fromkeys(self.sold, 0)
        self.over: list[Over] = []
        self.loose = 0
        """Amount in minor units that no line was found for."""

    def named_by(self, line: BackLine) -> bool:
        """Whether a line of a return names one of the sale: another sku under the same id is another line."""
        sold = self.sold.get(line.line_id or "")
        return sold is not None and (line.sku is None or sold.sku is None or sold.sku == line.sku)

    def left(self, name: str) -> int:
        """What is left of a line, in millionths."""
        return self.sold[name].left_micro - self.back[name]

    def left_minor(self, name: str) -> int:
        """What that came to."""
        line = self.sold[name]
        return line.amount_minor * self.left(name) // line.quantity_micro if line.quantity_micro > 0 else 0

    def _take(self, name: str, wanted: int) -> int:
        taken = min(wanted, self.left(name))
        self.back[name] += taken
        return taken

    def by_line(self, line: BackLine) -> None:
        """Bring back of the line that is named."""
        name = line.line_id or ""
        wanted, left = line.quantity_micro or self._worth(name, line.amount_minor), self.left(name)
        if wanted > left:
            self.over.append(Over(wanted, left, line_id=name))
        self._take(name, wanted)

    def _worth(self, name: str, amount: int) -> int:
        """The quantity that an amount is the price of; all that is left for what that came to or more."""
        left = self.left_minor(name)
        return self.left(name) if amount >= left else self.left(name) * amount // left

    def by_sku(self, line: BackLine) -> None:
        """Bring back of the lines of a sku, first those that cost the same a piece."""
        names = [name for name, sold in self.sold.items() if sold.sku == line.sku]
        if not line.quantity_micro:
            self._money_for(names, line.amount_minor)
            return
        names.sort(key=lambda name: (not self._same_price(name, line), name))
        wanted, left = line.quantity_micro, sum(self.left(name) for name in names)
        if wanted > left:
            self.over.append(Over(wanted, left, sku=line.sku))
        for name in names:
            wanted -= self._take(name, wanted)

    def _same_price(self, name: str, line: BackLine) -> bool:
        sold = self.sold[name]
        return sold.amount_minor * line.quantity_micro == line.amount_minor * sold.quantity_micro

    def whole_line(self, line: BackLine) -> bool:
        """Bring back the first line of which as much is left as this amount, if there is one."""
        for name in self.sold:
            if self.left(name) > 0 and self.left_minor(name) == line.amount_minor:
                self.back[name] += self.left(name)
                return True
        return False

    def by_amount(self, other_minor: int) -> None:
        """Share the loose amount out over all that is left."""
        left = sum(self.left_minor(name) for name in self.sold)
        if self.loose > left + other_minor:
            self.over.append(Over(self.loose, left))
        if self.loose > 0:
            self._money_for(list(self.sold), self.loose)

    def _money_for(self, names: list[str], amount: int) -> None:
        left = sum(self.left_minor(name) for name in names)
        for name in names:
            self._take(name, self.left(name) if amount >= left else self.left(name) * amount // left)


def take_back(shares: Iterable[Share], coming: Mapping[str, int]) -> dict[str, int]:
    """Points to take back of each line, by line id, when so many millionths of it come back (`Matched.lines`).

    Give it the shares of one rule's grant, of tier credit, or of the points a sale was paid with. Lines that do not
    come back, or owe nothing, are left out. More than was given is never taken.
    """
    out: dict[str, int] = {}
    for share in shares:
        more = coming.get(share.line_id, 0)
        if more <= 0 or share.quantity_micro <= 0:
            continue
        back = min(share.returned_micro + more, share.quantity_micro)
        due = share.points * back // share.quantity_micro - share.taken
        if due > 0:
            out[share.line_id] = due
    return out
