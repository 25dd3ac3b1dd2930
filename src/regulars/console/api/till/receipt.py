"""The receipt of a sale: as 42 columns of text, as a page to print, as bytes for a receipt printer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Final

from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from regulars.console import i18n
from regulars.console.api.deps import AtVisit, Visit
from regulars.console.receipts.escpos import escpos
from regulars.console.receipts.page import POLICY, html
from regulars.console.receipts.slip import Slip
from regulars.console.receipts.text import text
from regulars.console.services.sale_slips import load_slip
from regulars.console.services.workspace_settings import Values, load
from regulars.vocabulary.errors import InvalidInput

from .sales import own_sale

FORMATS: Final[Mapping[str, tuple[str, Callable[[Slip], str | bytes]]]] = {
    "text": ("text/plain", text),
    "html": ("text/html", html),
    "escpos": ("application/octet-stream", escpos),
}
"""The media type of each format, and what makes it."""


@get("/v1/sales/{sale_id:str}/receipt", summary="Receipt of a sale", media_type="text/plain")
async def sale_receipt(
    visit: AtVisit,
    sale_id: FromPath[str],
    format_: Annotated[
        str | None,
        QueryParameter(name="format", description="text (the usual), html or escpos.", max_length=20),
    ] = None,
    language: Annotated[
        str | None,
        QueryParameter(
            name="language", description="Such as en; the workspace's when absent.", max_length=20
        ),
    ] = None,
) -> Response[bytes]:
    """What was bought and what it did to the member's points, with the part of the sale that earned them.

    `text` has 42 columns, `html` is a page of 72 mm without scripts, `escpos` goes to a receipt printer as it is. The
    card is masked, without pii:read a contact in what an article is called as well. Points before the sale are left out once anything moved them since.
    """
    chosen = FORMATS.get(format_ or "text")
    if chosen is None:
        raise InvalidInput("format is text, html or escpos.", field="format")
    if language is not None and language not in i18n.languages():
        raise InvalidInput(
            "language is one of %(names)s.", field="language", names=", ".join(i18n.languages())
        )
    sale = await own_sale(visit, sale_id)
    values = await _values(visit)
    i18n.use(i18n.chosen(language, None, values.language))
    slip = await load_slip(
        visit.api.database,
        visit.vault,
        sale,
        shop=values.name,
        zone=values.time_zone,
        now=visit.deps.clock(),
        clear=visit.clear,
    )
    media_type, make = chosen
    made = make(slip)
    body = made if isinstance(made, bytes) else made.encode()
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if media_type == "text/html":
        headers["Content-Security-Policy"] = POLICY
    return Response(body, headers=headers, media_type=media_type)


async def _values(visit: Visit) -> Values:
    """The shop's name, zone and language."""
    async with visit.api.database.read(visit.workspace_id) as conn:
        saved = await load(conn, visit.workspace_id)
    return visit.deps.ground.values(saved.choices)
