"""From a mapping to functions: each field becomes a Cell, a pure function of the columns it is made of.

A file repeats itself, so a Column remembers what it has worked out for a cell or a tuple of cells; that is
where the speed of an import comes from. The memory of a column is bounded by MEMO_VALUES_MAX.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import repeat
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from regulars.vocabulary.money import AMOUNT_MINOR_MAX, exponent

from . import values
from .batches import Bad, Batch, Fault
from .errors import MappingError
from .fields import FIELDS, Type
from .mapping import Mapping, Spec
from .transforms import changer

MEMO_VALUES_MAX: Final = 65_536
_PLAIN_READERS: Final[dict[Type, Callable[[Any], Any]]] = {
    Type.ID: values.read_id,
    Type.TEXT: values.read_text,
    Type.INTEGER: values.read_integer,
    Type.CURRENCY: values.read_currency,
    Type.YES_NO: values.read_yes_no,
    Type.SALE_KIND: values.read_sale_kind,
}


class Cell(Struct, frozen=True):
    """A value as a function of columns: of one cell, of a tuple of cells, or of nothing (a constant)."""

    sources: tuple[str, ...]
    read: Callable[[Any], Any]


class _Memo(dict[Any, Any]):
    """What a cell gave for what it was given. `bad` is true once any of it was Bad."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self._read = read
        self.bad = False

    def __missing__(self, key: Any) -> Any:
        if len(self) >= MEMO_VALUES_MAX:
            self.clear()
        value = self[key] = self._read(key)
        self.bad = self.bad or type(value) is Bad
        return value


class Column:
    """A field for whole batches."""

    def __init__(self, name: str, cell: Cell, *, needed: bool = False) -> None:
        self.name = name
        self._sources = cell.sources
        self._constant = None if cell.sources else cell.read(None)
        self._memo = _Memo(_needed(cell.read) if needed else cell.read)
        if isinstance(self._constant, Bad):
            raise MappingError(f"fields.{name}: the constant {self._constant.reason}.", field=name)

    def values(self, batch: Batch, faults: dict[int, Fault]) -> list[Any]:
        """The field for each row. What cannot be used is None and noted in `faults` (the first per row)."""
        if not self._sources:
            return list(repeat(self._constant, len(batch)))
        memo = self._memo
        if len(self._sources) == 1:
            out = [memo[raw] for raw in batch.column(self._sources[0])]
        else:
            out = [memo[raws] for raws in zip(*map(batch.column, self._sources), strict=True)]
        if memo.bad:
            for place, value in enumerate(out):
                if type(value) is Bad:
                    faults.setdefault(place, Fault(self.name, value.reason))
                    out[place] = None
        return out


