"""Rows of a file of balances to openings: whose points they are, how many, until when.

What comes out is no event yet. Who the customer is gets looked up where the file meets the engine (`intake.openings`),
which makes the command of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from hashlib import blake2b
from typing import Any, Final

from regulars.vocabulary.events import OPENED, POINTS_MAX, Event, Loyalty

from .batches import Batch, Fault
from .cells import Cells, Column
from .encoding import JSON, Prepared
from .fields import FIELDS, HOLDER_KEYS, NEEDED
from .mapping import Mapping
from .people import CustomerColumns
from .sales import Reject

LAST_DAY: Final = "last_day"
FIRST_DAY: Final = "active_from"
"""Days of an opening, as the programme counts them; they stand in its properties until its zone is known."""


class BalanceRows:
    """Makes openings of the batches of a mapped file of balances."""

    def __init__(self, mapping: Mapping, written_at: Any) -> None:
        """`written_at` is when members joined at the latest, where no account says an earlier time."""
        cells = Cells(mapping)
        own = [name for name in mapping.fields if FIELDS["balances"][name].part == "balance"]
        self._written_at = written_at
        self._people = CustomerColumns(mapping, cells)
        self._columns = self._people.columns | {
            name: Column(name, cells.field(name), needed=name in NEEDED["balances"]) for name in own
        }

    def events(self, batch: Batch, reject: Reject) -> Iterator[Prepared]:
        """One opening per row. Rows that failed are told to `reject`."""
        yield from rows_made(batch, self._columns, self._opening, reject)

    def _opening(self, pick: Any) -> Event | Fault:
        customer = self._people.build(pick)
        if customer is None or not any(getattr(customer, name) for name in HOLDER_KEYS):
            return Fault("customer", f"has none of {', '.join(HOLDER_KEYS)}")
        points, last_day, until = pick("points"), pick("last_day"), pick("expires_at")
        if points > POINTS_MAX:
            return Fault("points", "are too many")
        if last_day is not None and until is not None:
            return Fault("last_day", "stands beside expires_at; give one of them")
        said = Loyalty(
            programme=pick("programme") or 1,
            point=pick("point"),
            amount=points,
            expires_at=until,
            reason=pick("reference") or "",
        )
        first_day = pick("active_from")
        days = {LAST_DAY: last_day and last_day.isoformat(), FIRST_DAY: first_day and first_day.isoformat()}
        return Event(
            id=_id(customer, said, days),
            type=OPENED,
            occurred_at=self._written_at,
            customer=customer,
            loyalty=said,
            properties={name: day for name, day in days.items() if day},
        )


def _id(customer: Any, said: Loyalty, days: dict[str, Any]) -> str:
    """What names a lot for ever: a customer's reference, or else everything the row says of it."""
    keys = [getattr(customer, name) for name in HOLDER_KEYS]
    named = [said.reason, said.programme, said.point]
    rest = [] if said.reason else [said.amount, said.expires_at, days]
    digest = blake2b(JSON.encode([keys, named, rest]), digest_size=16, person=b"regulars-opening")
    return f"opening-{digest.hexdigest()}"


def rows_made(
    batch: Batch, columns: dict[str, Column], make: Callable[[Any], Any], reject: Reject
) -> Iterator[Prepared]:
    """What `make` makes of each row, given its values by name; rows that it says a Fault of are told to `reject`."""
    faults = dict(batch.faults)
    values = {name: column.values(batch, faults) for name, column in columns.items()}
    found: list[Prepared] = []
    for place, line in enumerate(batch.lines):
        if place not in faults:
            made = make(partial(at_place, values, place))
            if isinstance(made, Fault):
                faults[place] = made
            else:
                found.append(Prepared(JSON.encode(made), line))
    for place in sorted(faults):
        reject(batch.lines[place], faults[place])
    yield from found


def at_place(values: dict[str, list[Any]], place: int, name: str) -> Any:
    """The value of a column at a place; None where it is not mapped."""
    column = values.get(name)
    return None if column is None else column[place]
