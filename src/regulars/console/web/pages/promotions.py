"""Promotions: what runs, how much of it was used, writing one down, from when on it holds, codes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from regulars.console.accounts import actor_of
from regulars.console.i18n import _, told
from regulars.console.services.audit import start_of
from regulars.console.services.common import has_controls
from regulars.console.services.promotion_trying import offered
from regulars.console.services.promotion_words import example, kinds, reason_words, state_word
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.nav import may_open
from regulars.console.web.security import PAGE_HEADERS
from regulars.store.audit import write_line_async
from regulars.store.promotion_codes import CODES_MAX, Codes
from regulars.store.promotions import CONTENT_CHARACTERS_MAX, Known, Promotions
from regulars.vocabulary.errors import Conflict, InvalidInput, RegularsError

READ: Final = "promotions"
EDIT: Final = "promotions-edit"
ROWS: Final = 100
DONE: Final = ("saved", "active", "paused", "ended", "code")


@get("/promotions", include_in_schema=False)
async def promotions(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """All promotions, and sales that went beyond a bound."""
    visit = await desk.visit_to(request, READ)
    register, after = register_of(desk), request.query_params.get("after", "")[:200]
    if has_controls(after):
        after = ""
    found = await register.page(desk.workspace_id, limit=ROWS + 1, after=after)
    context = {
        "known": [_row(one) for one in found[:ROWS]],
        "next": found[ROWS - 1].promotion_id if len(found) > ROWS else None,
        "over": await register.over(desk.workspace_id),
        "may_edit": may_open(visit.viewer, EDIT),
        "reason_words": reason_words,
    }
    return await desk.page(request, visit, "pages/promotions.html", READ, **context)


@get("/promotions/new", include_in_schema=False)
async def new_form(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """A text to start from."""
    visit = await desk.visit_to(request, EDIT)
    currency = (await offered(desk.deps.db, desk.workspace_id, visit.viewer)).currency
    content = example(request.query_params.get("kind", ""), currency)
    return await _form(request, desk, visit, None, content)


@post("/promotions/new", include_in_schema=False)
async def add(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Keep a draft."""
    return await _save(request, desk, None)


@get("/promotions/{promotion:str}", include_in_schema=False)
async def promotion(request: WebRequest, desk: AtDesk, promotion: FromPath[str]) -> Response[Any]:
    """One of them, with its versions."""
    visit = await desk.visit_to(request, READ)
    done = {
        "saved": _("It is kept. Nothing changes at the till until it is activated."),
        "active": _("The promotion is active."),
        "paused": _("The promotion is paused."),
        "ended": _("The promotion has ended."),
        "code": _("The code is added."),
    }.get(request.query_params.get("done", ""))
    return await _promotion(request, desk, visit, promotion, done=done)


@get("/promotions/{promotion:str}/edit", include_in_schema=False)
async def edit_form(request: WebRequest, desk: AtDesk, promotion: FromPath[str]) -> Response[Any]:
    """Its newest text."""
    visit = await desk.visit_to(request, EDIT)
    known = await register_of(desk).get(desk.workspace_id, promotion)
    return await _form(request, desk, visit, known.promotion_id, known.content)


@post("/promotions/{promotion:str}/edit", include_in_schema=False)
async def edit(request: WebRequest, desk: AtDesk, promotion: FromPath[str]) -> Response[Any]:
    """Add a version."""
    return await _save(request, desk, promotion)


@post("/promotions/{promotion:str}/activate", include_in_schema=False)
async def activate(request: WebRequest, desk: AtDesk, promotion: FromPath[str]) -> Response[Any]:
    """Let the newest version price baskets, now or from a day on."""
    visit = await desk.visit_to(request, EDIT)
    fields = await desk.form(request, visit.token)
    day = fields.get("day", "").strip()
    try:
        at = _day(day, desk) if day else None
        by = actor_of(visit.viewer.user_id)
        await register_of(desk).activate(desk.workspace_id, promotion, at=at, actor=by)
    except (InvalidInput, Conflict) as error:
        faults = {"day" if error.field == "at" else "activate": _place(error)}
        return await _promotion(request, desk, visit, promotion, faults=faults, day=day, status=error.status)
    return desk.go(f"/promotions/{promotion}?done=active")


@post("/promotions/{promotion:str}/pause", include_in_schema=False)
async def pause(request: WebRequest, desk: AtDesk, promotion: FromPath[str]) -> Response[Any]:
    """Price nothing with it for now."""
    visit = await desk.visit_to(request, EDIT)
    await desk.form(request, visit.token)
    by = actor_of(visit.viewer.user_id)
    await register_of(desk).pause(desk.workspace_id, promotion, actor=by)
    return desk.go(f"/promotions/{promotion}?done=paused")


@post("/promotions/{promotion:str}/end", include_in_schema=False)
async def end(request: WebRequest, desk: AtDesk, promotion: FromPath[str]) -> Response[Any]:
    """End it for good."""
    visit = await desk.visit_to(request, EDIT)
    await desk.form(request, visit.token)
    by = actor_of(visit.viewer.user_id)
    await register_of(desk).end(desk.workspace_id, promotion, actor=by)
    return desk.go(f"/promotions/{promotion}?done=ended")


