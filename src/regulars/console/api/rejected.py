"""Rejected events by cause, one in full, and trying them again after a fix."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from regulars.console.services.common import row
from regulars.console.services.faults import fix_for
from regulars.console.services.log import EVENTS, open_rejected
from regulars.console.services.rejected import (
    REPLAY_MAX,
    Cause,
    CauseKey,
    ids_of_cause,
    rejected_page,
)
from regulars.vocabulary.errors import InvalidInput, NotFound
from regulars.vocabulary.intake import ReplayOutcome

from .deps import AtVisit, Visit
from .profiles import source_names
from .shapes import Id

_Word = Annotated[str, Meta(max_length=300)]


class RejectedCause(Struct, frozen=True):
    """Rejected events with one fault in common. `example` is the newest, told with pii:read only."""

    code: str
    field: str | None
    source: str
    type: str
    events: int
    attempts: Annotated[int, Meta(description="How often the most tried of them was tried again.")]
    first_at: datetime
    last_at: datetime
    message: str
    fix: str
    example_id: Id
    example: Any = None


class RejectedCauses(Struct, frozen=True):
    """All causes, the most frequent first, 50 at most. `waiting` counts up to 10,000 events."""

    data: list[RejectedCause]
    next: str | None
    waiting: int


class RejectedEvent(Struct, frozen=True):
    """One rejected event. `body` is what came in, card numbers removed; told with pii:read only."""

    id: Id
    received_at: datetime
    source: str
    door: str
    type: str
    code: str
    field: str | None
    message: str
    fix: str
    attempts: int
    resolved_at: datetime | None
    body: Any = None


class ReplayRequest(Struct, forbid_unknown_fields=True):
    """Which rejected events to try again: all of them, or those of one cause as `GET /v1/rejected` lists it."""

    all: bool = False
    code: _Word | None = None
    field: _Word | None = None
    source: _Word | None = None
    type: _Word | None = None


class Replayed(Struct, frozen=True):
    """What became of them. Those rejected again wait on, with the newer fault; `more` says that some were left."""

    tried: int
    applied: int
    duplicate: int
    rejected: int
    more: bool = False


@get("/v1/rejected", summary="List rejected events by cause")
async def list_rejected(visit: AtVisit) -> RejectedCauses:
    """Waiting rejected events, grouped by what is wrong with them."""
    async with visit.api.database.read(visit.workspace_id) as conn:
        page = await rejected_page(conn, visit.vault)
    return RejectedCauses([_cause(one, clear=visit.clear) for one in page.causes], None, page.waiting)


@get("/v1/rejected/{quarantine_id:str}", summary="Show a rejected event")
async def show_rejected(visit: AtVisit, quarantine_id: FromPath[str]) -> RejectedEvent:
    """One rejected event; they are kept for 30 days."""
    wanted = _id(quarantine_id)
    async with visit.api.database.read(visit.workspace_id) as conn:
        params = {"workspace_id": visit.workspace_id, "ids": [wanted]}
        found = await row(conn, EVENTS.rejected_examples, params)
    if found is None:
        raise _unknown()
    _, received_at, source_id, door, type_, code, field, message, wrapped, sealed, attempts, resolved = found
    names = await source_names(visit)
    return RejectedEvent(
        id=wanted.hex,
        received_at=received_at,
        source=names[source_id],
        door=door,
        type=type_,
        code=code,
        field=field,
        message=message,
        fix=fix_for(code, field),
        attempts=attempts,
        resolved_at=resolved,
        body=open_rejected(visit.vault, wrapped, sealed) if visit.clear else None,
    )


@post("/v1/rejected/{quarantine_id:str}/replay", summary="Try a rejected event again", status_code=200)
async def replay_one(visit: AtVisit, quarantine_id: FromPath[str]) -> Replayed:
    """Try one again. An event that was resolved before is not tried: `tried` is 0 then."""
    wanted = _id(quarantine_id)
    async with visit.api.database.read(visit.workspace_id) as conn:
        params = {"workspace_id": visit.workspace_id, "ids": [wanted]}
        if await row(conn, EVENTS.rejected_examples, params) is None:
            raise _unknown()
    return _told(await visit.deps.replay(visit.workspace_id, [wanted], actor=visit.actor))


@post("/v1/rejected:replay", summary="Try rejected events again", status_code=200)
async def replay_many(visit: AtVisit, data: JSONBody[ReplayRequest]) -> Replayed:
    """Try all again, or those of one cause; at most 1,000 a call, oldest first."""
    cause = await _asked_cause(visit, data)
    async with visit.api.database.read(visit.workspace_id) as conn:
        ids = await ids_of_cause(conn, visit.workspace_id, cause)
    outcome = await visit.deps.replay(visit.workspace_id, ids, actor=visit.actor) if ids else ReplayOutcome()
    return _told(outcome, more=len(ids) == REPLAY_MAX)


async def _asked_cause(visit: Visit, data: ReplayRequest) -> CauseKey | None:
    """The cause a request names, None for all. Raises InvalidInput when it names neither or both."""
    named = [data.code, data.field, data.source, data.type]
    if data.all:
        if any(one is not None for one in named):
            raise InvalidInput("Give either all or a cause.", field="all")
        return None
    if data.code is None or data.source is None or data.type is None:
        raise InvalidInput("Give all, or a cause: code, field, source and type as listed.", field="code")
    known = await visit.deps.sources.find(visit.workspace_id, data.source)
    if known is None:
        raise InvalidInput(f"There is no source named {data.source!r}.", field="source")
    return CauseKey(data.code, data.field, known.source.source_id, data.type)


def _told(outcome: ReplayOutcome, *, more: bool = False) -> Replayed:
    tried = outcome.applied + outcome.duplicate + outcome.rejected
    return Replayed(tried, outcome.applied, outcome.duplicate, outcome.rejected, more)


def _cause(one: Cause, *, clear: bool) -> RejectedCause:
    return RejectedCause(
        code=one.code,
        field=one.field,
        source=one.source.name,
        type=one.type,
        events=one.events,
        attempts=one.attempts,
        first_at=one.first_at,
        last_at=one.last_at,
        message=one.message,
        fix=one.fix,
        example_id=one.example_id.hex,
        example=one.example if clear else None,
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _unknown() from None


def _unknown() -> NotFound:
    return NotFound(
        "There is no rejected event with this id: they are kept for 30 days.", field="quarantine_id"
    )
