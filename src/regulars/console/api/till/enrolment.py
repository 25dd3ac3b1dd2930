"""Joining a programme at the till, with what the customer agreed to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from litestar import post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from regulars.capabilities.identity import kinds
from regulars.console.api.consents import Channel, check_word
from regulars.console.api.deps import AtVisit, Visit
from regulars.console.api.registering import author_of
from regulars.console.api.shapes import Status
from regulars.console.services import lookups
from regulars.console.services.consents import KINDS
from regulars.console.services.members import Wanted
from regulars.console.services.registering import Stand, event_id
from regulars.store.pipeline import Call
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import ENROLLED, Aware, Consent, Customer, Event, Id, LongText, Loyalty

from .reading import meet, meet_member
from .refusals import refused
from .shapes import Member, member_of
from .telling import check, command, named, note, tell

CONSENTS_MAX = 20


class GivenConsent(Struct, forbid_unknown_fields=True, kw_only=True):
    """A yes or no the customer gave at the till. `text` is what they agreed to."""

    channel: Channel
    status: Status = "granted"
    purpose: Id = "marketing"
    text: LongText | None = None


class Enrolment(Struct, forbid_unknown_fields=True, kw_only=True):
    """Who joins, as the till knows them, and what they agreed to.

    `occurred_at` is now unless given. `programme`: the first unless given.
    """

    customer: Customer
    consents: Annotated[list[GivenConsent], Meta(max_length=CONSENTS_MAX)] = []
    store: Id | None = None
    till: Id | None = None
    staff: Id | None = None
    occurred_at: Aware | None = None
    programme: Annotated[int, Meta(ge=1, le=32_767)] | None = None


@post("/v1/members", summary="Enrol a member")
async def enrol_member(visit: AtVisit, data: JSONBody[Enrolment]) -> Member:
    """Enter a customer with what they agreed to, and have them join the programme.

    Somebody who joined already stays the same member, whatever is sent again. 409 `member_blocked` for a blocked card.
    """
    record_id = named(visit, data.customer)
    at = data.occurred_at or visit.deps.clock()
    events = _said(visit, data, at)
    await _check_card(visit, data)
    results = await tell(visit, events)
    if results[0].profile_id is None:
        raise refused("unusable_card", field="customer.loyalty_card")
    wanted = Wanted(data.programme)
    met = await meet_member(visit, record_id, wanted)
    number = met.standing.programme
    if number is None:
        raise refused("no_programme")
    if met.standing.status == "blocked":
        raise refused("member_blocked", field="customer")
    if met.standing.cards.get(record_id) != "active" or not met.standing.enrolled:
        answer = await command(visit, ENROLLED, Loyalty(programme=number, member=record_id))
        if answer is not None:
            check(answer)
        where = {"store": data.store, "till": data.till, "staff": data.staff, "programme": number}
        await note(visit, "customer.enrolled", f"profile:{met.found.profile_id.hex}", where)
        met = await meet_member(visit, record_id, wanted)
    return member_of(visit, met)


def _said(visit: Visit, data: Enrolment, at: datetime) -> list[Event]:
    """What the source says: the customer, then each word of theirs. Raises InvalidInput with the field."""
    author = author_of(visit)
    # Without a key a repeat is known by its content, for a day.
    anew = at.date().isoformat() if visit.idempotency_key is None else None

    def event(type_: str, consent: Consent | None = None) -> Event:
        said = [data.customer, consent, data.occurred_at, anew]
        return Event(
            id=event_id(author, f"till.{type_}", said, Stand()),
            type=type_,
            occurred_at=at,
            channel="store",
            store=data.store,
            till=data.till,
            staff=data.staff,
            customer=data.customer,
            consent=consent,
        )

    out = [event("customer.updated")]
    for place, one in enumerate(data.consents):
        word = "consent.given" if one.status == "granted" else "consent.withdrawn"
        address = _address(data.customer, one.channel)
        if address is None and one.channel in KINDS:
            raise InvalidInput(
                "Give the e-mail or the phone that this is agreed to for.",
                code="no_address",
                field=f"consents[{place}].channel",
            )
        told = event(word, Consent(channel=one.channel, purpose=one.purpose, address=address, text=one.text))
        try:
            check_word(visit, told)
        except InvalidInput as error:
            raise InvalidInput(error.message, code=error.code, field=f"consents[{place}].channel") from None
        out.append(told)
    return out


def _address(customer: Customer, channel: str) -> str | None:
    """What a word for a channel is about."""
    if channel == "email":
        return customer.email
    return customer.phone if channel in ("sms", "whatsapp", "phone") else None


async def _check_card(visit: Visit, data: Enrolment) -> None:
    """Raises Conflict (member_blocked) for a card that was blocked."""
    card = data.customer.loyalty_card
    if card is None:
        return
    hashes = lookups.hashes_of(visit.vault, kinds.LOYALTY_CARD, card, region="", sources=())
    await meet(visit, card_question(visit, hashes), Wanted(data.programme), card=next(iter(hashes), None))


def card_question(visit: Visit, hashes: Iterable[str]) -> Call:
    """Asks for whoever has a card, or had it."""
    values = [(kinds.LOYALTY_CARD, value) for value in hashes]
    return lookups.identifiers_question(visit.vault, values, former=True, after=lookups.FIRST, limit=2)
