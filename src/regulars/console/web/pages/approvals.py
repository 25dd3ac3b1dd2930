"""Approvals: what waits for a second person, with what it takes to decide, and what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from regulars.console.approvals.adjustments import REFUSALS
from regulars.console.approvals.held_back import NAME as REVIEWS
from regulars.console.approvals.kinds import APPROVED, DONE, LAPSED, Approval, Who
from regulars.console.approvals.room import STATE_WORDS, Place
from regulars.console.i18n import _
from regulars.console.services.alerts import load_alerts
from regulars.console.services.audit import load_names
from regulars.console.services.audit_words import Names
from regulars.console.services.common import pack_place, unpack_place, uuid_of
from regulars.console.services.member import Standing, load_standings, profiles_of
from regulars.console.services.people import Person, load_parts, load_people, person_of
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.nav import may_open
from regulars.vocabulary.errors import InvalidInput, NotFound, RegularsError

HERE: Final = "/approvals"
ROWS: Final = 25
NOBODY: Final = UUID(int=0)
_DID: Final = {
    (False, True): "approved",
    (False, False): "rejected",
    (True, True): "released",
    (True, False): "refused",
}
"""What was done, as the next page is told it: by whether it was about points held back, and whether it was approved."""


class Shown(Struct, frozen=True):
    """An approval with what it takes to decide on it. `worth_minor`: of the points, per currency."""

    approval: Approval
    kind: str
    what: str
    state: str
    tone: str
    became: str | None
    lapsed: str | None
    releases: bool
    decides: bool
    mine: bool
    person: Person | None
    standing: Standing | None
    worth_minor: dict[str, int]


@get(HERE, include_in_schema=False)
async def approvals(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """What waits, or what was decided, the newest first."""
    visit = await desk.visit_to(request, "approvals")
    params = request.query_params
    waiting, page = params.get("view") != "decided", params.get("page")
    found = await desk.room.listed(
        desk.who(visit.viewer), waiting=waiting, limit=ROWS + 1, after=_place(page)
    )
    kept = found[:ROWS]
    shown, names = await _shown(desk, visit, kept)
    context = {
        **(await _alerts(desk, visit) if waiting and not page else {"alerts": None}),
        "shown": shown,
        "who": names,
        "waiting": waiting,
        "older": pack_place(kept[-1].asked_at.isoformat(), kept[-1].approval_id.hex)
        if len(found) > ROWS
        else None,
        "page_mark": page,
        "told": _told(params.get("did")),
    }
    return await desk.page(request, visit, "pages/approvals.html", "approvals", **context)


@get(f"{HERE}/{{approval:str}}", include_in_schema=False)
async def approval_page(request: WebRequest, desk: AtDesk, approval: FromPath[str]) -> Response[Any]:
    """One of them."""
    visit = await desk.visit_to(request, "approvals")
    return await _one(request, desk, visit, _id(approval))


@post(f"{HERE}/{{approval:str}}/decide", include_in_schema=False)
async def decide(request: WebRequest, desk: AtDesk, approval: FromPath[str]) -> Response[Any]:
    """Approve or refuse; the page of the approval comes back where that cannot be."""
    visit = await desk.visit_to(request, "approve")
    fields = await desk.form(request, visit.token)
    approval_id, note, who = _id(approval), fields.get("note", ""), desk.who(visit.viewer)
    try:
        if fields.get("answer") == "approve":
            done = await desk.room.approve(approval_id, who, note)
        else:
            done = await desk.room.reject(approval_id, who, note)
    except NotFound:
        raise
    except RegularsError as error:
        return await _one(request, desk, visit, approval_id, note=note, error=error)
    finally:
        desk.forget_counts()
    if done.outcome not in (None, DONE):
        return desk.go(f"{HERE}/{approval_id.hex}")
    return desk.go(f"{HERE}?did={_DID[done.kind == REVIEWS, done.state == APPROVED]}")


HANDLERS = (approvals, approval_page, decide)


async def _alerts(desk: Desk, visit: Visit) -> dict[str, Any]:
    """What is worth a look, for those who decide and look after the whole chain."""
    if not may_open(visit.viewer, "approve") or visit.viewer.stores is not None:
        return {"alerts": None}
    async with desk.deps.db.read(desk.workspace_id) as conn:
        found = await load_alerts(conn, desk.workspace_id, now=desk.deps.clock())
        ids = list({one.profile_id for one in found.days})
        clear = visit.viewer.sees("contacts")
        people = await load_people(conn, desk.deps.vault, ids, clear=clear, spend=False)
    return {"alerts": found, "people": {one.profile_id: one for one in people}}


async def _one(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    approval_id: UUID,
    *,
    note: str = "",
    error: RegularsError | None = None,
) -> Response[Any]:
    found = await desk.room.read(approval_id, desk.who(visit.viewer))
    (shown,), names = await _shown(desk, visit, [found])
    context = {"one": shown, "who": names, "note": note, "error": error}
    status = error.status if error else 200
    return await desk.page(request, visit, "pages/approval.html", "approvals", status=status, **context)


async def _shown(desk: Desk, visit: Visit, found: Sequence[Approval]) -> tuple[list[Shown], Names]:
    """Approvals with the customers they are about."""
    ids = {one.subject for one in found if one.subject is not None}
    clear = visit.viewer.sees("contacts")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        homes = await profiles_of(conn, desk.workspace_id, ids)
        parts = await load_parts(conn, desk.deps.vault, sorted(set(homes.values())))
        standings = await load_standings(conn, desk.workspace_id, parts, now=desk.deps.clock())
        names = await load_names(conn, desk.deps.vault)
    who = desk.who(visit.viewer)
    people = {
        profile_id: person_of(profile_id, records, clear=clear, spend=False)
        for profile_id, records in parts.items()
    }
    shown = [
        _line(desk, one, who, people.get(home), standings.get(home, []))
        for one in found
        for home in (homes.get(one.subject or NOBODY, NOBODY),)
    ]
    return shown, names


def _line(desk: Desk, one: Approval, who: Who, person: Person | None, standings: Sequence[Standing]) -> Shown:
    kind = desk.room.kinds.get(one.kind)
    standing = next((s for s in standings if s.programme == one.command.get("programme")), None)
    return Shown(
        approval=one,
        kind=_(kind.words) if kind else one.kind,
        what=kind.say(one.command) if kind and one.command else _("Emptied by an erasure"),
        state=_(STATE_WORDS[one.state]),
        tone={"open": "info", "approved": "ok", "rejected": "bad", "lapsed": ""}[one.state],
        became=_(REFUSALS.get(one.outcome, REFUSALS["refused"])) if one.outcome not in (None, DONE) else None,
        lapsed=kind.lapsed(one.command) if kind and kind.lapsed and one.state == LAPSED else None,
        releases=one.kind == REVIEWS,
        decides=desk.room.waits(one) and desk.room.may_decide(one, who),
        mine=one.asked_by == who.actor,
        person=person,
        standing=standing,
        worth_minor=_worth(one, standing),
    )


def _worth(one: Approval, standing: Standing | None) -> dict[str, int]:
    """What the points of a command are worth when spent, rounded down."""
    point, amount = one.command.get("point"), one.command.get("amount", 0)
    for kind in standing.rules.point if standing is not None else ():
        if kind.code == point:
            return {
                currency: abs(amount) * worth.minor // worth.points for currency, worth in kind.value.items()
            }
    return {}


def _told(did: str | None) -> str | None:
    return {
        "approved": _("Approved, and done."),
        "rejected": _("Refused. Nothing was changed."),
        "released": _("Released. The points can be spent."),
        "refused": _("Refused. The points were taken out."),
    }.get(did or "")


def _id(text: str) -> UUID:
    try:
        return uuid_of(text, "approval")
    except InvalidInput:
        raise NotFound("There is no such approval.") from None


def _place(text: str | None) -> Place | None:
    place = unpack_place(text, 2)
    if place is None:
        return None
    try:
        return Place(datetime.fromisoformat(place[0]), uuid_of(place[1], "page"))
    except ValueError:
        raise InvalidInput("This address has a page mark that is not ours.", field="page") from None
