"""The registers in the settings: stores, products and staff, as lists and as forms.

What is written here becomes events of the source `console`, as what the API writes becomes events of its caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from regulars.console.accounts import actor_of
from regulars.console.i18n import told
from regulars.console.services import register_lists as lists
from regulars.console.services.common import ChangedMeanwhile, has_controls
from regulars.console.services.register_forms import read_code, read_details, typed_of
from regulars.console.services.registering import CONSOLE_SOURCE, Author
from regulars.console.services.registers import (
    PRODUCTS,
    STAFF,
    STORES,
    Found,
    Register,
    masked,
    unmasked,
)
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound

from .register_words import FormField, form_fields, form_words
from .settings import settings_tabs

DOOR: Final = "console"
CODE_CHARACTERS_MAX: Final = 200


class Page(Struct, frozen=True):
    """A register as the settings show it. `right` is what `MAY_OPEN` calls it."""

    name: str
    right: str
    register: Register[Any, Any]


PAGES: Final[Mapping[str, Page]] = {
    "stores": Page("stores", "settings", STORES),
    "products": Page("products", "settings", PRODUCTS),
    "staff": Page("staff", "staff", STAFF),
}


@get("/settings/stores", include_in_schema=False)
async def stores(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """All shops, or those that lack details."""
    visit = await desk.visit_to(request, "settings")
    params = request.query_params
    bare = params.get("show") == "bare"
    today = desk.deps.clock().astimezone(desk.deps.zone).date()
    async with desk.deps.db.read(desk.workspace_id) as conn:
        page = await lists.store_page(conn, desk.deps.vault, after=_after(request), bare=bare, today=today)
    context = {"page": page, "only_bare": bare, "sales_days": lists.SALES_DAYS}
    return await _list(request, desk, visit, "stores", context)


@get("/settings/products", include_in_schema=False)
async def products(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """All products, or those that start with a text."""
    visit = await desk.visit_to(request, "settings")
    query = _text(request.query_params.get("q", ""))
    async with desk.deps.db.read(desk.workspace_id) as conn:
        page = await lists.product_page(conn, desk.deps.vault, after=_after(request), query=query)
    lines = page.lines if visit.viewer.sees("contacts") else [masked(line) for line in page.lines]
    return await _list(request, desk, visit, "products", {"page": page, "lines": lines, "q": query})


@get("/settings/staff", include_in_schema=False)
async def staff(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Who serves at the tills."""
    visit = await desk.visit_to(request, "staff")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        page = await lists.staff_page(conn, desk.deps.vault, after=_after(request))
    return await _list(request, desk, visit, "staff", {"page": page})


@get("/settings/{name:str}/new", include_in_schema=False)
async def new_entry(request: WebRequest, desk: AtDesk, name: FromPath[str]) -> Response[Any]:
    """The form of a new entry."""
    page, visit = await _open(request, desk, name)
    typed = typed_of(page.register.details())
    if page.name == "stores":
        typed["time_zone"] = desk.deps.workspace.values.time_zone
    return await _form(request, desk, visit, page, typed)


@post("/settings/{name:str}/new", include_in_schema=False)
async def add_entry(request: WebRequest, desk: AtDesk, name: FromPath[str]) -> Response[Any]:
    """Add an entry; a form that cannot be used comes back with its faults."""
    page, visit = await _open(request, desk, name)
    fields = await desk.form(request, visit.token)
    code, problem = read_code(fields.get("code", ""))
    details, faults = read_details(page.register, fields)
    if problem is not None:
        faults["code"] = problem
    if details is None or faults:
        return await _form(request, desk, visit, page, fields, faults=faults, status=400)
    try:
        await page.register.add(await _author(desk, visit), code, details)
    except (Conflict, InvalidInput) as error:
        faults = {error.field if error.field in fields else "code": told(error)}
        return await _form(request, desk, visit, page, fields, faults=faults, status=error.status)
    return desk.go(f"/settings/{page.name}?{urlencode({'changed': code})}")


@get("/settings/{name:str}/edit", include_in_schema=False)
async def edit_entry(request: WebRequest, desk: AtDesk, name: FromPath[str]) -> Response[Any]:
    """The form of an entry."""
    page, visit = await _open(request, desk, name)
    found = await _find(desk, page, request.query_params.get("code", ""))
    typed = typed_of(_seen(visit, page, found))
    return await _form(request, desk, visit, page, typed, found=found)


