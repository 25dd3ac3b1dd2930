"""The slip of a sale on a customer's timeline, for the desk and the store's screens."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from regulars.console.services.profile import resolve
from regulars.console.services.sale_slips import load_slip
from regulars.console.services.till_sales import find_sale_told
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Visit
from regulars.console.web.slip import slip_page
from regulars.vocabulary.errors import NotFound

from .customers import profile_id_of


@get(
    ["/customers/{profile:str}/slips/{number:str}", "/store/c/{profile:str}/slips/{number:str}"],
    include_in_schema=False,
)
async def slip(
    request: WebRequest, desk: AtDesk, profile: FromPath[str], number: FromPath[str]
) -> Response[Any]:
    """The slip of a sale of a customer, to print. Raises NotFound for one whose amounts the visitor may not see."""
    in_store = request.url.path.startswith("/store/")
    visit = await desk.visit_to(request, "store" if in_store else "customers")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        profile_id = await resolve(conn, desk.workspace_id, profile_id_of(profile))
        sale = await find_sale_told(conn, desk.workspace_id, profile_id, _number_of(number))
    if sale is None or not sale.is_sale or not _seen(visit, sale.store):
        raise NotFound("This customer has no such event; it may have been erased.")
    deps = desk.deps
    made = await load_slip(
        deps.db,
        deps.vault,
        sale,
        shop=deps.workspace_name,
        zone=str(deps.zone),
        now=deps.clock(),
        clear=visit.viewer.sees("contacts"),
    )
    base = "/store/c/" if in_store else "/customers/"
    return slip_page(desk.pages, request, made, back=f"{base}{profile_id.hex}")


HANDLERS = (slip,)


def _seen(visit: Visit, store: str | None) -> bool:
    """Whether the visitor sees amounts of this store."""
    return visit.viewer.stores is None or store in visit.viewer.stores


def _number_of(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound("There is no such event.")
    return int(text)
