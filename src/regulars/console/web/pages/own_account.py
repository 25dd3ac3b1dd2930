"""One's own account: who one is here, one's password, one's sessions."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath

from regulars.console.accounts import actor_of
from regulars.console.i18n import _, later, ngettext, told
from regulars.console.own_account import OwnSession
from regulars.console.passwords import PASSWORD_CHARACTERS_MIN
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.entering import begin_session
from regulars.console.web.roles import role_words
from regulars.vocabulary.errors import Conflict, InvalidInput

_DONE: Final = {
    "password": later("Your password was changed, and your other sessions have ended."),
    "second-factor-off": later("Your second factor is switched off."),
}
"""What a page one is sent back from has done, by its word in the address."""


@get("/account", include_in_schema=False)
async def own_account(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Who one is, and all that is one's own."""
    done = _DONE.get(request.query_params.get("done", ""))
    return await _page(request, desk, await desk.visit(request), done=_(done) if done else None)


@post("/account/password", include_in_schema=False)
async def change_password(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Another password: all sessions end, and the one here begins anew under another token."""
    visit = await desk.visit(request)
    fields = await desk.form(request, visit.token)
    new = fields.get("password", "")
    if new != fields.get("again", ""):
        error = InvalidInput(_("The two passwords differ."), field="again")
        return await _page(request, desk, visit, error=error, status=400)
    account, address = f"own:{visit.viewer.user_id.hex}", desk.deps.client_address(request)
    wait_seconds = desk.throttle.admit(account, address)
    if wait_seconds:
        return await _page(request, desk, visit, error=too_many_tries(wait_seconds, "old"), status=429)
    try:
        await desk.own.change_password(visit.viewer.user_id, fields.get("old", ""), new)
    except InvalidInput as error:
        if error.field != "old":
            desk.throttle.succeeded(account, address)
        return await _page(request, desk, visit, error=_in_words(error), status=400)
    desk.throttle.succeeded(account, address)
    answer = desk.go("/account?done=password")
    await begin_session(request, desk, visit.viewer.user_id, answer)
    return answer


@post("/account/sessions/others/end", include_in_schema=False)
async def end_other_sessions(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """End all of one's sessions but the one here."""
    visit = await desk.visit(request)
    await desk.form(request, visit.token)
    me = visit.viewer.user_id
    ended = await desk.team.end_sessions(me, actor_of(me), keep=visit.token)
    done = ngettext("One other session ended.", "%(n)s other sessions ended.", ended)
    return await _page(request, desk, visit, done=done)


@post("/account/sessions/{session_id:str}/end", include_in_schema=False)
async def end_one_session(request: WebRequest, desk: AtDesk, session_id: FromPath[str]) -> Response[Any]:
    """End one of one's other sessions."""
    visit = await desk.visit(request)
    await desk.form(request, visit.token)
    await desk.own.end_session(visit.viewer.user_id, session_id, visit.token)
    return await _page(request, desk, visit, done=_("The session has ended."))


HANDLERS = (own_account, change_password, end_other_sessions, end_one_session)


def too_many_tries(wait_seconds: int, field: str) -> InvalidInput:
    """What is said at a field whose tries are used up."""
    minutes = -(-wait_seconds // 60)
    return InvalidInput(_("Too many tries. Wait %(n)s min and try again.", n=minutes), field=field)


def _in_words(error: InvalidInput) -> InvalidInput:
    words = {
        "old": _("This is not your password."),
        "password": _("At least %(n)s characters, and another one than before.", n=PASSWORD_CHARACTERS_MIN),
    }
    return InvalidInput(words.get(error.field or "", told(error)), field=error.field)


async def _page(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    *,
    done: str | None = None,
    error: InvalidInput | Conflict | None = None,
    status: int = 200,
) -> Response[Any]:
    me = visit.viewer.user_id
    sessions = await desk.own.sessions(me, visit.token)
    return await desk.page(
        request,
        visit,
        "pages/own_account.html",
        "account",
        status=status,
        role=role_words()[visit.viewer.role],
        sessions=[(one, _device(one)) for one in sessions],
        has_password=await desk.has_password(me),
        factor=await desk.factors.held(me),
        shortest=PASSWORD_CHARACTERS_MIN,
        done=done,
        errors={error.field: told(error)} if error else {},
    )


def _device(session: OwnSession) -> str:
    browser, system = session.origin.browser, session.origin.system
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("Unknown device")
