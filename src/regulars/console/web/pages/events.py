"""Live events and one event in full."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from regulars.console.i18n import _
from regulars.console.services import log
from regulars.console.services.common import pack_place, unpack_place, uuid_of, whole
from regulars.console.services.seen import seen_event
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk
from regulars.console.web.live import Place, merge
from regulars.vocabulary.errors import InvalidInput, NotFound

TYPE_CHOICES = (
    "sale", "customer", "consent", "product", "page", "cart", "message", "payment", "custom", "regulars.canary",
)  # fmt: skip


@get("/events", include_in_schema=False)
async def events(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The newest events, live from here on."""
    visit = await desk.visit_to(request, "events")
    filters = read_filters(request)
    mark = unpack_place(request.query_params.get("page"), 2)
    before = whole(mark[0], "page") if mark else None
    moment = datetime.fromisoformat(mark[1]) if mark else None
    async with desk.deps.db.read(desk.workspace_id) as conn:
        known = await log.names(conn, desk.workspace_id)
        end = await log.log_end(conn, desk.workspace_id)
        lines: list[log.EventLine] = []
        if filters.result != "rejected":
            lines = await log.latest(conn, desk.deps.vault, known, filters=filters, before=before)
        if filters.result != "applied":
            refused = await log.rejected_before(
                conn, desk.workspace_id, known, filters=filters, before=moment, limit=log.PAGE_EVENTS
            )
            lines = merge(lines, refused)
    shown = lines[: log.PAGE_EVENTS]
    context = {
        "lines": shown,
        "filters": filters,
        "sources": sorted(
            ((str(one.source_id), one.name) for one in known.sources.values()), key=lambda one: one[1]
        ),
        "types": [
            (name, log.kind_of(name).label if "." in name else type_words(name)) for name in TYPE_CHOICES
        ],
        "older": _older(shown, before, moment) if len(shown) == log.PAGE_EVENTS else None,
        "place": None if mark else Place(end.event_no, desk.deps.clock()).text(),
        "nothing_yet": end.event_no == 0 and not lines,
    }
    return await desk.page(request, visit, "pages/events.html", "events", **context)


@get("/events/{number:str}", include_in_schema=False)
async def event(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """One event with its trace: in the side panel, or as a page of its own. `q…` names a rejected one."""
    visit = await desk.visit_to(request, "events")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        if number.startswith("q"):
            detail = await log.rejected_detail(conn, desk.deps.vault, _quarantine_id(number[1:]))
        elif number.isdigit() and len(number) < 19:
            detail = await log.event_detail(conn, desk.deps.vault, int(number))
        else:
            raise NotFound("There is no such event.")
    clear = visit.viewer.sees("contacts")
    payload = seen_event(detail.payload, clear=clear, stores=visit.viewer.stores)
    if detail.quarantine and not clear:
        # What was refused is not known to be an event: names may stand anywhere in it.
        payload = None
    return await desk.page(
        request,
        visit,
        "pages/event.html",
        "events",
        detail=detail,
        payload=payload,
        clear=clear,
        base_url=desk.deps.base_url,
    )


def read_filters(request: WebRequest) -> log.Filters:
    """Filters out of the address; words that mean nothing are ignored."""
    params = request.query_params
    source, type_, result = params.get("source") or "", params.get("type") or "", params.get("result")
    return log.Filters(
        source_id=int(source) if source.isdigit() and len(source) < 9 else None,
        type=type_[:80] or None,
        result="rejected" if result == "rejected" else "applied" if result == "applied" else None,
    )


def type_words(name: str) -> str:
    """A family of types in words."""
    return {
        "sale": _("Sales and returns"),
        "customer": _("Customer details"),
        "consent": _("Consent"),
        "product": _("Products"),
        "page": _("Page views"),
        "cart": _("Baskets"),
        "message": _("Messages"),
        "payment": _("Payments"),
        "custom": _("Custom events"),
    }[name]


def _older(lines: list[log.EventLine], before: int | None, moment: datetime | None) -> str | None:
    """The mark of the page after these lines; each of the two lists goes on where it stopped."""
    numbers = [line.event_no for line in lines if line.event_no is not None]
    refused = [line.received_at for line in lines if line.event_no is None]
    number = min(numbers) if numbers else before
    if number is None:
        return None
    last = min(refused) if refused else moment or max(line.received_at for line in lines)
    return pack_place(number, last.isoformat())


def _quarantine_id(text: str) -> UUID:
    try:
        return uuid_of(text, "id")
    except InvalidInput:
        raise NotFound("There is no such event.") from None
