"""A set of customer records whose truth is known, and which of its pairs a matcher can be asked to find.

    sample = draw_sample(seed=7, people=20_000)
    score = measure(sample, {entry.record: profile, …})     # see score.py

Two records of one person are *joinable* when both carry a detail that only records of this person carry, in the whole
set. Details are, each in the form it is compared in:

- an e-mail address, a phone number, a payment token, a loyalty card;
- such an e-mail address, phone number or payment token together with the given name;
- given name and surname together with the birth date, or with the postcode.

Names are folded to ASCII; titles, Jr and Sr are dropped; nicknames and other spellings count as the name, and so do
given name and surname in either order. Fillers everybody knows are no details, and those the shop made up are carried
by many. So the joint card of a couple joins nobody by itself, an address a family shares joins those who gave their
name, and what a typing error or a move has taken away is not asked for. Pairs that only a third record connects are
not joinable; finding them is right all the same. Pairs that *share* a detail, whoever else carries it, are counted
apart: no matcher can find all of them without mistakes.

Some records *mislead*: a guest without a name leaves a card or an address that in this set only somebody else carries,
another member of the household. Nothing in the data speaks against joining those; who does is wrong, and is told so apart.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import combinations
from pathlib import Path
from typing import Final

from regulars.capabilities.identity import normalise
from regulars.vocabulary.events import Customer

from .events import CUSTOMER_FIELDS
from .names import NICKNAMES, SPELLINGS
from .records import Entry, records
from .truth import CSV_HEADER

REGION: Final = "GB"
Detail = tuple[str, ...]
Pair = tuple[int, int]
"""Places of two entries, the lower first."""

_SUFFIXES: Final = frozenset({"jr", "sr"})
_SHORT: Final = {normalise.fold(name): normalise.fold(short) for name, short in NICKNAMES.items()}
_SAME: Final = {normalise.fold(heard): normalise.fold(name) for name, heard in SPELLINGS.items()}


class Sample:
    """All records of so many people in the order of time."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries

    @cached_property
    def pairs(self) -> tuple[list[Pair], list[Pair]]:
        """The joinable pairs, and all pairs of one person that share a detail, the joinable ones among them."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, entry in enumerate(self.entries):
            places[entry.person].append(place)
        details, owners = self._details, self._owners
        shared = [
            (a, b, details[a] & details[b])
            for own in places.values()
            for a, b in combinations(own, 2)
            if details[a] & details[b]
        ]
        joinable = [(a, b) for a, b, common in shared if any(len(owners[one]) == 1 for one in common)]
        return joinable, [(a, b) for a, b, _ in shared]

    @cached_property
    def misleading(self) -> dict[int, str]:
        """Places of the records that mislead, with the person each seems to be."""
        found = {}
        for place, entry in enumerate(self.entries):
            if _is_named(entry):
                continue
            details = self._details[place]
            seeming = {one for detail in details for one in self._owners[detail]} - {entry.person}
            known = any(entry.person in self._named_owners[detail] for detail in details)
            if len(seeming) == 1 and not known:
                found[place] = seeming.pop()
        return found

    @cached_property
    def _details(self) -> list[set[Detail]]:
        return [set(details_of(entry.customer)) for entry in self.entries]

    @cached_property
    def _owners(self) -> defaultdict[Detail, set[str]]:
        """The people whose records carry a detail."""
        return self._carriers(range(len(self.entries)))

    @cached_property
    def _named_owners(self) -> defaultdict[Detail, set[str]]:
        """Those of them who gave a name with it."""
        return self._carriers(place for place, entry in enumerate(self.entries) if _is_named(entry))

    def _carriers(self, places: Iterable[int]) -> defaultdict[Detail, set[str]]:
        found: defaultdict[Detail, set[str]] = defaultdict(set)
        for place in places:
            for detail in self._details[place]:
                found[detail].add(self.entries[place].person)
        return found

    def write(self, folder: Path) -> None:
        """`customers-SOURCE.csv` of each source, ready for an import, and `truth.csv`: source,external_id,person."""
        folder.mkdir(parents=True, exist_ok=True)
        by_source: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            by_source[entry.record.source].append(entry)
        for source, entries in by_source.items():
            with (folder / f"customers-{source}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(COLUMNS)
                writer.writerows(map(_row, entries))
        with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(CSV_HEADER)
            writer.writerows((*entry.record.named, entry.person) for entry in self.entries)


def _is_named(entry: Entry) -> bool:
    return bool(entry.customer.given_name or entry.customer.family_name)


def draw_sample(seed: int, people: int) -> Sample:
    """The set of a seed; 20,000 people have about 32,000 records and take a second. They come in no order but time's."""
    return Sample(list(records(seed, people=people, mixed=10 * people)))


def details_of(customer: Customer) -> Iterator[Detail]:
    """What a record can be joined by, as the opening of this file says."""
    given, family = _given(customer.given_name), _family(customer.family_name)
    for detail in _contacts(customer):
        yield detail
        if given and detail[0] != "loyalty_card":
            yield (*detail, given)
    if not (given and family):
        return
    one, other = sorted((given, family))
    if customer.birth_date is not None:
        yield "birth", one, other, customer.birth_date.isoformat()
    if customer.address is not None and customer.address.postcode:
        yield "postcode", one, other, normalise.fold(customer.address.postcode).replace(" ", "")


def _contacts(customer: Customer) -> Iterator[Detail]:
    country = customer.address.country if customer.address else None
    email = normalise.email(customer.email) if customer.email else None
    phone = normalise.phone(customer.phone, country or REGION) if customer.phone else None
    found = (
        ("email", email), ("phone", phone), ("payment_token", customer.payment_token),
        ("loyalty_card", customer.loyalty_card),
    )  # fmt: skip
    for name, value in found:
        if value:
            yield name, value


@lru_cache(maxsize=50_000)
def _given(name: str | None) -> str:
    word = normalise.given_name(name or "") or ""
    return _one_form(word) if len(word) > 1 else ""


@lru_cache(maxsize=50_000)
def _family(name: str | None) -> str:
    words = [word for word in normalise.fold(name or "").split() if word not in _SUFFIXES]
    return _one_form(" ".join(words))


def _one_form(name: str) -> str:
    """Of a name, its nickname and its other spelling, always the same one."""
    name = _SAME.get(name, name)
    return _SHORT.get(name, name)


COLUMNS: Final = (*CUSTOMER_FIELDS, "anonymous_id", "device", "occurred_at")


def _row(entry: Entry) -> list[str]:
    """An entry under COLUMNS; empty where nothing is known."""
    customer, address = entry.customer, entry.customer.address
    row = []
    for name in COLUMNS[:-1]:
        value = getattr(customer if hasattr(customer, name) else address, name, None)
        row.append("" if value is None else str(value))
    return [*row, entry.occurred_at.isoformat()]
