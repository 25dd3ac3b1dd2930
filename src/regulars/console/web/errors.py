"""What a person sees when something fails: what it was, what to do, and an id to quote."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from regulars.console.i18n import _, told
from regulars.observe import get_logger
from regulars.vocabulary.errors import RegularsError

from .deps import WebRequest
from .desk import Desk, SecondFactorNeeded, SignInNeeded
from .templating import wants_fragment

_log = get_logger("console")
_API = ("/v1/", "/hooks/", "/healthz", "/readyz", "/metrics", "/openapi", "/docs")


def is_for_people(request: WebRequest) -> bool:
    """Whether an error is to be told as a page: a browser asks, and not for the API."""
    return not request.url.path.startswith(_API) and "text/html" in request.headers.get("accept", "")


def error_page(desk: Desk, request: WebRequest, error: Exception) -> Response[Any]:
    """The page of an error. Somebody who is not signed in, or not safely enough, is led to where they can be."""
    if isinstance(error, SignInNeeded):
        return _to_sign_in(request)
    if isinstance(error, SecondFactorNeeded):
        return _lead(request, "/account/second-factor")
    status, said = _reading(error)
    reference = secrets.token_hex(4)
    if status >= 500:
        _log.error("page failed", reference=reference, code=type(error).__name__, exc_info=error)
    title, advice = _words(status)
    return desk.pages.page(
        request,
        "pages/error.html",
        status=status,
        title=title,
        said=said,
        advice=advice,
        reference=reference,
        code=status,
    )


def _to_sign_in(request: WebRequest) -> Response[Any]:
    path = request.url.path
    if request.method != "GET" or path == "/live":
        path = "/"
    target = f"{path}?{request.url.query}" if request.url.query and path != "/" else path
    address = "/sign-in" if target == "/" else f"/sign-in?next={quote(target, safe='')}"
    return _lead(request, address)


def _lead(request: WebRequest, address: str) -> Response[Any]:
    if wants_fragment(request):
        return Response(b"", status_code=401, headers={"HX-Redirect": address, "Cache-Control": "no-store"})
    return Redirect(address, status_code=303, headers={"Cache-Control": "no-store"})


def _reading(error: Exception) -> tuple[int, str]:
    """Status and words of an error; the words of a bug stay inside."""
    if isinstance(error, RegularsError):
        return error.status, told(error) if error.status < 500 or error.retry else ""
    if isinstance(error, HTTPException):
        return error.status_code, ""
    return 500, ""


def _words(status: int) -> tuple[str, str]:
    if status == 404:
        return _("Not found"), _("The address may be old, or what it showed was erased or merged away.")
    if status == 403:
        return _("Not allowed"), _("An owner can give you another role under People and roles.")
    if status == 429:
        return _("Too many requests"), _("Wait a moment, then try again.")
    if status == 503:
        return _("Not available right now"), _("Nothing was lost. Try again in a moment.")
    if status < 500:
        return _("This did not work"), _("Go back, check what you entered and try again.")
    return _("Something failed on our side"), _(
        "Nothing you entered was changed. If it happens again, quote the reference."
    )
