"""Give a member points or take some, for a reason."""

from __future__ import annotations

import re
import secrets
from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath

from regulars.console.approvals.adjustments import Adjusting, limit_of
from regulars.console.i18n import _
from regulars.console.services.member import standing_in
from regulars.console.services.people import load_parts
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.vocabulary.errors import InvalidInput, NotFound, RegularsError, Unprocessable

from .customers import profile_id_of
from .points import member_of, whole_of

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,13}")


@get("/customers/{profile:str}/points/adjust", include_in_schema=False)
async def adjust_page(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """The form, with what is done at once and what needs a second person."""
    visit = await desk.visit_to(request, "adjustments")
    fields = {"programme": request.query_params.get("programme", "")}
    return await _form(request, desk, visit, profile, fields)


@post("/customers/{profile:str}/points/adjust", include_in_schema=False)
async def adjust(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """Do it, or put it before a second person; the form comes back with what is wrong."""
    visit = await desk.visit_to(request, "adjustments")
    fields = await desk.form(request, visit.token)
    async with desk.deps.db.read(desk.workspace_id) as conn:
        person, standings = await member_of(conn, desk, visit, profile_id_of(profile))
        parts = (await load_parts(conn, desk.deps.vault, [person.profile_id]))[person.profile_id]
    standing = standing_in(standings, whole_of(fields.get("programme")))
    try:
        done = await Adjusting(desk.room).adjust(
            standing,
            parts,
            desk.who(visit.viewer),
            amount=_amount(fields),
            reason=fields.get("reason", ""),
            point=fields.get("point") or None,
            key=_key(fields),
        )
    except (InvalidInput, Unprocessable) as error:
        return await _form(request, desk, visit, profile, fields, error=error)
    if done.approval is not None:
        desk.forget_counts()
        return desk.go(f"/approvals/{done.approval.approval_id.hex}")
    return desk.go(f"/customers/{person.profile_id.hex}/points?programme={standing.programme}")


HANDLERS = (adjust_page, adjust)


async def _form(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    profile: str,
    fields: dict[str, str],
    *,
    error: RegularsError | None = None,
) -> Response[Any]:
    async with desk.deps.db.read(desk.workspace_id) as conn:
        person, standings = await member_of(conn, desk, visit, profile_id_of(profile))
    standing = standing_in(standings, whole_of(fields.get("programme")))
    context = {
        "person": person,
        "standing": standing,
        "limit": limit_of(standing),
        "fields": fields,
        "error": error,
        "key": fields.get("key") or secrets.token_urlsafe(24),
        "base": f"/customers/{person.profile_id.hex}",
    }
    status = error.status if error else 200
    return await desk.page(request, visit, "pages/points_adjust.html", "customers", status=status, **context)


def _amount(fields: dict[str, str]) -> int:
    """Points of the form, below zero where they are taken. Raises InvalidInput."""
    text = fields.get("amount", "").replace(",", "").replace(" ", "").replace("\u2212", "-")
    if not _WHOLE.fullmatch(text):
        raise InvalidInput("Give a whole number of points.", field="amount")
    if fields.get("way") not in ("give", "take") or int(text) < 0:
        raise InvalidInput(_("Say whether to give or to take, and how many points."), field="amount")
    return -int(text) if fields["way"] == "take" else int(text)


def _key(fields: dict[str, str]) -> str:
    """What names this form: sent twice, it is done once. Raises NotFound for a form that is not ours."""
    key = fields.get("key", "")
    if not _KEY.fullmatch(key):
        raise NotFound("This form is not whole. Open it again.")
    return key
