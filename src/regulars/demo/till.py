"""A visit: the basket, how it is paid, and whether the shop learns who it was."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from .accounts import Accounts
from .basket import COUPON, SHIPPING_FREE_FROM_MINOR, SHIPPING_MINOR, Baskets
from .hours import month_of
from .ids import Ids
from .people import Person
from .retail import (
    Account,
    AccountSaved,
    Cart,
    CartStarted,
    Happening,
    Line,
    Payment,
    RecordKey,
    Sale,
    Sold,
    TenderKind,
)
from .world import Branch, Staff, World

CARD_SHARE: Final = 0.82
CASH_SHARE: Final = 0.15
ABANDONED_SHARE: Final = 0.3
CANCELLED_AT_TILL_SHARE: Final = 0.012
FOREIGN_PRESENTMENT: Final = {"FR": "EUR"}

Basket = tuple[list[Line], str | None]
"""Lines and the coupon used on all of them."""


class Till:
    """Serves people at tills and on the web. `last_sale` is the sale of the visit just served, if one came of it."""

    def __init__(self, world: World, rng: Random, accounts: Accounts) -> None:
        self._world = world
        self._rng = rng
        self._accounts = accounts
        self._baskets = Baskets(world.catalogue)
        self._sales = 0
        self._payments = 0
        self._carts = 0
        self.last_sale: Sale | None = None

    def skip_to(self, number: int) -> None:
        """Go on numbering from here: what was numbered in a run nobody remembers must not be numbered again."""
        self._sales = self._payments = self._carts = number

    def visit(self, person: Person, branch: Branch, at_ms: int) -> Iterator[Happening]:
        """Everything one visit sets off at once."""
        self.last_sale = None
        if branch.online:
            yield from self._online(person, branch, at_ms)
        else:
            yield from self._in_shop(person, branch, at_ms)

    def _in_shop(self, person: Person, branch: Branch, at_ms: int) -> Iterator[Happening]:
        account, saved = self.recognise(person, branch, at_ms)
        if saved is not None:
            yield saved
        sale = self.sell(person, branch, at_ms, account, self.fill(person, branch, at_ms, account))
        if (
            branch.system == "square"
            and sale.tender == "card"
            and self._rng.random() < CANCELLED_AT_TILL_SHARE
        ):
            sale.state = "open"
        yield from self._done(sale)

    def _online(self, person: Person, branch: Branch, at_ms: int) -> Iterator[Happening]:
        account, opened = self._accounts.serve(self._rng, branch, person, at_ms)
        basket = self.fill(person, branch, at_ms, account)
        left = self._rng.random() < ABANDONED_SHARE
        if left or self._rng.random() < 0.5:
            self._carts += 1
            known = None if opened else account
            yield CartStarted(
                Cart(self._carts, branch, person, known, account.email or person.emails[0], at_ms, basket[0]),
                at_ms,
            )
        if opened:
            yield AccountSaved(account, created=True, enrolled=False, at_ms=at_ms)
        if not left:
            yield from self._done(self.sell(person, branch, at_ms, account, basket))

    def _done(self, sale: Sale) -> Iterator[Happening]:
        self.last_sale = sale
        if sale.account is not None and sale.state == "completed":
            sale.account.orders += 1
            sale.account.spent_minor += sale.total_minor
        yield Sold(sale, sale.at_ms)

    def recognise(
        self, person: Person, branch: Branch, at_ms: int
    ) -> tuple[Account | None, AccountSaved | None]:
        """The account shown or asked for at the till, if any, and its opening when it is new."""
        wish = 0.78 if person.loyalty_card else 0.1 if person.regularity > 1.0 else 0.03
        if self._rng.random() >= wish:
            return None, None
        account, opened = self._accounts.serve(self._rng, branch, person, at_ms)
        if not opened:
            return account, None
        enrolled = account.loyalty_card is not None
        return account, AccountSaved(account, created=True, enrolled=enrolled, at_ms=at_ms)

    def fill(self, person: Person, branch: Branch, at_ms: int, account: Account | None) -> Basket:
        """A basket; known customers now and then have a coupon."""
        coupon = account is not None and self._rng.random() < 0.06
        lines = self._baskets.fill(self._rng, person, branch, month_of(at_ms), coupon=coupon)
        return lines, COUPON if coupon else None

    def sell(
        self, person: Person, branch: Branch, at_ms: int, account: Account | None, basket: Basket
    ) -> Sale:
        """A sale, paid in full."""
        rng = self._rng
        lines, coupon = basket
        tender = "card" if branch.online else self._tender()
        card = person.cards[int(rng.random() * len(person.cards))] if tender == "card" else None
        receipt_email = self._receipt_email(person, branch, account)
        goods_minor = sum(line.total_minor for line in lines)
        self._sales += 1
        sale = Sale(
            number=self._sales,
            branch=branch,
            till=1 + int(rng.random() * branch.tills),
            staff=self.staff(branch),
            person=person,
            at_ms=at_ms,
            updated_ms=at_ms,
            lines=lines,
            coupon=coupon,
            tender=tender,
            card=card,
            account=account,
            receipt_email=receipt_email,
            record=self.record(branch, account, card, receipt_email),
            customer_on_order=rng.random() < 0.6,
            presentment=FOREIGN_PRESENTMENT.get(person.address.country, "GBP")
            if branch.online
            else branch.currency,
            shipping_minor=SHIPPING_MINOR if branch.online and goods_minor < SHIPPING_FREE_FROM_MINOR else 0,
        )
        sale.payments.append(self.payment(sale.total_minor, at_ms))
        return sale

    def payment(self, amount_minor: int, at_ms: int) -> Payment:
        """The next payment."""
        self._payments += 1
        return Payment(self._payments, amount_minor, at_ms)

    def next_number(self) -> int:
        """The next order number; returns are orders too."""
        self._sales += 1
        return self._sales

    def staff(self, branch: Branch) -> Staff | None:
        """Whoever is at the till; nobody on the web."""
        return branch.staff[int(self._rng.random() * len(branch.staff))] if branch.staff else None

    def record(
        self, branch: Branch, account: Account | None, card: int | None, receipt_email: str | None
    ) -> RecordKey | None:
        """The record a sale belongs to, by what the vendor tells of it. Shopify tells of no cards."""
        if account is not None:
            return account.record
        if branch.system == "square" and card is not None:
            return RecordKey("square", "payment_token", fingerprint(self._world.ids, card))
        if receipt_email is not None:
            return RecordKey(branch.system, "email", receipt_email.lower())
        return None

    def _tender(self) -> TenderKind:
        draw = self._rng.random()
        return "card" if draw < CARD_SHARE else "cash" if draw < CARD_SHARE + CASH_SHARE else "gift_card"

    def _receipt_email(self, person: Person, branch: Branch, account: Account | None) -> str | None:
        if account is not None or branch.system == "shopify" or self._rng.random() >= 0.15:
            return None
        return person.emails[0]


def fingerprint(ids: Ids, card: int) -> str:
    """Square's name for a payment card."""
    return f"sq-1-{ids.mixed('card', card, 60)}"
