"""The columns of a sale's lines, in the order in which the Line struct takes them."""

from __future__ import annotations

from decimal import Decimal
from itertools import repeat
from typing import Any, Final

from regulars.vocabulary.events import Line

from .batches import Batch, Fault
from .cells import Cell, Cells, Column, combine, constant, line_total, unit_price, unit_price_of
from .mapping import Mapping

_TEXTS: Final = ("line_id", "sku", "name", "category", "brand", "barcode")
_AMOUNTS: Final = ("unit_price", "line_discount", "line_tax", "line_total")


class LineColumns:
    """Makes the lines of a batch. `mapped` is false when a file knows totals only."""

    def __init__(self, mapping: Mapping, cells: Cells) -> None:
        amounts = {name: cells.amount(name) for name in _AMOUNTS}
        texts = [name for name in (*_TEXTS, "original_line_id") if name in mapping.fields]
        self.mapped = bool(texts) or "quantity" in mapping.fields or any(amounts.values())
        quantity = _or(cells.field("quantity") if "quantity" in mapping.fields else None, Decimal(1))
        discount = _or(amounts["line_discount"], 0)
        price, total = _price_and_total(cells, amounts, quantity, discount)
        rest = {
            "quantity": quantity,
            "unit_price_minor": price,
            "discount_minor": discount,
            "tax_minor": _or(amounts["line_tax"], 0),
            "total_minor": total,
        }
        columns: dict[str, Column] = {name: Column(name, cells.field(name)) for name in texts}
        columns |= {name: Column(name.removesuffix("_minor"), cell) for name, cell in rest.items()}
        self._columns = [columns.get(name) for name in Line.__struct_fields__]

    def lines(self, batch: Batch, faults: dict[int, Fault]) -> list[Line]:
        """One line per row; that of a row in `faults` is not to be used."""
        # This is the inner loop of a sales import: nothing is checked twice, nothing is looked up by name.
        values: list[Any] = [
            repeat(None, len(batch)) if column is None else column.values(batch, faults)
            for column in self._columns
        ]
        return list(map(Line, *values))


def turn(line: Line) -> None:
    """Make what a file writes as negative positive: the line of a refund. The unit price has no sign to turn."""
    line.quantity = -line.quantity
    line.discount_minor = -line.discount_minor
    line.tax_minor = -line.tax_minor
    line.total_minor = -line.total_minor


def _price_and_total(
    cells: Cells, amounts: dict[str, Cell | None], quantity: Cell, discount: Cell
) -> tuple[Cell, Cell]:
    """What a line's price and total are made of: each is taken from the file, or worked out from the other."""
    total, price = amounts["line_total"], amounts["unit_price"]
    if price is not None:
        return _or(unit_price(cells), 0), _or(total, 0) if total else line_total(cells, quantity, discount)
    if total is not None:
        return unit_price_of(total, quantity), _or(total, 0)
    return constant(0), constant(0)


def _or(cell: Cell | None, otherwise: Any) -> Cell:
    """The cell, with a value where the file has none."""
    return (
        constant(otherwise) if cell is None else combine(lambda one: otherwise if one is None else one, cell)
    )