@post("/promotions/{promotion:str}/word", include_in_schema=False)
async def add_word(request: WebRequest, desk: AtDesk, promotion: FromPath[str]) -> Response[Any]:
    """A code to share."""
    visit = await desk.visit_to(request, EDIT)
    fields = await desk.form(request, visit.token)
    by, word = actor_of(visit.viewer.user_id), fields.get("code", "")
    try:
        await codes_of(desk).add_word(promotion, word, uses_max=_most(fields), actor=by)
    except (InvalidInput, Conflict) as error:
        return await _promotion(
            request, desk, visit, promotion, faults={"code": told(error)}, word=word, status=error.status
        )
    return desk.go(f"/promotions/{promotion}?done=code")


@post("/promotions/{promotion:str}/codes.csv", include_in_schema=False, status_code=200)
async def make_codes(request: WebRequest, desk: AtDesk, promotion: FromPath[str]) -> Response[Any] | Stream:
    """Codes for one use each, told this once, as a file that comes while they are made."""
    visit = await desk.visit_to(request, EDIT)
    fields = await desk.form(request, visit.token)
    text, codes, by = fields.get("count", "").strip(), codes_of(desk), actor_of(visit.viewer.user_id)
    try:
        if not (text.isascii() and text.isdigit() and len(text) < 9):
            raise InvalidInput("Make 1 to %(n)s codes at a time.", field="count", n=CODES_MAX)
        batch = await codes.start(promotion, int(text), actor=by)
    except (InvalidInput, Conflict) as error:
        return await _promotion(
            request, desk, visit, promotion, faults={"count": told(error)}, count=text, status=error.status
        )
    headers = {**PAGE_HEADERS, "Content-Disposition": f'attachment; filename="{promotion}-{batch}.csv"'}
    return Stream(_csv(codes, promotion, int(text), batch), headers=headers, media_type="text/csv")


HANDLERS = (promotions, new_form, add, promotion, edit_form, edit, activate, pause, end, add_word, make_codes)


def register_of(desk: Desk) -> Promotions:
    """The promotions of all workspaces, as of now."""
    return Promotions(desk.deps.db, audit=write_line_async, clock=desk.deps.clock)


def codes_of(desk: Desk) -> Codes:
    """The codes of the workspace."""
    return Codes(desk.deps.db, desk.deps.vault, register_of(desk), audit=write_line_async)


async def _csv(codes: Codes, promotion: str, count: int, batch: int) -> AsyncIterator[str]:
    yield "code\r\n"
    async for some in codes.make(promotion, count, batch=batch):
        yield "".join(f"{code}\r\n" for code in some)


def _most(fields: Mapping[str, str]) -> int | None:
    text = fields.get("uses_max", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text)):
        raise InvalidInput("Write a whole number above 0, or nothing.", field="uses_max")
    return int(text)


def _day(text: str, desk: Desk) -> Any:
    try:
        return start_of(date.fromisoformat(text), desk.deps.zone)
    except (ValueError, OverflowError):
        raise InvalidInput("This is no day.", field="at") from None


def _place(error: RegularsError) -> str:
    """What is wrong, with the place in the text."""
    return f"{error.field}: {told(error)}" if error.field else told(error)


def _row(known: Known) -> dict[str, Any]:
    promotion = known.promotion
    return {
        "one": known,
        "promotion": promotion,
        "state": state_word(known.state),
        "limits": promotion.limits,
        "currency": promotion.currency,
    }


async def _promotion(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    promotion_id: str,
    *,
    status: int = 200,
    faults: Mapping[str, str] | None = None,
    **typed: Any,
) -> Response[Any]:
    register = register_of(desk)
    known = await register.get(desk.workspace_id, promotion_id)
    lint = await register.faults(desk.workspace_id, known.promotion) if known.state != "ended" else []
    context = {
        **_row(known),
        "lint": [(one.field, told(one)) for one in lint],
        "versions": await register.versions(desk.workspace_id, known.promotion_id),
        "over": await register.over(desk.workspace_id, known.promotion_id),
        "codes": await codes_of(desk).count(known.promotion_id),
        "codes_max": CODES_MAX,
        "may_edit": may_open(visit.viewer, EDIT),
        "reason_words": reason_words,
        "faults": faults or {},
        "typed": {"day": "", "word": "", "count": "", **typed},
        "done": typed.get("done"),
    }
    return await desk.page(request, visit, "pages/promotion.html", READ, status=status, **context)


async def _save(request: WebRequest, desk: Desk, promotion_id: str | None) -> Response[Any]:
    visit = await desk.visit_to(request, EDIT)
    fields = await desk.form(request, visit.token)
    # Browsers send lines of a text area with carriage returns.
    content = fields.get("content", "").replace("\r\n", "\n")
    register, by = register_of(desk), actor_of(visit.viewer.user_id)
    try:
        if promotion_id is None:
            kept = await register.add(desk.workspace_id, content, actor=by)
        else:
            kept = await register.change(desk.workspace_id, promotion_id, content, actor=by)
    except (InvalidInput, Conflict) as error:
        return await _form(request, desk, visit, promotion_id, content, fault=error)
    return desk.go(f"/promotions/{kept.promotion_id}?done=saved")


async def _form(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    promotion_id: str | None,
    content: str,
    *,
    fault: RegularsError | None = None,
) -> Response[Any]:
    context = {
        "promotion_id": promotion_id,
        "content": content,
        "kinds": kinds(),
        "place": fault.field if fault is not None else None,
        "fault": told(fault) if fault is not None else None,
        "kilobytes_max": CONTENT_CHARACTERS_MAX // 1000,
    }
    status = fault.status if fault is not None else 200
    return await desk.page(request, visit, "pages/promotion_edit.html", READ, status=status, **context)
