"""Why these records are one person, why others are not, and which values name nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter
from msgspec import Meta, Struct

from regulars.capabilities.identity import kinds
from regulars.console.services import lookups
from regulars.console.services.common import SQL, mask, rows
from regulars.console.services.lookups import PROFILES, Found
from regulars.console.services.people import Part, name_of
from regulars.console.services.profile import EDGES_MAX
from regulars.store.database import AsyncConnection
from regulars.vocabulary.errors import NotFound

from .deps import AtVisit, Visit
from .profiles import profile_id_in, source_names, unknown_profile
from .shapes import Id, Identifier, identifiers_of, mask_name

_KIND_WORDS: Final = {
    "loyalty_card": "loyalty card",
    "external_id": "customer number",
    "anonymous_id": "browser or app",
    "payment_token": "payment card",
    "device": "device",
    "email": "e-mail",
    "phone": "phone",
}


class ExplainedRecord(Struct, frozen=True):
    """A record: the customer as one source knows them."""

    record_id: Id
    source: str
    known: Annotated[bool, Meta(description="False while only browsers or payment cards are known.")]
    name: str | None
    first_at: datetime
    last_at: datetime | None
    orders: int
    identifiers: list[Identifier]


class ExplainedLink(Struct, frozen=True):
    """A value that two records share, and whether it makes them one person. `value` is null for another's."""

    records: list[Id]
    kind: str
    value: str | None
    linked: bool
    reason: str
    other_profile_id: Annotated[Id | None, Meta(description="The person on the other side, if not this one.")]


class GenericValue(Struct, frozen=True):
    """A value of this person that so many share that it names nobody."""

    kind: str
    value: str
    people: int
    records: int
    since: datetime
    reason: str


class Explanation(Struct, frozen=True):
    """All reasons for a profile. `summary` says them in a sentence or two."""

    profile_id: Id
    summary: str
    records: list[ExplainedRecord]
    links: list[ExplainedLink]
    not_links: list[ExplainedLink]
    generic_values: list[GenericValue]


@get("/v1/profiles/{profile_id:str}/explain", summary="Explain a profile")
async def explain_profile(
    visit: AtVisit,
    profile_id: FromPath[str],
    other: Annotated[
        str | None,
        QueryParameter(
            name="other", max_length=64, description="Say only what is between this and another profile."
        ),
    ] = None,
) -> Explanation:
    """The records of a profile, what links them, what was refused as a link and why, and generic values.

    Links are the strongest 200. With `other` the answer says why two ids are one person or why they are two.
    """
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await lookups.by_record(conn, visit.vault, profile_id_in(profile_id))
        if found is None:
            raise unknown_profile()
        compared = await _compared(visit, conn, other)
        links = await _links(visit, conn, found)
        generics = await _generics(visit, conn, found.parts)
    sources = await source_names(visit)
    if compared is not None and compared.profile_id != found.profile_id:
        links = [link for link in links if link.other_profile_id == compared.profile_id.hex]
        generics = [one for one in generics if _shares(compared.parts, one, visit)]
    linked = [link for link in links if link.linked and link.other_profile_id is None]
    refused = [link for link in links if not link.linked]
    return Explanation(
        profile_id=found.profile_id.hex,
        summary=_summary(found, compared, linked, refused, generics),
        records=[_record(part, sources, clear=visit.clear) for part in found.parts],
        links=linked,
        not_links=refused,
        generic_values=generics,
    )


async def _compared(visit: Visit, conn: AsyncConnection, other: str | None) -> Found | None:
    if other is None:
        return None
    found = await lookups.by_record(conn, visit.vault, profile_id_in(other))
    if found is None:
        raise NotFound("There is no customer with the other id; they may have been erased.", field="other")
    return found


async def _links(visit: Visit, conn: AsyncConnection, found: Found) -> list[ExplainedLink]:
    values = _values(found.parts, clear=visit.clear)
    params = {"workspace_id": visit.workspace_id, "profile_id": found.profile_id, "limit": EDGES_MAX}
    links = []
    for a, b, kind, value, linked, reason, *profiles in await rows(conn, SQL.profile_edges, params):
        name = kinds.NAMES[kind]
        others = [profile_id for profile_id in profiles if profile_id != found.profile_id]
        links.append(
            ExplainedLink(
                records=[a.hex, b.hex],
                kind=name,
                value=values.get((kind, value)),
                linked=linked,
                reason=reason_in_words(name, reason),
                other_profile_id=others[0].hex if others else None,
            )
        )
    return links


async def _generics(visit: Visit, conn: AsyncConnection, parts: Sequence[Part]) -> list[GenericValue]:
    values = _values(parts, clear=visit.clear)
    asked = [{"kind": kind, "value": value.hex} for kind, value in values]
    params = {"workspace_id": visit.workspace_id, "values": msgspec.json.encode(asked).decode()}
    return [
        GenericValue(
            kind=kinds.NAMES[kind],
            value=values[kind, value],
            people=people,
            records=records,
            since=since,
            reason=f"This {_KIND_WORDS[kinds.NAMES[kind]]} is shared by too many to name anybody: it links nothing.",
        )
        for kind, value, people, records, since in await rows(conn, PROFILES.generic_values, params)
    ]


def _values(parts: Iterable[Part], *, clear: bool) -> dict[tuple[int, UUID], str]:
    """What a profile's identifiers say, by kind and hash."""
    return {
        (kinds.BY_NAME[one.kind], UUID(one.hash)): one.value if clear else mask(one.kind, one.value)
        for part in parts
        for one in part.identities()
    }


def _shares(parts: Sequence[Part], generic: GenericValue, visit: Visit) -> bool:
    theirs = _values(parts, clear=visit.clear)
    return any(
        kinds.NAMES[kind] == generic.kind and shown == generic.value for (kind, _), shown in theirs.items()
    )


def _record(part: Part, sources: Mapping[int, str], *, clear: bool) -> ExplainedRecord:
    name = name_of([part])
    return ExplainedRecord(
        record_id=part.record_id.hex,
        source=sources[part.source_id],
        known=part.known,
        name=name if clear or name is None else mask_name(name),
        first_at=part.first_at,
        last_at=part.last_at,
        orders=part.figures.orders,
        identifiers=identifiers_of([part], sources, clear=clear),
    )


def reason_in_words(kind: str, reason: str) -> str:
    """A reason of the clustering as a sentence."""
    value = _KIND_WORDS.get(kind, kind)
    if reason.startswith("same "):
        return f"Both records carry the same {value}."
    if "conflict" in reason:
        return f"They share the {value}, but {reason}: it may be a family's."
    return f"They share the {value}, but {reason}."


def _summary(
    found: Found,
    compared: Found | None,
    linked: Sequence[ExplainedLink],
    refused: Sequence[ExplainedLink],
    generics: Sequence[GenericValue],
) -> str:
    if compared is not None and compared.profile_id != found.profile_id:
        if refused:
            return f"These are two people. {refused[0].reason}"
        if generics:
            return f"These are two people. {generics[0].reason}"
        return "These are two people: no value that names a person is the same in both."
    count = len(found.parts)
    if count == 1:
        alone = "One record: no other record shares a value that names this person."
        return f"{alone} {refused[0].reason}" if refused else alone
    kinds_linked = sorted({_KIND_WORDS[link.kind] for link in linked})
    return f"{count} records are one person, linked by {', '.join(kinds_linked)}."
