"""The people of the demo: households with their members, names, contacts, cards and habits.

One pass over a random generator, about 25 µs a person; nothing is looked up again, so a million can be streamed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from math import exp, log
from random import Random
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from .contacts import DOMAINS, Contacts
from .names import COMMUNITIES, FRENCH, RUES, STREETS, Community, common

REFERENCE_YEAR: Final = 2026
"""Ages are told from this year."""
REGULAR_SHARE: Final = 0.45
FOREIGN_SHARE_MAX: Final = 0.08
TWIN_SHARE: Final = 0.15
NAMESAKE_SHARE: Final = 0.25
"""Sons named after their fathers; more than there are, so that a small population has some."""
JOINT_CARD_SHARE: Final = 0.08
"""Households in which several pay with one card; the holders of a joint account mostly have a number of their own."""
QUIET_NUMBERS: Final = 100
"""So many numbers lie idle before the one given up first is handed to somebody else."""


class Address(Struct, frozen=True, gc=False):
    """Where a household lives; `country` is ISO 3166 alpha-2."""

    line1: str
    city: str
    postcode: str
    country: str


class Home(Struct, frozen=True, gc=False):
    """A town people live in, and the branch they know best."""

    branch: int
    city: str
    country: str
    postcode_area: str
    landline_prefix: str
    landline_digits: int = 3


class Person(Struct, gc=False):
    """One human being, with everything that is true of them.

    `interval_days` is the mean time between two visits, `regularity` the shape of its gamma distribution: 1 is pure
    chance, 10 like clockwork. `cards` are payment cards; a number that two people carry is a joint card. The former
    name, address and mobile are those some shops still know. `recycled` when the mobile was somebody else's before.
    `twin` and `namesake` hold for both of a pair; `suffix` tells a father from a son of the same name.
    """

    index: int
    household: int
    given: str
    family: str
    birth: date
    emails: tuple[str, ...]
    mobile: str
    landline: str | None
    address: Address
    cards: tuple[int, ...]
    loyalty_card: str | None
    home: int
    interval_days: float
    regularity: float
    online_share: float
    taste: int
    former_family: str | None = None
    former_address: Address | None = None
    former_mobile: str | None = None
    recycled: bool = False
    twin: bool = False
    namesake: bool = False
    suffix: str | None = None

    @property
    def device(self) -> str:
        """What they browse with; in one household in four it is the tablet on the kitchen table."""
        return f"d-home-{self.household}" if self.household % 4 == 0 else f"d-{self.index}"

    @property
    def id(self) -> str:
        """The name under which truth speaks of this person."""
        return f"p{self.index:07d}"


class _Family(Struct):
    """What the members of a household have in common while it is being made."""

    number: int
    community: Community
    family: str
    home: Home
    address: Address
    former_address: Address | None
    landline: str | None
    shared_email: str | None
    joint_card: int | None


class People:
    """Makes people household by household. Numbers (people, cards, loyalty cards) count up from zero."""

    def __init__(self, rng: Random, homes: Sequence[Home]) -> None:
        self._rng = rng
        self._contacts = Contacts()
        self._people = 0
        self._cards = 0
        self._loyalty = 0
        self._last_address: Address | None = None
        self._given_up: deque[str] = deque()
        self._british = [home for home in homes if home.country == "GB"] or list(homes)
        self._foreign = [home for home in homes if home.country != "GB"]
        self._weights = [community.weight for community in COMMUNITIES]

    def households(self) -> Iterator[list[Person]]:
        """Households without end; take as many as wanted."""
        number = 0
        while True:
            yield self._household(number)
            number += 1

    def _household(self, number: int) -> list[Person]:
        rng = self._rng
        family = self._family(number)
        draw = rng.random()
        adults = 1 if draw < 0.35 else 2
        children = 0 if draw < 0.68 else 1 + int(rng.random() * 2.5)
        first = self._adult(family, None)
        members = [first]
        if adults == 2:
            members.append(self._adult(family, first))
        members += self._children(family, first, children)
        self._tell_apart(members)
        return members

    def _family(self, number: int) -> _Family:
        rng = self._rng
        foreign = bool(self._foreign) and rng.random() < FOREIGN_SHARE_MAX
        homes = self._foreign if foreign else self._british
        home = homes[int(rng.random() * len(homes))]
        community = FRENCH if foreign else rng.choices(COMMUNITIES, self._weights)[0]
        surname = common(rng, community.surnames)
        address = self._address(home)
        return _Family(
            number=number,
            community=community,
            family=surname,
            home=home,
            address=address,
            former_address=self._address(home) if rng.random() < 0.08 else None,
            landline=self._contacts.landline(home.landline_prefix, home.landline_digits)
            if rng.random() < 0.35
            else None,
            shared_email=self._shared_email(surname) if rng.random() < 0.1 else None,
            joint_card=self._card() if rng.random() < JOINT_CARD_SHARE else None,
        )

    def _shared_email(self, surname: str) -> str:
        return self._contacts.household_email(surname, DOMAINS[int(self._rng.random() * len(DOMAINS))])

    def _address(self, home: Home) -> Address:
        """An address; now and then the one before, for two households behind one door."""
        rng, last = self._rng, self._last_address
        if last is not None and last.city == home.city and rng.random() < 0.06:
            return last
        number = 1 + int(rng.random() * 180)
        if home.country == "FR":
            line1 = f"{number} {RUES[int(rng.random() * len(RUES))]}"
            postcode = f"99{int(rng.random() * 1000):03d}"
        else:
            flat = f"Flat {1 + int(rng.random() * 24)}, " if rng.random() < 0.2 else ""
            line1 = f"{flat}{number} {STREETS[int(rng.random() * len(STREETS))]}"
            letters = "CIKMOV"[int(rng.random() * 6)] + "CIKMOV"[int(rng.random() * 6)]
            postcode = (
                f"{home.postcode_area}{1 + int(rng.random() ** 2 * 9)} {int(rng.random() * 10)}{letters}"
            )
        self._last_address = Address(line1, home.city, postcode, home.country)
        return self._last_address

    def _card(self) -> int:
        self._cards += 1
        return self._cards

    def _adult(self, family: _Family, partner: Person | None) -> Person:
        rng = self._rng
        if partner is None:
            woman, age = rng.random() < 0.52, 22 + int(rng.random() * 60)
            surname, former = family.family, None
        else:
            woman = rng.random() < 0.9
            age = max(20, REFERENCE_YEAR - partner.birth.year - 4 + int(rng.random() * 9))
            surname, former = self._surname_of_partner(family)
        return self._person(family, woman=woman, age=age, surname=surname, former_family=former)

    def _surname_of_partner(self, family: _Family) -> tuple[str, str | None]:
        """The same surname, the same since a marriage, or their own."""
        rng, surnames = self._rng, family.community.surnames
        own = common(rng, surnames)
        draw = rng.random()
        if draw < 0.5:
            return family.family, None
        return (family.family, own) if draw < 0.65 else (own, None)

    def _children(self, family: _Family, father: Person, count: int) -> list[Person]:
        """Those old enough to shop alone. Some are twins, some sons bear their father's name."""
        rng, children = self._rng, list[Person]()
        for _ in range(count):
            age = min(REFERENCE_YEAR - father.birth.year - 20, 14 + int(rng.random() * 14))
            if age < 14:
                continue
            woman = rng.random() < 0.5
            taken = {father.given, *(other.given for other in children)}
            child = self._person(family, woman=woman, age=age, surname=family.family, taken=taken)
            if children and rng.random() < TWIN_SHARE:
                children[-1].twin = True
                child = replace(child, birth=children[-1].birth, twin=True)
            elif self._takes_after(father, woman, family, children):
                child = replace(child, given=father.given, namesake=True)
            children.append(child)
        return children

    def _takes_after(self, father: Person, woman: bool, family: _Family, children: Sequence[Person]) -> bool:
        """Whether a son gets his father's name, which only one of the sons can."""
        if woman or father.given not in family.community.men or any(child.namesake for child in children):
            return False
        return self._rng.random() < NAMESAKE_SHARE

    def _tell_apart(self, members: list[Person]) -> None:
        """A father whose son bears his name is marked, too; some of both are told apart by Sr and Jr."""
        sons = [person for person in members if person.namesake]
        if not sons:
            return
        members[0].namesake = True
        if self._rng.random() < 0.4:
            members[0].suffix = "Sr"
            for son in sons:
                son.suffix = "Jr"

    def _person(
        self,
        family: _Family,
        *,
        woman: bool,
        age: int,
        surname: str,
        former_family: str | None = None,
        taken: AbstractSet[str] = frozenset(),
    ) -> Person:
        rng = self._rng
        pool = family.community.women if woman else family.community.men
        given = common(rng, pool)
        while given in taken:
            given = common(rng, pool)
        birth = date(REFERENCE_YEAR - age, 1, 1) + timedelta(days=int(rng.random() * 365))
        regular = rng.random() < REGULAR_SHARE
        member = rng.random() < (0.6 if regular else 0.04)
        index = self._people
        self._people += 1
        mobile, recycled, former_mobile = self._mobiles(family.home.country)
        return Person(
            index=index,
            household=family.number,
            given=given,
            family=surname,
            birth=birth,
            emails=self._emails(family, given, surname, birth.year),
            mobile=mobile,
            landline=family.landline,
            address=family.address,
            cards=self._purse(family),
            loyalty_card=self._loyalty_card() if member else None,
            home=family.home.branch,
            interval_days=self._interval(regular),
            regularity=2.0 + 8.0 * rng.random() if regular else 1.0,
            online_share=0.15 + 0.75 * rng.random() if rng.random() < 0.35 else 0.0,
            taste=int(rng.random() * 1_000_000),
            former_family=former_family,
            former_address=family.former_address,
            former_mobile=former_mobile,
            recycled=recycled,
        )

    def _mobiles(self, country: str) -> tuple[str, bool, str | None]:
        """The number, whether it was somebody else's before, and the number the person had before, if any."""
        rng = self._rng
        former = self._contacts.mobile(country) if rng.random() < 0.04 else None
        if former is not None:
            self._given_up.append(former)
        if rng.random() < 0.025 and len(self._given_up) > QUIET_NUMBERS:
            return self._given_up.popleft(), True, former
        return self._contacts.mobile(country), False, former

    def _interval(self, regular: bool) -> float:
        """Days between visits: about a fortnight for regulars, most of a year for passers-by."""
        draw = 1.0 - self._rng.random()
        if regular:
            return 3.0 + 11.0 * exp(0.7 * self._rng.gauss(0.0, 1.0))
        return 40.0 - 260.0 * log(draw)

    def _emails(self, family: _Family, given: str, surname: str, year: int) -> tuple[str, ...]:
        rng = self._rng
        own = self._contacts.email(rng, given, surname, year)
        if family.shared_email is not None and rng.random() < 0.6:
            return (family.shared_email,) if rng.random() < 0.4 else (family.shared_email, own)
        return (own, self._contacts.email(rng, given, surname, year + 1)) if rng.random() < 0.3 else (own,)

    def _purse(self, family: _Family) -> tuple[int, ...]:
        rng = self._rng
        own = (self._card(),) if rng.random() < 0.7 else (self._card(), self._card())
        return (*own, family.joint_card) if family.joint_card is not None and rng.random() < 0.8 else own

    def _loyalty_card(self) -> str:
        self._loyalty += 1
        return f"L{self._loyalty:07d}"
