"""Requests of people about their data: the register, its steps, carrying out, and the proof.

What names a person is told to callers with `pii:read` alone; who works with a key without it still sees what waits.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from regulars.console.requests import rules
from regulars.console.requests.book import TEXT_CHARACTERS_MAX, Content, NewRequest, Place, Request
from regulars.console.requests.carry_out import Means, Requests
from regulars.console.requests.correction import Correction
from regulars.console.requests.proof import Proof
from regulars.console.services.common import whole
from regulars.console.services.lookups import by_record
from regulars.engine.forget import forget
from regulars.vocabulary.errors import InvalidInput, NotFound

from .deps import AtVisit, Visit
from .paging import ROWS, Cursor, Limit, cut, read_cursor
from .privacy import export_of
from .profiles import profile_id_in, source_names, unknown_profile
from .shapes import Id

_Text = Annotated[str, Meta(max_length=TEXT_CHARACTERS_MAX)]
Number = Annotated[int, Meta(description="Counts up within the workspace.", examples=[12])]


class RequestNote(Struct, frozen=True):
    """What somebody wrote to a request."""

    at: datetime
    by: str
    text: str


class RequestShown(Struct, frozen=True):
    """A request. `profile_id` and, with pii:read, what was written last until the customer is erased.

    `customer` is a keyed hash that stays: the same for all requests about one record.
    """

    request: Number
    kind: rules.Kind
    state: rules.State
    outcome: rules.Outcome | None
    came_by: rules.CameBy
    received_on: date
    due_on: Annotated[date, Meta(description="Last day for the answer.")]
    days_left: Annotated[int, Meta(description="Until the deadline; negative once it is over.")]
    extension: rules.Extension | None
    identity_checked_by: rules.Method | None
    identity_checked_at: datetime | None
    closed_at: datetime | None
    customer: Id
    profile_id: Id | None
    erasure_id: Id | None
    asked_by: str | None
    wording: str | None
    notes: list[RequestNote]
    result: Annotated[dict[str, Any], Meta(description="What carrying out came to; it names nobody.")]


class RequestPage(Struct, frozen=True):
    """One page of requests."""

    data: list[RequestShown]
    next: str | None


class RequestReceived(Struct, forbid_unknown_fields=True, kw_only=True):
    """A request as it came in. `received_on` is today unless given; the deadline is one month after it."""

    kind: rules.Kind
    profile_id: Annotated[str, Meta(max_length=64)]
    came_by: rules.CameBy
    received_on: date | None = None
    asked_by: _Text = ""
    wording: _Text = ""


class IdentityCheck(Struct, forbid_unknown_fields=True):
    """How it was made sure that the customer asks, or somebody who may for them."""

    method: rules.Method
    note: _Text = ""


class ExtensionTold(Struct, forbid_unknown_fields=True):
    """Why two months more are needed: it is `complex`, or there are `many`."""

    reason: rules.Extension


class RefusalTold(Struct, forbid_unknown_fields=True):
    """On what ground of the law a request is refused."""

    reason: rules.Refusal
    note: _Text = ""


class NoteAdded(Struct, forbid_unknown_fields=True):
    """A note; write no names of others into it."""

    text: Annotated[str, Meta(min_length=1, max_length=TEXT_CHARACTERS_MAX)]


class CarryOut(Struct, forbid_unknown_fields=True):
    """The right values, for a request for correction; nothing for the others."""

    correction: Correction | None = None


def requests_of(visit: Visit) -> Requests:
    """The register of the caller's workspace."""
    return Requests(
        Means(
            db=visit.api.database,
            vault=visit.vault,
            gate=visit.deps.gate,
            sources=visit.deps.sources,
            clock=visit.deps.clock,
            zone=visit.deps.zone,
            forget=lambda profile_id, actor, reason: forget(
                visit.deps.store, visit.vault, profile_id, actor=actor, reason=reason
            ),
        )
    )


@get("/v1/requests", summary="List requests")
async def list_requests(
    visit: AtVisit,
    view: Annotated[
        Literal["open", "overdue", "closed", "any"],
        QueryParameter(
            name="state", description="Open ones, those past their deadline, closed ones, or any."
        ),
    ] = "open",
    kind: Annotated[rules.Kind | None, QueryParameter(name="kind", description="Only this kind.")] = None,
    profile_id: Annotated[
        str | None,
        QueryParameter(name="profile_id", max_length=64, description="Of a customer; of any state."),
    ] = None,
    limit: Limit = ROWS,
    cursor: Cursor = None,
) -> RequestPage:
    """Open requests by deadline, the nearest first; all others by number, the newest first."""
    desk = requests_of(visit)
    book = desk.book
    if view in ("open", "overdue") and profile_id is None:
        place = read_cursor(cursor, Place)
        found = await book.waiting_list(kind=kind, overdue=view == "overdue", after=place, limit=limit + 1)
        kept, more = cut(found, limit, lambda one: (one.due_on, one.no))
    else:
        before = read_cursor(cursor, tuple[int])
        found = await book.newest(
            kind=kind,
            closed=view == "closed" and profile_id is None,
            profile_id=profile_id_in(profile_id) if profile_id else None,
            before=before[0] if before else None,
            limit=limit + 1,
        )
        kept, more = cut(found, limit, lambda one: (one.no,))
    today = await book.today()
    return RequestPage([_shown(visit, one, today) for one in kept], more)


