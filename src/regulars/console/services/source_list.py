"""Sources as people see them: what they sent lately, what waits, and where a vendor sends to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from regulars.store.database import AsyncConnection
from regulars.store.sources import KnownSource
from regulars.store.write_backs import is_on
from regulars.vocabulary.connector import Connector
from regulars.vocabulary.errors import NotFound

from .access_keys import ACCESS
from .common import rows
from .write_back import can_write_back

EVENTS_READ_MAX: Final = 50_000
"""How many of the newest events are counted: beyond them a figure is a lower bound."""
WAITING_MAX: Final = 10_000
DAY: Final = timedelta(hours=24)


class SourceLine(Struct, frozen=True):
    """A source in the list, without options and secrets. `hook` is the address a vendor sends to.

    `write_back`: whether its vendor is told where members stand; None where it cannot be.
    """

    source_id: int
    name: str
    kind: str
    events: int
    last_at: datetime | None
    rejected: int
    disabled_at: datetime | None
    hook: str | None
    keys: int
    write_back: bool | None


class SourcesPage(Struct, frozen=True):
    """All sources. `cut`: more than `EVENTS_READ_MAX` events came within the day, so counts are lower bounds."""

    lines: list[SourceLine]
    cut: bool


async def sources_page(
    conn: AsyncConnection,
    workspace_id: int,
    known: Sequence[KnownSource],
    *,
    connectors: Mapping[str, Connector],
    base_url: str,
    live_keys: Mapping[str, int],
    now: datetime,
    most: int = EVENTS_READ_MAX,
) -> SourcesPage:
    """The sources in the order they were added. `live_keys` counts keys in use by the name of their source."""
    since = now - DAY
    params = {"workspace_id": workspace_id, "since": since, "limit": most}
    events = {one[0]: one[1:] for one in await rows(conn, ACCESS.source_events, params)}
    params = {"workspace_id": workspace_id, "limit": WAITING_MAX}
    rejected = dict(await rows(conn, ACCESS.source_rejected, params))
    read = sum(total for _day, total, _last, _first in events.values())
    cut = read >= most and min(first for _day, _total, _last, first in events.values()) >= since
    lines = []
    for one in known:
        day, _total, last_at, _first = events.get(one.source.source_id, (0, 0, None, None))
        connector = connectors.get(one.source.kind)
        lines.append(
            SourceLine(
                source_id=one.source.source_id,
                name=one.source.name,
                kind=connector.title if connector is not None else one.source.kind,
                events=day,
                last_at=last_at,
                rejected=rejected.get(one.source.source_id, 0),
                disabled_at=one.disabled_at,
                hook=f"{base_url}/hooks/{one.source.name}" if connector is not None else None,
                keys=live_keys.get(one.source.name, 0),
                write_back=is_on(one.options) if can_write_back(connectors, one.source.kind) else None,
            )
        )
    return SourcesPage(lines, cut)


def find_source(known: Sequence[KnownSource], name: str) -> KnownSource:
    """The source with a name from an address. Raises NotFound."""
    for one in known:
        if one.source.name == name:
            return one
    raise NotFound("There is no source with this name.", field="name")
