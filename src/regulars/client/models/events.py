# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: events."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from .shared import Customer, Line, Sale


class Cart(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A basket before it is a sale."""

    reference: str
    currency: str | None = None
    total_minor: int | None = None
    lines: list[Line] = msgspec.field(default_factory=list)
    state: str = "open"


class Event(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An immutable fact from a source; `(source, id)` is unique for ever."""

    id: str
    type: str
    occurred_at: datetime
    channel: str | None = None
    store: str | None = None
    till: str | None = None
    staff: str | None = None
    customer: Customer | None = None
    sale: Sale | None = None
    product: IncomingProduct | None = None
    stock: Stock | None = None
    store_details: IncomingStore | None = None
    staff_details: Staff | None = None
    payment: Payment | None = None
    consent: IncomingConsent | None = None
    cart: Cart | None = None
    decision: IncomingDecision | None = None
    matching: Matching | None = None
    loyalty: IncomingLoyalty | None = None
    fetches: list[Fetch] = msgspec.field(default_factory=list)
    version: int | None = None
    properties: dict[str, Any] | None = None


class EventBatch(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Several events; one bad event never fails its neighbours."""

    events: list[Event]


class EventError(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Why an event was not taken."""

    code: str
    message: str
    field: str | None = None


class Fetch(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A call to be made at the vendor because its message was only a hint. Holds references, never data."""

    kind: str
    reference: str
    version: int = 0


class IncomingConsent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A yes or no for one purpose on one channel; belongs to the address when one is given."""

    channel: str
    purpose: str = "marketing"
    address: str | None = None
    text: str | None = None


class IncomingDecision(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a person decided of pairs of records: together, apart, or nothing any more (null).

    The last word on a pair holds. `actor` decided, for a reason of at most 500 characters. `undoes`:
    the id of the decision this one takes back, if it does.
    """

    pairs: list[list[Any]]
    together: bool | None
    actor: str
    reason: str = ""
    undoes: str | None = None


class IncomingLoyalty(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is to be done with the points of a member.

    `member` is the id of any of the customer's records, `members` likewise for many. `amount` is below
    zero only where points are taken by an adjustment. `spends`: holds that the sale of this event
    captures; `recovers_minor`: money of a refund that can be kept for points that were spent already.
    `status`: what an enrolment makes of the account, and a review of an `earning`. `expires_at`,
    `active_from`: of points that come with times of their own. `reward`: what a hold is for, by its
    code in the catalogue; its points and their type follow from it. `promotions`: those a sale got, or
    a hold reserves; `offers_hold`: the hold that a sale uses or a till lets go, and `business_day` the
    store's day it counts on, or a birthday. `shop`: the source of the web shop that takes a code for a
    reward.
    """

    programme: int = 1
    member: str | None = None
    members: list[str] = msgspec.field(default_factory=list)
    point: str | None = None
    amount: int = 0
    hold: str | None = None
    reward: str | None = None
    earning: str | None = None
    ttl_seconds: int = 900
    spends: list[Spend] = msgspec.field(default_factory=list)
    recovers_minor: int = 0
    status: str = "active"
    active_from: datetime | None = None
    expires_at: datetime | None = None
    version: int = 0
    promotions: list[OfferUse] = msgspec.field(default_factory=list)
    offers_hold: str | None = None
    business_day: date | None = None
    shop: int | None = None
    actor: str = "regulars"
    reason: str = ""


class IncomingProduct(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A product as a source lists it; `sku` is its key."""

    sku: str
    name: str | None = None
    category: str | None = None
    brand: str | None = None
    barcode: str | None = None
    price_minor: int | None = None
    currency: str | None = None
    active: bool = True


class IncomingStore(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A shop or a web shop; `time_zone` is an IANA name, `tax_mode` inclusive or exclusive."""

    code: str
    name: str | None = None
    time_zone: str | None = None
    region: str | None = None
    country: str | None = None
    currency: str | None = None
    tax_mode: str | None = None


class LoyaltyAnswer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Where a member stands in a programme after an event. `member_id` is the profile's id.

    `refused`: the code of what could not be done, with what is `available`. `hold`, `state` and
    `expires_at` are of a hold. `waits`: why a person must look at the points before they can be spent,
    empty where nobody must.
    """

    member_id: str
    programme: int
    points: list[PointsAnswer]
    tier: str | None = None
    refused: str | None = None
    available: int | None = None
    hold: str | None = None
    state: str | None = None
    expires_at: datetime | None = None
    waits: str = ""


class Matching(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A step of putting a model to work.

    `after`: the records up to this id are done. `keyed`: it is about their keys, else about who is one
    person. `groups`: ids of records that are clustered anew, those together that may be one person.
    `done`: nothing is left to do. `promotion`: id of the promotion that it belongs to.
    """

    model: int
    after: str = "00000000000000000000000000000000"
    groups: list[list[str]] = msgspec.field(default_factory=list)
    keyed: bool = False
    done: bool = False
    promotion: str = ""
    actor: str = "regulars"
    reason: str = ""


class OfferRefusal(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A promotion beyond one of its bounds: `code` is limit_reached, budget_spent or code_used."""

    promotion: str
    code: str


class OfferUse(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A promotion that a basket got, in one version: `times` items or sets of it for `amount_minor`
    altogether.

    `code`: keyed hash of the code that was presented for it. `lines`: what of it came off which line of
    the sale, where that is known; else it is taken as shared out over all of them. The bounds are those
    of the version, and `code_most` how often the code may be used; None: without end. They stand here
    so that the log alone says what was within them.
    """

    promotion: str
    version: int
    amount_minor: int = 0
    times: int = 1
    code: str | None = None
    lines: list[list[Any]] = msgspec.field(default_factory=list)
    total_most: int | None = None
    day_most: int | None = None
    member_most: int | None = None
    code_most: int | None = None
    budget_minor: int | None = None


class OffersAnswer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of promotions that were reserved or used.

    Of a hold, `beyond` says why nothing was reserved; of a sale, what was counted although it is over
    its bounds. `refused`: why a hold could not be let go.
    """

    hold: str | None = None
    state: str | None = None
    expires_at: datetime | None = None
    beyond: list[OfferRefusal] = msgspec.field(default_factory=list)
    refused: str | None = None


class Payment(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A payment as the payment provider tells it; joined to a sale by `receipt` where known."""

    reference: str
    amount_minor: int
    currency: str
    status: str = "settled"
    receipt: str | None = None
    fee_minor: int | None = None


class PointsAnswer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points of one type: `balance` of which `held` are reserved at tills, `pending` later; `change` by
    this event.
    """

    point: str
    balance: int
    held: int = 0
    pending: int = 0
    change: int = 0


class Result(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of one event. `profile_id` is absent for anonymous events, `loyalty` where no points are
    concerned.

    `offers` is there where promotions are reserved, let go or used.
    """

    id: str | None
    # One of applied, duplicate, rejected.
    status: str
    profile_id: str | None = None
    quarantine_id: str | None = None
    error: EventError | None = None
    loyalty: list[LoyaltyAnswer] = msgspec.field(default_factory=list)
    offers: OffersAnswer | None = None


class Results(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of each event, in the order they were sent."""

    results: list[Result]


class Spend(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A hold that a sale captures: `amount` of it, all where it is not said.

    Without a `hold` a till let points be spent that it could not ask about: of `amount` points of a
    type the member pays no more than `limit`, and the shop the rest. `late`: the sale may be told after
    the hold's time though it was made within it, as a web shop's is.
    """

    hold: str | None = None
    amount: int | None = None
    point: str | None = None
    limit: int = 0
    late: bool = False


class Staff(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A member of staff. Names of staff are personal data and are sealed."""

    code: str
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    active: bool = True


class Stock(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Units of a product at a store (the event's `store`)."""

    sku: str
    quantity: Decimal
