"""How customers get into the vendors' systems: typed in by staff at a till, or by themselves on the web.

Square lets staff open the same person twice and takes any text for a contact. Shopify keeps one customer per e-mail
address, so a family that shares an address shares a customer there.
"""

from __future__ import annotations

from random import Random
from typing import Final

from .ids import Ids
from .people import Person
from .retail import Account
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
from .world import INVENTED_EMAILS, INVENTED_PHONES, Branch, System

DUPLICATE_SHARE: Final = 0.06
"""How often staff open a second account although there is one."""
SHOPIFY_CUSTOMER_BASE: Final = 7_104_000_000_000
SHOPIFY_STEP: Final = 32_768


class Accounts:
    """All accounts of both systems, opened as people are first served."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
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
        outdated = is_outdated(rng, person)
        account = self._open(
            "shopify",
            person,
            at_ms,
            given=person.given.lower() if rng.random() < 0.04 else person.given,
            family=family_of(person, outdated=outdated),
            email=email,
            phone=person.mobile if rng.random() < 0.7 else None,
        )
        account.address = address_of(person, outdated=outdated)
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
        given, family, _ = name_as_typed(rng, person, outdated=is_outdated(rng, person))
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
        outdated = is_outdated(rng, person)
        given, family, _ = name_as_typed(rng, person, outdated=outdated)
        email, _ = email_as_typed(rng, person, INVENTED_EMAILS)
        phone, _ = phone_as_typed(rng, person, (branch.phone, *INVENTED_PHONES))
        if email is None and phone is None:
            phone = person.mobile
        account = self._open("square", person, at_ms, given=given, family=family, email=email, phone=phone)
        if rng.random() < 0.12:
            account.address = address_as_typed(rng, address_of(person, outdated=outdated))
        account.birth = birth_as_typed(rng, person.birth)[0] if rng.random() < 0.25 else None
        account.loyalty_card = person.loyalty_card if rng.random() < 0.95 else None
        account.outdated = outdated
        account.consent = rng.random() < 0.35
        return account

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
