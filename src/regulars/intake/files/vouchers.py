"""Rows of a file of vouchers: codes that a running programme gave out, whose each is, what it is worth, until when.

What comes out is no event: codes are kept beside the log. `intake.vouchers` looks up whose they are and keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from regulars.capabilities.loyalty.expiry import end_of
from regulars.capabilities.offers.codes import is_usable, normalised
from regulars.vocabulary.events import Customer

from .balances import rows_made
from .batches import Batch, Fault
from .cells import Cells, Column
from .encoding import Prepared
from .fields import FIELDS, HOLDER_KEYS, NEEDED
from .mapping import Mapping
from .people import CustomerColumns
from .sales import Reject

VALUE_MAX: Final = 10**12


class VoucherRow(Struct, omit_defaults=True, frozen=True):
    """A voucher of a file: for a `promotion`, or for `value_minor` of `currency`.

    `customer` is None for a voucher of whoever has the code. `last_day` stands until the programme's zone is known.
    """

    code: str
    written_at: datetime
    customer: Customer | None = None
    promotion: str | None = None
    value_minor: int | None = None
    currency: str | None = None
    last_day: date | None = None
    expires_at: datetime | None = None


class VoucherRows:
    """Reads the batches of a mapped file of vouchers."""

    def __init__(self, mapping: Mapping, written_at: datetime) -> None:
        """`written_at`: since when customers are known who are made of a row."""
        cells = Cells(mapping)
        own = [name for name in mapping.fields if FIELDS["vouchers"][name].part == "voucher"]
        self._written_at = written_at
        self._zone = ZoneInfo(mapping.time_zone) if mapping.time_zone is not None else None
        self._people = CustomerColumns(mapping, cells)
        self._columns = self._people.columns | {
            name: Column(name, cells.field(name), needed=name in NEEDED["vouchers"]) for name in own
        }

    def events(self, batch: Batch, reject: Reject) -> Iterator[Prepared]:
        """One voucher per row. Rows that failed are told to `reject`."""
        yield from rows_made(batch, self._columns, self._voucher, reject)

    def _voucher(self, pick: Any) -> VoucherRow | Fault:
        customer = self._people.build(pick)
        if customer is not None and not any(getattr(customer, name) for name in HOLDER_KEYS):
            return Fault("customer", f"has none of {', '.join(HOLDER_KEYS)}")
        code, promotion = normalised(pick("code")), pick("promotion")
        value = pick("value") if pick("value") is not None else pick("value_minor")
        last_day, until = pick("last_day"), pick("expires_at")
        if not is_usable(code):
            return Fault("code", "must have 4 to 40 letters and digits")
        if (promotion is None) == (value is None):
            return Fault("value", "needs either a value or a promotion")
        if value is not None and (pick("currency") is None or not 0 < value <= VALUE_MAX):
            return Fault("value", "must be above 0, in a currency")
        if last_day is not None and until is not None:
            return Fault("last_day", "stands beside expires_at; give one of them")
        if last_day is not None and self._zone is not None:
            until, last_day = end_of(last_day, self._zone), None
        currency = pick("currency") if value is not None else None
        return VoucherRow(code, self._written_at, customer, promotion, value, currency, last_day, until)
