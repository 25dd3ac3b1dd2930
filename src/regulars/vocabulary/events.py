"""What a source says: the public event and its parts, as the API takes it and connectors make it.

Amounts are integer minor units of the sale's currency; times carry an offset; quantities are decimals with
at most six places. Unknown fields are ignored here but kept, sealed, in the log.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from msgspec import Meta, Struct, field

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=500)]
LongText = Annotated[str, Meta(max_length=10_000)]
Minor = Annotated[int, Meta(ge=-(10**15), le=10**15)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$")]
TypeName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+){1,3}$", max_length=80)]
Aware = Annotated[datetime, Meta(tz=True)]

REFERRED: Final = "customer.referred"
"""The customer brought somebody, whom `properties.referred` may name by the source's own number."""
TYPES: Final = frozenset(
    """sale.completed sale.refunded sale.voided customer.updated customer.deleted customer.referred product.updated stock.updated
    payment.settled page.viewed product.viewed cart.updated message.delivered message.opened message.clicked
    message.bounced message.complained message.unsubscribed consent.given consent.withdrawn case.opened
    case.closed review.posted score.updated store.updated staff.updated source.noticed""".split()
)
CUSTOM_PREFIX: Final = "custom."
COMMAND_PREFIX: Final = "regulars."
"""Types under this prefix are our own logged commands; no door accepts them."""

EVENTS_PER_REQUEST_MAX: Final = 1_000
OCCURRED_AHEAD_SECONDS_MAX: Final = 300
LINES_PER_SALE_MAX: Final = 2_000


class Address(Struct, omit_defaults=True, gc=False):
    """A postal address; `country` is ISO 3166 alpha-2."""

    line1: Text | None = None
    line2: Text | None = None
    city: Text | None = None
    region: Text | None = None
    postcode: Text | None = None
    country: Text | None = None


class Customer(Struct, omit_defaults=True, gc=False):
    """A customer as one source knows them; every part may be absent."""

    external_id: Id | None = None
    loyalty_card: Id | None = None
    anonymous_id: Id | None = None
    payment_token: Id | None = None
    device: Id | None = None
    email: Text | None = None
    phone: Text | None = None
    given_name: Text | None = None
    family_name: Text | None = None
    birth_date: date | None = None
    address: Address | None = None
    locale: Text | None = None
    traits: dict[str, Any] | None = None


class Line(Struct, omit_defaults=True, gc=False):
    """One line of a sale. A negative quantity is a return inside the sale (an exchange)."""

    line_id: Id | None = None
    sku: Id | None = None
    name: Text | None = None
    category: Text | None = None
    brand: Text | None = None
    barcode: Id | None = None
    quantity: Decimal = Decimal(1)
    unit_price_minor: Minor = 0
    discount_minor: Minor = 0
    tax_minor: Minor = 0
    total_minor: Minor = 0
    original_line_id: Id | None = None


class Tender(Struct, omit_defaults=True, gc=False):
    """How a part of the sale was paid; `kind` such as card, cash, voucher, gift_card, points."""

    kind: Id
    amount_minor: Minor
    reference: Text | None = None


class Sale(Struct, omit_defaults=True, gc=False):
    """A receipt. For `sale.refunded`, `lines` are what came back and totals are positive.

    `receipt_unique`: the number is never used again in its till system, so that store, till and day do not matter
    (web orders).
    """

    receipt: Id
    currency: Currency
    total_minor: Minor
    tax_minor: Minor = 0
    discount_minor: Minor = 0
    shipping_minor: Minor = 0
    tip_minor: Minor = 0
    lines: Annotated[list[Line], Meta(max_length=LINES_PER_SALE_MAX)] = field(default_factory=list)
    tenders: Annotated[list[Tender], Meta(max_length=50)] = field(default_factory=list)
    coupons: Annotated[list[Id], Meta(max_length=50)] = field(default_factory=list)
    version: Annotated[int, Meta(ge=0, le=2**53)] = 1
    business_date: date | None = None
    original_receipt: Id | None = None
    original_store: Id | None = None
    original_till: Id | None = None
    original_business_date: date | None = None
    receipt_unique: bool = False


class Product(Struct, omit_defaults=True, gc=False):
    """A product as a source lists it; `sku` is its key."""

    sku: Id
    name: Text | None = None
    category: Text | None = None
    brand: Text | None = None
    barcode: Id | None = None
    price_minor: Minor | None = None
    currency: Currency | None = None
    active: bool = True


class Stock(Struct, omit_defaults=True, gc=False):
    """Units of a product at a store (the event's `store`)."""

    sku: Id
    quantity: Decimal


class Store(Struct, omit_defaults=True, gc=False):
    """A shop or a web shop; `time_zone` is an IANA name, `tax_mode` inclusive or exclusive."""

    code: Id
    name: Text | None = None
    time_zone: Text | None = None
    region: Text | None = None
    country: Text | None = None
    currency: Currency | None = None
    tax_mode: Text | None = None


