"""Rows of a customer or product file to events, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from regulars.vocabulary.events import Event, Product

from .batches import Batch, Fault
from .cells import Cells, Column
from .encoding import NO_ID, Prepared, prepare
from .fields import CUSTOMER_KEYS, FIELDS, NEEDED
from .mapping import Mapping
from .people import CustomerColumns
from .sales import Reject


class RegisterRows:
    """Makes events of the batches of a mapped customer or product file."""

    def __init__(self, mapping: Mapping, written_at: datetime) -> None:
        """`written_at` is when a row was last true, where no column says so."""
        cells = Cells(mapping)
        fields = FIELDS[mapping.kind]
        self._written_at = written_at
        self._people = CustomerColumns(mapping, cells) if mapping.kind == "customers" else None
        self._product = {fields[name].into: name for name in mapping.fields if fields[name].part == "product"}
        own = [name for name in mapping.fields if fields[name].part in ("product", "event")]
        self._columns = {
            name: Column(name, cells.field(name), needed=name in NEEDED[mapping.kind]) for name in own
        }
        if self._people is not None:
            self._columns |= self._people.columns

    def events(self, batch: Batch, reject: Reject) -> Iterator[Prepared]:
        """One event per row. Rows that failed are told to `reject`."""
        faults = dict(batch.faults)
        values = {name: column.values(batch, faults) for name, column in self._columns.items()}
        events: list[Prepared] = []
        for place, line in enumerate(batch.lines):
            if place in faults:
                continue
            event = self._event(partial(_at, values, place))
            if event is None:
                faults[place] = Fault("customer", f"has none of {', '.join(CUSTOMER_KEYS)}")
            else:
                events.append(prepare(event, line))
        for place in sorted(faults):
            reject(batch.lines[place], faults[place])
        yield from events

    def _event(self, pick: Any) -> Event | None:
        at = pick("occurred_at") or self._written_at
        if self._people is None:
            product = Product(
                **{into: value for into, name in self._product.items() if (value := pick(name)) is not None}
            )
            return Event(id=NO_ID, type="product.updated", occurred_at=at, product=product)
        customer = self._people.build(pick)
        return (
            None
            if customer is None
            else Event(id=NO_ID, type="customer.updated", occurred_at=at, customer=customer)
        )


def _at(values: dict[str, list[Any]], place: int, name: str) -> Any:
    column = values.get(name)
    return None if column is None else column[place]
