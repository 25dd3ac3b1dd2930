"""Profiles: found by what is known of a person, and shown whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from regulars.capabilities.identity import kinds
from regulars.console.services import lookups
from regulars.console.services.consents import words_among, words_question
from regulars.console.services.lookups import Found, NewestPlace
from regulars.console.services.member import standing_questions, standings_among
from regulars.store.pipeline import Call
from regulars.store.reading import Answer
from regulars.vocabulary.errors import InvalidInput, NotFound

from .deps import AtVisit, Visit
from .paging import ROWS, ROWS_MAX, Cursor, Limit, read_cursor, write_cursor
from .shapes import Profile, profile_of

_Text = Annotated[str, Meta(min_length=1, max_length=500)]
IDENTIFIERS: Final = {
    "email": kinds.EMAIL,
    "phone": kinds.PHONE,
    "loyalty_card": kinds.LOYALTY_CARD,
    "payment_token": kinds.PAYMENT_TOKEN,
    "external_id": kinds.EXTERNAL_ID,
    "anonymous_id": kinds.ANONYMOUS_ID,
}


class ProfileSearch(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is known of a person: one of the first eight. Without any, the newest known customers are listed.

    `source` says whose external or anonymous id, or whose receipt it is; without it any source's counts.
    `country` (ISO 3166) is where a phone number without prefix is read. `former` finds by replaced e-mails,
    phones and cards too. `store` narrows a receipt number that many shops use.
    """

    email: _Text | None = None
    phone: _Text | None = None
    loyalty_card: _Text | None = None
    payment_token: _Text | None = None
    external_id: _Text | None = None
    anonymous_id: _Text | None = None
    name: _Text | None = None
    receipt: _Text | None = None
    source: _Text | None = None
    store: _Text | None = None
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")] | None = None
    former: bool = False
    limit: Annotated[int, Meta(ge=1, le=ROWS_MAX)] = ROWS
    cursor: Annotated[str, Meta(max_length=500)] | None = None


class ProfilePage(Struct, frozen=True):
    """One page of profiles."""

    data: list[Profile]
    next: str | None


def _known(name: str, text: str) -> Any:
    return QueryParameter(name=name, description=text, min_length=1, max_length=500)


@get("/v1/profiles", summary="Find profiles")
async def find_profiles(
    visit: AtVisit,
    email: Annotated[str | None, _known("email", "Present e-mail, in any case.")] = None,
    phone: Annotated[str | None, _known("phone", "Present phone number.")] = None,
    loyalty_card: Annotated[str | None, _known("loyalty_card", "Loyalty card.")] = None,
    payment_token: Annotated[str | None, _known("payment_token", "Token of a payment card.")] = None,
    external_id: Annotated[str | None, _known("external_id", "A source's own id of the customer.")] = None,
    anonymous_id: Annotated[str | None, _known("anonymous_id", "A browser's or app's id.")] = None,
    name: Annotated[str | None, _known("name", "Words of the name, or their beginnings.")] = None,
    receipt: Annotated[str | None, _known("receipt", "Number of a receipt.")] = None,
    source: Annotated[str | None, _known("source", "The source the id or receipt is of.")] = None,
    store: Annotated[str | None, _known("store", "The store of the receipt.")] = None,
    country: Annotated[
        str | None,
        QueryParameter(
            name="country", pattern="^[A-Z]{2}$", description="Where a phone without prefix is read."
        ),
    ] = None,
    former: Annotated[
        bool, QueryParameter(name="former", description="Find by replaced values too.")
    ] = False,
    limit: Limit = ROWS,
    cursor: Cursor = None,
) -> ProfilePage:
    """Give one of email, phone, loyalty_card, payment_token, external_id, anonymous_id, name or receipt.

    Without any, the known customers are listed, the newest first. Contacts end up in proxies' logs this way:
    `POST /v1/profiles/search` takes the same in its body. Names and contacts are masked without pii:read.
    """
    wanted = ProfileSearch(
        email=email,
        phone=with_plus(phone),
        loyalty_card=loyalty_card,
        payment_token=payment_token,
        external_id=external_id,
        anonymous_id=anonymous_id,
        name=name,
        receipt=receipt,
        source=source,
        store=store,
        country=country,
        former=former,
        limit=limit,
        cursor=cursor,
    )
    return await search(visit, wanted)


@post("/v1/profiles/search", summary="Find profiles, contacts in the body", status_code=200)
async def search_profiles(visit: AtVisit, data: JSONBody[ProfileSearch]) -> ProfilePage:
    """As `GET /v1/profiles`, with nothing personal in the address."""
    return await search(visit, data)


@get("/v1/profiles/{profile_id:str}", summary="Show a profile")
async def show_profile(visit: AtVisit, profile_id: FromPath[str]) -> Profile:
    """The profile of an id. The id of any record that ever was part of it leads to it, whatever was merged."""
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await lookups.by_record(conn, visit.vault, profile_id_in(profile_id))
    if found is None:
        raise unknown_profile()
    return (await _shown(visit, [found]))[0]


def profile_id_in(text: str, field: str = "profile_id") -> UUID:
    """The id in a path, or in another field. Raises NotFound for what cannot be one."""
    try:
        return UUID(text)
    except ValueError:
        raise unknown_profile(field) from None


def unknown_profile(field: str = "profile_id") -> NotFound:
    """The error for an id that is no profile's or record's."""
    return NotFound("There is no customer with this id; they may have been erased.", field=field)


class _Names(dict[int, str]):
    """Names of sources; a number stands for one that is gone."""

    def __missing__(self, number: int) -> str:
        return f"source {number}"


