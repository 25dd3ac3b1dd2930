"""The door: how somebody who proved who they are gets a session, by whichever way they came."""

from __future__ import annotations

from uuid import UUID

from litestar.datastructures import Cookie
from litestar.response import Redirect

from regulars.console.accounts import SESSION_LIFE
from regulars.console.origins import origin_of
from regulars.console.second_factors import HALF_WAY_LIFE

from .deps import WebRequest
from .desk import Desk

SECOND_STEP = "/sign-in/code"
HALF_WAY_COOKIE = "regulars_half_way"
_HALF_WAY_PATH = "/sign-in"


async def admit(request: WebRequest, desk: Desk, user_id: UUID, target: str) -> Redirect:
    """Let somebody in who passed the first step: a session, or the second step when they have a second factor.

    A session that came along ends: nothing of it is carried over. `target` is a path of ours.
    """
    token = request.cookies.get(desk.cookie, "").partition(".")[2]
    if token:
        await desk.accounts.end_session(token)
    ticket = await desk.factors.half_way(user_id, target)
    if ticket is None:
        answer = desk.go(target)
        await begin_session(request, desk, user_id, answer)
        return answer
    answer = desk.go(SECOND_STEP)
    answer.set_cookie(_half_way_cookie(desk, ticket, int(HALF_WAY_LIFE.total_seconds())))
    answer.set_cookie(session_cookie(desk, "", 0))
    return answer


async def begin_session(request: WebRequest, desk: Desk, user_id: UUID, answer: Redirect) -> None:
    """A fresh session for somebody who passed every step, put into the answer; a half-way ticket ends with it."""
    origin = origin_of(desk.deps.client_address(request), request.headers.get("user-agent", ""))
    token = await desk.accounts.start_session(user_id, origin)
    answer.set_cookie(session_cookie(desk, f"{desk.workspace_id}.{token}", int(SESSION_LIFE.total_seconds())))
    if HALF_WAY_COOKIE in request.cookies:
        answer.set_cookie(_half_way_cookie(desk, "", 0))


def session_cookie(desk: Desk, value: str, life_seconds: int) -> Cookie:
    """The session's cookie."""
    return own_cookie(desk, desk.cookie, value, "/", life_seconds)


def own_cookie(desk: Desk, name: str, value: str, path: str, life_seconds: int) -> Cookie:
    """A cookie that only we read: not for scripts, not for other sites' forms, encrypted connections where we have them."""
    return Cookie(
        name,
        value=value,
        path=path,
        max_age=life_seconds,
        httponly=True,
        samesite="lax",
        secure=desk.deps.secure,
    )


def _half_way_cookie(desk: Desk, ticket: str, life_seconds: int) -> Cookie:
    return own_cookie(desk, HALF_WAY_COOKIE, ticket, _HALF_WAY_PATH, life_seconds)
