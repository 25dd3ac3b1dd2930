"""What happens in a shop, as it truly was: sales, returns, customer accounts, and the happenings that carry them.

Amounts are minor units of the branch's currency and include VAT; quantities are thousandths; times are Unix
milliseconds. Sales and accounts change while the demo runs: whoever renders a happening does so before asking for
the next one.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from msgspec import Struct, field

from .catalogue import Product
from .people import Address, Person
from .world import Branch, Staff, System

TenderKind = Literal["card", "cash", "gift_card"]


class RecordKey(NamedTuple):
    """The customer record a source makes of a sale or an account: the first key it knows."""

    source: str
    kind: str
    value: str

    @property
    def named(self) -> tuple[str, str]:
        """Source and external id; a record keyed otherwise shows as `kind:value`."""
        return self.source, self.value if self.kind == "external_id" else f"{self.kind}:{self.value}"


class Account(Struct, eq=False):
    """A customer as a vendor's system knows them, mistakes included. `id` is the vendor's."""

    system: System
    number: int
    id: str
    person: Person
    given: str | None
    family: str | None
    email: str | None
    phone: str | None
    address: Address | None
    birth: date | None
    loyalty_card: str | None
    registered: bool
    consent: bool
    outdated: bool
    created_ms: int
    updated_ms: int
    version: int = 0
    orders: int = 0
    spent_minor: int = 0

    @property
    def record(self) -> RecordKey:
        """The record this account becomes."""
        return RecordKey(self.system, "external_id", self.id)


class Line(Struct, gc=False):
    """One line of a sale; `number` counts from 1 within it. `back_milli` is what has been returned since."""

    number: int
    product: Product
    quantity_milli: int
    unit_minor: int
    discount_minor: int
    total_minor: int
    tax_minor: int
    tax_per_mille: int
    back_milli: int = 0

    @property
    def gross_minor(self) -> int:
        """Price times quantity, before discount."""
        return self.total_minor + self.discount_minor


class Payment(Struct, gc=False):
    """Money that changed hands for a sale."""

    number: int
    amount_minor: int
    at_ms: int


class Sale(Struct, eq=False):
    """A receipt. `record` is where the system must count it, None for a sale nobody can be named for.

    `exchange` holds what was brought back in the same breath; the customer pays the difference. `cancelled` is the
    refund Shopify books when it cancels an order that was paid.
    """

    number: int
    branch: Branch
    till: int
    staff: Staff | None
    person: Person
    at_ms: int
    updated_ms: int
    lines: list[Line]
    coupon: str | None
    tender: TenderKind
    card: int | None
    account: Account | None
    receipt_email: str | None
    record: RecordKey | None
    customer_on_order: bool
    presentment: str
    shipping_minor: int = 0
    version: int = 1
    state: Literal["open", "completed", "voided"] = "completed"
    fulfilled: bool = False
    payments: list[Payment] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    exchange: Return | None = None
    cancelled: Return | None = None

    @property
    def total_minor(self) -> int:
        """What the goods and their carriage cost."""
        return sum(line.total_minor for line in self.lines) + self.shipping_minor

    @property
    def tax_minor(self) -> int:
        """The VAT inside the total."""
        return sum(line.tax_minor for line in self.lines)

    @property
    def discount_minor(self) -> int:
        """What was taken off."""
        return sum(line.discount_minor for line in self.lines)

    @property
    def paid_minor(self) -> int:
        """What was paid, less nothing: refunds are told by the returns."""
        return sum(payment.amount_minor for payment in self.payments)


class Return(Struct, eq=False):
    """Goods brought back. `original` is None without a receipt. `lines` number as in the original, where known.

    `exchanged` when other goods were taken for them, so that no money is refunded.
    """

    number: int
    branch: Branch
    till: int
    staff: Staff | None
    person: Person
    at_ms: int
    original: Sale | None
    lines: list[Line]
    account: Account | None
    card: int | None
    record: RecordKey | None
    exchanged: bool = False

    @property
    def total_minor(self) -> int:
        """What is given back."""
        return sum(line.total_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        """The VAT inside the total."""
        return sum(line.tax_minor for line in self.lines)


class Cart(Struct, eq=False):
    """An online basket at the checkout. It may become a sale or be left."""

    number: int
    branch: Branch
    person: Person
    account: Account | None
    email: str
    at_ms: int
    lines: list[Line]

    @property
    def record(self) -> RecordKey:
        """Somebody known, or just an address."""
        if self.account is not None:
            return self.account.record
        return RecordKey(self.branch.system, "email", self.email.lower())


class Opened(Struct, gc=False):
    """A branch appears in its till system."""

    branch: Branch
    at_ms: int


class Published(Struct, gc=False):
    """The catalogue appears in the systems."""

    at_ms: int


class Hired(Struct, gc=False):
    """A member of staff appears in the till system."""

    staff: Staff
    branch: Branch
    at_ms: int


class AccountSaved(Struct, gc=False):
    """An account was created or changed. `enrolled` when a loyalty card came with it."""

    account: Account
    created: bool
    enrolled: bool
    at_ms: int


class CartStarted(Struct, gc=False):
    """Somebody reached the checkout."""

    cart: Cart
    at_ms: int


class Sold(Struct, gc=False):
    """A sale; state `open` when the payment was authorised but will be cancelled."""

    sale: Sale
    at_ms: int


class Edited(Struct, gc=False):
    """Lines were added to a sale that was done; they and their payment are the last ones of it."""

    sale: Sale
    added: list[Line]
    at_ms: int


class Voided(Struct, gc=False):
    """A sale was cancelled. `counted` tells whether it had been a completed sale before."""

    sale: Sale
    counted: bool
    at_ms: int


class Fulfilled(Struct, gc=False):
    """An online order left the warehouse: a new version of it with the same money."""

    sale: Sale
    at_ms: int


class Returned(Struct, gc=False):
    """Goods came back; not used for exchanges, which are sales."""

    back: Return
    at_ms: int


Happening = (
    Opened | Published | Hired | AccountSaved | CartStarted | Sold | Edited | Voided | Fulfilled | Returned
)
