# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: requests."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

import msgspec

from .shared import Address


class CarryOut(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The right values, for a request for correction; nothing for the others."""

    correction: Correction | None = None


class Correction(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The right values; what is absent stays. The address is replaced whole."""

    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    phone: str | None = None
    birth_date: date | None = None
    address: Address | None = None


class ExtensionTold(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Why two months more are needed: it is `complex`, or there are `many`."""

    reason: Literal["complex", "many"]


class IdentityCheck(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How it was made sure that the customer asks, or somebody who may for them."""

    method: Literal["account", "card", "contact", "document", "known", "other"]
    note: str = ""


class NoteAdded(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A note; write no names of others into it."""

    text: str


class Proof(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A proof. `sealed_in`: the number of the audit line that holds its fingerprint; None while it is
    open.
    """

    document: dict[str, Any]
    sha256: str
    sealed_in: int | None
    lines: list[ProofLine]


class ProofLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A line of the audit trail about the request."""

    no: int
    at: datetime
    actor: str
    action: str
    details: dict[str, Any]
    hash: str


class RefusalTold(msgspec.Struct, kw_only=True, omit_defaults=True):
    """On what ground of the law a request is refused."""

    reason: Literal["excessive", "identity_not_proved", "kept_by_law", "unfounded"]
    note: str = ""


class RequestNote(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What somebody wrote to a request."""

    at: datetime
    by: str
    text: str


class RequestReceived(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A request as it came in. `received_on` is today unless given; the deadline is one month after it."""

    kind: Literal["access", "correction", "erasure", "objection", "portability"]
    profile_id: str
    came_by: Literal["email", "letter", "other", "phone", "store", "web"]
    received_on: date | None = None
    asked_by: str = ""
    wording: str = ""


class RequestShown(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A request. `profile_id` and, with pii:read, what was written last until the customer is erased.

    `customer` is a keyed hash that stays: the same for all requests about one record.
    """

    # Counts up within the workspace.
    request: int
    # One of access, correction, erasure, objection, portability.
    kind: str
    # One of checked, done, new, refused.
    state: str
    # One of answered, customer_erased, erased, excessive, identity_not_proved, kept_by_law, unfounded.
    outcome: str | None
    # One of email, letter, other, phone, store, web.
    came_by: str
    received_on: date
    # Last day for the answer.
    due_on: date
    # Until the deadline; negative once it is over.
    days_left: int
    # One of complex, many.
    extension: str | None
    # One of account, card, contact, document, known, other.
    identity_checked_by: str | None
    identity_checked_at: datetime | None
    closed_at: datetime | None
    # 32 hexadecimal digits.
    customer: str
    # 32 hexadecimal digits.
    profile_id: str | None
    # 32 hexadecimal digits.
    erasure_id: str | None
    asked_by: str | None
    wording: str | None
    notes: list[RequestNote]
    # What carrying out came to; it names nobody.
    result: dict[str, Any]
