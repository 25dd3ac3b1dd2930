"""The people who sign in to the console: invitations, roles, shutting accounts, ending sessions.

A key that may do this could make an owner, so it needs what an owner sees as well: `admin` with `pii:read`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from regulars.console.accounts import Role
from regulars.console.invitations import link_to
from regulars.console.services.common import uuid_of
from regulars.console.team import NAME_CHARACTERS_MAX, Member, Team

from .deps import AtVisit, Visit
from .shapes import Id, StoreCodes


class InviteRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whom to invite. Without a name the part of the address before the @ is taken.

    `stores` limits a manager or an associate to stores of the register; null: all stores.
    """

    email: Annotated[str, Meta(min_length=3, max_length=320)]
    role: Role
    name: Annotated[str, Meta(max_length=NAME_CHARACTERS_MAX)] = ""
    stores: StoreCodes | None = None


class RoleRequest(Struct, forbid_unknown_fields=True):
    """The role somebody is to have."""

    role: Role


class StoresRequest(Struct, forbid_unknown_fields=True):
    """The stores of the register somebody is to be limited to; null: all stores."""

    stores: StoreCodes | None


class Account(Struct, frozen=True):
    """An account. `invited`: no password was set yet, and they did not come by single sign-on; `sessions`: how many
    live; `stores`: null for all; `second_factor`: whether one is on.
    """

    id: Id
    name: str
    email: str
    role: Role
    stores: list[str] | None
    created_at: datetime
    disabled_at: datetime | None
    invited: bool
    seen_at: datetime | None
    sessions: int
    second_factor: bool


class Link(Struct, frozen=True):
    """A link that sets a password. It works once, for three days, and is not shown again."""

    id: Id
    link: str


class AccountList(Struct, frozen=True):
    """Everybody with an account."""

    data: list[Account]


class EndedSessions(Struct, frozen=True):
    """How many sessions ended."""

    sessions: int


@get("/v1/people", summary="List people")
async def list_people(visit: AtVisit) -> AccountList:
    """Everybody who may sign in, the oldest account first."""
    return AccountList([_shown(member) for member in await _team(visit).members()])


@post("/v1/people", summary="Invite somebody")
async def invite_person(visit: AtVisit, data: JSONBody[InviteRequest]) -> Link:
    """Add an account without a password; hand the link on by a way you trust."""
    user_id, token = await _team(visit).invite(data.email, data.name, data.role, visit.actor, data.stores)
    return _link(visit, user_id, token)


@post("/v1/people/{user_id:str}/link", summary="Make a password link")
async def make_link(visit: AtVisit, user_id: FromPath[str]) -> Link:
    """A link for somebody who lost theirs or forgot their password."""
    wanted = uuid_of(user_id, "user_id")
    return _link(visit, wanted, await _team(visit).new_link(wanted, visit.actor))


@put("/v1/people/{user_id:str}/role", summary="Change a role")
async def put_role(visit: AtVisit, user_id: FromPath[str], data: JSONBody[RoleRequest]) -> Account:
    """Give somebody another role; it holds from their next request on. The last owner stays one."""
    wanted, team = uuid_of(user_id, "user_id"), _team(visit)
    await team.set_role(wanted, data.role, visit.actor)
    return _shown(await team.member(wanted))


@put("/v1/people/{user_id:str}/stores", summary="Limit somebody to stores")
async def put_stores(visit: AtVisit, user_id: FromPath[str], data: JSONBody[StoresRequest]) -> Account:
    """Limit a manager or an associate to some stores, or end the limit; it holds from their next request on."""
    wanted, team = uuid_of(user_id, "user_id"), _team(visit)
    await team.set_stores(wanted, data.stores, visit.actor)
    return _shown(await team.member(wanted))


@post("/v1/people/{user_id:str}/disable", summary="Shut an account", status_code=200)
async def disable_person(visit: AtVisit, user_id: FromPath[str]) -> Account:
    """Shut an account and end its sessions. A repeat changes nothing."""
    return await _set_disabled(visit, user_id, disabled=True)


@post("/v1/people/{user_id:str}/enable", summary="Open an account", status_code=200)
async def enable_person(visit: AtVisit, user_id: FromPath[str]) -> Account:
    """Open a shut account again. A repeat changes nothing."""
    return await _set_disabled(visit, user_id, disabled=False)


@post("/v1/people/{user_id:str}/sign-out", summary="End sessions", status_code=200)
async def sign_person_out(visit: AtVisit, user_id: FromPath[str]) -> EndedSessions:
    """End all sessions of somebody."""
    return EndedSessions(await _team(visit).end_sessions(uuid_of(user_id, "user_id"), visit.actor))


@post("/v1/people/{user_id:str}/reset-second-factor", summary="Reset a second factor", status_code=200)
async def reset_person_factor(visit: AtVisit, user_id: FromPath[str]) -> Account:
    """Take the second factor of somebody away who lost it. A repeat changes nothing."""
    wanted, team = uuid_of(user_id, "user_id"), _team(visit)
    await team.reset_second_factor(wanted, visit.actor)
    return _shown(await team.member(wanted))


async def _set_disabled(visit: Visit, user_id: str, *, disabled: bool) -> Account:
    wanted, team = uuid_of(user_id, "user_id"), _team(visit)
    await team.set_disabled(wanted, visit.actor, disabled=disabled)
    return _shown(await team.member(wanted))


def _team(visit: Visit) -> Team:
    return Team(visit.api.database, visit.vault, visit.api.passwords, visit.deps.clock)


def _link(visit: Visit, user_id: UUID, token: str) -> Link:
    return Link(user_id.hex, link_to(visit.deps.base_url, token))


def _shown(member: Member) -> Account:
    return Account(
        member.user_id.hex,
        member.name,
        member.email,
        member.role,
        member.stores,
        member.created_at,
        member.disabled_at,
        member.invited,
        member.seen_at,
        member.sessions,
        member.second_factor,
    )
