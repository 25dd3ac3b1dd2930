"""The timeline of a profile: its events, latest in business time first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from litestar import get
from litestar.params import FromPath, QueryParameter
from msgspec import Meta, Struct

from regulars.console.services.log import open_body
from regulars.console.services.lookups import PROFILES, listed
from regulars.console.services.profile import resolve
from regulars.console.services.seen import HIDDEN, impersonal, known, local
from regulars.store.vault import Vault
from regulars.vocabulary.errors import InvalidInput

from .deps import AtVisit
from .paging import ROWS, Cursor, Limit, cut, read_cursor
from .profiles import profile_id_in, source_names
from .shapes import Id

TYPES_MAX: Final = 20
_NEVER: Final = datetime(9000, 1, 1, tzinfo=UTC)
_LAST_NO: Final = 2**63 - 1


class TimelineEntry(Struct, frozen=True):
    """One event. `event` is what the source sent, card numbers removed; without pii:read also what is personal."""

    id: Annotated[str, Meta(description="The source's id of the event.")]
    type: str
    occurred_at: datetime
    received_at: datetime
    source: str
    record_id: Id
    event: dict[str, Any]


class TimelinePage(Struct, frozen=True):
    """One page of events."""

    data: list[TimelineEntry]
    next: str | None


@get("/v1/profiles/{profile_id:str}/timeline", summary="Show the timeline of a profile")
async def show_timeline(
    visit: AtVisit,
    profile_id: FromPath[str],
    types: Annotated[
        str | None,
        QueryParameter(
            name="types",
            max_length=500,
            description="Types wanted, in full (`sale.completed`) or up to the dot (`sale`), with commas between.",
        ),
    ] = None,
    before: Annotated[
        datetime | None,
        QueryParameter(name="before", description="Only events that happened before this time."),
    ] = None,
    limit: Limit = ROWS,
    cursor: Cursor = None,
) -> TimelinePage:
    """Events of all records of a profile, by when they happened."""
    place = read_cursor(cursor, tuple[datetime, int])
    wanted = _types(types)
    until, before_no = place or (_moment(before), 0 if before else _LAST_NO)
    async with visit.api.database.read(visit.workspace_id) as conn:
        params = {
            "workspace_id": visit.workspace_id,
            "profile_id": await resolve(conn, visit.workspace_id, profile_id_in(profile_id)),
            "until": until,
            "before": before_no,
            "types": wanted,
            "limit": limit + 1,
        }
        found = await listed(conn, PROFILES.timeline, params)
    kept, more = cut(found, limit, lambda one: (one[3], one[0]))
    names = await source_names(visit)
    return TimelinePage(entries_of(visit.vault, kept, names, clear=visit.clear, stores=visit.stores), more)


def entries_of(
    vault: Vault, found: Any, sources: Mapping[int, str], *, clear: bool, stores: frozenset[str] | None
) -> list[TimelineEntry]:
    """Entries out of rows of the timeline, as somebody who works in some `stores` (None: in all) may see them."""
    return [_entry(vault, one, sources[one[2]], clear=clear, stores=stores) for one in found]


def _entry(
    vault: Vault, one: Any, source: str, *, clear: bool, stores: frozenset[str] | None
) -> TimelineEntry:
    event_no, type_, _, occurred_at, received_at, record_id, wrapped, sealed = one
    body = open_body(vault, wrapped, sealed)
    body = body if isinstance(body, dict) else {}
    said = str(body.get("id", event_no))
    event = body if stores is None else known(body)
    if not clear:
        event = impersonal(event)
        said = HIDDEN if "@" in said else said
    event = local(event, body, stores)
    return TimelineEntry(
        id=said,
        type=type_,
        occurred_at=occurred_at,
        received_at=received_at,
        source=source,
        record_id=record_id.hex,
        event=event,
    )


def _types(text: str | None) -> list[str] | None:
    if text is None:
        return None
    types = [part.strip() for part in text.split(",") if part.strip()]
    if not 0 < len(types) <= TYPES_MAX:
        raise InvalidInput(f"Name 1 to {TYPES_MAX} types, with commas between.", field="types")
    return types


def _moment(before: datetime | None) -> datetime:
    if before is None:
        return _NEVER
    return before if before.tzinfo is not None else before.replace(tzinfo=UTC)
