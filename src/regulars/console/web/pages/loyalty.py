"""Loyalty: a programme in sentences, its draft against what holds, editing it as text, publishing, versions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath

from regulars.capabilities.loyalty.expiry import start_of
from regulars.capabilities.loyalty.programme import Programme, ProgrammeError
from regulars.console.accounts import actor_of
from regulars.console.i18n import _, told
from regulars.console.services.audit import load_names
from regulars.console.services.common import ChangedMeanwhile
from regulars.console.services.programme_words import changes, fault_words, topics
from regulars.console.services.programmes import (
    CONTENT_BYTES_MAX,
    DRAFT,
    Programmes,
    number_of,
    shipped_text,
    version_of,
)
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.vocabulary.errors import Conflict, InvalidInput, RegularsError, Unprocessable

READ: Final = "loyalty"
EDIT: Final = "loyalty-edit"


@get("/loyalty", include_in_schema=False)
async def loyalty(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The programmes there are; the one, where there is one."""
    visit = await desk.visit_to(request, READ)
    known = await programmes_of(desk).known()
    if len(known) == 1:
        return await _programme(request, desk, visit, known[0].number)
    return await desk.page(request, visit, "pages/loyalty.html", READ, known=known)


@get("/loyalty/new", include_in_schema=False)
async def new_form(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The form for a programme of one's own, filled with the one that comes with the program."""
    return await _form(request, desk, await desk.visit_to(request, EDIT), None, shipped_text(), None)


@post("/loyalty/new", include_in_schema=False)
async def add(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Keep a draft of a new programme; a text that is none comes back with the place of its fault."""
    return await _save(request, desk, None)


@get("/loyalty/{number:str}", include_in_schema=False)
async def programme(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """A programme in sentences."""
    visit = await desk.visit_to(request, READ)
    done = {
        "saved": _("The draft is kept. Nothing has changed for members yet."),
        "published": _("The version is published."),
    }.get(request.query_params.get("done", ""))
    return await _programme(request, desk, visit, number_of(number), done=done)


@get("/loyalty/{number:str}/edit", include_in_schema=False)
async def edit_form(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """The draft as text."""
    visit = await desk.visit_to(request, EDIT)
    wanted = number_of(number)
    draft = await programmes_of(desk).version(wanted, DRAFT)
    return await _form(request, desk, visit, wanted, draft.content, draft.digest)


@post("/loyalty/{number:str}/edit", include_in_schema=False)
async def edit(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """Keep the draft."""
    return await _save(request, desk, number_of(number))


@post("/loyalty/{number:str}/publish", include_in_schema=False)
async def publish(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """Put the draft in force, now or from a day on."""
    visit = await desk.visit_to(request, EDIT)
    fields = await desk.form(request, visit.token)
    wanted, programmes = number_of(number), programmes_of(desk)
    draft = await programmes.version(wanted, DRAFT)
    typed = {name: fields.get(name, "") for name in ("reason", "effective_from")}
    try:
        begins = _day(typed["effective_from"], draft.programme)
        by = actor_of(visit.viewer.user_id)
        await programmes.publish(desk.deps.gate, wanted, typed["reason"], by, effective_from=begins)
    except (InvalidInput, Conflict, Unprocessable) as error:
        faults = {error.field or "reason": told(error)}
        return await _programme(request, desk, visit, wanted, faults=faults, typed=typed, status=error.status)
    return desk.go(f"/loyalty/{wanted}?done=published")


@get("/loyalty/{number:str}/versions/{version:str}", include_in_schema=False)
async def version(
    request: WebRequest, desk: AtDesk, number: FromPath[str], version: FromPath[str]
) -> Response[Any]:
    """One version in sentences and as its text."""
    visit = await desk.visit_to(request, READ)
    wanted, programmes = number_of(number), programmes_of(desk)
    one = await programmes.one(wanted)
    found = await programmes.version(wanted, version_of(version, one.live))
    context = {"one": one, "version": found, "topics": topics(found.programme), "names": await names_of(desk)}
    return await desk.page(request, visit, "pages/loyalty_version.html", READ, **context)


HANDLERS = (loyalty, new_form, add, programme, edit_form, edit, publish, version)


def programmes_of(desk: Desk) -> Programmes:
    """The programmes of the workspace."""
    return Programmes(desk.deps.db, desk.deps.vault, desk.deps.clock)


async def names_of(desk: Desk) -> Any:
    """Names of those who acted."""
    async with desk.deps.db.read(desk.workspace_id) as conn:
        return await load_names(conn, desk.deps.vault)


def _day(text: str, programme: Programme) -> datetime | None:
    """The beginning of a day in the programme's zone; None for none. Raises InvalidInput."""
    if not text.strip():
        return None
    try:
        return start_of(date.fromisoformat(text.strip()), programme.zone)
    except (ValueError, OverflowError):
        raise InvalidInput("This is no day.", field="effective_from") from None


async def _programme(
    request: WebRequest, desk: Desk, visit: Visit, number: int, *, status: int = 200, **context: Any
) -> Response[Any]:
    programmes = programmes_of(desk)
    one = await programmes.one(number)
    draft, live = await programmes.draft_and_live(number)
    comparison = await programmes.comparison(number)
    versions = await programmes.versions(number)
    context = {
        "one": one,
        "several": len(await programmes.known()) > 1,
        "draft": draft,
        "live": live,
        "topics": topics((live or draft).programme),
        "changes": changes(comparison.changes),
        "to_look_at": [(fault.field, fault_words(fault)) for fault in comparison.faults],
        "versions": versions,
        "published": len(versions) > 1,
        "unsaid": len(versions) == 1 or versions[1].digest != draft.digest,
        "names": await names_of(desk),
        "done": None,
        "faults": {},
        "typed": {"reason": "", "effective_from": ""},
        **context,
    }
    return await desk.page(request, visit, "pages/loyalty_programme.html", READ, status=status, **context)


async def _save(request: WebRequest, desk: Desk, number: int | None) -> Response[Any]:
    visit = await desk.visit_to(request, EDIT)
    fields = await desk.form(request, visit.token)
    # Browsers send lines of a text area with carriage returns.
    content = fields.get("content", "").replace("\r\n", "\n")
    programmes, by, seen = programmes_of(desk), actor_of(visit.viewer.user_id), fields.get("seen")
    try:
        kept = await programmes.save_draft(content, by, number, seen=seen)
    except (InvalidInput, Conflict) as error:
        if isinstance(error, ChangedMeanwhile) and number is not None:
            seen = (await programmes.one(number)).draft  # who saves again has been told
        return await _form(request, desk, visit, number, content, seen, fault=error)
    return desk.go(f"/loyalty/{kept}?done=saved")


async def _form(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    number: int | None,
    content: str,
    seen: str | None,
    *,
    fault: RegularsError | None = None,
) -> Response[Any]:
    context = {
        "number": number,
        "content": content,
        "seen": seen,
        "conflict": isinstance(fault, ChangedMeanwhile),
        "place": fault.field if isinstance(fault, ProgrammeError) else None,
        "fault": told(fault) if fault is not None else None,
        # What a reader of TOML says is in the words of its format.
        "english": fault.message if fault is not None and "fault" in fault.values else None,
        "kilobytes_max": CONTENT_BYTES_MAX // 1024,
    }
    status = fault.status if fault is not None else 200
    return await desk.page(request, visit, "pages/loyalty_edit.html", READ, status=status, **context)
