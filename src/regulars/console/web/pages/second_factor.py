"""One's second factor: setting it up with a telephone, the recovery codes, switching it off.

Open to those who must set one up before anything else opens to them.
"""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from regulars.console import totp
from regulars.console.accounts import actor_of
from regulars.console.i18n import _, told
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.vocabulary.errors import InvalidInput

from .own_account import too_many_tries


@get("/account/second-factor", include_in_schema=False)
async def second_factor(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """What one has, or how to begin."""
    return await _page(request, desk, await desk.visit(request, enrolling=True))


@post("/account/second-factor/begin", include_in_schema=False)
async def begin(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """A fresh secret, as text and as a QR code; it holds after its first code."""
    visit = await desk.visit(request, enrolling=True)
    await desk.form(request, visit.token)
    return await _page(request, desk, visit, enrolment=await desk.factors.begin(visit.viewer.user_id))


@post("/account/second-factor/confirm", include_in_schema=False)
async def confirm(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The first code: from now on one is asked for at each sign-in. Shows the recovery codes, this once.

    Other sessions end: they were begun without one.
    """
    visit = await desk.visit(request, enrolling=True)
    fields = await desk.form(request, visit.token)
    me = visit.viewer.user_id
    try:
        codes = await desk.factors.confirm(me, fields.get("code", ""))
    except InvalidInput:
        error = InvalidInput(_("This code does not fit. Take the one the app shows now."), field="code")
        waiting = await desk.factors.waiting(me)
        return await _page(request, desk, visit, enrolment=waiting, error=error, status=400)
    await desk.team.end_sessions(me, actor_of(me), keep=visit.token)
    return await _page(request, desk, visit, codes=codes)


@post("/account/second-factor/off", include_in_schema=False)
async def switch_off(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Switch it off, for somebody who gives their password, if they have one, and a code."""
    visit = await desk.visit(request)
    fields = await desk.form(request, visit.token)
    me, address = visit.viewer.user_id, desk.deps.client_address(request)
    wait_seconds = desk.code_throttle.admit(me.hex, address)
    if wait_seconds:
        error = too_many_tries(wait_seconds, "code")
        return await _page(request, desk, visit, error=error, status=429)
    if await desk.has_password(me) and not await desk.own.proves(me, fields.get("password", "")):
        error = InvalidInput(_("This is not your password."), field="password")
        return await _page(request, desk, visit, error=error, status=400)
    if not await desk.factors.take(me, fields.get("code", "")):
        error = InvalidInput(_("This code does not fit, or was used. Wait for the next one."), field="code")
        return await _page(request, desk, visit, error=error, status=400)
    desk.code_throttle.succeeded(me.hex, address)
    await desk.factors.remove(me)
    return desk.go("/account?done=second-factor-off")


HANDLERS = (second_factor, begin, confirm, switch_off)


async def _page(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    *,
    enrolment: Any = None,
    codes: list[str] | None = None,
    error: InvalidInput | None = None,
    status: int = 200,
) -> Response[Any]:
    me = visit.viewer.user_id
    return await desk.page(
        request,
        visit,
        "pages/second_factor.html",
        "account",
        status=status,
        factor=await desk.factors.held(me),
        has_password=await desk.has_password(me),
        required=desk.deps.require_second_factor,
        enrolment=enrolment,
        qr=totp.qr_svg(enrolment.uri) if enrolment else "",
        codes=codes,
        errors={error.field: told(error)} if error else {},
    )
