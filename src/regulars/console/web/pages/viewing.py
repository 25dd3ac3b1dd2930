"""Looking at the console as another role: an owner sees what it sees, changes nothing, and goes back with one click."""

from __future__ import annotations

from typing import Any

from litestar import Response, post

from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk


@post("/people/view-as", include_in_schema=False)
async def look_as(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Begin to look as a role."""
    visit = await desk.visit_to(request, "people")
    fields = await desk.form(request, visit.token)
    await desk.accounts.view_as(visit.token, fields.get("role", ""))
    return desk.go("/")


@post("/view-as/end", include_in_schema=False)
async def look_as_oneself(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Be oneself again; who looks as nobody else stays as they are."""
    visit = await desk.visit(request, acts=False)
    await desk.form(request, visit.token)
    await desk.accounts.view_as(visit.token, None)
    return desk.go("/people" if visit.viewer.viewing else "/")


HANDLERS = (look_as, look_as_oneself)
