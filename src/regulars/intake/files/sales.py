"""Rows of a sales file to pieces of receipts: neighbouring rows of one receipt become one piece.

A row that cannot be used spoils its receipt: a sale with a line missing would be a false figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from regulars.vocabulary.events import LINES_PER_SALE_MAX, Event, Line, Sale

from .batches import Batch, Fault
from .cells import Cells, Column
from .encoding import JSON, NO_ID
from .fields import FIELDS, NEEDED, Type
from .mapping import Mapping
from .people import CustomerColumns
from .sale_lines import LineColumns, turn

Reject = Callable[[int, Fault], None]
"""Takes the line number of a rejected row and why."""

EVENT_TYPES: Final = {"sale": "sale.completed", "refund": "sale.refunded", "void": "sale.voided"}
_GROUP: Final = ("kind", "store", "till", "business_date")
_SAME_THROUGHOUT: Final = ("external_id", "loyalty_card", "currency")
_APART: Final = frozenset({"kind", "tender", "coupon", "total", "total_minor"})


class Piece(Struct, array_like=True):
    """Neighbouring rows of one receipt.

    `event` lacks its id, lines and total; it is None when a row failed. `lines` is a JSON array, `lines_minor`
    what they cost together; `total_minor` is the total that the file states, if it does. `conflict` names
    a field that should be one value and is several.
    """

    key: str
    line: int
    rows: int
    rejected: int = 0
    event: Event | None = None
    latest_at: datetime | None = None
    conflict: str | None = None
    tender: str | None = None
    total_minor: int | None = None
    lines_minor: int = 0
    lines: bytes = b"[]"


class SalesCutter:
    """Cuts batches of a mapped sales file into pieces."""

    def __init__(self, mapping: Mapping) -> None:
        """Raises MappingError when a constant of the mapping does not fit its field."""
        cells = Cells(mapping)
        fields = FIELDS["sales"]
        own = [name for name in mapping.fields if fields[name].part in ("sale", "event")]
        sale = [name for name in own if fields[name].part == "sale" and name not in _APART]
        self._people = CustomerColumns(mapping, cells)
        self._lines = LineColumns(mapping, cells)
        self._columns = {
            name: Column(name, cells.field(name), needed=name in NEEDED["sales"]) for name in own
        }
        self._columns |= self._people.columns
        self._turns_refunds = mapping.refund_amounts == "negative"
        self._group = mapping.group_by or _group(mapping)
        self._event_fields = [name for name in own if fields[name].part == "event" and name != "occurred_at"]
        self._sale_fields = {fields[name].into: name for name in sale}
        self._money = [fields[name].into for name in sale if fields[name].type in (Type.AMOUNT, Type.MINOR)]
        self._total = next((name for name in ("total", "total_minor") if name in own), "")
        self._same = [name for name in _SAME_THROUGHOUT if name in self._columns]

    def cut(self, batch: Batch, reject: Reject) -> Iterator[Piece]:
        """The pieces of a batch, in order. Rows that failed are told to `reject`."""
        faults = dict(batch.faults)
        values = {name: column.values(batch, faults) for name, column in self._columns.items()}
        lines = self._lines.lines(batch, faults) if self._lines.mapped else None
        for place in sorted(faults):
            reject(batch.lines[place], faults[place])
        for first, end, key in _runs(self._keys(values)):
            if key is not None:
                yield self._piece(_Run(values, lines, faults, first, end), key, batch.lines[first])

    def _keys(self, values: dict[str, list[Any]]) -> list[str | None]:
        """What tells receipts apart, as text; None for a row without a receipt number."""
        receipts = values["receipt"]
        if self._group == ["receipt"]:
            return receipts
        rows = zip(*(values[name] for name in self._group), strict=True)
        joined = ["\x1f".join(map(str, row)) for row in rows]
        return [None if receipt is None else key for key, receipt in zip(joined, receipts, strict=True)]

    def _piece(self, run: _Run, key: str, line: int) -> Piece:
        piece = Piece(key, line, run.end - run.first, run.rejected())
        if piece.rejected:
            return piece
        kind = run.pick("kind") or "sale"
        turned = kind == "refund" and self._turns_refunds
        times = run.values["occurred_at"][run.first : run.end]
        piece.event = Event(
            id=NO_ID,
            type=EVENT_TYPES[kind],
            occurred_at=min(times),
            customer=self._people.build(run.pick),
            sale=self._sale(run, turned=turned),
            **{name: run.pick(name) for name in self._event_fields},
        )
        piece.latest_at = max(times)
        piece.tender = run.pick("tender")
        piece.total_minor = run.pick(self._total)
        if turned and piece.total_minor is not None:
            piece.total_minor = -piece.total_minor
        piece.conflict = next((name for name in self._same if len(run.distinct(name)) > 1), None)
        if run.lines is not None:
            _add_lines(piece, run.lines[run.first : run.end], turned=turned)
        return piece

    def _sale(self, run: _Run, *, turned: bool) -> Sale:
        """The sale of a run, without its lines and total."""
        filled = {
            into: value for into, name in self._sale_fields.items() if (value := run.pick(name)) is not None
        }
        if turned:
            filled |= {into: -filled[into] for into in self._money if into in filled}
        return Sale(**filled, total_minor=0, coupons=run.distinct("coupon"))


def _group(mapping: Mapping) -> list[str]:
    """The mapped fields that make a receipt, without those that its number already implies."""
    implied = set(mapping.fields["receipt"].sources())
    return ["receipt"] + [
        name
        for name in _GROUP
        if name in mapping.fields and not implied.issuperset(mapping.fields[name].sources())
    ]


class _Run(Struct, frozen=True, gc=False):
    """Rows `first` to `end` (not included) of a batch: neighbours that share their key."""

    values: dict[str, list[Any]]
    lines: list[Line] | None
    faults: dict[int, Fault]
    first: int
    end: int

    def rejected(self) -> int:
        """How many of the rows failed."""
        return sum(place in self.faults for place in range(self.first, self.end)) if self.faults else 0

    def pick(self, name: str) -> Any:
        """The first value that the rows have in a column; None for a column that is not mapped."""
        column = self.values.get(name)
        if column is None:
            return None
        value = column[self.first]
        if value is not None or self.end - self.first == 1:
            return value
        return next((one for one in column[self.first : self.end] if one is not None), None)

    def distinct(self, name: str) -> list[Any]:
        """The different values that the rows have in a column, in order."""
        column = self.values.get(name)
        if column is None:
            return []
        return [one for one in dict.fromkeys(column[self.first : self.end]) if one is not None]


def _runs(keys: list[str | None]) -> Iterator[tuple[int, int, str | None]]:
    """First, end and key of each run of equal neighbours, of at most LINES_PER_SALE_MAX rows."""
    first = 0
    current = keys[0] if keys else None
    for place, key in enumerate(keys):
        if key != current or place - first >= LINES_PER_SALE_MAX:
            yield first, place, current
            first, current = place, key
    if keys:
        yield first, len(keys), current


def _add_lines(piece: Piece, lines: list[Line], *, turned: bool) -> None:
    if turned:
        for line in lines:
            turn(line)
    piece.lines_minor = sum(line.total_minor for line in lines)
    piece.lines = JSON.encode(lines)
