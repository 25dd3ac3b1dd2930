"""What an associate does with a customer's points in the store: reserve them for a reward, let go, have them join."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from regulars.console.accounts import actor_of
from regulars.console.api.till.refusals import refused
from regulars.console.i18n import _
from regulars.console.services.common import uuid_of
from regulars.console.services.store_points import Doing, join, programme_in, release, reserve
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.templating import wants_fragment
from regulars.vocabulary.intake import LoyaltyAnswer

from .store import card_page


@post("/store/c/{profile:str}/reserve", include_in_schema=False)
async def reserve_points(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """Hold the points of a reward for the customer at the till."""
    visit = await desk.visit_to(request, "store")
    fields = await desk.form(request, visit.token)
    record_id = uuid_of(profile, "profile")
    answer = await reserve(
        _doing(desk, visit),
        record_id,
        programme=programme_in(fields.get("programme", "")),
        code=fields.get("reward", ""),
        key=fields.get("key", ""),
    )
    done = _("The points are reserved. The till finds them with the customer.")
    return await _told(request, desk, visit, record_id, answer, done)


@post("/store/c/{profile:str}/release", include_in_schema=False)
async def release_points(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """Let reserved points go."""
    visit = await desk.visit_to(request, "store")
    fields = await desk.form(request, visit.token)
    record_id = uuid_of(profile, "profile")
    answer = await release(_doing(desk, visit), record_id, uuid_of(fields.get("hold", ""), "hold").hex)
    return await _told(request, desk, visit, record_id, answer, _("The points are free again."))


@post("/store/c/{profile:str}/join", include_in_schema=False)
async def join_programme(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """Have the customer join a programme."""
    visit = await desk.visit_to(request, "store")
    fields = await desk.form(request, visit.token)
    record_id = uuid_of(profile, "profile")
    answer = await join(_doing(desk, visit), record_id, programme=programme_in(fields.get("programme", "")))
    return await _told(request, desk, visit, record_id, answer, _("The customer has joined the programme."))


HANDLERS = (reserve_points, release_points, join_programme)


def _doing(desk: Desk, visit: Visit) -> Doing:
    deps = desk.deps
    return Doing(deps.db, deps.vault, deps.gate, deps.clock, actor_of(visit.viewer.user_id))


async def _told(
    request: WebRequest, desk: Desk, visit: Visit, record_id: UUID, answer: LoyaltyAnswer | None, done: str
) -> Response[Any]:
    """The card as it is now, with what became of it; a refusal is said in words."""
    if answer is not None and answer.refused is not None:
        error = refused(answer.refused, available=answer.available or 0)
        return await card_page(request, desk, visit, record_id, error=error)
    if answer is None:
        done = _("Nothing changed: this was done before. What holds now is shown here.")
    if wants_fragment(request):
        return await card_page(request, desk, visit, record_id, done=done)
    return desk.go(f"/store/c/{record_id.hex}")
