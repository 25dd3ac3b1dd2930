"""Requests: the queue by days left, a new one, and the page of one with all its steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from regulars.console.accounts import actor_of
from regulars.console.i18n import _
from regulars.console.requests import words
from regulars.console.requests.book import NewRequest, Place, Request
from regulars.console.requests.found import FoundData, found_data
from regulars.console.requests.steps import said_after
from regulars.console.services import audit, customers, lookups, profile
from regulars.console.services.audit_words import action_words
from regulars.console.services.common import pack_place, unpack_place, uuid_of, whole
from regulars.console.services.people import Person, last_scalar, load_people, person_of
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.vocabulary.errors import InvalidInput, NotFound, RegularsError

PAGE_ROWS: Final = 50
_VIEWS: Final = ("open", "overdue", "done")


@get("/requests", include_in_schema=False)
async def queue(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """What waits, the nearest deadline first; or what is done, the newest first."""
    visit = await desk.visit_to(request, "requests")
    asked = request.query_params
    view = asked["view"] if asked.get("view") in _VIEWS else "open"
    kind = asked["kind"] if asked.get("kind") in words.kinds() else None
    customer = uuid_of(asked["customer"], "customer") if asked.get("customer") else None
    found, older = await _found(desk, view, kind, customer, asked.get("page"))
    context = {
        "requests": found,
        "people": await _people(desk, found),
        "today": await desk.requests.book.today(),
        "view": view,
        "kind": kind,
        "customer": customer,
        "older": older,
        "page_mark": asked.get("page"),
        "words": words,
    }
    return await desk.page(request, visit, "pages/requests.html", "requests", **context)


@get("/requests/new", include_in_schema=False)
async def new_form(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Whom it is about, then what they want."""
    visit = await desk.visit_to(request, "requests")
    return await _form(request, desk, visit, {"customer": request.query_params.get("customer", "")})


