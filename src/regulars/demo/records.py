"""Customer records as a chain's systems hold them, each with the person it is: for matchers, without any trade.

`records(seed)` goes on without end and keeps no more than a few megabytes of them; about 1.6 records a person. They are
the same people, with the same slips, as those of the demo shop, seen by four systems:

- `square`: what staff typed at a till; or a payment card that nobody gave a name to, a guest;
- `shopify`: what customers typed themselves on the web; or an address left at the checkout, another guest;
- `crm`: an older list of a mail-order desk, with addresses and birth dates;
- `kiosk`: sign-ups at a tablet in the shop, which all share its browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Final

from msgspec import Struct

from regulars.vocabulary.events import Customer

from .desks import Desks, Held
from .ids import Ids
from .retail import RecordKey
from .world import stream_households

SHOPS: Final = 8
BEGAN: Final = datetime(2024, 7, 1, tzinfo=UTC)
APART: Final = timedelta(seconds=60)
"""Between two records; a million take two years."""
MIXED: Final = 5_000
"""So many records wait at a time to be told in a random order."""


class Entry(Struct, frozen=True, gc=False):
    """One record: its key, what the system says of the customer and since when, and who it truly is.

    `cases` are those of `demo.cases` that make it hard. No two entries have the same key.
    """

    record: RecordKey
    occurred_at: datetime
    customer: Customer
    person: str
    cases: frozenset[str]


def records(
    seed: int, *, people: int | None = None, shops: int = SHOPS, mixed: int = MIXED
) -> Iterator[Entry]:
    """Records in the order of time, of so many people or without end. The same arguments, the same records.

    `mixed` is how many wait to be told at a time: the records of one person lie about as far apart. A million
    records take about half a minute and 100 MB.
    """
    rng = Random(f"regulars demo order {seed}")
    told = _told(seed, people, shops)
    waiting = list(islice(told, mixed))
    number = 0
    for held in told:
        at = int(rng.random() * len(waiting))
        yield _entry(waiting[at], number)
        waiting[at] = held
        number += 1
    rng.shuffle(waiting)
    for held in waiting:
        yield _entry(held, number)
        number += 1


def _told(seed: int, people: int | None, shops: int) -> Iterator[Held]:
    """Household by household; of the last one only as many people as are wanted."""
    rng = Random(f"regulars demo records {seed}")
    desks, left = Desks(rng, Ids(seed)), people
    for members in stream_households(rng, shops):
        if left is not None:
            members = members[:left]
            left -= len(members)
        yield from desks.write_down(members)
        if left == 0:
            return


def _entry(held: Held, number: int) -> Entry:
    return Entry(held.record, BEGAN + number * APART, held.customer, held.person.id, frozenset(held.cases))
