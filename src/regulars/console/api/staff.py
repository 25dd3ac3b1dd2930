"""Staff: who serves at the tills. Names and e-mails are personal data: sealed, and masked without pii:read."""

from __future__ import annotations

from pathlib import Path

from litestar import get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from regulars.console.services.common import mask
from regulars.console.services.lookups import listed
from regulars.console.services.registers import REGISTERS, STAFF, StaffDetails, StaffMember, member_of
from regulars.vocabulary.events import Id

from .deps import AtVisit, Visit
from .paging import ROWS, Cursor, Limit, cut, read_cursor
from .registering import author_of, code_in, details_of
from .shapes import mask_name


class NewStaffMember(StaffDetails, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A member of staff with their code."""

    code: Id


class StaffPage(Struct, frozen=True):
    """One page of staff."""

    data: list[StaffMember]
    next: str | None


@get("/v1/staff", summary="List staff")
async def list_staff(visit: AtVisit, limit: Limit = ROWS, cursor: Cursor = None) -> StaffPage:
    """All staff in order of their codes."""
    place = read_cursor(cursor, tuple[str])
    params = {"workspace_id": visit.workspace_id, "after": place[0] if place else "", "limit": limit + 1}
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await listed(conn, REGISTERS.staff, params)
    kept, more = cut(found, limit, lambda one: one[:1])
    return StaffPage([_shown(visit, member_of(visit.vault, one)) for one in kept], more)


@get("/v1/staff/{code:path}", summary="Show a member of staff")
async def show_staff_member(visit: AtVisit, code: FromPath[Path]) -> StaffMember:
    """One member of staff."""
    return _shown(visit, (await STAFF.show(visit.api.database, visit.vault, code_in(code))).entry)


@post("/v1/staff", summary="Add a member of staff")
async def add_staff_member(visit: AtVisit, data: JSONBody[NewStaffMember]) -> StaffMember:
    """Add somebody, or describe one that only sales have named so far. Described ones are changed by PUT."""
    return _shown(visit, await STAFF.add(author_of(visit), data.code, details_of(data, StaffDetails)))


@put("/v1/staff/{code:path}", summary="Describe a member of staff")
async def put_staff_member(visit: AtVisit, code: FromPath[Path], data: JSONBody[StaffDetails]) -> StaffMember:
    """Replace all that is said of somebody, adding them where they are new."""
    return _shown(visit, await STAFF.put(author_of(visit), code_in(code), data))


def _shown(visit: Visit, member: StaffMember) -> StaffMember:
    if visit.clear:
        return member
    return StaffMember(
        member.code,
        member.given_name and mask_name(member.given_name),
        member.family_name and mask_name(member.family_name),
        member.email and mask("email", member.email),
        member.active,
        member.updated_at,
    )
