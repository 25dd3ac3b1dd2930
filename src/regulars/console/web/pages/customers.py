"""The list of customers and one customer in full."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from regulars.console.accounts import actor_of
from regulars.console.i18n import _
from regulars.console.services import customers as service
from regulars.console.services import profile as profiles
from regulars.console.services.audit import load_names
from regulars.console.services.common import uuid_of
from regulars.console.services.customers_file import customers_file
from regulars.console.services.decision_list import load_decisions
from regulars.console.services.explained_lines import Eyes, Lines, nearest
from regulars.console.services.explaining import explain
from regulars.console.services.households import household_lines, load_household
from regulars.console.services.member import load_standings
from regulars.console.services.member_books import load_rules
from regulars.console.services.on_behalf import channels_of
from regulars.console.services.people import load_parts
from regulars.console.services.vouchers import load_vouchers
from regulars.console.web.deps import Deps, WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.nav import may_open
from regulars.console.web.security import PAGE_HEADERS
from regulars.store.audit import write_line_async
from regulars.store.database import AsyncConnection
from regulars.vocabulary.errors import InvalidInput, NotFound

DECISIONS_SHOWN: Final = 5
LINKS_SHOWN: Final = 8
APART_SHOWN: Final = 4
COLUMNS: Final = ("contact", "sources", "orders", "spend", "store", "seen")
"""The columns of the list that a reader may hide."""


@get("/customers", include_in_schema=False)
async def customers(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Search, or everybody by latest activity or by when they came."""
    visit = await desk.visit_to(request, "customers")
    params = request.query_params
    query = (params.get("q") or "").strip()
    order: service.Order = "newest" if params.get("order") == "newest" else "latest"
    clear, spend, page = visit.viewer.sees("contacts"), visit.viewer.sees("spend"), params.get("page")
    vault, filters = desk.deps.vault, _filters(request)
    async with desk.deps.db.read(desk.workspace_id) as conn:
        if query:
            found = await service.find_customers(
                conn, vault, query, region=desk.deps.region, page=page, clear=clear, spend=spend
            )
        else:
            found = await service.list_customers(
                conn, vault, order=order, page=page, clear=clear, spend=spend, wanted=_wanted(visit, filters)
            )
    stores = await desk.team.stores()
    context = {
        "found": found, "q": query, "order": order, "page_mark": page, "spend": spend, "filters": filters,
        "source_choices": [(str(one.source_id), one.name) for one in found.sources.values()],
        "stores": [(code, name) for code, name in stores.items() if _works_in(visit, code)],
        "may_download": may_open(visit.viewer, "customer-file"),
        "columns": _columns(filters["hide"], spend=spend), "hidden": filters["hide"].split(","),
    }  # fmt: skip
    return await desk.page(request, visit, "pages/customers.html", "customers", **context)


@get("/customers.csv", include_in_schema=False)
async def customers_as_file(request: WebRequest, desk: AtDesk) -> Response[bytes]:
    """The newest 10,000 customers that pass the filters, as CSV. Leaves an audit line."""
    visit = await desk.visit_to(request, "customer-file", acts=True)
    filters = _filters(request)
    async with desk.deps.db.read(desk.workspace_id) as conn:
        body, lines = await customers_file(
            conn,
            desk.deps.vault,
            _wanted(visit, filters),
            clear=visit.viewer.sees("contacts"),
            spend=visit.viewer.sees("spend"),
        )
    told = {
        "filters": {name: value for name, value in filters.items() if value and name != "hide"},
        "lines": lines,
    }
    async with desk.deps.db.write(desk.workspace_id) as conn:
        actor = actor_of(visit.viewer.user_id)
        await write_line_async(conn, desk.workspace_id, actor, "customers.exported", "customers", told)
    today = desk.deps.clock().astimezone(desk.deps.zone).date()
    headers = {**PAGE_HEADERS, "Content-Disposition": f'attachment; filename="customers-{today}.csv"'}
    return Response(body, headers=headers, media_type="text/csv")


