"""The page behind an invitation: setting a password without being signed in."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from regulars.console.i18n import _
from regulars.console.passwords import PASSWORD_CHARACTERS_MIN
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk
from regulars.console.web.entering import admit
from regulars.vocabulary.errors import Forbidden, InvalidInput

from .account import stranger_form

_FORM_COOKIE = "regulars_invitation"


@get("/invitation", include_in_schema=False)
async def invitation(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The form, or why the link does not work any more."""
    if not desk.passwords_open:
        return desk.go("/sign-in")
    token = request.query_params.get("token", "")
    return _form(request, desk, token, usable=await desk.team.invited(token))


@post("/invitation", include_in_schema=False)
async def accept(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Set the password and sign in; a second factor is asked for all the same."""
    if not desk.passwords_open:
        return desk.go("/sign-in")
    try:
        fields = await desk.form(request, request.cookies.get(_FORM_COOKIE, ""))
    except Forbidden:
        error = _("The form was open too long. Open the link again.")
        return _form(request, desk, "", usable=False, error=error, status=403)
    token, password = fields.get("token", ""), fields.get("password", "")
    if password != fields.get("again", ""):
        return _form(request, desk, token, usable=True, error=_("The two passwords differ."), status=400)
    try:
        user_id = await desk.team.accept(token, password)
    except InvalidInput:
        error = _("A password has at least %(n)s characters.", n=PASSWORD_CHARACTERS_MIN)
        return _form(request, desk, token, usable=True, error=error, status=400)
    if user_id is None:
        return _form(request, desk, "", usable=False, status=410)
    answer = await admit(request, desk, user_id, "/")
    answer.delete_cookie(_FORM_COOKIE, path="/invitation")
    return answer


INVITATION = (invitation, accept)


def _form(
    request: WebRequest, desk: Desk, token: str, *, usable: bool, error: str | None = None, status: int = 200
) -> Response[Any]:
    context = {"token": token, "usable": usable, "error": error, "shortest": PASSWORD_CHARACTERS_MIN}
    return stranger_form(
        request, desk, "/invitation", "pages/invitation.html", _FORM_COOKIE, status=status, **context
    )
