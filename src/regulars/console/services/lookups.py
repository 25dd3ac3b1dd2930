"""Profiles found by what somebody knows of them, each look-up by keyed hash and index, never by a scan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct, field

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.normalise import email, fold, is_filler, phone
from regulars.store.database import AsyncConnection, Database
from regulars.store.pipeline import Call
from regulars.store.queries import load_queries
from regulars.store.vault import Vault

from .common import rows
from .people import Part, part_of

PROFILES = load_queries("regulars.store.views", "profiles.sql")
FIRST: Final = UUID(int=0)
_LAST: Final = UUID(int=2**128 - 1)
_NEVER: Final = datetime(9000, 1, 1, tzinfo=UTC)
WORDS_MAX: Final = 3
SCANS_MAX: Final = 10
RECEIPTS_MAX: Final = 2_000
"""Of a receipt number that comes back day after day, this many receipts are looked at."""


class Found(Struct, frozen=True):
    """A profile with its opened records. `place` orders it among those found with it."""

    place: UUID
    profile_id: UUID
    parts: list[Part] = field(default_factory=list)


class NewestPlace(Struct, frozen=True, array_like=True):
    """Where a listing by first event goes on."""

    at: datetime
    record_id: UUID


def hashes_of(vault: Vault, kind: int, value: str, *, region: str, sources: Iterable[int]) -> list[str]:
    """The keyed hashes a value of that kind may have: one, or one for each source that it may be of.

    None at all for what cannot identify anybody: a malformed e-mail or phone, a filler such as `n/a`.
    """
    name, value = kinds.NAMES[kind], value.strip()
    if kind == kinds.EMAIL:
        address = email(value)
        return [vault.hash(name, "", address)] if address else []
    if kind == kinds.PHONE:
        number = phone(value, region)
        return [vault.hash(name, "", number)] if number else []
    if not value or is_filler(value):
        return []
    if kind in kinds.SCOPED_TO_SOURCE:
        return [vault.hash(name, str(source_id), value) for source_id in sources]
    return [vault.hash(name, "", value)]


async def by_identifiers(
    database: Database,
    vault: Vault,
    values: Sequence[tuple[int, str]],
    *,
    former: bool,
    after: UUID,
    limit: int,
) -> list[Found]:
    """Profiles with a record that carries one of some hashed values now (or ever, with `former`); one statement."""
    if not values:
        return []
    question = identifiers_question(vault, values, former=former, after=after, limit=limit)
    return people_among(vault, (await database.ask(vault.workspace_id, question))[0])


def identifiers_question(
    vault: Vault, values: Sequence[tuple[int, str]], *, former: bool, after: UUID, limit: int
) -> Call:
    """Asks for profiles by hashed values; `people_among` reads the answer."""
    asked = [{"kind": kind, "value": value} for kind, value in values]
    params = {
        "workspace_id": vault.workspace_id,
        "values": msgspec.json.encode(asked).decode(),
        "former": former,
        "after": after,
        "limit": limit,
    }
    return Call(PROFILES.records_by_identifier, params)


async def by_record(conn: AsyncConnection, vault: Vault, record_id: UUID) -> Found | None:
    """The profile that a record belongs to now; one statement."""
    found = people_among(vault, await rows(conn, *record_question(vault, record_id)))
    return found[0] if found else None


def record_question(vault: Vault, record_id: UUID) -> Call:
    """Asks for the profile that a record belongs to now; `people_among` reads the answer: one, or none."""
    params = {"workspace_id": vault.workspace_id, "record_id": record_id}
    return Call(PROFILES.records_of_record, params)


async def by_name(
    conn: AsyncConnection, vault: Vault, name: str, *, after: UUID, limit: int
) -> list[Found] | None:
    """Profiles whose name has all the words, three letters of each being enough; None for no word at all."""
    words = sorted(set(fold(name).split()), key=lambda word: (-len(word), word))[:WORDS_MAX]
    if not words:
        return None
    params: dict[str, Any] = {"workspace_id": vault.workspace_id, "after": after, "limit": limit}
    for number in range(WORDS_MAX):
        hashed = vault.hash("word", words[number]) if number < len(words) else None
        params[f"word{number + 1}"] = hashed
    return await _listed(conn, vault, await listed(conn, PROFILES.find_by_name, params))


async def by_receipt(
    conn: AsyncConnection,
    vault: Vault,
    receipt: str,
    *,
    till_systems: Iterable[str],
    store: str | None,
    after: UUID,
    limit: int,
) -> list[Found]:
    """Profiles with a sale or return of that receipt number, in any of the till systems."""
    params = {
        "workspace_id": vault.workspace_id,
        "keys": [vault.hash("receipt", system, receipt.strip()) for system in sorted(set(till_systems))],
        "store": store,
        "receipts": RECEIPTS_MAX,
        "after": after,
        "limit": limit,
    }
    return await _listed(conn, vault, await listed(conn, PROFILES.find_by_receipt_number, params))


async def newest(
    conn: AsyncConnection,
    vault: Vault,
    *,
    after: NewestPlace | None,
    limit: int,
    stores: frozenset[str] | None,
) -> tuple[list[Found], NewestPlace | None]:
    """Known customers by when they were first heard of, newest first, and where the next page begins.

    With `stores` only those with an order in one of them; a page may then be short and still have a next one, since
    `SCANS_MAX` times as many are looked at and no more.
    """
    place = after or NewestPlace(_NEVER, _LAST)
    kept: list[Found] = []
    for _ in range(SCANS_MAX):
        params = {"workspace_id": vault.workspace_id, "at": place.at, "id": place.record_id}
        batch = await listed(conn, PROFILES.newest_known, {**params, "limit": limit + 1})
        places = {one[0]: NewestPlace(one[2], one[0]) for one in batch}
        for one in await _listed(conn, vault, [seen[:2] for seen in batch[:limit]]):
            if stores is None or _bought_in(one, stores):
                kept.append(one)
            if len(kept) == limit:
                return kept, places[one.place] if one.place != batch[-1][0] else None
        if len(batch) <= limit:
            return kept, None
        place = places[batch[limit - 1][0]]
    return kept, place


def _bought_in(found: Found, stores: frozenset[str]) -> bool:
    return any(not stores.isdisjoint(part.figures.stores) for part in found.parts)


async def listed(conn: AsyncConnection, sql: Any, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Rows of a listing, planned for these very values: a plan for any values may scan a table."""
    return await (await conn.execute(sql, params, prepare=False)).fetchall()


async def _listed(conn: AsyncConnection, vault: Vault, found: Sequence[tuple[Any, ...]]) -> list[Found]:
    """Profiles of (place, profile id) rows with their records, in the same order."""
    if not found:
        return []
    params = {"workspace_id": vault.workspace_id, "ids": [profile_id for _, profile_id in found]}
    parts = {
        one.profile_id: one.parts
        for one in people_among(vault, await rows(conn, PROFILES.records_of, params))
    }
    return [Found(place, profile_id, parts[profile_id]) for place, profile_id in found if profile_id in parts]


def people_among(vault: Vault, found: Sequence[tuple[Any, ...]]) -> list[Found]:
    """Profiles out of the answer to a question for them, in its order."""
    out: dict[UUID, Found] = {}
    for place, profile_id, *record in found:
        one = out.get(profile_id)
        if one is None:
            one = out[profile_id] = Found(place, profile_id)
        if all(part.record_id != record[0] for part in one.parts):
            one.parts.append(part_of(vault, record))
    return list(out.values())
