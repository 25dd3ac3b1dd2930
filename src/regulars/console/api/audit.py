"""The audit trail: who did what, each line sealed to the one before."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Final

from litestar import get
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from regulars.console.services.lookups import listed
from regulars.store.audit import verify_chain
from regulars.store.queries import load_queries

from .deps import AtVisit, Visit
from .paging import ROWS, Cursor, Limit, cut, read_cursor

_AUDIT = load_queries("regulars.store.views", "audit.sql")
_LAST_NO: Final = 2**63 - 1


class AuditLine(Struct, frozen=True):
    """One line. `hash` covers the line and the hash of the line before."""

    no: int
    at: datetime
    actor: Annotated[str, Meta(description="A person's id, `key:<id>`, or a part of the program.")]
    action: str
    object: str
    details: dict[str, Any]
    hash: str


class AuditPage(Struct, frozen=True):
    """One page of lines."""

    data: list[AuditLine]
    next: str | None


class AuditVerdict(Struct, frozen=True):
    """Whether the chain is whole; where it is not, `broken_at` is the first line that does not fit."""

    intact: bool
    lines: int
    broken_at: int | None


def _asked(name: str, text: str) -> Any:
    return QueryParameter(name=name, description=text, min_length=1, max_length=300)


@get("/v1/audit", summary="List audit lines")
async def list_audit(
    visit: AtVisit,
    about: Annotated[str | None, _asked("object", "Only lines about this object, such as key:….")] = None,
    actor: Annotated[str | None, _asked("actor", "Only lines of this actor.")] = None,
    limit: Limit = ROWS,
    cursor: Cursor = None,
) -> AuditPage:
    """Lines, the newest first."""
    place = read_cursor(cursor, tuple[int])
    params = {
        "workspace_id": visit.workspace_id,
        "before": place[0] if place else _LAST_NO,
        "object": about,
        "actor": actor,
        "limit": limit + 1,
    }
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await listed(conn, _AUDIT.newest_lines, params)
    kept, more = cut(found, limit, lambda one: one[:1])
    return AuditPage([AuditLine(*one) for one in kept], more)


@get("/v1/audit/verify", summary="Check the audit trail")
async def verify_audit(visit: AtVisit) -> AuditVerdict:
    """Compute the whole chain anew and compare it."""
    last, broken_at = await asyncio.to_thread(_verify, visit)
    return AuditVerdict(intact=broken_at is None, lines=last, broken_at=broken_at)


def _verify(visit: Visit) -> tuple[int, int | None]:
    with visit.api.database.session(visit.workspace_id) as connection:
        return verify_chain(connection, visit.workspace_id)
