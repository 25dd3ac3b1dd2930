"""The palette behind Ctrl K: pages, things to do, and customers, for the words typed so far."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from litestar import Response, get
from msgspec import Struct

from regulars.console.accounts import Viewer
from regulars.console.i18n import _
from regulars.console.services.customers import find_customers
from regulars.console.services.people import Person, load_people
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.nav import may_open, navigation
from regulars.console.web.templating import answer

CUSTOMERS_SHOWN: Final = 6
RECENT_MAX: Final = 5
_LETTERS_MIN: Final = 2


class Choice(Struct, frozen=True):
    """One line of the palette."""

    icon: str
    label: str
    href: str
    note: str = ""


@get("/palette", include_in_schema=False)
async def palette(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Groups of choices that fit `q`; without it all pages, and the customers of `recent`."""
    visit = await desk.visit(request)
    query = request.query_params.get("q", "").strip()[:200]
    places = [*_pages(visit.viewer), *_actions(visit.viewer)]
    groups = [
        (_("Customers"), await _customers(desk, visit, query))
        if query
        else (_("Seen lately"), await _recent(desk, visit, request.query_params.get("recent", ""))),
        (_("Go to"), [one for one in places if query.casefold() in one.label.casefold()]),
    ]
    text = desk.pages.text("parts/palette.html", groups=[group for group in groups if group[1]], q=query)
    return answer(request, text)


HANDLERS = (palette,)


def _pages(viewer: Viewer) -> list[Choice]:
    return [Choice(item.icon, item.label, item.href, item.group) for item in navigation(viewer)]


def _actions(viewer: Viewer) -> list[Choice]:
    known = (
        ("events", Choice("alert-circle", _("Rejected events"), "/events/rejected")),
        ("keys", Choice("key", _("Make an API key"), "/keys/new")),
        ("keys", Choice("link", _("Add a source"), "/keys/sources")),
        ("people", Choice("user-circle", _("Invite somebody"), "/people#invite")),
    )
    return [choice for page, choice in known if may_open(viewer, page)]


async def _customers(desk: Desk, visit: Visit, query: str) -> list[Choice]:
    if len(query) < _LETTERS_MIN or not may_open(visit.viewer, "customers"):
        return []
    async with desk.deps.db.read(desk.workspace_id) as conn:
        found = await find_customers(
            conn,
            desk.deps.vault,
            query,
            region=desk.deps.region,
            page=None,
            clear=visit.viewer.sees("contacts"),
            spend=False,
        )
    return [_customer(one) for one in found.people[:CUSTOMERS_SHOWN]]


async def _recent(desk: Desk, visit: Visit, text: str) -> list[Choice]:
    """The customers whose ids the browser remembers of this sitting; names are kept here only."""
    ids = [UUID(one) for one in text.split(",")[:RECENT_MAX] if len(one) == 32 and _is_hex(one)]
    if not ids or not may_open(visit.viewer, "customers"):
        return []
    async with desk.deps.db.read(desk.workspace_id) as conn:
        people = await load_people(
            conn, desk.deps.vault, ids, clear=visit.viewer.sees("contacts"), spend=False
        )
    return [_customer(one) for one in people]


def _customer(one: Person) -> Choice:
    name = one.name or (_("Customer without a name") if one.known else _("Anonymous customer"))
    return Choice("user", name, f"/customers/{one.profile_id.hex}", one.email or one.phone or one.card or "")


def _is_hex(text: str) -> bool:
    return all(char in "0123456789abcdef" for char in text)