class Staff(Struct, omit_defaults=True, gc=False):
    """A member of staff. Names of staff are personal data and are sealed."""

    code: Id
    given_name: Text | None = None
    family_name: Text | None = None
    email: Text | None = None
    active: bool = True


class Payment(Struct, omit_defaults=True, gc=False):
    """A payment as the payment provider tells it; joined to a sale by `receipt` where known."""

    reference: Id
    amount_minor: Minor
    currency: Currency
    status: Id = "settled"
    receipt: Id | None = None
    fee_minor: Minor | None = None


class Consent(Struct, omit_defaults=True, gc=False):
    """A yes or no for one purpose on one channel; belongs to the address when one is given."""

    channel: Id
    purpose: Id = "marketing"
    address: Text | None = None
    text: LongText | None = None


class Cart(Struct, omit_defaults=True, gc=False):
    """A basket before it is a sale."""

    reference: Id
    currency: Currency | None = None
    total_minor: Minor | None = None
    lines: Annotated[list[Line], Meta(max_length=LINES_PER_SALE_MAX)] = field(default_factory=list)
    state: Id = "open"


class Fetch(Struct, omit_defaults=True, gc=False, frozen=True):
    """A call to be made at the vendor because its message was only a hint. Holds references, never data."""

    kind: Id
    reference: Id
    version: int = 0


TELL: Final = "tell"
"""Kind of a fetch that asks nothing: the event's customer is to be told of to the source again, where it keeps points.

A connector wishes for it where the vendor has moved points on its own.
"""

LINKED: Final = COMMAND_PREFIX + "linked"
"""A person decided whether records are one person."""
PROMOTED: Final = COMMAND_PREFIX + "model_promoted"
"""Another model is at work from here on."""
REKEYED: Final = COMMAND_PREFIX + "rekeyed"
"""A page of records is matched anew by the model at work."""
PAIRS_PER_DECISION_MAX: Final = 100_000


class Decision(Struct, omit_defaults=True, gc=False):
    """What a person decided of pairs of records: together, apart, or nothing any more (null).

    The last word on a pair holds. `actor` decided, for a reason of at most 500 characters. `undoes`: the id of the
    decision this one takes back, if it does.
    """

    pairs: Annotated[list[tuple[Id, Id]], Meta(min_length=1, max_length=PAIRS_PER_DECISION_MAX)]
    together: bool | None
    actor: Id
    reason: Text = ""
    undoes: Id | None = None


class Matching(Struct, omit_defaults=True, gc=False):
    """A step of putting a model to work.

    `after`: the records up to this id are done. `keyed`: it is about their keys, else about who is one person.
    `groups`: ids of records that are clustered anew, those together that may be one person. `done`: nothing is left to
    do. `promotion`: id of the promotion that it belongs to.
    """

    model: Annotated[int, Meta(ge=0, le=32_767)]
    after: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")] = "0" * 32
    groups: list[list[str]] = field(default_factory=list)
    keyed: bool = False
    done: bool = False
    promotion: str = ""
    actor: Id = "regulars"
    reason: Text = ""


ENROLLED: Final = COMMAND_PREFIX + "enrolled"
"""A customer joined a programme, or left it, or is blocked in it."""
HELD: Final = COMMAND_PREFIX + "points_held"
"""A till reserves points."""
CAPTURED: Final = COMMAND_PREFIX + "points_captured"
"""A till spends what it reserved."""
RELEASED: Final = COMMAND_PREFIX + "points_released"
"""A till lets go what it reserved."""
ADJUSTED: Final = COMMAND_PREFIX + "points_adjusted"
"""A person gave or took points, for a reason."""
OPENED: Final = COMMAND_PREFIX + "points_opened"
"""Points brought along from another programme."""
SWEPT: Final = COMMAND_PREFIX + "points_swept"
"""The books of some members are brought up to the clock."""
BIRTHDAY: Final = COMMAND_PREFIX + "birthday"
"""Some members have their birthday."""
REVIEWED: Final = COMMAND_PREFIX + "points_reviewed"
"""A person released or refused points that were held back."""
PUBLISHED: Final = COMMAND_PREFIX + "programme_published"
"""A version of a programme holds from a time on."""
LOYALTY_TYPES: Final = frozenset(
    (ENROLLED, HELD, CAPTURED, RELEASED, ADJUSTED, OPENED, SWEPT, BIRTHDAY, REVIEWED)
)
OFFERS_HELD: Final = COMMAND_PREFIX + "offers_held"
"""A till reserves the use of promotions."""
OFFERS_RELEASED: Final = COMMAND_PREFIX + "offers_released"
"""A till lets go the use of promotions it reserved."""
OFFER_TYPES: Final = frozenset((OFFERS_HELD, OFFERS_RELEASED))
POINTS_MAX: Final = 10**12
OFFERS_PER_SALE_MAX: Final = 100
SPENDS_MAX: Final = 10


