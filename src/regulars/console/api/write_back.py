"""Write-back: whether a source's vendor is told where members stand, and what of it could not be done."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from litestar import get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from regulars.console.services import write_back as service
from regulars.store.audit import write_line_async
from regulars.store.write_backs import WriteBacks, is_on

from .deps import AtVisit, Visit
from .sources import known_source

Hex = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
Number = Annotated[int, Meta(ge=1, le=32_767)]


class WriteBackSwitch(Struct, forbid_unknown_fields=True):
    """Whether the vendor is told, and of which programme: its first kind of points."""

    on: bool
    programme: Number = 1


class UntoldMember(Struct, frozen=True):
    """A member whom the vendor could not be told of: given up (`dead`) at `at`, or tried again then (`pending`)."""

    member_id: str
    state: Literal["pending", "dead"]
    attempts: int
    at: datetime
    error: str | None


class WriteBack(Struct, frozen=True):
    """How the write-back of a source stands. `waiting` and `failed` are counted to 10,000."""

    on: bool
    programme: int
    waiting: int
    failed: int
    told_at: datetime | None
    untold: Annotated[list[UntoldMember], Meta(description="100 at most, those given up first.")]


class Retried(Struct, frozen=True):
    """How many members that were given up are tried once more."""

    members: int


class TellAll(Struct, forbid_unknown_fields=True):
    """Where to go on, from an answer before; without it from the beginning."""

    after: Hex | None = None


class ToldAll(Struct, frozen=True):
    """Where to go on; null once the vendor is to be told of every member it knows."""

    next: str | None


@get("/v1/sources/{name:str}/write-back", summary="Show what a vendor is told")
async def show_write_back(visit: AtVisit, name: FromPath[str]) -> WriteBack:
    """Whether the vendor is told of members, what waits, and what could not be done."""
    return await _shown(visit, name)


@put("/v1/sources/{name:str}/write-back", summary="Switch write-back")
async def switch_write_back(
    visit: AtVisit, name: FromPath[str], data: JSONBody[WriteBackSwitch]
) -> WriteBack:
    """Tell the vendor from now on where members stand, or tell it nothing more: what waits is dropped.

    Our balance is the one that counts: what the vendor holds is overwritten. Members who do not move are told of by
    `/v1/sources/{name}/write-back/all`.
    """
    known = await known_source(visit, name)
    await service.switch(
        visit.deps.sources,
        visit.deps.connectors,
        visit.workspace_id,
        known,
        on=data.on,
        programme=data.programme,
        actor=visit.actor,
    )
    return await _shown(visit, name)


@post("/v1/sources/{name:str}/write-back/retry", summary="Try a vendor once more", status_code=200)
async def retry_write_back(visit: AtVisit, name: FromPath[str]) -> Retried:
    """Have members told of that were given up."""
    known = await known_source(visit, name)
    count = await _book(visit).revive(
        visit.workspace_id, known.source.source_id, source=name, actor=visit.actor
    )
    return Retried(count)


@post("/v1/sources/{name:str}/write-back/all", summary="Tell a vendor of every member", status_code=200)
async def tell_of_all(visit: AtVisit, name: FromPath[str], data: JSONBody[TellAll]) -> ToldAll:
    """Have every member told of that the vendor knows, 20,000 a call: go on with `next` until it is null.

    Nothing is told while write-back is off.
    """
    known = await known_source(visit, name)
    if not is_on(known.options):
        return ToldAll(None)
    following = await service.tell_all(
        _book(visit), visit.vault, known, now=visit.deps.clock(), after=data.after
    )
    return ToldAll(following)


async def _shown(visit: Visit, name: str) -> WriteBack:
    known = await known_source(visit, name)
    state = await service.state_of(_book(visit), visit.workspace_id, known)
    untold = [UntoldMember(one.member, one.state, one.attempts, one.at, one.error) for one in state.troubled]
    figures = state.figures
    return WriteBack(state.on, state.programme, figures.waiting, figures.failed, figures.told_at, untold)


def _book(visit: Visit) -> WriteBacks:
    return WriteBacks(visit.api.database, audit=write_line_async)
