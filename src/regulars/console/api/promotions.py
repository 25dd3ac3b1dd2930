"""Promotions: what there is, drafts and versions, from when on they price baskets, paused, ended, and codes to share."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from litestar import get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from regulars.store.audit import write_line_async
from regulars.store.promotion_codes import Codes
from regulars.store.promotions import CONTENT_CHARACTERS_MAX, Known, State
from regulars.vocabulary.events import Aware

from .deps import AtVisit, Visit
from .paging import ROWS, Cursor, Limit, cut, read_cursor

Content = Annotated[str, Meta(max_length=CONTENT_CHARACTERS_MAX, description="TOML, or JSON.")]
AskedState = Annotated[State | None, QueryParameter(name="state", description="Only those in this state.")]


class PromotionContent(Struct, forbid_unknown_fields=True):
    """A promotion as it is written down. Its `version` is given here, whatever the text says."""

    content: Content


class PromotionStart(Struct, forbid_unknown_fields=True):
    """From when on the newest version prices baskets; absent: now."""

    at: Aware | None = None


class PromotionWord(Struct, forbid_unknown_fields=True, kw_only=True):
    """A code that people share. `uses_max`: in how many sales it may be used; null: as the promotion allows."""

    code: Annotated[str, Meta(min_length=4, max_length=60)]
    uses_max: Annotated[int, Meta(ge=1, le=10**9)] | None = None


class PromotionUse(Struct, frozen=True):
    """Sales that used it and money given away, in minor units of its currency; `held` ones are reserved at tills."""

    uses: int
    held: int
    spent_minor: int
    held_minor: int


class PromotionShown(Struct, frozen=True):
    """A promotion. `version` is its newest, `holds` the one that prices baskets, null where none does.

    `waiting`: the newest version was not activated yet.
    """

    id: str
    name: str
    state: Literal["draft", "active", "paused", "ended"]
    version: int
    holds: int | None
    waiting: bool
    effective_from: datetime | None
    starts: datetime | None
    ends: datetime | None
    currency: str | None
    limit: int | None
    budget_minor: int | None
    used: PromotionUse
    changed_at: datetime


class PromotionPage(Struct, frozen=True):
    """One page of promotions."""

    data: list[PromotionShown]
    next: str | None


class PromotionFault(Struct, frozen=True):
    """What is wrong with it and what to write instead; `field` names the place."""

    message: str
    field: str | None


class PromotionVersion(Struct, frozen=True):
    """A version's text. `effective_from` is null while nobody said from when on it holds."""

    version: int
    content: str
    digest: str
    effective_from: datetime | None
    made_at: datetime
    made_by: str


class PromotionOver(Struct, frozen=True):
    """A sale that was paid and took the promotion beyond a bound: `reason` is limit_reached, budget_spent or code_used."""

    sale_id: str
    store: str
    day: date
    at: datetime
    reason: str


class OpenedPromotion(Struct, frozen=True):
    """A promotion with its versions, the newest first, 100 at most, and why the newest must not price baskets.

    `over`: the latest sales beyond a bound, 100 at most. `codes` are counted up to 1,000,000.
    """

    promotion: PromotionShown
    faults: list[PromotionFault]
    versions: list[PromotionVersion]
    over: list[PromotionOver]
    codes: int


@get("/v1/promotions", summary="List promotions")
async def list_promotions(
    visit: AtVisit, limit: Limit = ROWS, cursor: Cursor = None, in_state: AskedState = None
) -> PromotionPage:
    """All promotions in order of their ids."""
    place = read_cursor(cursor, tuple[str])
    found = await visit.api.promotions.page(
        visit.workspace_id, limit=limit + 1, after=place[0] if place else "", state=in_state
    )
    kept, more = cut(found, limit, lambda one: (one.promotion_id,))
    return PromotionPage([_shown(one) for one in kept], more)


@post("/v1/promotions", summary="Draft a promotion")
async def add_promotion(visit: AtVisit, data: JSONBody[PromotionContent]) -> OpenedPromotion:
    """Keep a draft; it prices nothing until it is activated. `faults` of the answer say what would stand in the way."""
    made = await visit.api.promotions.add(visit.workspace_id, data.content, actor=visit.actor)
    return await _opened(visit, made)


