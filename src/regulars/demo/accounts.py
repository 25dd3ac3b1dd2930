"""How customers get into the vendors' systems: typed in by staff at a till, or by themselves on the web.

Square lets staff open the same person twice and takes any text for a contact. Shopify keeps one customer per e-mail
address, so a family that shares an address shares a customer there.
"""

from __future__ import annotations

from random import Random
from typing import Final

from .contacts import FILLER_EMAILS, FILLER_PHONES, email_typo, folded, phone_as_written, phone_typo, typo
from .ids import Ids
from .names import NICKNAMES
from .people import Person
from .retail import Account
from .world import Branch, System

DUPLICATE_SHARE: Final = 0.06
"""How often staff open a second account although there is one."""
SHOPIFY_CUSTOMER_BASE: Final = 7_104_000_000_000
SHOPIFY_STEP: Final = 32_768


class Accounts:
    """All accounts of both systems, opened as people are first served."""

    def __init__(self, ids: Ids, chain_email: str) -> None:
        self._ids = ids
        self._chain_email = chain_email
        self._by_person: dict[tuple[System, int], list[Account]] = {}
        self._shopify_by_email: dict[str, Account] = {}
        self._opened = 0
        self.by_id: dict[str, Account] = {}

    def skip_to(self, number: int) -> None:
        """Go on numbering from here."""
        self._opened = number

    def of(self, system: System, person: Person) -> list[Account]:
        """The accounts a person has at a system, oldest first."""
        return self._by_person.get((system, person.index), [])

    def serve(self, rng: Random, branch: Branch, person: Person, at_ms: int) -> tuple[Account, bool]:
        """The account to put a visit on, and whether it was opened for it."""
        if branch.online:
            return self._online(rng, person, at_ms)
        known = self.of(branch.system, person)
        if known and rng.random() >= (DUPLICATE_SHARE if branch.system == "square" else 0.0):
            return known[int(rng.random() * len(known))], False
        if branch.system == "shopify":
            return self._at_shopify_till(rng, branch, person, at_ms)
        return self._typed_by_staff(rng, branch, person, at_ms), True

    def correct(self, account: Account, at_ms: int) -> None:
        """A customer tells their new name and address."""
        account.family = account.person.family
        account.address = account.person.address if account.address is not None else None
        account.outdated = False
        account.updated_ms = at_ms
        account.version += 1

    def _online(self, rng: Random, person: Person, at_ms: int) -> tuple[Account, bool]:
        """By e-mail: the one mostly used, now and then the other one."""
        emails = person.emails
        email = emails[-1] if rng.random() < 0.85 else emails[0]
        known = self._shopify_by_email.get(email)
        if known is not None:
            return known, False
        outdated = _outdated(rng, person)
        account = self._open(
            "shopify",
            person,
            at_ms,
            given=person.given.lower() if rng.random() < 0.04 else person.given,
            family=_family(person, outdated),
            email=email,
            phone=person.mobile if rng.random() < 0.7 else None,
        )
        account.address = person.former_address if outdated and person.former_address else person.address
        account.outdated = outdated
        account.registered = rng.random() < 0.55
        account.consent = rng.random() < 0.4
        return account, True

    def _at_shopify_till(
        self, rng: Random, branch: Branch, person: Person, at_ms: int
    ) -> tuple[Account, bool]:
        email = person.emails[0]
        known = self._shopify_by_email.get(email)
        if known is not None:
            return known, False
        given, family = _name_as_typed(rng, person, _outdated(rng, person))
        account = self._open(
            "shopify",
            person,
            at_ms,
            given=given,
            family=family,
            email=email if rng.random() < 0.75 else None,
            phone=person.mobile,
        )
        account.loyalty_card = person.loyalty_card
        account.consent = rng.random() < 0.3
        return account, True

    def _typed_by_staff(self, rng: Random, branch: Branch, person: Person, at_ms: int) -> Account:
        outdated = _outdated(rng, person)
        given, family = _name_as_typed(rng, person, outdated)
        email, phone = self._email_as_typed(rng, person), _phone_as_typed(rng, person, branch)
        if email is None and phone is None:
            phone = person.mobile
        account = self._open("square", person, at_ms, given=given, family=family, email=email, phone=phone)
        if rng.random() < 0.12:
            account.address = person.former_address if outdated and person.former_address else person.address
        account.birth = person.birth if rng.random() < 0.25 else None
        account.loyalty_card = person.loyalty_card if rng.random() < 0.95 else None
        account.outdated = outdated
        account.consent = rng.random() < 0.35
        return account

    def _email_as_typed(self, rng: Random, person: Person) -> str | None:
        draw = rng.random()
        email = person.emails[0] if rng.random() < 0.8 else person.emails[-1]
        if draw < 0.36:
            return None
        if draw < 0.38:
            return FILLER_EMAILS[int(rng.random() * len(FILLER_EMAILS))]
        if draw < 0.385:
            return self._chain_email
        if draw < 0.405:
            return email_typo(rng, email)
        return email.title() if draw < 0.47 else email

    def _open(
        self,
        system: System,
        person: Person,
        at_ms: int,
        *,
        given: str | None,
        family: str | None,
        email: str | None,
        phone: str | None,
    ) -> Account:
        number = self._opened
        self._opened += 1
        square = system == "square"
        account = Account(
            system=system,
            number=number,
            id=self._ids.token("customer", number, 26)
            if square
            else str(SHOPIFY_CUSTOMER_BASE + number * SHOPIFY_STEP),
            person=person,
            given=given,
            family=family,
            email=email,
            phone=phone,
            address=None,
            birth=None,
            loyalty_card=None,
            registered=False,
            consent=False,
            outdated=False,
            created_ms=at_ms,
            updated_ms=at_ms,
        )
        self._by_person.setdefault((system, person.index), []).append(account)
        self.by_id[account.id] = account
        if not square and email is not None:
            self._shopify_by_email[email] = account
        return account


def _outdated(rng: Random, person: Person) -> bool:
    """Whether someone who married or moved still goes by the old details here."""
    changed = person.former_family is not None or person.former_address is not None
    return changed and rng.random() < 0.5


def _family(person: Person, outdated: bool) -> str:
    return person.former_family if outdated and person.former_family else person.family


def _name_as_typed(rng: Random, person: Person, outdated: bool) -> tuple[str | None, str | None]:
    """Nicknames, initials, lost accents, capitals, slips, swapped or missing names."""
    given: str | None = person.given
    family: str | None = _family(person, outdated)
    assert given is not None and family is not None
    draw = rng.random()
    if draw < 0.08:
        given = NICKNAMES.get(given, given)
    elif draw < 0.1:
        given = given[:1]
    elif draw < 0.13:
        given = typo(rng, given)
    elif draw < 0.16:
        family = typo(rng, family)
    elif draw < 0.19:
        given, family = given.upper(), family.upper()
    elif draw < 0.2:
        given, family = family, given
    elif draw < 0.23:
        return given, None
    if not given.isascii() and rng.random() < 0.5:
        given = folded(given).capitalize()
    if not family.isascii() and rng.random() < 0.5:
        family = folded(family).capitalize()
    return given, family


def _phone_as_typed(rng: Random, person: Person, branch: Branch) -> str | None:
    draw = rng.random()
    number = person.landline if person.landline is not None and rng.random() < 0.2 else person.mobile
    if draw < 0.38:
        return None
    if draw < 0.395:
        return FILLER_PHONES[0]
    if draw < 0.405:
        return branch.phone
    if draw < 0.41:
        return phone_typo(rng, number)
    return phone_as_written(rng, number)
