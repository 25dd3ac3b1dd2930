"""A pretend till: any basket, priced as a till would be told."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, get, post

from regulars.console.i18n import told
from regulars.console.services.promotion_trying import ROWS, Typed, basket_of, offered
from regulars.console.services.promotion_words import member_words, reason_words
from regulars.console.services.quotes import Quoted
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.vocabulary.errors import InvalidInput, NotFound

READ: Final = "promotions"


@get("/promotions/try", include_in_schema=False)
async def try_form(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """An empty basket."""
    return await _page(request, desk, await desk.visit_to(request, READ), Typed())


@post("/promotions/try", include_in_schema=False)
async def try_basket(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """What a till would be told; nothing is kept or reserved."""
    visit = await desk.visit_to(request, READ, acts=False)
    typed = Typed(await desk.form(request, visit.token))
    quoted, status = None, 200
    basket = await basket_of(desk.deps.db, desk.workspace_id, typed)
    if basket is not None:
        try:
            quoted = await desk.quotes.quote(desk.deps.vault, basket, desk.deps.clock())
        except (InvalidInput, NotFound) as error:
            typed.faults["member"] = told(error)
    if typed.faults:
        status = 400
    return await _page(request, desk, visit, typed, quoted=quoted, status=status)


HANDLERS = (try_form, try_basket)


async def _page(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    typed: Typed,
    *,
    quoted: Quoted | None = None,
    status: int = 200,
) -> Response[Any]:
    choice = await offered(desk.deps.db, desk.workspace_id, visit.viewer)
    names = {}
    if quoted is not None:
        names = {ready.id: ready.promotion.name for ready in quoted.snapshot.promotions}
    context = {
        "typed": typed,
        "faults": typed.faults,
        "choice": choice,
        "rows": list(range(ROWS)),
        "more_open": any(typed.get(f"sku-{place}") for place in range(3, ROWS)),
        "quote": quoted.quote if quoted is not None else None,
        "skus": {
            str(place + 1): dict(choice.products).get(sku, sku)
            for place in range(ROWS)
            if (sku := typed.get(f"sku-{place}"))
        },
        "names": names,
        "reason_words": reason_words,
        "member_words": member_words,
    }
    return await desk.page(request, visit, "pages/promotion_try.html", READ, status=status, **context)
