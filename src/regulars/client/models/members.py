# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: members."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from .shared import Approval, Customer, ProgrammeStanding


class Adjusted(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of an adjustment: done, or waiting for a second person as `approval`; where the member
    stands.
    """

    # One of done, waiting.
    state: str
    approval: Approval | None
    # 32 hexadecimal digits.
    member_id: str
    loyalty: ProgrammeStanding


class Adjustment(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points to give, or below zero to take. Without `point` the first type of the programme's points."""

    amount: int
    # Why. It stays in the ledger for good, so it names nobody.
    reason: str
    programme: int | None = None
    point: str | None = None


class CardChange(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What becomes of a card. `replaces`: the old card that `card` takes the place of.

    `reason` is kept with the decision and in the audit trail, so it names nobody.
    """

    action: Literal["block", "issue", "replace", "unblock"]
    card: str
    replaces: str | None = None
    reason: str = ""


class Enrolment(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Who joins, as the till knows them, and what they agreed to.

    `occurred_at` is now unless given. `programme`: the first unless given.
    """

    customer: Customer
    consents: list[GivenConsent] = msgspec.field(default_factory=list)
    store: str | None = None
    till: str | None = None
    staff: str | None = None
    occurred_at: datetime | None = None
    programme: int | None = None


class ExpiringPoints(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points that end together, after their last day."""

    last_day: date
    points: int
    days_left: int


class GivenConsent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A yes or no the customer gave at the till. `text` is what they agreed to."""

    channel: Literal["email", "phone", "post", "push", "sms", "whatsapp"]
    status: Literal["granted", "withdrawn"] = "granted"
    purpose: str = "marketing"
    text: str | None = None


class Matches(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Who was found: nobody, one, or several among whom the cashier picks."""

    matches: list[Member]


class Member(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A customer and where they stand in a programme, in points of one type.

    `available` is what may be held or spent: the balance without what is `held`. `pending` points come
    later. The balance is negative while points are owed (`debt`). `enrolled` is false for customers who
    may still be enrolled.
    """

    # The profile. Any id it ever had leads to it.
    member_id: str
    # Masked without pii:read.
    name: str | None
    enrolled: bool
    enrolled_at: datetime | None
    # One of active, blocked, left.
    status: str | None
    # Of the card the member was found by. One of active, replaced.
    card: str | None
    programme: int | None
    # The type of points that is told of.
    point: str | None
    balance: int
    held: int
    pending: int
    available: int
    debt: int
    # What the available points are worth, per currency.
    worth_minor: dict[str, int]
    # Every day on which points end, soonest first.
    expiring: list[ExpiringPoints]
    tier: TierStanding | None
    holds: list[OpenHold]
    # Those not used yet, the soonest to end first.
    vouchers: list[OwnVoucher]
    # Per channel, for marketing.
    consent: dict[str, str]


class MemberSearch(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the customer shows or says: one of the first four.

    `token` is that of a payment card. `country` (ISO 3166) is where a phone number without prefix is
    read. `programme` and `point` say what is told of; the first of each where they are left out.
    """

    card: str | None = None
    phone: str | None = None
    email: str | None = None
    token: str | None = None
    country: str | None = None
    programme: int | None = None
    point: str | None = None


class OpenHold(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points that a till has reserved, for a reward where `reward` names one."""

    # 32 hexadecimal digits.
    id: str
    amount: int
    expires_at: datetime
    reward: str | None = None
    reward_name: str | None = None


class OwnVoucher(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A voucher the member may use once, by its `code` in a quote: for a `promotion`, or for `value_minor`
    off a basket.

    It is good until `expires_at`, for ever where that is null.
    """

    code: str
    promotion: str | None
    name: str | None
    value_minor: int | None
    currency: str | None
    expires_at: datetime | None


class TierStanding(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The tier of a member: since when and, null for good, until when.

    `next` needs `missing` more credit. `warning` says that the tier ends soon and `projected` is the
    one after it, if nothing more is bought.
    """

    code: str
    name: str
    since: date | None
    until: date | None
    next: str | None
    next_name: str | None
    missing: int
    # The same as what is to be spent, per currency; empty where points count.
    missing_minor: dict[str, int]
    warning: bool
    projected: str
