"""What customers say in the store: who they are (enrolment), and yes or no to messages.

It goes in as events of the source `store`, through the gate like all others, so the log rebuilds it. An event's id
comes from the key of the form and from what is said: sent twice, it counts once, however often a tablet tries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.normalise import email, is_filler, phone
from regulars.console.i18n import _
from regulars.store.audit import write_line_async
from regulars.store.database import Database
from regulars.store.sources import Sources
from regulars.store.vault import Vault
from regulars.vocabulary.errors import Conflict, InvalidInput, Unprocessable
from regulars.vocabulary.events import Consent as ConsentSaid
from regulars.vocabulary.events import Customer, Event
from regulars.vocabulary.intake import Gate, Result, Source

from .consents import present_addresses
from .lookups import Found, by_identifiers, by_record
from .profile import unknown_profile
from .store_card import CHANNELS

SOURCE: Final = "store"
KIND: Final = "console"
DOOR: Final = "console"
NAME_CHARACTERS_MAX: Final = 200
WAITED_MAX: Final = timedelta(hours=12)
"""How long something said may have waited in a page without network: a session lives no longer."""
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")


class Parts(Struct, frozen=True):
    """What the two acts need of the program; `actor` is who does it, as the audit trail names them."""

    database: Database
    vault: Vault
    gate: Gate
    sources: Sources
    actor: str
    key: str
    said_at: datetime


class Newcomer(Struct, frozen=True):
    """What was entered of a customer; empty for what was not. `consents` are the channels they said yes to."""

    given_name: str = ""
    family_name: str = ""
    email: str = ""
    phone: str = ""
    card: str = ""
    consents: tuple[str, ...] = ()


class Enrolled(Struct, frozen=True):
    """The profile that resulted. `known`: it was there before. `card_refused`: it looks like a payment card."""

    profile_id: UUID
    known: bool
    card_refused: bool


def said_at(now: datetime, waited_ms: str) -> datetime:
    """When something was said that then waited for the network: its age counts, not the tablet's clock."""
    digits = waited_ms if waited_ms.isascii() and waited_ms.isdigit() and len(waited_ms) < 12 else "0"
    return now - min(timedelta(milliseconds=int(digits)), WAITED_MAX)


def check_key(key: str) -> str:
    """The key of a form. Raises InvalidInput for one that no form of ours has."""
    if not _KEY.fullmatch(key):
        raise InvalidInput("This form has no usable key. Reload the page and try again.", field="key")
    return key


async def record_consent(parts: Parts, record_id: UUID, channel: str, *, granted: bool, wording: str) -> None:
    """Note that a customer said yes or no to marketing on a channel, and the wording they heard.

    A yes is for the address said last; a no is for all that the channel reaches them at. Raises NotFound, and
    InvalidInput where no address is known.
    """
    async with parts.database.read(parts.vault.workspace_id) as conn:
        found = await by_record(conn, parts.vault, record_id)
    if found is None:
        raise unknown_profile()
    addresses = present_addresses(found.parts, channel) if channel in CHANNELS else []
    if not addresses:
        raise InvalidInput(_("This customer has no address for that."), code="no_address", field="channel")
    said = [
        _consent_event(parts, channel, address, granted=granted, wording=wording)
        for address in (addresses[:1] if granted else addresses)
    ]
    await _submit(parts, await _source(parts), said)


async def enrol(parts: Parts, newcomer: Newcomer, wordings: Mapping[str, str]) -> Enrolled:
    """Enter a customer with what they agreed to; tells the profile that resulted, which may have been there before.

    `wordings` are the texts shown, by channel. Raises InvalidInput with the field of the form.
    """
    source = await _source(parts)
    customer = customer_of(newcomer, source.region)
    event = _event(parts, "customer.updated", customer=customer)
    said = [
        _consent_event(
            parts, channel, customer.email if channel == "email" else customer.phone, granted=True,
            wording=wordings[channel], customer=customer,
        )
        for channel in newcomer.consents
    ]  # fmt: skip
    results = await _submit(parts, source, [event, *said])
    found = await _resulting(parts, results[0], customer)
    if found is None:
        raise InvalidInput(_("This looks like a payment card. Scan the loyalty card."), field="card")
    cards = {one.value for part in found.parts for one in part.identities() if one.kind == "loyalty_card"}
    fresh = results[0].status == "applied"
    await _note(parts, source, f"profile:{found.profile_id.hex}", "customer.enrolled", event, fresh=fresh)
    return Enrolled(
        found.profile_id,
        known=_was_there(found, source, parts.said_at if fresh else None),
        card_refused=customer.loyalty_card is not None and customer.loyalty_card not in cards,
    )