@get("/v1/promotions/{promotion_id:str}", summary="Show a promotion")
async def show_promotion(visit: AtVisit, promotion_id: FromPath[str]) -> OpenedPromotion:
    """One promotion with its versions and what sales made of it."""
    return await _opened(visit, await visit.api.promotions.get(visit.workspace_id, promotion_id))


@put("/v1/promotions/{promotion_id:str}", summary="Change a promotion")
async def change_promotion(
    visit: AtVisit, promotion_id: FromPath[str], data: JSONBody[PromotionContent]
) -> OpenedPromotion:
    """Add a version. The one in force prices baskets until the new one is activated. The same text changes nothing."""
    known = await visit.api.promotions.change(
        visit.workspace_id, promotion_id, data.content, actor=visit.actor
    )
    return await _opened(visit, known)


@post("/v1/promotions/{promotion_id:str}/activate", summary="Activate a promotion", status_code=200)
async def activate_promotion(
    visit: AtVisit, promotion_id: FromPath[str], data: JSONBody[PromotionStart]
) -> PromotionShown:
    """Let the newest version price baskets, now or from a time on; one that was paused goes on. A repeat changes nothing."""
    return _shown(
        await visit.api.promotions.activate(visit.workspace_id, promotion_id, at=data.at, actor=visit.actor)
    )


@post("/v1/promotions/{promotion_id:str}/pause", summary="Pause a promotion", status_code=200)
async def pause_promotion(visit: AtVisit, promotion_id: FromPath[str]) -> PromotionShown:
    """Price nothing with it until it is activated again. A repeat changes nothing."""
    return _shown(await visit.api.promotions.pause(visit.workspace_id, promotion_id, actor=visit.actor))


@post("/v1/promotions/{promotion_id:str}/end", summary="End a promotion", status_code=200)
async def end_promotion(visit: AtVisit, promotion_id: FromPath[str]) -> PromotionShown:
    """End it for good; it and its figures are kept. A repeat changes nothing."""
    return _shown(await visit.api.promotions.end(visit.workspace_id, promotion_id, actor=visit.actor))


@post("/v1/promotions/{promotion_id:str}/codes", summary="Add a code")
async def add_promotion_code(
    visit: AtVisit, promotion_id: FromPath[str], data: JSONBody[PromotionWord]
) -> OpenedPromotion:
    """A code to share, such as SUMMER10. Codes for one use each are made on the page or by the command line."""
    codes = _codes(visit)
    await codes.add_word(promotion_id, data.code, uses_max=data.uses_max, actor=visit.actor)
    return await _opened(visit, await visit.api.promotions.get(visit.workspace_id, promotion_id))


def _codes(visit: Visit) -> Codes:
    return Codes(visit.api.database, visit.vault, visit.api.promotions, audit=write_line_async)


async def _opened(visit: Visit, known: Known) -> OpenedPromotion:
    register, name = visit.api.promotions, known.promotion_id
    faults = await register.faults(visit.workspace_id, known.promotion)
    return OpenedPromotion(
        _shown(known),
        [PromotionFault(one.message, one.field) for one in faults],
        [
            PromotionVersion(
                one.version, one.content, one.digest, one.effective_from, one.made_at, one.made_by
            )
            for one in await register.versions(visit.workspace_id, name)
        ],
        [
            PromotionOver(one.sale_id, one.store, one.day, one.at, reason)
            for one in await register.over(visit.workspace_id, name)
            for promotion, reason in one.over
            if promotion == name
        ],
        await _codes(visit).count(name),
    )


def _shown(known: Known) -> PromotionShown:
    promotion = known.promotion
    return PromotionShown(
        known.promotion_id,
        known.name,
        known.state,
        known.version,
        known.holds if known.state == "active" else None,
        known.waiting,
        known.effective_from,
        promotion.window.starts,
        promotion.window.ends,
        promotion.currency or None,
        promotion.limits.total,
        promotion.limits.budget_minor,
        PromotionUse(known.uses, known.held, known.spent_minor, known.held_minor),
        known.changed_at,
    )
