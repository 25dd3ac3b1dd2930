"""The list of customers, and finding one by card, phone, e-mail, account, receipt or words of the name."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from msgspec import Struct, field

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.normalise import email, fold, is_filler, phone
from regulars.store.database import AsyncConnection
from regulars.store.vault import Vault

from .common import SQL, SourceName, pack_place, rows, sources, store_names, unpack_place, uuid_of, whole
from .people import FIGURES, Person, load_people

PAGE_ROWS = 50
_SCAN_EVENTS = 400
_SCANS_MAX = 6
_QUERY_CHARACTERS_MAX = 200
_WORDS_MAX = 3
_WORD_LETTERS_MIN = 3

Order = Literal["latest", "newest"]


class Wanted(Struct, frozen=True):
    """Who a list is to show. `stores`: with an order in one of these; `source_id`: known from that source."""

    source_id: int | None = None
    stores: frozenset[str] | None = None


EVERYBODY: Final = Wanted()


class CustomerPage(Struct, frozen=True):
    """One page of customers. `older` is the mark of the next page; `unnamed_receipts`: receipts found that name nobody."""

    people: list[Person]
    older: str | None = None
    unnamed_receipts: int = 0
    sources: dict[int, SourceName] = field(default_factory=dict)
    stores: dict[str, str] = field(default_factory=dict)


async def list_customers(
    conn: AsyncConnection,
    vault: Vault,
    *,
    order: Order,
    page: str | None,
    clear: bool,
    spend: bool,
    wanted: Wanted,
) -> CustomerPage:
    """Customers by when they were last heard of, or by when they were first; 50 to a page.

    A page looks at 2,400 events or customers at most, so one may
    hold fewer than 50, or nobody, and still go on.
    """
    find = _latest if order == "latest" else _newest
    ids, older = await find(conn, vault.workspace_id, page, wanted)
    return await _page(conn, vault, ids, older, clear=clear, spend=spend)


async def find_customers(
    conn: AsyncConnection,
    vault: Vault,
    query: str,
    *,
    region: str,
    page: str | None,
    clear: bool,
    spend: bool,
) -> CustomerPage:
    """Customers that a text may mean: the exact ones first, then those with all the words in their name.

    Exact means a loyalty card, e-mail, phone, account, payment token, profile id or receipt number.
    """
    query = query.strip()[:_QUERY_CHARACTERS_MAX]
    known_sources = await sources(conn, vault.workspace_id)
    exact: list[UUID] = []
    unnamed = 0
    if page is None:
        exact = await _by_identifier(conn, vault, query, region, known_sources)
        by_receipt, unnamed = await _by_receipt(conn, vault, query, known_sources)
        exact = list(dict.fromkeys([*exact, *by_receipt]))
    named, older = await _by_words(conn, vault, query, page)
    ids = list(dict.fromkeys([*exact, *named]))[: 2 * PAGE_ROWS]
    return await _page(conn, vault, ids, older, clear=clear, spend=spend, unnamed=unnamed)


async def _page(
    conn: AsyncConnection,
    vault: Vault,
    ids: list[UUID],
    older: str | None,
    *,
    clear: bool,
    spend: bool,
    unnamed: int = 0,
) -> CustomerPage:
    return CustomerPage(
        people=await load_people(conn, vault, ids, clear=clear, spend=spend),
        older=older,
        unnamed_receipts=unnamed,
        sources=await sources(conn, vault.workspace_id),
        stores=await store_names(conn, vault.workspace_id),
    )


async def _latest(
    conn: AsyncConnection, workspace_id: int, page: str | None, wanted: Wanted
) -> tuple[list[UUID], str | None]:
    """Walk the log backwards; a profile stands where its latest event is, so later pages never repeat it."""
    place = unpack_place(page, 1)
    before = whole(place[0], "page") if place else None
    ids: dict[UUID, int] = {}
    for _ in range(_SCANS_MAX):
        params = {"workspace_id": workspace_id, "before": before, "limit": _SCAN_EVENTS}
        found = await rows(conn, SQL.last_heard, params)
        latest = await _latest_of(conn, workspace_id, found, before, ids)
        those = await _those(conn, workspace_id, list(latest), wanted)
        ids |= {profile_id: latest[profile_id] for profile_id in those}
        if len(ids) >= PAGE_ROWS:
            kept = list(ids)[:PAGE_ROWS]
            return kept, pack_place(ids[kept[-1]])
        if len(found) < _SCAN_EVENTS:
            return list(ids), None
        before = found[-1][0]
    return list(ids), pack_place(before)


async def _latest_of(
    conn: AsyncConnection,
    workspace_id: int,
    found: list[tuple[Any, ...]],
    before: int | None,
    known: dict[UUID, int],
) -> dict[UUID, int]:
    """Of events, newest first: the profiles that have none later, each with the number of its latest event."""
    latest: dict[UUID, int] = {}
    for event_no, profile_id in found:
        if profile_id not in known:
            latest.setdefault(profile_id, event_no)
    if not latest or before is None:
        return latest
    params = {"workspace_id": workspace_id, "ids": list(latest), "from_no": before}
    again = {one[0] for one in await rows(conn, SQL.heard_again, params)}
    return {profile_id: event_no for profile_id, event_no in latest.items() if profile_id not in again}


async def _newest(
    conn: AsyncConnection, workspace_id: int, page: str | None, wanted: Wanted
) -> tuple[list[UUID], str | None]:
    place = unpack_place(page, 2)
    at = datetime.fromisoformat(place[0]) if place else None
    last = uuid_of(place[1], "page") if place else None
    scan = PAGE_ROWS + 1 if wanted == EVERYBODY else _SCAN_EVENTS
    kept: list[tuple[UUID, datetime]] = []
    for _ in range(_SCANS_MAX):
        params = {"workspace_id": workspace_id, "at": at, "id": last, "limit": scan}
        found = dict(await rows(conn, SQL.newest_profiles, params))
        kept += [(one, found[one]) for one in await _those(conn, workspace_id, list(found), wanted)]
        if len(kept) > PAGE_ROWS:
            last, at = kept[PAGE_ROWS - 1]
            return [one for one, _ in kept[:PAGE_ROWS]], pack_place(at.isoformat(), last)
        if len(found) < scan:
            return [one for one, _ in kept], None
        last, at = list(found.items())[-1]
    assert at is not None
    return [one for one, _ in kept], pack_place(at.isoformat(), last)


async def _those(conn: AsyncConnection, workspace_id: int, ids: list[UUID], wanted: Wanted) -> list[UUID]:
    """Of some profiles those that are wanted, in their order."""
    params = {"workspace_id": workspace_id, "ids": ids, "source_id": wanted.source_id}
    if wanted.source_id is not None and ids:
        known = {one[0] for one in await rows(conn, SQL.profiles_of_source, params)}
        ids = [profile_id for profile_id in ids if profile_id in known]
    if wanted.stores is not None and ids:
        found = await rows(conn, SQL.figures_of_profiles, params | {"ids": ids})
        bought = {
            one for one, figures in found if not wanted.stores.isdisjoint(FIGURES.decode(figures).stores)
        }
        ids = [profile_id for profile_id in ids if profile_id in bought]
    return ids


async def _by_identifier(
    conn: AsyncConnection, vault: Vault, query: str, region: str, known: dict[int, SourceName]
) -> list[UUID]:
    values = json.dumps(
        [{"kind": kind, "value": value} for kind, value in identifiers_in(vault, query, region, known)]
    )
    params = {"workspace_id": vault.workspace_id, "values": values, "limit": PAGE_ROWS}
    found = [one[0] for one in await rows(conn, SQL.find_by_identifier, params)]
    if len(query.replace("-", "")) == 32:
        found += await _by_id(conn, vault, query)
    return found


def identifiers_in(
    vault: Vault, query: str, region: str, source_ids: Collection[int]
) -> list[tuple[int, str]]:
    """Every identifier a text can be, hashed as the engine hashes it; ids of a source are tried for each of them."""
    if not query or is_filler(query):
        return []
    found = [
        (kind, vault.hash(kinds.NAMES[kind], "", query)) for kind in (kinds.LOYALTY_CARD, kinds.PAYMENT_TOKEN)
    ]
    for kind in (kinds.EXTERNAL_ID, kinds.ANONYMOUS_ID, kinds.DEVICE):
        found += [(kind, vault.hash(kinds.NAMES[kind], str(source_id), query)) for source_id in source_ids]
    if address := email(query):
        found.append((kinds.EMAIL, vault.hash("email", "", address)))
    if any(char.isdigit() for char in query) and (number := phone(query, region)):
        found.append((kinds.PHONE, vault.hash("phone", "", number)))
    return found


async def _by_id(conn: AsyncConnection, vault: Vault, query: str) -> list[UUID]:
    try:
        record_id = UUID(query)
    except ValueError:
        return []
    params = {"workspace_id": vault.workspace_id, "record_id": record_id}
    return [one[0] for one in await rows(conn, SQL.profile_of_record, params)]


async def _by_receipt(
    conn: AsyncConnection, vault: Vault, query: str, known: dict[int, SourceName]
) -> tuple[list[UUID], int]:
    systems = {source.till_system for source in known.values()}
    keys = [vault.hash("receipt", system, query) for system in sorted(systems)]
    params = {"workspace_id": vault.workspace_id, "keys": keys, "limit": PAGE_ROWS}
    found = await rows(conn, SQL.find_by_receipt, params)
    return [one[0] for one in found if one[0]], sum(one[1] for one in found if not one[0])


async def _by_words(
    conn: AsyncConnection, vault: Vault, query: str, page: str | None
) -> tuple[list[UUID], str | None]:
    words = sorted((w for w in fold(query).split() if len(w) >= _WORD_LETTERS_MIN), key=len, reverse=True)
    if not words or "@" in query or any(char.isdigit() for char in query):
        return [], None
    place = unpack_place(page, 1)
    hashed = [vault.hash("word", word) for word in words[:_WORDS_MAX]] + [None] * _WORDS_MAX
    params = {
        "workspace_id": vault.workspace_id,
        "word1": hashed[0],
        "word2": hashed[1],
        "word3": hashed[2],
        "after": uuid_of(place[0], "page") if place else None,
        "limit": PAGE_ROWS + 1,
    }
    found = await rows(conn, SQL.find_by_words, params)
    kept = found[:PAGE_ROWS]
    older = pack_place(kept[-1][0]) if len(found) > PAGE_ROWS else None
    return [profile_id for _, profile_id in kept], older
