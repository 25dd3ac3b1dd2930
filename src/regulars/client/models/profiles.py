# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: profiles."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

import msgspec

from .shared import Consent, Identifier, ProgrammeStanding


class Elsewhere(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the retailer must clear in another system."""

    source: str
    note: str


class EraseRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Why a person is erased; kept in the proof, so it names nobody."""

    reason: Literal["mistake", "other", "request", "retention"] = "request"


class Erased(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The proof of an erasure; it names nobody. `proof` has the counts and the state of backups and files."""

    # 32 hexadecimal digits.
    erasure_id: str
    erased_at: datetime
    proof: dict[str, Any]
    elsewhere: list[Elsewhere]


class ExplainedLink(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Two records, what they weigh, and whether that makes them one person.

    `kind` is what says most: an identifier, a field, `by_hand`, or `nothing`; `value` is what both
    carry, where it is an identifier. `holds`: it is one of those that hold the profile together, which
    are as many as records less one.
    """

    records: list[str]
    kind: str
    value: str | None
    linked: bool
    reason: str
    # One of average_low, contradicts, fits_two, generic, group_held_apart, held_apart, not_compared,
    # nothing, same_person, several_accounts, several_contacts, several_names, shared_mailbox,
    # to_review, too_little, too_many, two_verified.
    code: str
    # The person on the other side, if not this one.
    other_profile_id: str | None
    # log2 of odds: 10 bits make it about a thousand times likelier.
    bits: float
    # One of below, link, review.
    band: str
    holds: bool
    # Identifiers both carry that link whatever the rest says.
    sure: list[str]
    parts: list[ExplainedPart]
    silent: list[SilentValue]
    decided: ManualWord | None


class ExplainedModel(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The model that decides: its name, number and digest, and the cuts in bits."""

    name: str
    number: int
    digest: str
    # log2 of odds: 10 bits make it about a thousand times likelier.
    link_bits: float
    # log2 of odds: 10 bits make it about a thousand times likelier.
    review_bits: float


class ExplainedPart(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What one comparison adds to the weight of a pair; the first is the prior. The bits sum up to the
    pair's.
    """

    comparison: str
    fields: list[str]
    # How the values compare; `missing` where one is not known.
    level: str
    # log2 of odds: 10 bits make it about a thousand times likelier.
    bits: float
    # The frequency of the value, where that was used.
    share: float | None
    # Of both records; masked, or null, for some readers.
    values: list[str | None]


class ExplainedRecord(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A record: the customer as one source knows them."""

    # 32 hexadecimal digits.
    record_id: str
    source: str
    # False while only browsers or payment cards are known.
    known: bool
    name: str | None
    first_at: datetime
    last_at: datetime | None
    orders: int
    identifiers: list[Identifier]


class Explanation(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All reasons for a profile. `summary` says them in a sentence or two."""

    # 32 hexadecimal digits.
    profile_id: str
    summary: str
    model: ExplainedModel
    records: list[ExplainedRecord]
    # Records the profile has; the first 300 are explained.
    records_total: int
    # Pairs of the records explained; the strongest 200 are in `links`.
    pairs_total: int
    links: list[ExplainedLink]
    # The strongest way from the record asked about to `other`, within one profile.
    path: list[ExplainedLink]
    not_links: list[ExplainedLink]
    generic_values: list[GenericValue]
    splits: list[Split]
    splits_tried: int
    # Whether the records as they are come out as this profile; null where not worked out.
    up_to_date: bool | None


class Export(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All that is kept of a person."""

    exported_at: datetime
    profile: Profile
    records: list[ExportedRecord]
    consents: list[Consent]
    receipts: list[Receipt]
    loyalty: ExportedLoyalty
    promotions: list[UsedPromotion]
    vouchers: list[VoucherOfPerson]
    events: list[TimelineEntry]
    requests: list[ExportedRequest]
    rejected: list[RejectedMessage]


class ExportedApproval(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What somebody asked for about the person, and what a second person decided."""

    kind: str
    asked_at: datetime
    reason: str
    state: str
    decided_at: datetime | None
    note: str


class ExportedLoyalty(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All that loyalty keeps of a person."""

    memberships: list[ExportedMembership]
    movements: list[ExportedMovement]
    approvals: list[ExportedApproval]


class ExportedMembership(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A programme the person takes part in."""

    programme: str
    enrolled_at: datetime | None
    status: str
    tier: str | None
    points: list[ExportedPoints]


class ExportedMovement(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points that came (above zero) or went, and why. `receipt` is the sale's that gave them."""

    programme: int
    at: datetime
    occurred_at: datetime
    kind: str
    point: str
    amount: int
    reason: str
    receipt: str | None


class ExportedPoints(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points of one type, as they stand."""

    point: str
    balance: int
    held: int
    pending: int
    debt: int


class ExportedRecord(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All that one source says of the person, replaced values included."""

    # 32 hexadecimal digits.
    record_id: str
    source: str
    first_at: datetime
    last_at: datetime | None
    # Names, birth date, address and traits.
    fields: dict[str, Any]
    identifiers: list[Identifier]


class ExportedRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A request the person made before, with what was written down of it."""

    request: int
    kind: str
    received_on: date
    outcome: str | None
    asked_by: str
    wording: str
    notes: list[str]


class GenericValue(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A value of this person that so many share that it names nobody."""

    kind: str
    value: str
    people: int
    records: int
    since: datetime
    reason: str


class Household(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Profiles that share a home or a contact. They are not merged and their figures are not added up."""

    # Changes when its smallest member comes or goes.
    id: str
    members: list[HouseholdMember]
    # More than 12 profiles hang together, so the profile is listed alone.
    too_many: bool


class HouseholdMember(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A profile of a household. The name is masked without pii:read."""

    # 32 hexadecimal digits.
    profile_id: str
    name: str | None
    # What it shares with another member; empty for one alone.
    shares: list[str]


class Loyalty(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A member of the first programme, its first point type. `programmes` has all where there are several
    of either.
    """

    # 32 hexadecimal digits.
    member_id: str
    balance: int
    pending: int
    tier: str | None
    programmes: list[ProgrammeStanding] = msgspec.field(default_factory=list)


class ManualWord(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a person decided of two records, which holds whatever they weigh."""

    together: bool
    actor: str | None
    reason: str | None
    at: datetime


class Merge(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Customers that are one person, by the ids of profiles or of any of their records."""

    ids: list[str]
    # Why. Kept with the decision and in the audit trail, so name nobody in it.
    reason: str
    # Only say what it would do.
    preview: bool = False


class Profile(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One person: the records of all sources that tell of them, put together."""

    # 32 hexadecimal digits.
    id: str
    name: str | None
    # Any of them finds this profile, for ever.
    record_ids: list[str]
    identifiers: list[Identifier]
    metrics: ProfileMetrics
    # Null for who takes part in no programme.
    loyalty: Loyalty | None
    segments: list[str]
    # Per channel, for marketing.
    consent: dict[str, str]


class ProfileMetrics(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the person bought. Amounts are in minor units per currency; `items` counts weighed goods in
    parts.
    """

    orders: int
    returns: int
    items: float
    # Paid minus returned, per currency.
    spend_minor: dict[str, int]
    average_order_minor: dict[str, int]
    first_purchase_at: datetime | None
    last_purchase_at: datetime | None
    # Orders per channel.
    channels: dict[str, int]
    # Orders per store.
    stores: dict[str, int]
    # What most items were of, first the most.
    favourite_categories: list[str]
    # Mean days between purchases.
    cadence_days: float | None


class ProfileSearch(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is known of a person: one of the first eight. Without any, the newest known customers are
    listed.

    `source` says whose external or anonymous id, or whose receipt it is; without it any source's
    counts. `country` (ISO 3166) is where a phone number without prefix is read. `former` finds by
    replaced e-mails, phones and cards too. `store` narrows a receipt number that many shops use.
    """

    email: str | None = None
    phone: str | None = None
    loyalty_card: str | None = None
    payment_token: str | None = None
    external_id: str | None = None
    anonymous_id: str | None = None
    name: str | None = None
    receipt: str | None = None
    source: str | None = None
    store: str | None = None
    country: str | None = None
    former: bool = False
    limit: int = 50
    cursor: str | None = None


class Receipt(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A receipt on the person. A void one counts nothing."""

    kind: str
    receipt: str
    occurred_at: datetime
    business_date: date
    store: str | None
    till: str | None
    channel: str | None
    currency: str
    total_minor: int
    tax_minor: int
    discount_minor: int
    counted: bool
    void: bool
    lines: list[ReceiptLine]


class ReceiptLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line of a receipt."""

    sku: str | None
    category: str | None
    quantity: float
    unit_price_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int


class RejectedMessage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A message that was not understood and names the person."""

    quarantine_id: str
    received_at: datetime
    type: str
    # As it came in, card numbers removed.
    message: Any


class SilentValue(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A value that both records carry and that says nothing of them."""

    kind: str
    value: str | None
    # One of average_low, contradicts, fits_two, generic, group_held_apart, held_apart, not_compared,
    # nothing, same_person, several_accounts, several_contacts, several_names, shared_mailbox,
    # to_review, too_little, too_many, two_verified.
    reason: str


class Split(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Something without which the profile would fall apart into `groups` of records.

    A `value` that counts for nothing, a `field` that nobody knows, a `record` that is not there, or a
    `pair` that somebody says is two people.
    """

    # One of field, pair, record, value.
    what: str
    field: str | None
    value: str | None
    records: list[str]
    groups: list[list[str]]
    reason: str


class TimelineEntry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One event. `event` is what the source sent, card numbers removed; without pii:read also what is
    personal.
    """

    # The source's id of the event.
    id: str
    type: str
    occurred_at: datetime
    received_at: datetime
    source: str
    # 32 hexadecimal digits.
    record_id: str
    event: dict[str, Any]


class Unmerge(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Records that are somebody else: `record_ids` leave the profile; with `all` each record is a person
    of its own.
    """

    record_ids: list[str] | None = None
    all: bool = False
    # Why. Kept with the decision and in the audit trail, so name nobody in it.
    reason: str
    # Only say what it would do.
    preview: bool = False


class UsedPromotion(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A promotion the person used, in so many sales, for so much in minor units; `held` ones are reserved
    at tills.
    """

    promotion: str
    uses: int
    held: int
    spent_minor: int


class VoucherOfPerson(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A voucher of the person: for a promotion, or for an amount off a basket; whether it was used."""

    code: str
    promotion: str | None
    value_minor: int | None
    currency: str | None
    expires_at: datetime | None
    used: bool