def _needed(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def checked(raw: Any) -> Any:
        value = read(raw)
        return Bad("is empty") if value is None else value

    return checked


def combine(join: Callable[..., Any], *cells: Cell) -> Cell:
    """A cell made of others. `join` gets their values; one that is Bad is the result itself."""
    sources = tuple(dict.fromkeys(name for cell in cells for name in cell.sources))
    pickers = [_picker(cell.sources, sources) for cell in cells]
    reads = [cell.read for cell in cells]

    def read(raws: Any) -> Any:
        row = raws if len(sources) > 1 else (raws,)
        parts = [one(pick(row)) for one, pick in zip(reads, pickers, strict=True)]
        for part in parts:
            if type(part) is Bad:
                return part
        return join(*parts)

    return Cell(sources, read)


def _picker(own: tuple[str, ...], every: tuple[str, ...]) -> Callable[[tuple[Any, ...]], Any]:
    places = [every.index(name) for name in own]
    if not places:
        return lambda _row: None
    if len(places) == 1:
        only = places[0]
        return lambda row: row[only]
    return lambda row: tuple(row[place] for place in places)


def constant(value: Any) -> Cell:
    """A cell that depends on nothing."""
    return Cell((), lambda _raw: value)


class Cells:
    """Compiles the fields of one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._fields = FIELDS[mapping.kind]
        self.currency = self.field("currency") if "currency" in mapping.fields else constant(None)

    def field(self, name: str) -> Cell:
        """The cell of a mapped field; amounts come in minor units."""
        spec = self._mapping.fields[name]
        if self._fields[name].type is Type.AMOUNT:
            rounded = spec.round
            cell = combine(
                lambda amount, currency: _minor(amount, currency, rounded=rounded),
                self._number(name),
                self.currency,
            )
            return _lenient(cell, spec)
        return self._plain(spec, self._reader(name, spec))

    def trait(self, spec: Spec) -> Cell:
        """A trait: numbers, yes and no stay what they are in the file, all else is text."""
        return self._plain(spec, _trait)

    def fine(self, name: str) -> Cell:
        """An amount in minor units with all the decimals it has in the file (`name` or `name`_minor)."""
        if name in self._mapping.fields:
            return _lenient(combine(_fine, self._number(name), self.currency), self._mapping.fields[name])
        return combine(lambda minor: None if minor is None else Decimal(minor), self.field(f"{name}_minor"))

    def amount(self, name: str) -> Cell | None:
        """The cell of an amount under either of its names; None when it is not mapped."""
        for mapped in (name, f"{name}_minor"):
            if mapped in self._mapping.fields:
                return self.field(mapped)
        return None

    def _number(self, name: str) -> Cell:
        spec = self._mapping.fields[name]
        return self._plain(spec, _signed(self._numbers(spec), spec))

    def _plain(self, spec: Spec, read: Callable[[Any], Any]) -> Cell:
        change = changer(spec, self._mapping.lookups)
        fixed = spec.value

        def cell(raw: Any) -> Any:
            value = change(fixed if fixed is not None else raw)
            return value if type(value) is Bad else read(value)

        return _lenient(Cell(spec.sources(), cell), spec)

    def _numbers(self, spec: Spec) -> Callable[[Any], Any]:
        return values.number_reader(spec.decimal_mark or self._mapping.decimal_mark)

    def _reader(self, name: str, spec: Spec) -> Callable[[Any], Any]:
        formats = [spec.format] if isinstance(spec.format, str) else spec.format or ["iso"]
        zone = spec.time_zone or self._mapping.time_zone
        match self._fields[name].type:
            case Type.TIME:
                return values.time_reader(formats, ZoneInfo(zone) if zone else None)
            case Type.DATE:
                return values.date_reader(formats)
            case Type.MINOR:
                return _signed(values.minor_reader(self._numbers(spec)), spec)
            case Type.QUANTITY:
                return _signed(values.quantity_reader(self._numbers(spec)), spec)
            case plain:
                return _PLAIN_READERS[plain]


def line_total(cells: Cells, quantity: Cell, discount: Cell) -> Cell:
    """Quantity × unit price, rounded once, half to even, to minor units; then less the line's discount."""

    def total(count: Decimal, price: Decimal | None, less: int) -> int | Bad:
        whole = (count * (price or 0)).to_integral_value(ROUND_HALF_EVEN)
        return int(whole) - less if abs(whole) <= AMOUNT_MINOR_MAX else Bad("is not an amount in range")

    return combine(total, quantity, cells.fine("unit_price"), discount)


def unit_price(cells: Cells) -> Cell:
    """The unit price rounded half to even to minor units: it may be finer, as for fuel or screws."""
    return combine(
        lambda price: None if price is None else int(price.to_integral_value(ROUND_HALF_EVEN)),
        cells.fine("unit_price"),
    )


def unit_price_of(total: Cell, quantity: Cell) -> Cell:
    """The unit price that a line's total and quantity imply, for files that name no unit price."""

    def price(amount: int | None, count: Decimal) -> int:
        if amount is None or not count:
            return 0
        return int((amount / count).to_integral_value(ROUND_HALF_EVEN))

    return combine(price, total, quantity)


def _minor(amount: Decimal | None, currency: str | None, *, rounded: bool) -> Any:
    if amount is None:
        return None
    return Bad("has no currency") if currency is None else values.minor_of(amount, currency, rounded=rounded)


def _fine(amount: Decimal | None, currency: str | None) -> Any:
    if amount is None:
        return None
    return Bad("has no currency") if currency is None else amount.scaleb(exponent(currency))


def _signed(read: Callable[[Any], Any], spec: Spec) -> Callable[[Any], Any]:
    if not spec.negate:
        return read

    def negated(value: Any) -> Any:
        found = read(value)
        return found if found is None or type(found) is Bad else -found

    return negated


def _lenient(cell: Cell, spec: Spec) -> Cell:
    """With `on_error = "empty"` a value that cannot be used is no value."""
    if spec.on_error == "reject":
        return cell

    def read(raw: Any) -> Any:
        value = cell.read(raw)
        return None if type(value) is Bad else value

    return Cell(cell.sources, read)


def _trait(value: Any) -> Any:
    if isinstance(value, (bool, int, float)):
        return value
    return values.read_text(value)
