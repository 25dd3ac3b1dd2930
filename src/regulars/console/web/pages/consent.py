"""Consent of everybody: figures, the latest words, one address looked up; and a word recorded for a customer."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.console.accounts import actor_of
from regulars.console.i18n import _
from regulars.console.services import consent_figures, lookups
from regulars.console.services.common import rows, sources, uuid_of
from regulars.console.services.consents import CONSENTS, Word
from regulars.console.services.people import Person, load_people, person_of
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.vocabulary.errors import InvalidInput, NotFound

CARRIERS_MAX: Final = 20
ADDRESS_CHARACTERS_MAX: Final = 320


class Looked(Struct, frozen=True):
    """What holds for one address, and the customers who have it."""

    address: str
    words: list[Word]
    people: list[Person]


@get("/requests/consent", include_in_schema=False)
async def consent(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Figures by channel and purpose, and the latest words."""
    visit = await desk.visit_to(request, "requests")
    return await _consent(request, desk, visit, fresh=request.query_params.get("count") == "now")


@post("/requests/consent", include_in_schema=False, status_code=200)
async def look_up(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """What holds for one e-mail or phone; the address stays out of the browser's history."""
    visit = await desk.visit_to(request, "requests", acts=False)
    fields = await desk.form(request, visit.token)
    address = fields.get("address", "").strip()[:ADDRESS_CHARACTERS_MAX]
    try:
        looked = await _look_up(desk, address)
    except InvalidInput as error:
        return await _consent(request, desk, visit, asked=address, error=error)
    return await _consent(request, desk, visit, asked=address, looked=looked)


@post("/customers/{profile:str}/consent", include_in_schema=False)
async def on_behalf(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """Record a yes or no that a customer told to a member of staff."""
    visit = await desk.visit_to(request, "requests")
    fields = await desk.form(request, visit.token)
    async with desk.deps.db.read(desk.workspace_id) as conn:
        found = await lookups.by_record(conn, desk.deps.vault, uuid_of(profile, "profile"))
    if found is None:
        raise NotFound("There is no customer with this id; they may have been erased.")
    answer = fields.get("answer")
    if answer not in ("granted", "withdrawn"):
        raise InvalidInput(_("Say yes or no."), field="answer")
    await desk.requests.on_behalf.say(
        desk.workspace_id,
        found,
        channel=fields.get("channel", ""),
        granted=answer == "granted",
        reason=fields.get("reason", ""),
        actor=actor_of(visit.viewer.user_id),
        now=desk.deps.clock(),
    )
    return desk.go(f"/customers/{found.profile_id.hex}#consent")


HANDLERS = (consent, look_up, on_behalf)


async def _look_up(desk: Desk, address: str) -> Looked:
    vault, region = desk.deps.vault, desk.deps.region
    kind = kinds.EMAIL if "@" in address else kinds.PHONE
    hashes = lookups.hashes_of(vault, kind, address, region=region, sources=())
    if not hashes:
        raise InvalidInput(_("This is neither an e-mail nor a phone number."), field="address")
    values = [(kind, value) for value in hashes]
    found = await lookups.by_identifiers(
        desk.deps.db, vault, values, former=True, after=lookups.FIRST, limit=CARRIERS_MAX
    )
    async with desk.deps.db.read(desk.workspace_id) as conn:
        asked = {"workspace_id": desk.workspace_id, "addresses": hashes, "records": []}
        words = [Word(*one) for one in await rows(conn, CONSENTS.words_of, asked)]
    people = [person_of(one.profile_id, one.parts, clear=True, spend=False) for one in found]
    return Looked(address, sorted(words, key=lambda word: (word.purpose, word.channel)), people)


async def _consent(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    *,
    fresh: bool = False,
    asked: str = "",
    looked: Looked | None = None,
    error: InvalidInput | None = None,
) -> Response[Any]:
    counted = await desk.consent_figures.counted(fresh=fresh)
    async with desk.deps.db.read(desk.workspace_id) as conn:
        latest = await consent_figures.latest(conn, desk.workspace_id)
        known = await sources(conn, desk.workspace_id)
        ids = list({word.profile_id for word in latest if word.profile_id})
        people = await load_people(conn, desk.deps.vault, ids, clear=True, spend=False)
    context = {
        "counted": counted,
        "latest": latest,
        "names": {one.profile_id: one.name for one in people},
        "sources": known,
        "asked": asked,
        "looked": looked,
        "error": error,
    }
    status = error.status if error else 200
    return await desk.page(request, visit, "pages/consent.html", "requests", status=status, **context)
