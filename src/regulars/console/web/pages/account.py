"""Signing in with a password, signing out, and the theme."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from litestar import Response, get, post

from regulars.console.i18n import _
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, SignInNeeded
from regulars.console.web.entering import admit, own_cookie, session_cookie
from regulars.console.web.recent import RECENT_COOKIE, RECENT_PATH
from regulars.console.web.security import csrf_token, safe_path
from regulars.vocabulary.errors import Forbidden

_FORM_COOKIE = "regulars_form"
_FORM_LIFE_SECONDS = 3600


@get("/sign-in", include_in_schema=False)
async def sign_in_page(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The form; somebody who is signed in goes on."""
    target = safe_path(request.query_params.get("next"))
    try:
        await desk.visit(request, enrolling=True)
    except SignInNeeded:
        return _form(request, desk, target)
    return desk.go(target)


@post("/sign-in", include_in_schema=False)
async def sign_in(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Check address and password; on success a new session, or the second step, whatever cookie came along."""
    secret = request.cookies.get(_FORM_COOKIE, "")
    try:
        fields = await desk.form(request, secret)
    except Forbidden:
        return _form(request, desk, "/", error=_("The form was open too long. Please try again."), status=403)
    if not desk.passwords_open:
        return _form(request, desk, safe_path(fields.get("next")), status=403)
    target, email = safe_path(fields.get("next")), fields.get("email", "").strip().lower()
    account = hashlib.sha256(email.encode()).hexdigest()
    address = desk.deps.client_address(request)
    wait_seconds = desk.throttle.admit(account, address)
    if wait_seconds:
        minutes = -(-wait_seconds // 60)
        error = _("Too many tries. Wait %(n)s min and try again.", n=minutes)
        return _form(request, desk, target, email=email, error=error, status=429, retry_seconds=wait_seconds)
    user_id = await desk.accounts.check(email, fields.get("password", ""))
    if user_id is None:
        error = _("Address and password do not fit together.")
        return _form(request, desk, target, email=email, error=error, status=401)
    desk.throttle.succeeded(account, address)
    answer = await admit(request, desk, user_id, target)
    answer.delete_cookie(_FORM_COOKIE, path="/sign-in")
    return answer


@post("/sign-out", include_in_schema=False)
async def sign_out(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """End the session here and in the store."""
    try:
        visit = await desk.visit(request, enrolling=True, acts=False)
    except SignInNeeded:
        return desk.go("/sign-in")
    await desk.form(request, visit.token)
    await desk.accounts.end_session(visit.token)
    answer = desk.go("/sign-in")
    answer.set_cookie(session_cookie(desk, "", 0))
    answer.delete_cookie(RECENT_COOKIE, path=RECENT_PATH)
    return answer


def _form(
    request: WebRequest,
    desk: Desk,
    target: str,
    *,
    email: str = "",
    error: str | None = None,
    status: int = 200,
    retry_seconds: int | None = None,
) -> Response[Any]:
    headers = {"Retry-After": str(retry_seconds)} if retry_seconds else {}
    context = {
        "headers": headers,
        "target": target,
        "email": email,
        "error": error,
        "provider": desk.provider.chosen.name if desk.provider else None,
        "passwords_open": desk.passwords_open,
    }
    return stranger_form(
        request, desk, "/sign-in", "pages/sign_in.html", _FORM_COOKIE, status=status, **context
    )


def stranger_form(
    request: WebRequest, desk: Desk, path: str, template: str, cookie: str, **context: Any
) -> Response[Any]:
    """A form for somebody who is not signed in; a cookie of its address alone stands for the session in its token."""
    secret = request.cookies.get(cookie) or secrets.token_urlsafe(32)
    answer = desk.pages.page(request, template, csrf=csrf_token(secret), **context)
    answer.set_cookie(own_cookie(desk, cookie, secret, path, _FORM_LIFE_SECONDS))
    return answer