@get("/customers/{profile:str}", include_in_schema=False)
async def customer(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """One customer. The id of any record leads to the profile it belongs to now."""
    visit = await desk.visit_to(request, "customers")
    clear, spend = visit.viewer.sees("contacts"), visit.viewer.sees("spend")
    params = request.query_params
    topic = params.get("topic") if params.get("topic") in profiles.TOPICS else None
    async with desk.deps.db.read(desk.workspace_id) as conn:
        profile_id = await profiles.resolve(conn, desk.workspace_id, profile_id_of(profile))
        if profile_id.hex != profile:
            return desk.go(f"/customers/{profile_id.hex}" + (f"?{request.url.query}" if params else ""))
        found = await profiles.load_profile(
            conn,
            desk.deps.vault,
            profile_id,
            now=desk.deps.clock(),
            zone=desk.deps.zone,
            clear=clear,
            spend=spend,
        )
        timeline = await profiles.load_timeline(
            conn,
            desk.deps.vault,
            profile_id,
            topic=topic,
            until=_end_of(params.get("until"), desk.deps),
            page=params.get("page"),
            clear=clear,
            stores=visit.viewer.stores,
        )
        decides = may_open(visit.viewer, "duplicates")
        made = await _decisions(conn, desk, profile_id) if decides else {}
        household = await load_household(conn, desk.deps.vault, profile_id)
        loyalty = await _loyalty(conn, desk, visit, profile_id)
    why = await explain(desk.deps.db, desk.deps.vault, profile_id, split=False)
    eyes = Eyes(clear=clear)
    lines = Lines(why, eyes)
    context = {
        "decides": decides, **made, **loyalty, "base": f"/customers/{profile_id.hex}", "household": household_lines(household, eyes, profile_id), "too_many": household.too_many,
        "linked": lines.pairs(why.inside.tree[:LINKS_SHOWN]), "apart": lines.pairs(nearest(why)[:APART_SHOWN]),
        "profile": found, "timeline": timeline, "topic": topic, "until": params.get("until") or "",
        "page_mark": params.get("page"), "spend": spend, "keeps_consent": may_open(visit.viewer, "requests"),
        "channels": channels_of(found.person),
    }  # fmt: skip
    return await desk.page(request, visit, "pages/profile.html", "customers", **context)


@get("/customers/{profile:str}/events/{number:str}", include_in_schema=False)
async def raw_event(
    request: WebRequest, desk: AtDesk, profile: FromPath[str], number: FromPath[str]
) -> Response[Any]:
    """One event of a customer as it was received."""
    visit = await desk.visit_to(request, "customers")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        payload = await profiles.raw_event(
            conn,
            desk.deps.vault,
            profile_id_of(profile),
            _number(number),
            clear=visit.viewer.sees("contacts"),
            stores=visit.viewer.stores,
        )
    context = {"payload": payload, "number": number, "back": f"/customers/{profile}"}
    return await desk.page(request, visit, "pages/raw_event.html", "customers", **context)


async def _loyalty(conn: AsyncConnection, desk: Desk, visit: Visit, profile_id: UUID) -> dict[str, Any]:
    """Where a customer stands in programmes, nothing in a workspace that has none; and their vouchers."""
    parts = await load_parts(conn, desk.deps.vault, [profile_id])
    records = [part.record_id for own in parts.values() for part in own]
    vouchers = await load_vouchers(conn, desk.deps.vault, records, now=desk.deps.clock())
    if not await load_rules(conn, desk.workspace_id):
        return {"standings": None, "vouchers": vouchers}
    found = await load_standings(conn, desk.workspace_id, parts, now=desk.deps.clock())
    may_adjust = may_open(visit.viewer, "adjustments")
    return {"standings": found.get(profile_id, []), "may_adjust": may_adjust, "vouchers": vouchers}


async def _decisions(conn: AsyncConnection, desk: Desk, profile_id: UUID) -> dict[str, Any]:
    """The latest decisions that spoke of a customer, and who made them."""
    found = await load_decisions(conn, desk.workspace_id, limit=DECISIONS_SHOWN, profile_id=profile_id)
    return {"decisions": found, "who": await load_names(conn, desk.deps.vault) if found else None}


def _filters(request: WebRequest) -> dict[str, str]:
    """Source (by number), store (by code) and hidden columns out of an address; what makes no sense is left out."""
    params = request.query_params
    source, hidden = params.get("source", ""), params.get("hide", "").split(",")
    return {
        "source": source if source.isascii() and source.isdigit() and len(source) < 10 else "",
        "store": params.get("store", "")[:200],
        "hide": ",".join(name for name in COLUMNS if name in hidden),
    }


def _columns(hidden: str, *, spend: bool) -> list[tuple[str, str, str]]:
    """Columns that can be hidden: name, words, and what is hidden once it is pressed."""
    words = {
        "contact": _("Contact"), "sources": _("Known from"), "orders": _("Orders"), "spend": _("Spend"),
        "store": _("Main store"), "seen": _("Last seen"),
    }  # fmt: skip
    now = set(hidden.split(",")) - {""}
    return [
        (name, words[name], ",".join(one for one in COLUMNS if (one in now) != (one == name)))
        for name in COLUMNS
        if spend or name != "spend"
    ]


def _wanted(visit: Visit, filters: dict[str, str]) -> service.Wanted:
    """Whom the filters ask for, within the stores of the visitor."""
    stores, store = visit.viewer.stores, filters["store"]
    if store:
        stores = frozenset({store}) if _works_in(visit, store) else frozenset()
    return service.Wanted(int(filters["source"]) if filters["source"] else None, stores)


def _works_in(visit: Visit, store: str) -> bool:
    return visit.viewer.stores is None or store in visit.viewer.stores


def _number(text: str) -> int:
    if not (text.isdigit() and len(text) < 19):
        raise NotFound("There is no such event.")
    return int(text)


def profile_id_of(text: str) -> UUID:
    """The id of a profile or record out of an address. Raises NotFound."""
    try:
        return uuid_of(text, "id")
    except InvalidInput:
        raise NotFound("There is no customer with this id.") from None


def _end_of(text: str | None, deps: Deps) -> datetime | None:
    """The end of a day in the console's zone; words that are no date are ignored."""
    try:
        return datetime.combine(date.fromisoformat(text or "") + timedelta(days=1), time(), tzinfo=deps.zone)
    except (ValueError, OverflowError):
        return None