@post("/v1/requests", summary="Register a request")
async def add_request(visit: AtVisit, data: JSONBody[RequestReceived]) -> RequestShown:
    """Write a request down for a customer; any id of their records will do."""
    book = requests_of(visit).book
    new = NewRequest(
        kind=data.kind,
        came_by=data.came_by,
        received_on=data.received_on or await book.today(),
        record_id=profile_id_in(data.profile_id),
        asked_by=data.asked_by,
        wording=data.wording,
    )
    return await _told(visit, await book.add(new, visit.actor))


@get("/v1/requests/{request_no:str}", summary="Show a request")
async def show_request(visit: AtVisit, request_no: FromPath[str]) -> RequestShown:
    """A request by its number."""
    return await _told(visit, await requests_of(visit).book.one(number_in(request_no)))


@post("/v1/requests/{request_no:str}/check", summary="Note the identity check", status_code=200)
async def check_request(
    visit: AtVisit, request_no: FromPath[str], data: JSONBody[IdentityCheck]
) -> RequestShown:
    """Nothing is carried out before it."""
    book = requests_of(visit).book
    return await _told(visit, await book.check(number_in(request_no), data.method, visit.actor, data.note))


@post("/v1/requests/{request_no:str}/extend", summary="Extend the deadline", status_code=200)
async def extend_request(
    visit: AtVisit, request_no: FromPath[str], data: JSONBody[ExtensionTold]
) -> RequestShown:
    """Two months more, once, and within the first month. Tell the customer why."""
    book = requests_of(visit).book
    return await _told(visit, await book.extend(number_in(request_no), data.reason, visit.actor))


@post("/v1/requests/{request_no:str}/notes", summary="Add a note", status_code=200)
async def add_note(visit: AtVisit, request_no: FromPath[str], data: JSONBody[NoteAdded]) -> RequestShown:
    """Sealed with the request, and gone with the customer."""
    book = requests_of(visit).book
    return await _told(visit, await book.note(number_in(request_no), data.text, visit.actor))


@post("/v1/requests/{request_no:str}/refuse", summary="Refuse a request", status_code=200)
async def refuse_request(
    visit: AtVisit, request_no: FromPath[str], data: JSONBody[RefusalTold]
) -> RequestShown:
    """Close it without carrying it out. Tell the customer why, and where they may complain."""
    desk = requests_of(visit)
    return await _told(visit, await desk.refuse(number_in(request_no), data.reason, visit.actor, data.note))


@post("/v1/requests/{request_no:str}/execute", summary="Carry a request out", status_code=200)
async def execute_request(
    visit: AtVisit, request_no: FromPath[str], data: JSONBody[CarryOut | None] = None
) -> RequestShown:
    """Erase, correct, or withdraw consent; access and portability are closed once their data was fetched."""
    desk, number = requests_of(visit), number_in(request_no)
    correction = data.correction if data is not None else None
    request = await desk.book.one(number)
    if (correction is not None) is not (request.kind == "correction"):
        raise InvalidInput("A correction, and it alone, says what is right.", field="correction")
    if correction is not None:
        done = await desk.correct(number, correction, visit.actor)
    elif request.kind == "erasure":
        done = await desk.erase(number, visit.actor)
    elif request.kind == "objection":
        done = await desk.object(number, visit.actor)
    else:
        done = await desk.answer(number, visit.actor)
    return await _told(visit, done)


@get("/v1/requests/{request_no:str}/data", summary="Fetch the data of a request")
async def request_data(visit: AtVisit, request_no: FromPath[str]) -> Response[bytes]:
    """All that is kept of the customer, for access and portability; its hash is noted with the request."""
    desk, number = requests_of(visit), number_in(request_no)
    request = await desk.book.one(number)
    names = await source_names(visit)
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await by_record(conn, visit.vault, request.profile_id) if request.profile_id else None
        if found is None:
            raise unknown_profile()
        exported = await export_of(conn, visit.vault, found, names, now=visit.deps.clock())
    body = msgspec.json.encode(exported)
    await desk.handed_out(
        number, visit.actor, form="json", sha256=hashlib.sha256(body).hexdigest(), events=len(exported.events)
    )
    headers = {
        "content-disposition": f'attachment; filename="request-{number}.json"',
        "cache-control": "no-store",
    }
    return Response(body, headers=headers, media_type="application/json")


@get("/v1/requests/{request_no:str}/proof", summary="Show the proof of a request")
async def request_proof(visit: AtVisit, request_no: FromPath[str]) -> Proof:
    """Who did what and when, its SHA-256, and the audit lines that hold it. It names nobody."""
    return await requests_of(visit).proof(number_in(request_no))


def number_in(text: str) -> int:
    """The number in a path. Raises NotFound for what cannot be one."""
    try:
        return whole(text, "request_no")
    except InvalidInput:
        raise NotFound("There is no request with this number.", field="request_no") from None


async def _told(visit: Visit, request: Request) -> RequestShown:
    return _shown(visit, request, await requests_of(visit).book.today())


_NOTHING: Final = Content()


def _shown(visit: Visit, request: Request, today: date) -> RequestShown:
    content = request.content if visit.clear else None
    return RequestShown(
        request=request.no,
        kind=request.kind,
        state=request.state,
        outcome=request.outcome,
        came_by=request.came_by,
        received_on=request.received_on,
        due_on=request.due_on,
        days_left=request.days_left(today),
        extension=request.extension,
        identity_checked_by=request.check_method,
        identity_checked_at=request.checked_at,
        closed_at=request.closed_at,
        customer=request.subject.hex,
        profile_id=request.profile_id.hex if request.profile_id else None,
        erasure_id=request.erasure_id.hex if request.erasure_id else None,
        asked_by=content.asked_by if content else None,
        wording=content.wording if content else None,
        notes=[RequestNote(note.at, note.by, note.text) for note in (content or _NOTHING).notes],
        result=request.proof,
    )
