"""Approvals, and adjustments of points, which are their first kind."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from regulars.console.approvals import kinds
from regulars.console.approvals.adjustments import Adjusting
from regulars.console.approvals.catalogue import room_of
from regulars.console.approvals.room import Place, Room
from regulars.console.services import lookups
from regulars.console.services.deciding import REASON_CHARACTERS_MAX
from regulars.console.services.member import load_standings, standing_in
from regulars.vocabulary.errors import NotFound
from regulars.vocabulary.events import POINTS_MAX

from .deps import AtVisit, Visit
from .paging import ROWS, Cursor, Limit, cut, read_cursor
from .profiles import profile_id_in, unknown_profile
from .shapes import Id, ProgrammeStanding, programme_of


class Approval(Struct, frozen=True):
    """Something that a second person decides on.

    `command` is what will be done. `outcome`: done, or the code of why it could not be; null while it was not tried.
    """

    id: Id
    kind: str
    state: Literal["open", "approved", "rejected", "lapsed"]
    profile_id: Annotated[Id | None, Meta(description="The customer it is about; null after an erasure.")]
    asked_by: str
    asked_at: datetime
    reason: Annotated[str | None, Meta(description="Null without pii:read: people may have named somebody.")]
    command: dict[str, Any]
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
    outcome: str | None


class ApprovalPage(Struct, frozen=True):
    """One page of approvals."""

    data: list[Approval]
    next: str | None


class Decision(Struct, forbid_unknown_fields=True):
    """Why it is decided so; needed to refuse."""

    note: Annotated[str, Meta(max_length=REASON_CHARACTERS_MAX)] = ""


class Adjustment(Struct, forbid_unknown_fields=True, kw_only=True):
    """Points to give, or below zero to take. Without `point` the first type of the programme's points."""

    amount: Annotated[int, Meta(ge=-POINTS_MAX, le=POINTS_MAX)]
    reason: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=REASON_CHARACTERS_MAX,
            description="Why. It stays in the ledger for good, so it names nobody.",
        ),
    ]
    programme: Annotated[int, Meta(ge=1, le=32_767)] | None = None
    point: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class Adjusted(Struct, frozen=True):
    """What became of an adjustment: done, or waiting for a second person as `approval`; where the member stands."""

    state: Literal["done", "waiting"]
    approval: Approval | None
    member_id: Id
    loyalty: ProgrammeStanding


@get("/v1/approvals", summary="List approvals")
async def list_approvals(
    visit: AtVisit,
    waiting: Annotated[
        bool | None,
        QueryParameter(name="waiting", description="Only those that wait, or only the others."),
    ] = None,
    limit: Limit = ROWS,
    cursor: Cursor = None,
) -> ApprovalPage:
    """What waits for a second person and what was decided, the newest first."""
    found = await _room(visit).listed(
        _who(visit), waiting=waiting, limit=limit + 1, after=read_cursor(cursor, Place)
    )
    kept, more = cut(found, limit, lambda one: (one.asked_at, one.approval_id))
    return ApprovalPage([_shown(one, clear=visit.clear) for one in kept], more)


@get("/v1/approvals/{approval_id:str}", summary="Show an approval")
async def show_approval(visit: AtVisit, approval_id: FromPath[str]) -> Approval:
    """One of them."""
    found = await _room(visit).read(_id(approval_id), _who(visit))
    return _shown(found, clear=visit.clear)


@post("/v1/approvals/{approval_id:str}/approve", summary="Approve", status_code=200)
async def approve(
    visit: AtVisit, approval_id: FromPath[str], data: JSONBody[Decision | None] = None
) -> Approval:
    """Let it be done, and do it, once. 403 for what the caller, or whoever made the key, asked for.

    Look at `outcome`: what was approved can have become impossible meanwhile.
    """
    note = (data or Decision()).note
    done = await _room(visit).approve(_id(approval_id), _who(visit), note)
    return _shown(done, clear=visit.clear)


@post("/v1/approvals/{approval_id:str}/reject", summary="Refuse", status_code=200)
async def reject(visit: AtVisit, approval_id: FromPath[str], data: JSONBody[Decision]) -> Approval:
    """Do not let it be done, and say why."""
    done = await _room(visit).reject(_id(approval_id), _who(visit), data.note)
    return _shown(done, clear=visit.clear)


@post("/v1/members/{member_id:str}/adjustments", summary="Give or take points", status_code=200)
async def adjust_points(visit: AtVisit, member_id: FromPath[str], data: JSONBody[Adjustment]) -> Adjusted:
    """At once up to the programme's limit for one person, above it once a second person approves.

    `member_id` is the id of the profile or of any of its records. 422 `insufficient_points` where more is to be taken
    than there is.
    """
    record_id = profile_id_in(member_id, "member_id")
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await lookups.by_record(conn, visit.vault, record_id)
        if found is None:
            raise unknown_profile("member_id")
        people = {found.profile_id: found.parts}
        standings = await load_standings(conn, visit.workspace_id, people, now=visit.deps.clock())
    standing = standing_in(standings[found.profile_id], data.programme)
    done = await Adjusting(_room(visit)).adjust(
        standing,
        found.parts,
        _who(visit),
        amount=data.amount,
        reason=data.reason,
        point=data.point,
        key=visit.idempotency_key,
    )
    async with visit.api.database.read(visit.workspace_id) as conn:
        after = await load_standings(conn, visit.workspace_id, people, now=visit.deps.clock())
    return Adjusted(
        state="done" if done.approval is None else "waiting",
        approval=_shown(done.approval, clear=visit.clear) if done.approval is not None else None,
        member_id=found.profile_id.hex,
        loyalty=programme_of(standing_in(after[found.profile_id], standing.programme)),
    )


def _room(visit: Visit) -> Room:
    return room_of(kinds.Means(visit.api.database, visit.vault, visit.deps.gate, visit.deps.clock))


def _who(visit: Visit) -> kinds.Who:
    return kinds.Who(visit.actor)


def _shown(one: kinds.Approval, *, clear: bool) -> Approval:
    return Approval(
        id=one.approval_id.hex,
        kind=one.kind,
        state=one.state,  # type: ignore[arg-type]
        profile_id=one.subject.hex if one.subject is not None else None,
        asked_by=one.asked_by,
        asked_at=one.asked_at,
        reason=one.reason if clear else None,
        command=one.command,
        expires_at=one.expires_at,
        decided_by=one.decided_by,
        decided_at=one.decided_at,
        note=(one.note or None) if clear else None,
        outcome=one.outcome,
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such approval.", field="approval_id") from None
