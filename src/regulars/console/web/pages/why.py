"""Why a figure of a customer is what it is, as a page or in the side panel."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from regulars.console.services import profile as profiles
from regulars.console.services import why as service
from regulars.console.services.log import names
from regulars.console.services.people import load_people
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk
from regulars.vocabulary.errors import Forbidden, NotFound

from .customers import profile_id_of


@get("/customers/{profile:str}/why/{figure:str}", include_in_schema=False)
async def why(
    request: WebRequest, desk: AtDesk, profile: FromPath[str], figure: FromPath[str]
) -> Response[Any]:
    """The rule of a figure, and the receipts it comes from."""
    visit = await desk.visit_to(request, "customers")
    asked = service.figure_of(figure)
    if asked in service.SPEND_FIGURES and not visit.viewer.sees("spend"):
        raise Forbidden("Your role does not include what a customer spent.")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        profile_id = await profiles.resolve(conn, desk.workspace_id, profile_id_of(profile))
        people = await load_people(
            conn, desk.deps.vault, [profile_id], clear=False, spend=visit.viewer.sees("spend")
        )
        if not people:
            raise NotFound("There is no customer with this id; they may have been erased.")
        found = await service.load_why(
            conn,
            desk.workspace_id,
            profile_id,
            asked,
            people[0].figures,
            await names(conn, desk.workspace_id),
            stores=visit.viewer.stores,
            page=request.query_params.get("page"),
        )
    context = {
        "why": found,
        "base": f"/customers/{profile_id.hex}",
        "page_mark": request.query_params.get("page"),
    }
    return await desk.page(request, visit, "pages/why.html", "customers", **context)


HANDLERS = (why,)
