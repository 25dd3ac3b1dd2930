"""Who is who, and what the figures must be: the demo's answer sheet.

A record is what a source knows of a customer under its first key. Truth says which person each record is, and what
its figures come to once everything handed out has arrived. The rules are those of the public contract: `orders`
counts completed sales that were not voided; `returns` counts return receipts; spend is paid minus returned; a
return with a receipt counts on the record of the sale it names. An exchange is one order and no return receipt;
`exchanges` counts them apart.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import IO, Final

from msgspec import Struct, field

from .retail import (
    AccountSaved,
    CartStarted,
    Edited,
    Happening,
    Line,
    RecordKey,
    Return,
    Returned,
    Sale,
    Sold,
    Voided,
)

CSV_HEADER: Final = ("source", "external_id", "person")


class Figures(Struct):
    """Totals of a record, a person or a store. Quantities are exact; money is per currency in minor units.

    `sold_at_ms` are the moments of the sales that count; kept for records and people only.
    """

    orders: int = 0
    returns: int = 0
    exchanges: int = 0
    voids: int = 0
    items: Decimal = Decimal(0)
    spend_minor: dict[str, int] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)
    sold_at_ms: list[int] = field(default_factory=list)

    def pay(self, currency: str, amount_minor: int, lines: list[Line], sign: int) -> None:
        """Money and goods in (sign 1) or back (sign -1)."""
        self.spend_minor[currency] = self.spend_minor.get(currency, 0) + sign * amount_minor
        self.items += sign * Decimal(sum(line.quantity_milli for line in lines)) / 1000


class Truth:
    """Fed with every happening; ask at any time.

    `people` maps records to person ids, `records` to their figures. `anonymous` are the figures of sales that
    name nobody; `stores` those of everything, by branch name. `sources` says what our side calls the systems.
    """

    def __init__(self, sources: Mapping[str, str] | None = None) -> None:
        self._sources = dict(sources or {})
        self.people: dict[RecordKey, str] = {}
        self.records: dict[RecordKey, Figures] = {}
        self.stores: dict[str, Figures] = {}
        self.anonymous = Figures()

    def take(self, happening: Happening) -> None:
        """Note what happened."""
        match happening:
            case AccountSaved(account=account):
                self.people.setdefault(self._named(account.record), account.person.id)
            case CartStarted(cart=cart):
                self.people.setdefault(self._named(cart.record), cart.person.id)
            case Sold(sale=sale):
                if sale.record is not None:
                    self.people.setdefault(self._named(sale.record), sale.person.id)
                if sale.state == "completed":
                    self._sold(sale)
            case Edited(sale=sale, added=added):
                amount_minor = sum(line.total_minor for line in added)
                for figures in self._of(sale.record, sale.branch.name):
                    figures.pay(sale.branch.currency, amount_minor, added, 1)
            case Voided(sale=sale, counted=counted):
                self._voided(sale, counted)
            case Returned(back=back):
                self._returned(back)
            case _:
                pass

    def figures_of(self, person_id: str) -> Figures:
        """All records of a person added up."""
        total = Figures()
        for record, owner in self.people.items():
            if owner == person_id and record in self.records:
                _add(total, self.records[record])
        return total

    def by_person(self) -> dict[str, Figures]:
        """Everybody who has a record, with all their records added up."""
        totals: dict[str, Figures] = {}
        for record, owner in self.people.items():
            _add(totals.setdefault(owner, Figures()), self.records.get(record, Figures()))
        return totals

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """`source, external_id, person`; a record keyed otherwise shows as `kind:value`."""
        for record, person_id in self.people.items():
            yield (*record.named, person_id)

    def write_csv(self, file: IO[str]) -> None:
        """The rows, with a header."""
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(CSV_HEADER)
        writer.writerows(self.rows())

    def _named(self, record: RecordKey) -> RecordKey:
        source = self._sources.get(record.source, record.source)
        return record if source == record.source else RecordKey(source, record.kind, record.value)

    def _of(self, record: RecordKey | None, store: str) -> tuple[Figures, Figures]:
        mine = self.anonymous if record is None else self.records.setdefault(self._named(record), Figures())
        return mine, self.stores.setdefault(store, Figures())

    def _sold(self, sale: Sale) -> None:
        currency, channel = sale.branch.currency, "online" if sale.branch.online else "store"
        for figures in self._of(sale.record, sale.branch.name):
            figures.orders += 1
            figures.channels[channel] = figures.channels.get(channel, 0) + 1
            figures.pay(currency, sale.total_minor, sale.lines, 1)
        if sale.record is not None:
            self.records[self._named(sale.record)].sold_at_ms.append(sale.at_ms)
        if sale.exchange is not None:
            back = sale.exchange
            for figures in self._of(back.record, back.branch.name):
                figures.exchanges += 1
                figures.pay(currency, back.total_minor, back.lines, -1)

    def _voided(self, sale: Sale, counted: bool) -> None:
        if not counted:
            return
        channel = "online" if sale.branch.online else "store"
        for figures in self._of(sale.record, sale.branch.name):
            figures.voids += 1
            figures.orders -= 1
            figures.channels[channel] -= 1
            figures.pay(sale.branch.currency, sale.total_minor, sale.lines, -1)
        if sale.record is not None:
            self.records[self._named(sale.record)].sold_at_ms.remove(sale.at_ms)

    def _returned(self, back: Return) -> None:
        for figures in self._of(back.record, back.branch.name):
            figures.returns += 1
            figures.pay(back.branch.currency, back.total_minor, back.lines, -1)


def _add(total: Figures, part: Figures) -> None:
    total.orders += part.orders
    total.returns += part.returns
    total.exchanges += part.exchanges
    total.voids += part.voids
    total.items += part.items
    for currency, amount_minor in part.spend_minor.items():
        total.spend_minor[currency] = total.spend_minor.get(currency, 0) + amount_minor
    for channel, orders in part.channels.items():
        total.channels[channel] = total.channels.get(channel, 0) + orders
    total.sold_at_ms += part.sold_at_ms
