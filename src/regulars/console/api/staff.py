"""Staff: who serves at the tills. Names and e-mails are personal data: sealed, and masked without pii:read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from regulars.console.services.common import mask, row
from regulars.console.services.lookups import listed
from regulars.console.services.staff import open_staff
from regulars.store.vault import Vault
from regulars.vocabulary.errors import Conflict, NotFound
from regulars.vocabulary.events import Event, Id, Text
from regulars.vocabulary.events import Staff as StaffSaid

from .deps import AtVisit, Visit
from .paging import ROWS, Cursor, Limit, cut, read_cursor
from .registering import Stand, checked, code_in, event_id, occurred_at, submit
from .shapes import mask_name
from .stores import REGISTERS


class StaffDetails(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is said of a member of staff; all of it is replaced."""

    given_name: Text | None = None
    family_name: Text | None = None
    email: Text | None = None
    active: bool = True


class NewStaffMember(StaffDetails, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A member of staff with their code."""

    code: Id


class StaffMember(Struct, frozen=True):
    """A member of staff. `updated_at` is null while only sales have named them."""

    code: str
    given_name: str | None
    family_name: str | None
    email: str | None
    active: bool
    updated_at: datetime | None


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
    return StaffPage([_shown(visit, _member(visit.vault, one)) for one in kept], more)


@get("/v1/staff/{code:path}", summary="Show a member of staff")
async def show_staff_member(visit: AtVisit, code: FromPath[Path]) -> StaffMember:
    """One member of staff."""
    found = await _find(visit, code_in(code))
    if found is None:
        raise NotFound("There is no member of staff with this code.", field="code")
    return _shown(visit, found[0])


@post("/v1/staff", summary="Add a member of staff")
async def add_staff_member(visit: AtVisit, data: JSONBody[NewStaffMember]) -> StaffMember:
    """Add somebody, or describe one that only sales have named so far. Described ones are changed by PUT."""
    found = await _find(visit, data.code)
    said = {name: value for name, value in msgspec.structs.asdict(data).items() if name != "code"}
    details = StaffDetails(**said)
    if found is not None and found[0].updated_at is not None and _details(found[0]) != details:
        raise Conflict("There is a member of staff with this code already. Change them by PUT.", field="code")
    return await _write(visit, data.code, details, found)


@put("/v1/staff/{code:path}", summary="Describe a member of staff")
async def put_staff_member(visit: AtVisit, code: FromPath[Path], data: JSONBody[StaffDetails]) -> StaffMember:
    """Replace all that is said of somebody, adding them where they are new."""
    name = code_in(code)
    return await _write(visit, name, data, await _find(visit, name))


async def _find(visit: Visit, code: str) -> tuple[StaffMember, Stand] | None:
    async with visit.api.database.read(visit.workspace_id) as conn:
        params = {"workspace_id": visit.workspace_id, "code": code}
        found = await row(conn, REGISTERS.staff_member, params)
    return None if found is None else (_member(visit.vault, found), Stand(found[3], found[4]))


def _member(vault: Vault, found: tuple[Any, ...]) -> StaffMember:
    code, sealed, active, said_at, _ = found
    said = open_staff(vault, sealed)
    return StaffMember(code, said.given_name, said.family_name, said.email, active, said_at)


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


async def _write(
    visit: Visit, code: str, details: StaffDetails, found: tuple[StaffMember, Stand] | None
) -> StaffMember:
    member, stand = found if found is not None else (None, Stand())
    if member is not None and member.updated_at is not None and _details(member) == details:
        return _shown(visit, member)
    said: dict[str, Any] = msgspec.structs.asdict(details)
    event = Event(
        id=event_id(visit, f"staff:{code}", said, stand),
        type="staff.updated",
        occurred_at=occurred_at(visit, stand),
        staff_details=StaffSaid(code=code, **said),
    )
    await submit(visit, checked(event, "staff_details"), f"staff:{code}")
    written = await _find(visit, code)
    if written is None:
        raise NotFound("There is no member of staff with this code.", field="code")
    return _shown(visit, written[0])


def _details(member: StaffMember) -> StaffDetails:
    names = StaffDetails.__struct_fields__
    return StaffDetails(**{name: getattr(member, name) for name in names})