@post("/settings/{name:str}/edit", include_in_schema=False)
async def put_entry(request: WebRequest, desk: AtDesk, name: FromPath[str]) -> Response[Any]:
    """Replace what is said of an entry; what somebody else said meanwhile is shown beside what was typed."""
    page, visit = await _open(request, desk, name)
    fields = await desk.form(request, visit.token)
    code = fields.get("code", "")
    found = await _find(desk, page, code)
    details, faults = read_details(page.register, fields)
    if details is None:
        return await _form(request, desk, visit, page, fields, found=found, faults=faults, status=400)
    if not visit.viewer.sees("contacts"):
        details = unmasked(details, page.register.said_of(found.entry))
    try:
        await page.register.put(await _author(desk, visit), code, details, read=fields.get("read", ""))
    except ChangedMeanwhile as error:
        return await _form(
            request, desk, visit, page, fields, found=found, conflict=True, status=error.status
        )
    return desk.go(f"/settings/{page.name}?{urlencode({'changed': code})}")


HANDLERS = (stores, products, staff, new_entry, add_entry, edit_entry, put_entry)


async def _open(request: WebRequest, desk: Desk, name: str) -> tuple[Page, Visit]:
    page = PAGES.get(name)
    if page is None:
        raise NotFound("There is no such page.")
    return page, await desk.visit_to(request, page.right)


async def _find(desk: Desk, page: Page, code: str) -> Found[Any]:
    if len(code) > CODE_CHARACTERS_MAX or has_controls(code):
        raise NotFound(page.register.unknown, field=page.register.key)
    return await page.register.show(desk.deps.db, desk.deps.vault, code)


def _seen(visit: Visit, page: Page, found: Found[Any]) -> Struct:
    """What is said of an entry, as this person may see it."""
    said: Struct = page.register.said_of(found.entry)
    return said if visit.viewer.sees("contacts") else masked(said)


async def _author(desk: Desk, visit: Visit) -> Author:
    """The person as author, writing for the console's own source. Raises Conflict when that is switched off."""
    actor = actor_of(visit.viewer.user_id)
    known = await desk.deps.sources.ensure(desk.workspace_id, CONSOLE_SOURCE, actor=actor)
    if known.disabled_at is not None:
        raise Conflict(
            "The source %(source)s is switched off, so nothing can be changed here.", source=CONSOLE_SOURCE
        )
    return Author(
        database=desk.deps.db,
        vault=desk.deps.vault,
        gate=desk.deps.gate,
        clock=desk.deps.clock,
        source=known.source,
        door=DOOR,
        actor=actor,
        caller=actor,
    )


async def _list(
    request: WebRequest, desk: Desk, visit: Visit, name: str, context: Mapping[str, Any]
) -> Response[Any]:
    return await desk.page(
        request,
        visit,
        f"pages/{name}.html",
        "settings",
        tabs_shown=settings_tabs(visit, name),
        changed=_text(request.query_params.get("changed", "")),
        after=_after(request),
        **context,
    )


async def _form(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    page: Page,
    typed: Mapping[str, str],
    *,
    found: Found[Any] | None = None,
    faults: Mapping[str, str] | None = None,
    conflict: bool = False,
    status: int = 200,
) -> Response[Any]:
    now = typed_of(_seen(visit, page, found)) if found is not None else {}
    fields: list[FormField] = form_fields(page.name, typed, faults or {}, now if conflict else {})
    context = {
        "words": form_words(page.name),
        "name": page.name,
        "fields": fields,
        "code": typed.get("code", "") if found is None else getattr(found.entry, page.register.key),
        "is_new": found is None,
        "only_named": found is not None and found.entry.updated_at is None,
        "read": found.stand.said_key.hex if found is not None else "",
        "faults": faults or {},
        "conflict": conflict,
        "tabs_shown": settings_tabs(visit, page.name),
    }
    return await desk.page(request, visit, "pages/register_form.html", "settings", status=status, **context)


def _after(request: WebRequest) -> str:
    return _text(request.query_params.get("after", ""))


def _text(text: str) -> str:
    """Text from an address, without what the database could not take."""
    return "".join(char for char in text[:CODE_CHARACTERS_MAX] if not has_controls(char))
