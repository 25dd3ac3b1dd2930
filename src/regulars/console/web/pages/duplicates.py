"""The queue of pairs that may be one customer: side by side, one at a time or many at once."""

from __future__ import annotations

import math
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post

from regulars.console.accounts import actor_of
from regulars.console.i18n import _, ngettext, told
from regulars.console.services import reviews
from regulars.console.services.common import pack_place, unpack_place, uuid_of
from regulars.console.services.deciding import REVIEWS_MAX, Deciding, Done, Plan, plan_reviews
from regulars.console.services.effects import shown_effect
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.vocabulary.errors import InvalidInput, NotFound

ROWS: Final = 10
HERE: Final = "/customers/duplicates"
_PAIR_CHARACTERS: Final = 65


@get(HERE, include_in_schema=False)
async def duplicates(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Pairs that wait, the likeliest first."""
    visit = await desk.visit_to(request, "duplicates")
    return await _queue(request, desk, visit)


@post(f"{HERE}/decide", include_in_schema=False, status_code=200)
async def decide(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Decide on one pair, and show the others."""
    visit = await desk.visit_to(request, "duplicates")
    fields = await desk.form(request, visit.token)
    together = _together(fields)
    try:
        plan = await _plan(desk, [_pair(fields.get("pair", ""))], together=together)
        done = await say(desk, visit, plan, fields.get("reason", ""))
    except NotFound:
        return await _queue(request, desk, visit, fault=_("Somebody else decided on this pair meanwhile."))
    except InvalidInput as error:
        return await _queue(request, desk, visit, fault=told(error), status=400)
    words = _("They are one customer now.") if together else _("They stay two customers.")
    return await _queue(request, desk, visit, told=words, done=done)


@get(f"{HERE}/many", include_in_schema=False)
async def many(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """What deciding on all pairs of so many bits would do; conflicts are left to be looked at one by one."""
    visit = await desk.visit_to(request, "duplicates")
    least = _least(request.query_params.get("least"))
    together = request.query_params.get("answer") != "apart"
    async with desk.deps.db.read(desk.workspace_id) as conn:
        found = await reviews.load_waiting(
            conn, desk.workspace_id, limit=REVIEWS_MAX, least=least, conflict=False
        )
    if not found:
        return await _queue(request, desk, visit, fault=_("No pair of so many bits waits."))
    pairs = [(one.a, one.b) for one in found]
    plan = await _plan(desk, pairs, together=together)
    return await _many(request, desk, visit, plan, pairs, least, together=together)


@post(f"{HERE}/many", include_in_schema=False, status_code=200)
async def decide_many(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Decide on the pairs that were shown."""
    visit = await desk.visit_to(request, "duplicates")
    fields = await desk.form(request, visit.token)
    together = _together(fields)
    pairs = [_pair(text) for text in fields.get("pairs", "").split(",")[: REVIEWS_MAX + 1]]
    try:
        plan = await _plan(desk, pairs, together=together)
    except NotFound:
        return await _queue(request, desk, visit, fault=_("Somebody else decided on these pairs meanwhile."))
    try:
        done = await say(desk, visit, plan, fields.get("reason", ""))
    except InvalidInput as error:
        return await _many(
            request, desk, visit, plan, pairs, _least(fields.get("least")), together=together, error=error
        )
    count = len(done.decisions)
    told = ngettext("%(n)s decision was made.", "%(n)s decisions were made.", count)
    return await _queue(request, desk, visit, told=told)


HANDLERS = (duplicates, decide, many, decide_many)


async def say(desk: Desk, visit: Visit, plan: Plan, reason: str) -> Done:
    """Carry a plan out in the name of the visitor. Raises InvalidInput for a missing reason."""
    deciding = Deciding(desk.deps.db, desk.deps.vault, desk.deps.gate, desk.deps.clock)
    done = await deciding.say(plan, actor=actor_of(visit.viewer.user_id), reason=reason)
    desk.forget_counts()
    return done


async def _plan(desk: Desk, pairs: list[tuple[UUID, UUID]], *, together: bool) -> Plan:
    async with desk.deps.db.read(desk.workspace_id) as conn:
        return await plan_reviews(conn, desk.deps.vault, pairs, together=together)


async def _queue(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    *,
    told: str | None = None,
    done: Done | None = None,
    fault: str | None = None,
    status: int = 200,
) -> Response[Any]:
    params = request.query_params
    least, conflict = _least(params.get("least")), params.get("only") == "conflicts"
    clear, spend = visit.viewer.sees("contacts"), visit.viewer.sees("spend")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        found = await reviews.load_waiting(
            conn,
            desk.workspace_id,
            limit=ROWS + 1,
            after=_place(params.get("page")),
            least=least,
            conflict=True if conflict else None,
        )
        sides = await reviews.side_by_side(conn, desk.deps.vault, found[:ROWS], clear=clear, spend=spend)
    place = found[ROWS - 1].place if len(found) > ROWS else None
    context = {
        "sides": sides,
        "worth": await desk.worths.worth(),
        "older": pack_place(place.weight, place.a.hex, place.b.hex) if place else None,
        "page_mark": params.get("page"),
        "least": _bits(least),
        "conflicts_only": conflict,
        "spend": spend,
        "told": told,
        "done": done,
        "fault": fault,
        "names": field_words(),
        "likeliness": likeliness_words(),
        "reviews_max": REVIEWS_MAX,
        "worth_pairs_max": reviews.WORTH_PAIRS_MAX,
    }
    return await desk.page(request, visit, "pages/duplicates.html", "customers", status=status, **context)


async def _many(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    plan: Plan,
    pairs: list[tuple[UUID, UUID]],
    least: float | None,
    *,
    together: bool,
    error: InvalidInput | None = None,
) -> Response[Any]:
    clear, spend = visit.viewer.sees("contacts"), visit.viewer.sees("spend")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        effect = await shown_effect(conn, desk.deps.vault, plan, clear=clear, spend=spend)
    context = {
        "effect": effect,
        "together": together,
        "pairs": ",".join(f"{a.hex}.{b.hex}" for a, b in pairs),
        "count": len(pairs),
        "least": _bits(least),
        "spend": spend,
        "error": error,
        "reviews_max": REVIEWS_MAX,
    }
    status = error.status if error else 200
    return await desk.page(
        request, visit, "pages/duplicates_many.html", "customers", status=status, **context
    )


def field_words() -> dict[str, str]:
    """What is compared, in words."""
    return {
        "given_name": _("Given name"), "family_name": _("Family name"), "birth_date": _("Birthday"),
        "loyalty_card": _("Loyalty card"), "external_id": _("Customer number"), "anonymous_id": _("Browser"),
        "payment_token": _("Payment card"), "device": _("Device"), "email": _("E-mail"), "phone": _("Phone"),
        "address": _("Address"),
    }  # fmt: skip


def likeliness_words() -> dict[str, tuple[str, str, str]]:
    """How likely a pair is one person: words, tone and icon of the tag."""
    return {
        "conflict": (_("Conflict"), "bad", "alert-triangle"),
        "strong": (_("Very likely"), "ok", "link"),
        "likely": (_("Likely"), "info", "link"),
        "possible": (_("Possible"), "", "link"),
    }


def _together(fields: dict[str, str]) -> bool:
    answer = fields.get("answer")
    if answer not in ("together", "apart"):
        raise InvalidInput(_("Say whether they are one customer or two."), field="answer")
    return answer == "together"


def _pair(text: str) -> tuple[UUID, UUID]:
    one, _dot, other = text[: _PAIR_CHARACTERS + 20].partition(".")
    return uuid_of(one, "pair"), uuid_of(other, "pair")


def _least(text: str | None) -> float | None:
    """Bits out of an address; what is no number is left out."""
    try:
        bits = float(text or "")
    except ValueError:
        return None
    return bits if math.isfinite(bits) else None


def _bits(least: float | None) -> str:
    return "" if least is None else f"{least:g}"


def _place(text: str | None) -> reviews.Place | None:
    place = unpack_place(text, 3)
    weight = _least(place[0]) if place else None
    if place is None or weight is None:
        return None
    return reviews.Place(weight, uuid_of(place[1], "page"), uuid_of(place[2], "page"))
