"""The second step of signing in: the code of somebody whose password was right.

Between the steps the browser carries a ticket of five minutes, good for this page alone.
"""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from regulars.console.i18n import _
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk
from regulars.console.web.entering import HALF_WAY_COOKIE, SECOND_STEP, begin_session
from regulars.console.web.security import csrf_token, safe_path


@get(SECOND_STEP, include_in_schema=False)
async def second_step_page(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The form; somebody without a ticket begins anew."""
    ticket = request.cookies.get(HALF_WAY_COOKIE, "")
    if await desk.factors.read_half_way(ticket) is None:
        return desk.go("/sign-in")
    return _form(request, desk, ticket)


@post(SECOND_STEP, include_in_schema=False)
async def second_step(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Check the code; on success the session begins."""
    ticket = request.cookies.get(HALF_WAY_COOKIE, "")
    half_way = await desk.factors.read_half_way(ticket)
    if half_way is None:
        return desk.go("/sign-in")
    fields = await desk.form(request, ticket)
    account, address = half_way.user_id.hex, desk.deps.client_address(request)
    wait_seconds = desk.code_throttle.admit(account, address)
    if wait_seconds:
        error = _("Too many tries. Wait %(n)s min and try again.", n=-(-wait_seconds // 60))
        return _form(request, desk, ticket, error=error, status=429, retry_seconds=wait_seconds)
    if not await desk.factors.take(half_way.user_id, fields.get("code", "")):
        error = _("This code does not fit, or was used. Wait for the next one.")
        return _form(request, desk, ticket, error=error, status=401)
    desk.code_throttle.succeeded(account, address)
    answer = desk.go(safe_path(half_way.target))
    await begin_session(request, desk, half_way.user_id, answer)
    return answer


HANDLERS = (second_step_page, second_step)


def _form(
    request: WebRequest,
    desk: Desk,
    ticket: str,
    *,
    error: str | None = None,
    status: int = 200,
    retry_seconds: int | None = None,
) -> Response[Any]:
    headers = {"Retry-After": str(retry_seconds)} if retry_seconds else {}
    return desk.pages.page(
        request,
        "pages/second_step.html",
        csrf=csrf_token(ticket),
        status=status,
        headers=headers,
        error=error,
    )