@post("/requests/find", include_in_schema=False, status_code=200)
async def find(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Customers that an e-mail, phone, card or name may mean; nothing personal is in the address."""
    visit = await desk.visit_to(request, "requests", acts=False)
    fields = await desk.form(request, visit.token)
    query = fields.get("q", "").strip()
    async with desk.deps.db.read(desk.workspace_id) as conn:
        found = await customers.find_customers(
            conn, desk.deps.vault, query, region=desk.deps.region, page=None, clear=True, spend=False
        )
    return await _form(request, desk, visit, {"customer": ""}, query=query, people=found.people)


@post("/requests", include_in_schema=False)
async def add(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Write a request down; a form that cannot be used comes back with its fault."""
    visit = await desk.visit_to(request, "requests")
    fields = await desk.form(request, visit.token)
    try:
        new = NewRequest(
            kind=fields.get("kind", ""),
            came_by=fields.get("came_by", ""),
            received_on=_day(fields.get("received_on", ""), "received_on"),
            record_id=uuid_of(fields.get("customer", ""), "customer"),
            asked_by=fields.get("asked_by", ""),
            wording=fields.get("wording", ""),
        )
        made = await desk.requests.book.add(new, actor_of(visit.viewer.user_id))
    except (InvalidInput, NotFound) as error:
        return await _form(request, desk, visit, fields, error=error)
    desk.forget_counts()
    return desk.go(f"/requests/{made.no}")


@get("/requests/{number:str}", include_in_schema=False)
async def one(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """A request with what is known, what is found, and what can be done."""
    visit = await desk.visit_to(request, "requests")
    done = request.query_params.get("done")
    return await request_page(request, desk, visit, number_of(number), done=done)


async def request_page(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    no: int,
    *,
    error: RegularsError | None = None,
    done: str | None = None,
    asked: Mapping[str, str] | None = None,
) -> Response[Any]:
    """The page of a request, with what came of a step: `done` names one that was taken, `error` is why one was not."""
    found = await desk.requests.book.one(no)
    data, person, names_said = await _known(desk, found)
    async with desk.deps.db.read(desk.workspace_id) as conn:
        names = await audit.load_names(conn, desk.deps.vault)
    lines = await desk.requests.book.lines(found)
    context = {
        "one": found,
        "person": person,
        "data": data,
        "given": names_said[0],
        "family": names_said[1],
        "names": names,
        "lines": lines,
        "today": await desk.requests.book.today(),
        "words": words,
        "action_words": action_words,
        "error": error,
        "done": said_after(done, found, lines),
        "asked": asked or {},
    }
    status = error.status if error else 200
    # Reloading leads back here, whichever step it was.
    headers = {"HX-Push-Url": f"/requests/{no}"}
    return await desk.page(
        request, visit, "pages/request.html", "requests", status=status, headers=headers, **context
    )


def number_of(text: str) -> int:
    """The number in an address. Raises NotFound."""
    try:
        return whole(text, "number")
    except InvalidInput:
        raise NotFound("There is no request with this number.") from None


async def _found(
    desk: Desk, view: str, kind: str | None, customer: UUID | None, mark: str | None
) -> tuple[list[Request], str | None]:
    """One page of requests and the mark of the next."""
    book = desk.requests.book
    if view == "done" or customer is not None:
        place = unpack_place(mark, 1)
        found = await book.newest(
            kind=kind,
            closed=customer is None,
            profile_id=customer,
            before=whole(place[0], "page") if place else None,
            limit=PAGE_ROWS + 1,
        )
        older = pack_place(found[PAGE_ROWS - 1].no) if len(found) > PAGE_ROWS else None
    else:
        place = unpack_place(mark, 2)
        after = Place(_day(place[0], "page"), whole(place[1], "page")) if place else None
        found = await book.waiting_list(
            kind=kind, overdue=view == "overdue", after=after, limit=PAGE_ROWS + 1
        )
        last = found[PAGE_ROWS - 1] if len(found) > PAGE_ROWS else None
        older = pack_place(last.due_on.isoformat(), last.no) if last else None
    return found[:PAGE_ROWS], older


async def _people(desk: Desk, found: list[Request]) -> dict[UUID, Person]:
    ids = [one.profile_id for one in found if one.profile_id is not None]
    async with desk.deps.db.read(desk.workspace_id) as conn:
        people = await load_people(conn, desk.deps.vault, ids, clear=True, spend=False)
    return {person.profile_id: person for person in people}


async def _known(
    desk: Desk, one: Request
) -> tuple[FoundData | None, Person | None, tuple[str | None, str | None]]:
    """What is kept of the customer of a request, who they are, and their two names; nothing once erased."""
    if one.profile_id is None:
        return None, None, (None, None)
    async with desk.deps.db.read(desk.workspace_id) as conn:
        found = await lookups.by_record(conn, desk.deps.vault, one.profile_id)
        if found is None:
            return None, None, (None, None)
        data = await found_data(conn, desk.deps.vault, found, desk.deps.connectors)
    given, family = (last_scalar(found.parts, name) for name in ("given_name", "family_name"))
    return data, person_of(found.profile_id, found.parts, clear=True, spend=False), (given, family)


async def _form(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    fields: Mapping[str, str],
    *,
    query: str = "",
    people: list[Person] | None = None,
    error: RegularsError | None = None,
) -> Response[Any]:
    chosen = None
    if fields.get("customer"):
        async with desk.deps.db.read(desk.workspace_id) as conn:
            record_id = uuid_of(fields["customer"], "customer")
            profile_id = await profile.resolve(conn, desk.workspace_id, record_id)
            known = await load_people(conn, desk.deps.vault, [profile_id], clear=True, spend=False)
        chosen = known[0] if known else None
    context = {
        "chosen": chosen,
        "people": people,
        "q": query,
        "asked": {"kind": "access", "came_by": "email", **fields},
        "today": await desk.requests.book.today(),
        "words": words,
        "error": error,
    }
    status = error.status if error else 200
    return await desk.page(request, visit, "pages/request_new.html", "requests", status=status, **context)


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(_("Give a day, such as 2026-11-22."), field=field) from None


HANDLERS = (queue, new_form, find, add, one)
