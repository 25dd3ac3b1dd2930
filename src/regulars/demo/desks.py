"""Where a chain writes customers down, and what its systems then hold of a household.

Tills, the web shop, an older list of a mail-order desk and a tablet in the shop; and what people leave behind who
give no name: a payment card, an address at the checkout or for a receipt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from msgspec import Struct, field

from regulars.vocabulary.events import Address, Customer

from . import people
from .cases import (
    EMAIL_TYPO,
    GUEST,
    HOUSEHOLD,
    JOINT_CARD,
    KIOSK,
    MARRIED,
    MOVED,
    NAMESAKES,
    RECYCLED,
    SHARED_EMAIL,
    SHARED_PHONE,
    TWINS,
)
from .contacts import email_typo, phone_as_written
from .ids import Ids
from .people import Person
from .retail import RecordKey
from .slips import (
    address_as_typed,
    address_of,
    birth_as_typed,
    email_as_typed,
    family_of,
    is_outdated,
    name_as_typed,
    phone_as_typed,
)
from .till import fingerprint
from .world import INVENTED_EMAILS, INVENTED_PHONES, shop_phone

COUNTS: Final = (1, 2, 3, 4, 5, 6)
COUNT_SHARES: Final = (60, 26, 9, 3, 1, 1)
"""Records a person has: 1.6 on average."""


class Held(Struct, gc=False):
    """A record of a person and why it is hard."""

    record: RecordKey
    person: Person
    customer: Customer
    cases: set[str]


class _Household(Struct):
    """The members of a household, and which keys they have used up."""

    members: Sequence[Person]
    held: list[Held] = field(default_factory=list)
    used: set[tuple[str, str]] = field(default_factory=set)

    def first_use(self, source: str, value: str) -> bool:
        """Whether a system has no record under this value yet; from now on it has."""
        if (source, value) in self.used:
            return False
        self.used.add((source, value))
        return True


class Desks:
    """Writes households down, one after the other; numbers count up from zero."""

    def __init__(self, rng: Random, ids: Ids) -> None:
        self._rng = rng
        self._ids = ids
        self._numbers: dict[str, int] = {}
        shares: dict[Callable[[_Household, Person], Held | None], int] = {
            self._till: 36, self._web: 25, self._list: 14, self._card: 14, self._checkout: 3, self._receipt: 3,
            self._tablet: 5,
        }  # fmt: skip
        self._desks, self._shares = list(shares), list(shares.values())

    def write_down(self, members: Sequence[Person]) -> list[Held]:
        """The records of a household: one to six of everybody, at desks drawn at random."""
        rng, home = self._rng, _Household(members)
        for person in members:
            for _ in range(rng.choices(COUNTS, COUNT_SHARES)[0]):
                desk = rng.choices(self._desks, self._shares)[0]
                held = desk(home, person) or self._till(home, person)
                held.cases |= self._shared(home, held)
                home.held.append(held)
        return home.held

    def _numbered(self, source: str) -> RecordKey:
        number = self._numbers.get(source, 0)
        self._numbers[source] = number + 1
        return RecordKey(source, "external_id", self._ids.token(f"record {source}", number, 16))

    def _till(self, home: _Household, person: Person) -> Held:
        """Typed by staff in a hurry."""
        rng, outdated = self._rng, is_outdated(self._rng, person)
        given, family, name_slip = name_as_typed(rng, person, outdated=outdated)
        email, email_slip = email_as_typed(rng, person, INVENTED_EMAILS)
        phone, phone_slip = phone_as_typed(
            rng, person, (shop_phone(person.address.country, person.home), *INVENTED_PHONES)
        )
        if email is None and phone is None:
            phone, phone_slip = person.mobile, ""
        customer = Customer(given_name=given, family_name=family, email=email, phone=phone)
        cases = {name_slip, email_slip, phone_slip}
        if outdated and person.former_family:
            cases.add(MARRIED)
        if rng.random() < 0.12:
            self._add_address(customer, person, cases, outdated=outdated)
        if rng.random() < 0.25:
            self._add_birth(customer, person, cases)
        if rng.random() < 0.35:
            customer.payment_token = self._token(person)
        if rng.random() < 0.95:
            customer.loyalty_card = person.loyalty_card
        return self._held(self._numbered("square"), person, customer, cases)

    def _web(self, home: _Household, person: Person) -> Held | None:
        """By the customers themselves; one record for each mail address."""
        rng, outdated = self._rng, is_outdated(self._rng, person)
        email = person.emails[-1] if rng.random() < 0.85 else person.emails[0]
        if not home.first_use("shopify", email):
            return None
        customer = Customer(
            given_name=person.given.lower() if rng.random() < 0.04 else person.given,
            family_name=family_of(person, outdated=outdated),
            email=email,
            phone=self._number(home, person) if rng.random() < 0.7 else None,
        )
        cases = {MARRIED} if outdated and person.former_family else set[str]()
        if rng.random() < 0.8:
            self._add_address(customer, person, cases, outdated=outdated)
        if rng.random() < 0.5:
            customer.anonymous_id = customer.device = person.device
        if rng.random() < 0.3:
            customer.loyalty_card = person.loyalty_card
        return self._held(self._numbered("shopify"), person, customer, cases)

    def _list(self, home: _Household, person: Person) -> Held | None:
        """A card in a drawer of the mail-order desk, years old."""
        rng = self._rng
        if not home.first_use("crm", person.id):
            return None
        outdated = rng.random() < 0.8
        given, family, slip = name_as_typed(rng, person, outdated=outdated)
        customer = Customer(given_name=given, family_name=family)
        cases = {slip, MARRIED if outdated and person.former_family else ""}
        self._add_address(customer, person, cases, outdated=outdated)
        if rng.random() < 0.7:
            self._add_birth(customer, person, cases)
        if rng.random() < 0.45:
            customer.email = person.emails[0]
        if rng.random() < 0.55:
            customer.phone = person.landline or person.former_mobile or person.mobile
        if rng.random() < 0.6:
            customer.loyalty_card = person.loyalty_card
        return self._held(self._numbered("crm"), person, customer, cases)

    def _tablet(self, home: _Household, person: Person) -> Held:
        """Signed up in the shop, at a tablet whose browser everybody shares."""
        rng = self._rng
        kiosk = f"kiosk-{person.home}"
        customer = Customer(
            given_name=person.given, family_name=person.family, anonymous_id=kiosk, device=kiosk
        )
        cases = {KIOSK}
        if rng.random() < 0.7:
            customer.email, slip = person.emails[0], ""
            if rng.random() < 0.06:
                customer.email, slip = email_typo(rng, person.emails[0]), EMAIL_TYPO
            cases.add(slip)
        else:
            customer.phone = phone_as_written(rng, self._number(home, person))
        return self._held(self._numbered("kiosk"), person, customer, cases)

    def _card(self, home: _Household, person: Person) -> Held | None:
        """Paid by card without a word; one in seven wants the receipt by mail."""
        token = self._token(person)
        if not home.first_use("card", token):
            return None
        customer = Customer(
            payment_token=token, email=person.emails[0] if self._rng.random() < 0.15 else None
        )
        return self._held(RecordKey("square", "payment_token", token), person, customer, {GUEST})

    def _checkout(self, home: _Household, person: Person) -> Held | None:
        """Left on the way to paying: an address, and half the time already the name."""
        held = self._mail_alone("shopify", home, person)
        if held is not None and self._rng.random() < 0.5:
            held.customer.given_name, held.customer.family_name = person.given, person.family
        return held

    def _receipt(self, home: _Household, person: Person) -> Held | None:
        """Paid in cash, with a receipt by mail."""
        return self._mail_alone("square", home, person)

    def _mail_alone(self, source: str, home: _Household, person: Person) -> Held | None:
        email = person.emails[0].lower()
        if not home.first_use(f"{source} guest", email):
            return None
        return self._held(RecordKey(source, "email", email), person, Customer(email=email), {GUEST})

    def _number(self, home: _Household, person: Person) -> str:
        """Their own mobile; now and then that of the head of the household, as children and partners give."""
        return home.members[0].mobile if self._rng.random() < 0.06 else person.mobile

    def _token(self, person: Person) -> str:
        return fingerprint(self._ids, person.cards[int(self._rng.random() * len(person.cards))])

    def _add_address(self, customer: Customer, person: Person, cases: set[str], *, outdated: bool) -> None:
        customer.address = _ours(address_as_typed(self._rng, address_of(person, outdated=outdated)))
        if outdated and person.former_address is not None:
            cases.add(MOVED)

    def _add_birth(self, customer: Customer, person: Person, cases: set[str]) -> None:
        customer.birth_date, slip = birth_as_typed(self._rng, person.birth)
        cases.add(slip)

    def _shared(self, home: _Household, held: Held) -> set[str]:
        """Which of the details written down are, or were, somebody else's too."""
        person, customer = held.person, held.customer
        others = [other for other in home.members if other is not person]
        found = _cases_of(home.members, person)
        email = (customer.email or "").lower()
        if any(email in other.emails for other in others):
            found.add(SHARED_EMAIL)
        if any(_is(customer.phone, number) for other in others for number in (other.mobile, other.landline)):
            found.add(SHARED_PHONE)
        cards = {card for other in others for card in other.cards}.intersection(person.cards)
        if any(customer.payment_token == fingerprint(self._ids, card) for card in cards):
            found.add(JOINT_CARD)
        if _is(customer.phone, person.former_mobile) or (
            person.recycled and _is(customer.phone, person.mobile)
        ):
            found.add(RECYCLED)
        return found

    def _held(self, record: RecordKey, person: Person, customer: Customer, cases: set[str]) -> Held:
        if record.kind == "external_id":
            customer.external_id = record.value
        return Held(record, person, customer, cases - {""})


def _cases_of(members: Sequence[Person], person: Person) -> set[str]:
    """What is hard about a person, whatever is written of them."""
    found = {HOUSEHOLD} if len(members) > 1 else set()
    found |= {TWINS} if person.twin else set()
    return found | ({NAMESAKES} if person.namesake else set())


def _is(written: str | None, number: str | None) -> bool:
    """Whether a number was written, in whatever form: the last nine digits tell."""
    return bool(written and number) and _digits(written) == _digits(number)


def _digits(number: str | None) -> str:
    return "".join(filter(str.isdigit, number or ""))[-9:]


def _ours(address: people.Address) -> Address:
    return Address(line1=address.line1, city=address.city, postcode=address.postcode, country=address.country)