async def source_names(visit: Visit) -> Mapping[int, str]:
    """The name of each source by number. Ask before a connection is taken: this may take one."""
    known = await visit.deps.sources.known(visit.workspace_id)
    return _Names({one.source.source_id: one.source.name for one in known})


def with_plus(phone: str | None) -> str | None:
    """A plus sign that was not escaped in the address arrives as a blank."""
    return (
        "+" + phone.lstrip()
        if phone is not None and phone[:1] == " " and phone.strip()[:1].isdigit()
        else phone
    )


async def search(visit: Visit, wanted: ProfileSearch) -> ProfilePage:
    """One page of the profiles asked for. Raises InvalidInput when more than one thing is asked by."""
    given = [name for name in (*IDENTIFIERS, "name", "receipt") if getattr(wanted, name) is not None]
    if len(given) > 1:
        raise InvalidInput(
            f"Search by one thing at a time, not by {given[0]} and {given[1]}.", field=given[1]
        )
    sources = await _sources(visit, wanted.source, needed=bool(given) and given[0] in _BY_SOURCE)
    if not given:
        return await _newest(visit, wanted)
    place = read_cursor(wanted.cursor, tuple[UUID])
    after = place[0] if place else lookups.FIRST
    found: Sequence[Found]
    if given[0] in IDENTIFIERS:
        found, shown = await _by_identifier(visit, wanted, given[0], sources, after)
    else:
        found = await _found(visit, wanted, given[0], sources, after)
        shown = await _shown(visit, found[: wanted.limit])
    more = write_cursor(found[wanted.limit - 1].place) if len(found) > wanted.limit else None
    return ProfilePage(shown, more)


_BY_SOURCE: Final = frozenset({"external_id", "anonymous_id", "receipt"})


async def _sources(visit: Visit, name: str | None, *, needed: bool) -> Mapping[int, str]:
    """Number and till system of the sources a value may be of. Raises InvalidInput for an unknown one."""
    if name is not None:
        known = await visit.deps.sources.find(visit.workspace_id, name)
        if known is None:
            raise InvalidInput(f"There is no source named {name!r}.", field="source")
        return {known.source.source_id: known.source.till_system}
    if not needed:
        return {}
    listed = await visit.deps.sources.known(visit.workspace_id)
    return {known.source.source_id: known.source.till_system for known in listed}


async def _by_identifier(
    visit: Visit, wanted: ProfileSearch, by: str, sources: Mapping[int, str], after: UUID
) -> tuple[list[Found], list[Profile]]:
    """Up to one profile more than asked for, and those asked for as they are shown; one round trip."""
    kind, region = IDENTIFIERS[by], wanted.country or visit.caller.source.region
    hashes = lookups.hashes_of(visit.vault, kind, getattr(wanted, by), region=region, sources=sources)
    values = [(kind, value) for value in hashes]
    question = lookups.identifiers_question(
        visit.vault, values, former=wanted.former, after=after, limit=wanted.limit + 1
    )

    def ask_on(rows: Answer) -> tuple[list[Found], list[Call]]:
        found = lookups.people_among(visit.vault, rows[0])
        return found, _questions(visit, found[: wanted.limit])

    found, told = await visit.api.database.ask_on(visit.workspace_id, [question], ask_on)
    return found, await _profiles(visit, found[: wanted.limit], told)


async def _found(
    visit: Visit,
    wanted: ProfileSearch,
    by: str,
    sources: Mapping[int, str],
    after: UUID,
) -> Sequence[Found]:
    """Up to one profile more than asked for, by name or receipt."""
    limit, value = wanted.limit + 1, getattr(wanted, by)
    async with visit.api.database.read(visit.workspace_id) as conn:
        if by == "receipt":
            systems = sources.values()
            return await lookups.by_receipt(
                conn, visit.vault, value, till_systems=systems, store=wanted.store, after=after, limit=limit
            )
        named = await lookups.by_name(conn, visit.vault, value, after=after, limit=limit)
    if named is None:
        raise InvalidInput("Give a word of the name.", field="name")
    return named


async def _newest(visit: Visit, wanted: ProfileSearch) -> ProfilePage:
    after = read_cursor(wanted.cursor, NewestPlace)
    async with visit.api.database.read(visit.workspace_id) as conn:
        found, last = await lookups.newest(
            conn, visit.vault, after=after, limit=wanted.limit, stores=visit.stores
        )
    more = write_cursor(last.at, last.record_id) if last is not None else None
    return ProfilePage(await _shown(visit, found), more)


async def _shown(visit: Visit, found: Sequence[Found]) -> list[Profile]:
    if not found:
        return []
    return await _profiles(
        visit, found, await visit.api.database.ask(visit.workspace_id, *_questions(visit, found))
    )


def _questions(visit: Visit, found: Sequence[Found]) -> list[Call]:
    """Asks for what is shown of profiles beside their records; `_profiles` reads the answers."""
    if not found:
        return []
    parts = [part for one in found for part in one.parts]
    people = {one.profile_id: one.parts for one in found}
    return [
        words_question(visit.workspace_id, parts),
        *standing_questions(visit.workspace_id, people),
    ]


async def _profiles(visit: Visit, found: Sequence[Found], answers: Answer) -> list[Profile]:
    if not found:
        return []
    people = {one.profile_id: one.parts for one in found}
    told, *stand = answers
    standings = standings_among(people, stand, now=visit.deps.clock())
    sources = await source_names(visit)
    return [
        profile_of(
            one.profile_id,
            one.parts,
            words_among(one.parts, told),
            sources,
            standings[one.profile_id],
            clear=visit.clear,
            spend=visit.stores is None,
        )
        for one in found
    ]
