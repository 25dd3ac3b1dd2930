"""The screens of an associate in the store: find a customer, their card, consent, enrolment."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from regulars.console.accounts import SESSION_LIFE, actor_of
from regulars.console.i18n import _
from regulars.console.services.common import uuid_of
from regulars.console.services.people import load_people
from regulars.console.services.store_card import CHANNELS, load_card
from regulars.console.services.store_find import Finding, Hit, find, readings
from regulars.console.services.store_points import load_store_points
from regulars.console.services.store_said import (
    Newcomer,
    Parts,
    check_key,
    enrol,
    record_consent,
    said_at,
)
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.nav import may_open
from regulars.console.web.recent import RECENT_COOKIE, RECENT_PATH, add_recent, read_recent
from regulars.console.web.security import csrf_token
from regulars.console.web.templating import wants_fragment
from regulars.vocabulary.errors import InvalidInput, NotFound, RegularsError

STATUSES = ("granted", "withdrawn")


@get("/store", include_in_schema=False)
async def start(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """What to scan or type, and the last customers of this session."""
    return await _found(request, desk, await desk.visit_to(request, "store"), Finding(""))


@post("/store/find", include_in_schema=False)
async def look_up(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Find by what was scanned or typed; a form, so that contacts stay out of addresses, histories and logs."""
    visit = await desk.visit_to(request, "store", acts=False)
    fields = await desk.form(request, visit.token)
    found = await find(
        desk.deps.db,
        desk.deps.vault,
        fields.get("q", ""),
        region=desk.deps.region,
        sources=await desk.deps.sources.known(desk.workspace_id),
        clear=visit.viewer.sees("contacts"),
    )
    if found.opens is None:
        return await _found(request, desk, visit, found)
    return await _open(request, desk, visit, found.opens)


