"""Pieces of receipts, wherever they stand in the file, to one sale event per receipt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import msgspec

from regulars.vocabulary.events import LINES_PER_SALE_MAX, Event, Line, Sale, Tender
from regulars.vocabulary.money import AMOUNT_MINOR_MAX

from .batches import Fault
from .encoding import Prepared, prepare
from .fields import CUSTOMER_KEYS
from .mapping import Mapping
from .sales import Piece
from .spill import Spill

SPREAD_MAX: Final = timedelta(days=1)
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Piece)


class RejectedReceipt(msgspec.Struct, frozen=True):
    """A receipt that cannot become a sale. `rows` are those not already rejected one by one."""

    line: int
    rows: int
    fault: Fault


class Receipts:
    """Takes pieces in any order, gives whole receipts in the order in which they begin in the file."""

    def __init__(self) -> None:
        self._spill = Spill()
        self._read = 0

    def add(self, piece: Piece) -> None:
        """Keep a piece. Raises FileUnreadable when the disk is full."""
        self._spill.add(piece.key, _ENCODER.encode(piece))

    def finished(self, mapping: Mapping) -> Iterator[Prepared | RejectedReceipt]:
        """The receipts. Ask once, after the last piece."""
        # Whoever says what a receipt is by group_by also answers for receipts that last.
        spread_max = timedelta.max if mapping.group_by else SPREAD_MAX
        zone = ZoneInfo(mapping.time_zone) if mapping.time_zone else None
        for group in self._spill.groups():
            gathered: dict[str, _Gathered] = {}
            for piece in map(_DECODER.decode, group):
                self._read += 1
                if piece.key in gathered:
                    gathered[piece.key].add(piece)
                else:
                    gathered[piece.key] = _Gathered(piece)
            for one in gathered.values():
                found = one.finish(zone, spread_max)
                if found is not None:
                    yield found

    def share_read(self) -> float:
        """How many of the pieces have been given back, from 0 to 1."""
        return self._read / max(1, len(self._spill))

    def close(self) -> None:
        """Remove the temporary file."""
        self._spill.close()


class _Gathered:
    """The pieces of one receipt. Past the limit of lines only the rows are counted on."""

    def __init__(self, first: Piece) -> None:
        self._pieces = [first]
        self._rows = first.rows
        self._rejected = first.rejected

    def add(self, piece: Piece) -> None:
        self._rows += piece.rows
        self._rejected += piece.rejected
        if self._rows <= LINES_PER_SALE_MAX:
            self._pieces.append(piece)

    def finish(self, zone: ZoneInfo | None, spread_max: timedelta) -> Prepared | RejectedReceipt | None:
        """The sale, the reason why there is none, or None when every row has been rejected already."""
        line = self._pieces[0].line
        fault = self._fault(spread_max)
        if fault is not None:
            healthy = self._rows - self._rejected
            return RejectedReceipt(line, healthy, fault) if healthy else None
        event = self._merged()
        sale = cast(Sale, event.sale)
        if abs(sale.total_minor) > AMOUNT_MINOR_MAX:
            return RejectedReceipt(line, self._rows, Fault("total", "is not an amount in range"))
        if zone is not None and sale.business_date is None:
            sale.business_date = event.occurred_at.astimezone(zone).date()
        return prepare(event, line)

    def _fault(self, spread_max: timedelta) -> Fault | None:
        """Why these rows are no sale."""
        if self._rejected:
            return Fault("receipt", "another line of it was rejected, and with it the whole receipt")
        if self._rows > LINES_PER_SALE_MAX:
            return Fault("receipt", f"has {self._rows:,} lines; a sale has at most {LINES_PER_SALE_MAX:,}")
        conflict = self._conflict()
        if conflict is not None:
            return Fault(conflict, "differs between lines of one receipt")
        earliest = min(cast(Event, piece.event).occurred_at for piece in self._pieces)
        if max(piece.latest_at or earliest for piece in self._pieces) - earliest > spread_max:
            return Fault(
                "occurred_at",
                "lines of this receipt are over a day apart: map business_date if receipt numbers start again, "
                "or say with group_by what makes a receipt",
            )
        return None

    def _conflict(self) -> str | None:
        """The field that tells different customers or currencies for one receipt, if one does."""
        for piece in self._pieces:
            if piece.conflict is not None:
                return piece.conflict
        if len(self._pieces) == 1:
            return None
        events = [cast(Event, piece.event) for piece in self._pieces]
        for name in CUSTOMER_KEYS[:2]:
            if len({getattr(event.customer, name, None) for event in events} - {None}) > 1:
                return name
        return "currency" if len({cast(Sale, event.sale).currency for event in events}) > 1 else None

    def _merged(self) -> Event:
        first, *others = self._pieces
        event = cast(Event, first.event)
        sale = cast(Sale, event.sale)
        lines = first.lines
        for other in others:
            more = cast(Event, other.event)
            event.occurred_at = min(event.occurred_at, more.occurred_at)
            _fill(event, more, ("channel", "store", "till", "staff", "customer"))
            _fill(sale, more.sale, _SALE_GAPS)
            first.tender = first.tender or other.tender
            first.total_minor = other.total_minor if first.total_minor is None else first.total_minor
            first.lines_minor += other.lines_minor
            sale.coupons.extend(one for one in cast(Sale, more.sale).coupons if one not in sale.coupons)
            lines = _joined(lines, other.lines)
        _total(sale, first)
        if lines != b"[]":
            # The lines were encoded when they were read; the encoder puts them in as they are.
            sale.lines = cast(list[Line], msgspec.Raw(lines))
        return event


_SALE_GAPS: Final = tuple(
    name
    for name in Sale.__struct_fields__
    if name not in ("receipt", "currency", "total_minor", "lines", "coupons")
)
_DEFAULTS: Final = Sale(receipt="-", currency="XXX", total_minor=0)


def _fill(target: Any, other: Any, names: tuple[str, ...]) -> None:
    """Take over from `other` what `target` does not say."""
    for name in names:
        if getattr(target, name) == getattr(_DEFAULTS, name, None):
            setattr(target, name, getattr(other, name))


def _joined(lines: bytes, more: bytes) -> bytes:
    if more == b"[]":
        return lines
    return more if lines == b"[]" else lines[:-1] + b"," + more[1:]


def _total(sale: Sale, piece: Piece) -> None:
    """The total that the file states, else what the lines make."""
    if piece.total_minor is None:
        sale.total_minor = piece.lines_minor - sale.discount_minor + sale.shipping_minor + sale.tip_minor
    else:
        sale.total_minor = piece.total_minor
    if piece.tender is not None:
        sale.tenders = [Tender(kind=piece.tender, amount_minor=sale.total_minor)]