def customer_of(newcomer: Newcomer, region: str) -> Customer:
    """What was entered, checked. Raises InvalidInput with the field of the form."""
    for name, value in (("given_name", newcomer.given_name), ("family_name", newcomer.family_name)):
        if len(value) > NAME_CHARACTERS_MAX:
            raise InvalidInput(_("A name has at most %(n)s letters.", n=NAME_CHARACTERS_MAX), field=name)
    address = email(newcomer.email) if newcomer.email else None
    if newcomer.email and address is None:
        raise InvalidInput(_("This is no e-mail address."), field="email")
    number = phone(newcomer.phone, region) if newcomer.phone else None
    if newcomer.phone and number is None:
        raise InvalidInput(_("This is no phone number."), field="phone")
    if newcomer.card and (len(newcomer.card) > NAME_CHARACTERS_MAX or is_filler(newcomer.card)):
        raise InvalidInput(_("This is no card number."), field="card")
    if not (address or number or newcomer.card):
        raise InvalidInput(
            _("Enter an e-mail, a phone or a card, so that we know them again."), field="email"
        )
    for channel, given in (("email", address), ("sms", number)):
        if channel in newcomer.consents and not given:
            raise InvalidInput(
                _("Enter the e-mail they agreed to.")
                if channel == "email"
                else _("Enter the phone they agreed to."),
                field="email" if channel == "email" else "phone",
            )
    return Customer(
        loyalty_card=newcomer.card or None,
        email=address,
        phone=number,
        given_name=newcomer.given_name or None,
        family_name=newcomer.family_name or None,
    )


def _event(
    parts: Parts, type_: str, *, customer: Customer | None = None, consent: ConsentSaid | None = None
) -> Event:
    """An event whose id is the same for the same form with the same content, and another for anything else."""
    said = msgspec.json.encode([customer, consent], order="sorted").decode()
    return Event(
        id=f"store-{parts.vault.hash('store.said', parts.actor, parts.key, type_, said)}",
        type=type_,
        occurred_at=parts.said_at,
        customer=customer,
        consent=consent,
    )


def _consent_event(
    parts: Parts,
    channel: str,
    address: str | None,
    *,
    granted: bool,
    wording: str,
    customer: Customer | None = None,
) -> Event:
    consent = ConsentSaid(channel=channel, address=address, text=wording)
    type_ = "consent.given" if granted else "consent.withdrawn"
    return _event(parts, type_, customer=customer, consent=consent)


async def _source(parts: Parts) -> Source:
    """The source that stands for the store's screens, made at its first use. Raises Conflict when it is off."""
    known = await parts.sources.ensure(parts.vault.workspace_id, SOURCE, kind=KIND, actor=parts.actor)
    if known.disabled_at is not None:
        raise Conflict(_("Entering customers is switched off. Ask a manager."))
    return known.source


async def _submit(parts: Parts, source: Source, events: Sequence[Event]) -> list[Result]:
    """Apply events and note each consent in the audit trail. Raises Unprocessable when one was not taken."""
    bodies = [msgspec.json.encode(event) for event in events]
    results = await parts.gate.submit(source, bodies, door=DOOR)
    for event, result in zip(events, results, strict=True):
        if result.error is not None:
            raise Unprocessable(result.error.message, code=result.error.code, field=result.error.field)
        if event.consent is not None:
            object_ = f"consent:{event.consent.channel}"
            await _note(parts, source, object_, event.type, event, fresh=result.status == "applied")
    return results


async def _note(
    parts: Parts, source: Source, object_: str, action: str, event: Event, *, fresh: bool
) -> None:
    """One audit line for what took effect; none for what a tablet sent again."""
    if not fresh:
        return
    workspace_id = parts.vault.workspace_id
    details = {"event": event.id, "source": source.name}
    async with parts.database.write(workspace_id) as conn:
        await write_line_async(conn, workspace_id, parts.actor, action, object_, details)


async def _resulting(parts: Parts, result: Result, customer: Customer) -> Found | None:
    """The profile an enrolment led to; by what was entered where the answer to a repeat does not say."""
    if result.profile_id is not None:
        async with parts.database.read(parts.vault.workspace_id) as conn:
            return await by_record(conn, parts.vault, UUID(result.profile_id))
    hash_ = parts.vault.hash
    values = [
        (kind, hash_(kinds.NAMES[kind], "", value))
        for kind, value in (
            (kinds.LOYALTY_CARD, customer.loyalty_card), (kinds.EMAIL, customer.email), (kinds.PHONE, customer.phone),
        )
        if value
    ]  # fmt: skip
    found = await by_identifiers(parts.database, parts.vault, values, former=True, after=UUID(int=0), limit=1)
    return found[0] if found else None


def _was_there(found: Found, source: Source, now: datetime | None) -> bool:
    """Whether a profile holds more than this enrolment; `now` is when that was, None for a repeat of it."""
    own = [part for part in found.parts if part.source_id == source.source_id]
    return len(found.parts) > len(own) or len(own) > 1 or any(now and part.first_at < now for part in own)