@get("/store/c/{profile:str}", include_in_schema=False)
async def customer(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """One customer. The id of any record leads to the profile it belongs to now."""
    visit = await desk.visit_to(request, "store")
    return await card_page(request, desk, visit, uuid_of(profile, "profile"))


@post("/store/c/{profile:str}/consent", include_in_schema=False)
async def consent(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """Note a yes or no to messages, with the wording the customer heard."""
    visit = await desk.visit_to(request, "store")
    fields = await desk.form(request, visit.token)
    channel, status = fields.get("channel", ""), fields.get("status", "")
    if channel not in CHANNELS:
        raise InvalidInput(_("channel is email or sms."), field="channel")
    if status not in STATUSES:
        raise InvalidInput(_("status is granted or withdrawn."), field="status")
    record_id = uuid_of(profile, "profile")
    await record_consent(
        _parts(desk, visit, fields),
        record_id,
        channel,
        granted=status == "granted",
        wording=wordings(desk)[channel],
    )
    done = _("Noted: the customer said yes.") if status == "granted" else _("Noted: the customer said no.")
    if wants_fragment(request):
        return await card_page(request, desk, visit, record_id, done=done)
    return desk.go(f"/store/c/{record_id.hex}")


@get("/store/enrol", include_in_schema=False)
async def enrol_page(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The form for a new customer."""
    return _enrol_form(request, desk, await desk.visit_to(request, "store"), {})


@post("/store/enrol", include_in_schema=False)
async def enrol_customer(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Enter a customer; the answer is the profile that resulted, and says when it was there before."""
    visit = await desk.visit_to(request, "store")
    fields = await desk.form(request, visit.token)
    parts = _parts(desk, visit, fields)
    try:
        enrolled = await enrol(parts, _newcomer(fields), wordings(desk))
    except InvalidInput as error:
        return _enrol_form(request, desk, visit, fields, error=error, status=error.status)
    done = _("The customer is entered.")
    if enrolled.known:
        done = _("This customer was known already. What you entered was added to their profile.")
    if enrolled.card_refused:
        done += " " + _("The card was left out: it looks like a payment card.")
    return await _open(request, desk, visit, enrolled.profile_id, done=done)


HANDLERS = (start, look_up, customer, consent, enrol_page, enrol_customer)


def wordings(desk: Desk) -> dict[str, str]:
    """What a customer is asked, by channel; the words go into the record of their answer."""
    shop = desk.deps.workspace_name
    return {
        "email": _(
            "May %(shop)s send you news and offers by e-mail? You can say no again at any time.", shop=shop
        ),
        "sms": _(
            "May %(shop)s send you news and offers by text message? You can say no again at any time.",
            shop=shop,
        ),
    }


def _newcomer(fields: Mapping[str, str]) -> Newcomer:
    card = readings(fields.get("card", ""))
    entered = {name: fields.get(name, "").strip() for name in ("given_name", "family_name", "email", "phone")}
    agreed = tuple(channel for channel in CHANNELS if fields.get(f"agrees_{channel}") == "yes")
    return Newcomer(**entered, card=card[-1] if card else "", consents=agreed)


def _parts(desk: Desk, visit: Visit, fields: Mapping[str, str]) -> Parts:
    deps = desk.deps
    return Parts(
        database=deps.db,
        vault=deps.vault,
        gate=deps.gate,
        sources=deps.sources,
        actor=actor_of(visit.viewer.user_id),
        key=check_key(fields.get("key", "")),
        said_at=said_at(deps.clock(), fields.get("waited_ms", "")),
    )


async def _found(request: WebRequest, desk: Desk, visit: Visit, found: Finding) -> Response[Any]:
    """What was found; nothing looked for yet shows the last customers of the session."""
    recent = read_recent(request.cookies.get(RECENT_COOKIE), visit.token) if not found.text else []
    async with desk.deps.db.read(desk.workspace_id) as conn:
        people = await load_people(
            conn, desk.deps.vault, recent, clear=visit.viewer.sees("contacts"), spend=False
        )
    return store_page(
        request,
        desk,
        visit,
        "store/find.html",
        pushed="/store",
        found=found,
        recent=[Hit(one) for one in people],
    )


async def _open(
    request: WebRequest, desk: Desk, visit: Visit, profile_id: UUID, *, done: str | None = None
) -> Response[Any]:
    """The customer at once where only a part is asked for; else their own address."""
    if wants_fragment(request):
        return await card_page(request, desk, visit, profile_id, done=done)
    return desk.go(f"/store/c/{profile_id.hex}")


async def card_page(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    record_id: UUID,
    *,
    done: str | None = None,
    error: RegularsError | None = None,
) -> Response[Any]:
    """The customer with what was done just now, or why it was not. Raises NotFound."""
    now: datetime = desk.deps.clock()
    async with desk.deps.db.read(desk.workspace_id) as conn:
        try:
            card = await load_card(conn, desk.deps.vault, record_id, visit.viewer)
            points = await load_store_points(conn, desk.deps.vault, record_id, now=now)
        except NotFound as gone:
            raise NotFound(_("There is no such customer any more.")) from gone
    profile_id = card.person.profile_id
    path = f"/store/c/{profile_id.hex}"
    if profile_id != record_id and not wants_fragment(request) and error is None:
        return desk.go(path)
    answer = store_page(
        request, desk, visit, "store/customer.html", pushed=path, status=error.status if error else 200,
        card=card, points=points, done=done, error=error, as_of=now, wordings=wordings(desk), new_key=_new_key,
    )  # fmt: skip
    _remember(request, desk, visit, answer, profile_id)
    return answer


def _remember(
    request: WebRequest, desk: Desk, visit: Visit, answer: Response[bytes], profile_id: UUID
) -> None:
    """The customer is among the last ones of the session."""
    recent = read_recent(request.cookies.get(RECENT_COOKIE), visit.token)
    answer.set_cookie(
        Cookie(
            RECENT_COOKIE,
            value=add_recent(recent, profile_id, visit.token),
            path=RECENT_PATH,
            max_age=int(SESSION_LIFE.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=desk.deps.secure,
        )
    )


def _enrol_form(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    fields: Mapping[str, str],
    *,
    error: InvalidInput | None = None,
    status: int = 200,
) -> Response[Any]:
    context = {"fields": fields, "error": error, "wordings": wordings(desk), "key": _new_key()}
    return store_page(
        request, desk, visit, "store/enrol.html", pushed="/store/enrol", status=status, **context
    )


def _new_key() -> str:
    """Marks one filling in of a form, so that it counts once however often it is sent."""
    return secrets.token_urlsafe(18)


def store_page(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    template: str,
    *,
    pushed: str,
    status: int = 200,
    **context: Any,
) -> Response[bytes]:
    """A page of the store's own shell; the address in the browser follows what is shown."""
    return desk.pages.page(
        request,
        template,
        viewer=visit.viewer,
        csrf=csrf_token(visit.token),
        frame="store/layout.html",
        status=status,
        headers={"HX-Push-Url": pushed} if wants_fragment(request) else None,
        console="/" if may_open(visit.viewer, "home") else "/customers",
        **context,
    )