class OffLine(Struct, array_like=True, gc=False, frozen=True):
    """What came off a line."""

    line_id: Id
    amount_minor: Annotated[int, Meta(ge=0, le=10**15)]


class OfferUse(Struct, omit_defaults=True, gc=False):
    """A promotion that a basket got, in one version: `times` items or sets of it for `amount_minor` altogether.

    `code`: keyed hash of the code that was presented for it. `lines`: what of it came off which line of the sale, where
    that is known; else it is taken as shared out over all of them. The bounds are those of the version, and `code_most` how
    often the code may be used; None: without end. They stand here so that the log alone says what was within them.
    """

    promotion: Id
    version: Annotated[int, Meta(ge=1, le=10**9)]
    amount_minor: Annotated[int, Meta(ge=0, le=10**15)] = 0
    times: Annotated[int, Meta(ge=0, le=10**9)] = 1
    code: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")] | None = None
    lines: Annotated[list[OffLine], Meta(max_length=LINES_PER_SALE_MAX)] = field(default_factory=list)
    total_most: Annotated[int, Meta(ge=1)] | None = None
    day_most: Annotated[int, Meta(ge=1)] | None = None
    member_most: Annotated[int, Meta(ge=1)] | None = None
    code_most: Annotated[int, Meta(ge=1)] | None = None
    budget_minor: Annotated[int, Meta(ge=1)] | None = None


class Spend(Struct, omit_defaults=True, gc=False):
    """A hold that a sale captures: `amount` of it, all where it is not said.

    Without a `hold` a till let points be spent that it could not ask about: of `amount` points of a type the member
    pays no more than `limit`, and the shop the rest. `late`: the sale may be told after the hold's time though it was
    made within it, as a web shop's is.
    """

    hold: Id | None = None
    amount: Annotated[int, Meta(ge=0, le=POINTS_MAX)] | None = None
    point: Id | None = None
    limit: Annotated[int, Meta(ge=0, le=POINTS_MAX)] = 0
    late: bool = False


class Loyalty(Struct, omit_defaults=True, gc=False):
    """What is to be done with the points of a member.

    `member` is the id of any of the customer's records, `members` likewise for many. `amount` is below zero only where
    points are taken by an adjustment. `spends`: holds that the sale of this event captures; `recovers_minor`: money of a
    refund that can be kept for points that were spent already. `status`: what an enrolment makes of the account, and a
    review of an `earning`. `expires_at`, `active_from`: of points that come with times of their own. `reward`: what a
    hold is for, by its code in the catalogue; its points and their type follow from it.
    `promotions`: those a sale got, or a hold reserves; `offers_hold`: the hold that a sale uses or a till lets go, and
    `business_day` the store's day it counts on, or a birthday. `shop`: the source of the web shop that takes a code for a
    reward.
    """

    programme: Annotated[int, Meta(ge=1, le=32_767)] = 1
    member: Id | None = None
    members: Annotated[list[Id], Meta(max_length=EVENTS_PER_REQUEST_MAX)] = field(default_factory=list)
    point: Id | None = None
    amount: Annotated[int, Meta(ge=-POINTS_MAX, le=POINTS_MAX)] = 0
    hold: Id | None = None
    reward: Id | None = None
    earning: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")] | None = None
    ttl_seconds: Annotated[int, Meta(ge=1, le=900)] = 900
    spends: Annotated[list[Spend], Meta(max_length=SPENDS_MAX)] = field(default_factory=list)
    recovers_minor: Annotated[int, Meta(ge=0, le=10**15)] = 0
    status: Id = "active"
    active_from: Aware | None = None
    expires_at: Aware | None = None
    version: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    promotions: Annotated[list[OfferUse], Meta(max_length=OFFERS_PER_SALE_MAX)] = field(default_factory=list)
    offers_hold: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")] | None = None
    business_day: date | None = None
    shop: Annotated[int, Meta(ge=1)] | None = None
    actor: Id = "regulars"
    reason: Text = ""


class Event(Struct, omit_defaults=True, gc=False):
    """An immutable fact from a source; `(source, id)` is unique for ever."""

    id: Id
    type: TypeName
    occurred_at: Aware
    channel: Id | None = None
    store: Id | None = None
    till: Id | None = None
    staff: Id | None = None
    customer: Customer | None = None
    sale: Sale | None = None
    product: Product | None = None
    stock: Stock | None = None
    store_details: Store | None = None
    staff_details: Staff | None = None
    payment: Payment | None = None
    consent: Consent | None = None
    cart: Cart | None = None
    decision: Decision | None = None
    matching: Matching | None = None
    loyalty: Loyalty | None = None
    fetches: Annotated[list[Fetch], Meta(max_length=10)] = field(default_factory=list)
    version: Annotated[int, Meta(ge=0, le=2**53)] | None = None
    properties: dict[str, Any] | None = None
