"""Points in a turn: the programmes an engine knows by heart, and what a batch does to the members it concerns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeAlias

from msgspec import Struct, field

from regulars.capabilities.loyalty.fold import Person
from regulars.capabilities.loyalty.ledger import Book
from regulars.capabilities.loyalty.programme import Version, parse
from regulars.capabilities.loyalty.state import Member
from regulars.store.session import Row
from regulars.vocabulary.intake import LoyaltyAnswer

Programmes: TypeAlias = dict[int, list[Version]]
"""The published versions of each programme, by its number."""


class Points(Struct):
    """A batch's loyalty: members by (profile, programme), what their books post, and what callers are told.

    `profiles`: the profile of each record that is concerned; `answers` by event key. `met`: records that were counted as
    one member, least first.
    """

    members: dict[tuple[str, int], Member] = field(default_factory=dict)
    profiles: dict[str, str] = field(default_factory=dict)
    people: dict[tuple[str, int], Person] = field(default_factory=dict)
    books: list[Book] = field(default_factory=list)
    answers: dict[str, list[LoyaltyAnswer]] = field(default_factory=lambda: defaultdict(list))
    met: set[tuple[str, ...]] = field(default_factory=set)


def events_named(programmes: Programmes) -> frozenset[str]:
    """What any version gives a bonus for."""
    return frozenset(
        bonus.on for versions in programmes.values() for one in versions for bonus in one.programme.bonus
    )


def watches_staff(programmes: Programmes) -> bool:
    """Whether any version holds points back where a cashier sells to themselves."""
    return any(one.programme.limits.own_card for versions in programmes.values() for one in versions)


def read_programmes(rows: Iterable[Row]) -> Programmes:
    """The versions out of the rows of load_programmes."""
    found: Programmes = defaultdict(list)
    for number, version, content, effective_from in rows:
        found[number].append(Version(version, effective_from, parse(content)))
    return dict(found)
