"""How often promotions were used, as a quote needs it: what is reserved counts, what timed out does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from regulars.capabilities.offers import basket, usage
from regulars.capabilities.offers.usage import Count, Hold, Place, Where
from regulars.store.database import Database
from regulars.store.pipeline import Call
from regulars.store.queries import load_queries
from regulars.vocabulary.events import OfferUse

EXPIRED_MAX: Final = 1_000
OFFERS: Final = load_queries("regulars.capabilities.offers")


class Counted(Struct, frozen=True):
    """Use of promotions so far: for the engine, by the member, and by hash of a code."""

    usage: basket.Usage = basket.Usage()
    member: Mapping[str, int] = {}
    codes: Mapping[str, int] = {}


async def counted(
    database: Database,
    workspace_id: int,
    wanted: Collection[Place],
    day: str,
    records: Iterable[str],
    now: datetime,
) -> Counted:
    """Use at some places; one round trip, none where nothing is asked."""
    if not wanted:
        return Counted()
    places = [{"scope": scope, "key": key, "promotion": name} for scope, key, name in sorted(wanted)]
    counts, holds = await database.ask(
        workspace_id,
        Call(
            OFFERS.load_counts,
            {"workspace_id": workspace_id, "places": msgspec.json.encode(places).decode()},
        ),
        Call(
            OFFERS.load_holds,
            {"workspace_id": workspace_id, "holds": "{}", "until": now, "limit": EXPIRED_MAX},
        ),
    )
    book = usage.Usage()
    book.counts = {(scope, key, name): Count(*rest) for scope, key, name, *rest in counts}
    book.holds = {hold.hold_id: hold for hold in map(hold_of, holds)}
    book.settle(now)
    return _read(book, wanted, day, set(records))


def hold_of(row: tuple[Any, ...]) -> Hold:
    """A hold out of a row of load_holds."""
    hold_id, record_id, store, day, expires_at, uses, state, sale_id = row
    where = Where(record_id.hex if record_id is not None else None, store, day)
    read = msgspec.convert(uses, list[OfferUse])
    return Hold(hold_id.hex, where, expires_at, read, state, sale_id.hex if sale_id is not None else None)


def _read(book: usage.Usage, wanted: Collection[Place], day: str, records: Collection[str]) -> Counted:
    total: dict[str, int] = {}
    today: dict[str, int] = {}
    spent: dict[str, int] = {}
    member: defaultdict[str, int] = defaultdict(int)
    codes: dict[str, int] = {}
    for scope, key, name in wanted:
        count = book.counts.get((scope, key, name), Count())
        if scope == usage.TOTAL:
            total[name], spent[name] = count.taken, count.taken_minor
        elif scope == usage.DAY and key == day:
            today[name] = count.taken
        elif scope == usage.MEMBER and key in records:
            member[name] += count.taken
        elif scope == usage.WITH_CODE:
            codes[key] = count.taken
    return Counted(basket.Usage(total, today, spent), member, codes)
