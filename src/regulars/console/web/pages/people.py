"""People and roles: who may enter, as what, and what each role may open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from regulars.console.accounts import VIEWED, actor_of
from regulars.console.i18n import _
from regulars.console.invitations import link_to
from regulars.console.rights import MAY_BE_LIMITED, MAY_SEE
from regulars.console.services.common import uuid_of
from regulars.console.team import ROLES, Member
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.nav import MAY_OPEN, entries
from regulars.console.web.notices import Notice, Undo
from regulars.console.web.roles import role_words
from regulars.console.web.ticked import STORE_FIELD, ticked_stores
from regulars.vocabulary.errors import Conflict, InvalidInput

from .invitation import INVITATION


@get("/people", include_in_schema=False)
async def people(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Everybody with an account."""
    return await _people(request, desk, await desk.visit_to(request, "people"))


@post("/people/invite", include_in_schema=False)
async def invite(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Add somebody; the answer shows their link, this once."""
    visit = await desk.visit_to(request, "people")
    fields = await desk.form(request, visit.token)
    email, name, role = (fields.get(key, "") for key in ("email", "name", "role"))
    stores = ticked_stores(fields)
    try:
        _id, token = await desk.team.invite(email, name, role, actor_of(visit.viewer.user_id), stores or None)
    except (InvalidInput, Conflict) as error:
        asked = {"email": email, "name": name, "role": role, "stores": stores}
        return await _people(request, desk, visit, asked=asked, error=error, status=error.status)
    return await _people(request, desk, visit, link=link_to(desk.deps.base_url, token), link_for=email)


@post("/people/{user:str}/link", include_in_schema=False)
async def new_link(request: WebRequest, desk: AtDesk, user: FromPath[str]) -> Response[Any]:
    """Another link for somebody to set a password; shown this once."""
    visit = await desk.visit_to(request, "people")
    fields = await desk.form(request, visit.token)
    token = await desk.team.new_link(uuid_of(user, "user"), actor_of(visit.viewer.user_id))
    return await _people(
        request, desk, visit, link=link_to(desk.deps.base_url, token), link_for=fields.get("name", "")
    )


@post("/people/{user:str}/role", include_in_schema=False)
async def set_role(request: WebRequest, desk: AtDesk, user: FromPath[str]) -> Response[Any]:
    """Give somebody another role."""
    visit = await desk.visit_to(request, "people")
    fields = await desk.form(request, visit.token)
    member, wanted = await desk.team.member(uuid_of(user, "user")), fields.get("role", "")
    await desk.team.set_role(member.user_id, wanted, actor_of(visit.viewer.user_id))
    text = _("The role was changed. It holds from their next click on.")
    # A limit to stores that ended with the old role would not come back with it.
    whole = member.role != wanted and (member.stores is None or wanted in MAY_BE_LIMITED)
    undo = Undo(f"/people/{user}/role", {"role": member.role}) if whole else None
    return await _people(request, desk, visit, notice=Notice(text, undo))


@get("/people/{user:str}/stores", include_in_schema=False)
async def stores_form(request: WebRequest, desk: AtDesk, user: FromPath[str]) -> Response[Any]:
    """The stores somebody is limited to."""
    visit = await desk.visit_to(request, "people")
    member = await desk.team.member(uuid_of(user, "user"))
    return await _stores(request, desk, visit, member, member.stores or [])


@post("/people/{user:str}/stores", include_in_schema=False)
async def set_stores(request: WebRequest, desk: AtDesk, user: FromPath[str]) -> Response[Any]:
    """Limit somebody to the stores that are ticked, or to none in particular."""
    visit = await desk.visit_to(request, "people")
    fields = await desk.form(request, visit.token)
    member, ticked = await desk.team.member(uuid_of(user, "user")), ticked_stores(fields)
    try:
        await desk.team.set_stores(
            member.user_id, None if fields.get("all") else ticked, actor_of(visit.viewer.user_id)
        )
    except InvalidInput as error:
        return await _stores(request, desk, visit, member, ticked, error=error)
    before = {"all": "1"} if member.stores is None else {STORE_FIELD + code: "1" for code in member.stores}
    notice = Notice(
        _("The stores were changed. This holds from their next click on."),
        Undo(f"/people/{user}/stores", before),
    )
    return await _people(request, desk, visit, notice=notice, headers={"HX-Push-Url": "/people"})


@post("/people/{user:str}/disable", include_in_schema=False)
async def disable(request: WebRequest, desk: AtDesk, user: FromPath[str]) -> Response[Any]:
    """Shut an account."""
    text = _("The account is shut and signed out everywhere.")
    return await _switch(request, desk, user, Notice(text, Undo(f"/people/{user}/enable")), disabled=True)


@post("/people/{user:str}/enable", include_in_schema=False)
async def enable(request: WebRequest, desk: AtDesk, user: FromPath[str]) -> Response[Any]:
    """Open an account again."""
    notice = Notice(_("The account is open again."), Undo(f"/people/{user}/disable"))
    return await _switch(request, desk, user, notice, disabled=False)


@post("/people/{user:str}/sign-out", include_in_schema=False)
async def sign_out_everywhere(request: WebRequest, desk: AtDesk, user: FromPath[str]) -> Response[Any]:
    """End somebody's sessions; one's own stays where the button was pressed."""
    visit = await desk.visit_to(request, "people")
    await desk.form(request, visit.token)
    ended = await desk.team.end_sessions(
        uuid_of(user, "user"), actor_of(visit.viewer.user_id), keep=visit.token
    )
    return await _people(request, desk, visit, notice=Notice(_("Sessions ended: %(n)s.", n=ended)))


@post("/people/{user:str}/reset-second-factor", include_in_schema=False)
async def reset_second_factor(request: WebRequest, desk: AtDesk, user: FromPath[str]) -> Response[Any]:
    """Take the second factor of somebody away who lost it."""
    visit = await desk.visit_to(request, "people")
    await desk.form(request, visit.token)
    await desk.team.reset_second_factor(uuid_of(user, "user"), actor_of(visit.viewer.user_id))
    notice = Notice(_("The second factor is reset. They can set up another."))
    return await _people(request, desk, visit, notice=notice)


HANDLERS = (
    people, invite, new_link, set_role, stores_form, set_stores, disable, enable, sign_out_everywhere,
    reset_second_factor, *INVITATION,
)  # fmt: skip


async def _switch(
    request: WebRequest, desk: Desk, user: str, notice: Notice, *, disabled: bool
) -> Response[Any]:
    visit = await desk.visit_to(request, "people")
    await desk.form(request, visit.token)
    await desk.team.set_disabled(uuid_of(user, "user"), actor_of(visit.viewer.user_id), disabled=disabled)
    return await _people(request, desk, visit, notice=notice)


def _rights() -> list[tuple[str, frozenset[str]]]:
    """Pages and fields in words, each with the roles that open or see it."""
    return [
        *((item.label, MAY_OPEN[item.key]) for item in entries()),
        (_("Contacts in clear"), MAY_SEE["contacts"]),
        (_("What one customer spent in all"), MAY_SEE["spend"]),
    ]


async def _people(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    *,
    link: str | None = None,
    link_for: str = "",
    notice: Notice | None = None,
    asked: Mapping[str, Any] | None = None,
    error: InvalidInput | Conflict | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response[Any]:
    return await desk.page(
        request,
        visit,
        "pages/people.html",
        "people",
        status=status,
        headers=headers,
        stores=await desk.team.stores(),
        store_field=STORE_FIELD,
        limitable=MAY_BE_LIMITED,
        members=await desk.team.members(),
        roles=role_words(),
        role_names=ROLES,
        viewed=VIEWED,
        matrix=[(words, [role in allowed for role in ROLES]) for words, allowed in _rights()],
        me=visit.viewer.user_id,
        link=link,
        link_for=link_for,
        notice=notice,
        asked=asked or {"email": "", "name": "", "role": "associate", "stores": []},
        error=error,
    )


async def _stores(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    member: Member,
    ticked: Sequence[str],
    *,
    error: InvalidInput | None = None,
) -> Response[Any]:
    if member.role not in MAY_BE_LIMITED:
        raise Conflict("Only store managers and associates can be limited to stores.")
    # A limit that names a store beyond those offered must not be lost by saving.
    offered = {code: code for code in member.stores or ()} | await desk.team.stores()
    context = {
        "member": member,
        "stores": offered,
        "ticked": ticked,
        "error": error,
        "store_field": STORE_FIELD,
    }
    status = error.status if error else 200
    return await desk.page(request, visit, "pages/person_stores.html", "people", status=status, **context)
