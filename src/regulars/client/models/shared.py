# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: several parts of the API."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec


class Address(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A postal address; `country` is ISO 3166 alpha-2."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    country: str | None = None


class Approval(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Something that a second person decides on.

    `command` is what will be done. `outcome`: done, or the code of why it could not be; null while it
    was not tried.
    """

    # 32 hexadecimal digits.
    id: str
    kind: str
    # One of approved, lapsed, open, rejected.
    state: str
    # The customer it is about; null after an erasure.
    profile_id: str | None
    asked_by: str
    asked_at: datetime
    # Null without pii:read: people may have named somebody.
    reason: str | None
    command: dict[str, Any]
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
    outcome: str | None


class Consent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What holds for an address, channel and purpose. `address` is told only where a profile was asked
    for.
    """

    channel: str
    purpose: str
    # One of granted, withdrawn.
    status: str
    occurred_at: datetime
    source: str
    address: str | None
    # 32 hexadecimal digits.
    profile_id: str | None


class Customer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A customer as one source knows them; every part may be absent."""

    external_id: str | None = None
    loyalty_card: str | None = None
    anonymous_id: str | None = None
    payment_token: str | None = None
    device: str | None = None
    email: str | None = None
    phone: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    birth_date: date | None = None
    address: Address | None = None
    locale: str | None = None
    traits: dict[str, Any] | None = None


class Decided(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a decision does or, as a preview, would do.

    `before` and `after` are the profiles that change. `profile_ids`: those that the records have now.
    `skipped`: pairs that no longer wait.
    """

    preview: bool
    decision_ids: list[str]
    profile_ids: list[str]
    before: list[ProfileSide]
    after: list[ProfileSide]
    skipped: list[list[Any]]


class Hold(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A hold, and what its member has now. It ends once: captured, released or timed out.

    `reward`: the code of what it is for, null for plain points. `replayed`: this was done before, and
    nothing was done now.
    """

    # 32 hexadecimal digits.
    id: str
    # 32 hexadecimal digits.
    member_id: str
    programme: int
    point: str
    # One of captured, open, released, timed_out.
    state: str
    amount: int
    captured: int
    expires_at: datetime
    balance: int
    held: int
    pending: int
    available: int
    replayed: bool
    reward: str | None = None


class Identifier(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A value a source says of the person; replaced e-mails, phones and cards are no longer current."""

    # One of anonymous_id, device, email, external_id, loyalty_card, payment_token, phone.
    kind: str
    value: str
    source: str
    current: bool


class Line(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line of a sale. A negative quantity is a return inside the sale (an exchange)."""

    line_id: str | None = None
    sku: str | None = None
    name: str | None = None
    category: str | None = None
    brand: str | None = None
    barcode: str | None = None
    quantity: Decimal = Decimal(1)
    unit_price_minor: int = 0
    discount_minor: int = 0
    tax_minor: int = 0
    total_minor: int = 0
    original_line_id: str | None = None


class MemberAfter(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a sale gave its member and took from them, and what they have now; `pending` points come later.

    `tier_before` is the tier they would have without this sale: another one than `tier` where it made
    the difference.
    """

    # 32 hexadecimal digits.
    member_id: str
    programme: int
    point: str
    # Without what returns took back.
    points_earned: int
    # Without what returns gave back.
    points_burned: int
    balance: int
    held: int
    pending: int
    available: int
    tier: str | None
    tier_before: str | None
    # Why the points of this sale are held back until a person decides; null where they are not.
    waits: str | None = None


class PointsStanding(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points of one type: `balance`, of which tills hold `held`, and below zero by what is owed; `pending`
    come later.
    """

    point: str
    balance: int
    held: int
    pending: int
    debt: int


class ProfileSide(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A profile as it is or would be, with the sum of its records' figures and the consent that holds."""

    # 32 hexadecimal digits.
    id: str
    name: str | None
    record_ids: list[str]
    orders: int
    spend_minor: dict[str, int]
    # Present e-mails and phones.
    contacts: list[Identifier]
    # Per channel, for marketing.
    consent: dict[str, str]


class ProgrammeStanding(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A member in one loyalty programme. `tier` is null in a programme without tiers."""

    programme: int
    name: str
    points: list[PointsStanding]
    tier: str | None


class Sale(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A receipt. For `sale.refunded`, `lines` are what came back and totals are positive.

    `receipt_unique`: the number is never used again in its till system, so that store, till and day do
    not matter (web orders).
    """

    receipt: str
    currency: str
    total_minor: int
    tax_minor: int = 0
    discount_minor: int = 0
    shipping_minor: int = 0
    tip_minor: int = 0
    lines: list[Line] = msgspec.field(default_factory=list)
    tenders: list[Tender] = msgspec.field(default_factory=list)
    coupons: list[str] = msgspec.field(default_factory=list)
    version: int = 1
    business_date: date | None = None
    original_receipt: str | None = None
    original_store: str | None = None
    original_till: str | None = None
    original_business_date: date | None = None
    receipt_unique: bool = False


class Tender(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How a part of the sale was paid; `kind` such as card, cash, voucher, gift_card, points."""

    kind: str
    amount_minor: int
    reference: str | None = None
