"""Consent: who said yes or no to what, on which channel, and where that was heard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from regulars.capabilities.consent.rules import word_of
from regulars.capabilities.identity.person import person_of
from regulars.console.services import lookups
from regulars.console.services.consents import (
    Word,
    address_kind,
    addresses_in_words,
    all_words,
    present_address,
    words_of,
)
from regulars.console.services.registering import Stand, event_id, submit
from regulars.vocabulary.errors import Forbidden, InvalidInput
from regulars.vocabulary.events import (
    OCCURRED_AHEAD_SECONDS_MAX,
    Aware,
    Customer,
    Event,
    Id,
    LongText,
    Text,
)
from regulars.vocabulary.events import Consent as ConsentSaid

from .deps import AtVisit, Visit
from .paging import ROWS, Cursor, Limit, cut, read_cursor
from .profiles import profile_id_in, source_names, unknown_profile
from .registering import author_of
from .shapes import Id as HexId
from .shapes import Status, status_of

Channel = Literal["email", "sms", "whatsapp", "phone", "push", "post"]
_FIRST: Final = (UUID(int=0), "", "")
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AHEAD: Final = timedelta(seconds=OCCURRED_AHEAD_SECONDS_MAX)


class Consent(Struct, frozen=True):
    """What holds for an address, channel and purpose. `address` is told only where a profile was asked for."""

    channel: str
    purpose: str
    status: Status
    occurred_at: datetime
    source: str
    address: str | None
    profile_id: HexId | None


class ConsentPage(Struct, frozen=True):
    """One page of consents."""

    data: list[Consent]
    next: str | None


class NewConsent(Struct, forbid_unknown_fields=True, kw_only=True):
    """A yes or no. Say whose: an `address`, a `profile_id` (for e-mail and phone), or a `customer` of your source.

    `text` is what the person agreed to; `occurred_at` is now unless given.
    """

    channel: Channel
    status: Status
    purpose: Id = "marketing"
    address: Text | None = None
    profile_id: Annotated[str, Meta(max_length=64)] | None = None
    customer: Customer | None = None
    text: LongText | None = None
    occurred_at: Aware | None = None


class ConsentHeard(Struct, frozen=True):
    """What became of it: a repeat is a duplicate and changes nothing."""

    id: Annotated[str, Meta(description="The event that says it.")]
    result: Literal["applied", "duplicate"]
    channel: str
    purpose: str
    status: Status
    occurred_at: datetime


def _asked(name: str, text: str, characters_max: int = 200) -> Any:
    return QueryParameter(name=name, description=text, min_length=1, max_length=characters_max)


@get("/v1/consents", summary="List consents")
async def list_consents(
    visit: AtVisit,
    profile_id: Annotated[str | None, _asked("profile_id", "Only those of this profile.", 64)] = None,
    channel: Annotated[str | None, _asked("channel", "Only those for this channel.")] = None,
    purpose: Annotated[str | None, _asked("purpose", "Only those for this purpose.")] = None,
    limit: Limit = ROWS,
    cursor: Cursor = None,
) -> ConsentPage:
    """What holds now, for a profile or, page by page, for everybody. Former words are on the timeline."""
    if profile_id is not None:
        return await _of_profile(visit, profile_id, channel, purpose)
    if visit.stores is not None:
        raise Forbidden("A key limited to stores asks for one profile at a time.", field="profile_id")
    after = read_cursor(cursor, tuple[UUID, str, str]) or _FIRST
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await all_words(
            conn, visit.workspace_id, channel=channel, purpose=purpose, after=after, limit=limit + 1
        )
    kept, more = cut(found, limit, lambda word: (word.address, word.channel, word.purpose))
    names = await source_names(visit)
    return ConsentPage(
        [consent_of(word, names[word.source_id], None, word.profile_id) for word in kept], more
    )


@post("/v1/consents", summary="Record a consent")
async def add_consent(visit: AtVisit, data: JSONBody[NewConsent]) -> ConsentHeard:
    """Record a yes or no as an event of your source. The latest word for an address wins; a tie withdraws."""
    if sum(one is not None for one in (data.address, data.profile_id, data.customer)) == 0:
        raise InvalidInput("Say whose consent it is: address, profile_id or customer.", field="address")
    address = data.address
    if data.profile_id is not None:
        if address is not None:
            raise InvalidInput("Give either address or profile_id.", field="profile_id")
        address = await _address_of(visit, data.profile_id, data.channel)
    now = visit.deps.clock()
    at = data.occurred_at or now
    if not _EARLIEST <= at <= now + _AHEAD:
        raise InvalidInput("occurred_at is in the future or before 1970.", field="occurred_at")
    author = author_of(visit)
    said = [msgspec.to_builtins(data), at if visit.idempotency_key is None else None]
    event = Event(
        id=event_id(author, "consent", said, Stand()),
        type="consent.given" if data.status == "granted" else "consent.withdrawn",
        occurred_at=at,
        customer=data.customer,
        consent=ConsentSaid(channel=data.channel, purpose=data.purpose, address=address, text=data.text),
    )
    check_word(visit, event)
    result = await submit(author, event, f"consent:{data.channel}")
    return ConsentHeard(
        id=event.id,
        result="duplicate" if result.status == "duplicate" else "applied",
        channel=data.channel,
        purpose=data.purpose,
        status=data.status,
        occurred_at=event.occurred_at,
    )


def consent_of(word: Word, source: str, address: str | None, profile_id: UUID | None) -> Consent:
    """A word as the API shows it."""
    return Consent(
        channel=word.channel,
        purpose=word.purpose,
        status=status_of(word.granted),
        occurred_at=word.occurred_at,
        source=source,
        address=address,
        profile_id=profile_id.hex if profile_id is not None else None,
    )


async def _of_profile(visit: Visit, text: str, channel: str | None, purpose: str | None) -> ConsentPage:
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await lookups.by_record(conn, visit.vault, profile_id_in(text))
        if found is None:
            raise unknown_profile()
        words = await words_of(conn, visit.workspace_id, found.parts)
    said = {(word.address, word.channel, word.purpose): word for each in words.values() for word in each}
    addresses = addresses_in_words(found.parts, clear=visit.clear)
    names = await source_names(visit)
    lines = [
        consent_of(word, names[word.source_id], addresses.get(word.address), found.profile_id)
        for word in said.values()
        if channel in (None, word.channel) and purpose in (None, word.purpose)
    ]
    return ConsentPage(sorted(lines, key=lambda line: (line.purpose, line.channel, line.address or "")), None)


async def _address_of(visit: Visit, text: str, channel: str) -> str:
    """The e-mail or phone a profile said last. Raises NotFound, and InvalidInput where there is none."""
    address_kind(channel, field="profile_id")  # told before anybody is looked for
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await lookups.by_record(conn, visit.vault, profile_id_in(text))
    if found is None:
        raise unknown_profile()
    return present_address(found.parts, channel, field="profile_id")


def check_word(visit: Visit, event: Event) -> None:
    """Raises InvalidInput for what the gate would set aside, with the field of the request's body."""
    source = visit.caller.source
    person = None
    if event.customer is not None:
        person = person_of(
            event.customer,
            source_id=source.source_id,
            region=source.region,
            hash_=visit.vault.hash,
        )
    try:
        word_of(
            event,
            person,
            source_id=source.source_id,
            region=source.region,
            event_key=UUID(int=0).hex,
            hash_=visit.vault.hash,
        )
    except InvalidInput as error:
        name = error.field.removeprefix("consent.") if error.field else None
        raise InvalidInput(error.template, code=error.code, field=name, **error.values) from None
