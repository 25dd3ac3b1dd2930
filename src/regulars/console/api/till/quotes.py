"""Quotes for tills: what a basket costs with the promotions of now, reserved where that is asked for."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, structs

from regulars.capabilities.offers import usage
from regulars.capabilities.offers.usage import Hold
from regulars.console.api.deps import AtVisit, Visit
from regulars.console.services.offer_uses import uses_of_quote
from regulars.console.services.quote_shapes import Basket, OffersHold, Quote
from regulars.console.services.quote_usage import OFFERS, hold_of
from regulars.console.services.quotes import Quoted
from regulars.store.pipeline import Call
from regulars.vocabulary.errors import Conflict, NotFound, Unprocessable
from regulars.vocabulary.events import OFFERS_HELD, OFFERS_RELEASED, Event, Loyalty
from regulars.vocabulary.intake import TILL, OffersAnswer, own_source

from .telling import command_key, fresh_id

TTL_SECONDS_MAX = 900
BEYOND = {
    "limit_reached": "The promotion '%(promotion)s' was used as often as it may be. Ask for another quote.",
    "budget_spent": "The budget of the promotion '%(promotion)s' is spent. Ask for another quote.",
    "code_used": "The code for the promotion '%(promotion)s' was used. Ask for another quote.",
}
ENDED = {
    "unknown_hold": "There is no hold with this id.",
    "hold_expired": "The time of this hold is over. Ask for another quote.",
    "hold_ended": "This hold was used by a sale already.",
}


class QuoteRequest(Basket, forbid_unknown_fields=True, kw_only=True):
    """A basket to price. With `reserve` the uses of its promotions are held for `ttl_seconds`, all of them or none."""

    reserve: bool = False
    ttl_seconds: Annotated[int, Meta(ge=1, le=TTL_SECONDS_MAX)] = TTL_SECONDS_MAX


class OffersRelease(Struct, forbid_unknown_fields=True):
    """Nothing has to be said to let reserved promotions go."""


class OffersHoldEnded(Struct, frozen=True):
    """What became of a hold of promotions."""

    id: str
    state: Literal["open", "captured", "released", "timed_out"]


@post("/v1/quotes", summary="Quote a basket", status_code=200)
async def quote_basket(visit: AtVisit, data: JSONBody[QuoteRequest]) -> Quote:
    """Price a basket with the promotions of now: what applies, what does not and why, what is nearly reached, points.

    Members and codes that nobody knows are answered in `member` and `skipped`, not refused. With `reserve` the answer has
    a hold that the sale names; where a bound is reached meanwhile nothing is reserved: `limit_reached`, `budget_spent` or
    `code_used`, with the promotion in `field`.
    """
    quoted = await visit.api.quotes.quote(visit.vault, data, visit.deps.clock())
    if not data.reserve or not (quoted.quote.applied or quoted.quote.vouchers):
        return quoted.quote
    return structs.replace(quoted.quote, hold=await _reserve(visit, data, quoted))


@post("/v1/quotes/holds/{hold_id:str}/release", summary="Release reserved promotions", status_code=200)
async def release_offers(
    visit: AtVisit,
    hold_id: FromPath[str],
    data: JSONBody[OffersRelease],  # noqa: ARG001
) -> OffersHoldEnded:
    """Let reserved uses go, as when the customer leaves the basket. A repeat changes nothing."""
    try:
        wanted = UUID(hold_id).hex
    except ValueError:
        raise _ended("unknown_hold") from None
    said = Loyalty(offers_hold=wanted, actor=visit.actor)
    answer = await _command(visit, OFFERS_RELEASED, said, fresh_id("offers-release"), None)
    if answer is None or answer.refused is not None:
        raise _ended(answer.refused if answer is not None and answer.refused else "unknown_hold")
    return OffersHoldEnded(wanted, "released")


def _ended(code: str) -> Conflict | NotFound:
    kind = NotFound if code == "unknown_hold" else Conflict
    return kind(ENDED[code], code=code, field="hold_id")


async def _reserve(visit: Visit, data: QuoteRequest, quoted: Quoted) -> OffersHold:
    """Reserve what a quote gives. Raises Conflict with the first promotion that is beyond a bound."""
    member = quoted.shopper.told.member_id if quoted.shopper.told.state == "known" else None
    zone = quoted.ground.zone
    said = Loyalty(
        member=member,
        promotions=uses_of_quote(quoted),
        ttl_seconds=data.ttl_seconds,
        business_day=quoted.quote.clock.astimezone(zone).date(),
        actor=visit.actor,
    )
    id_ = fresh_id("offers-hold")
    if visit.idempotency_key is not None:
        id_ = f"offers-hold-{visit.vault.hash('till.offers.key', visit.caller.key_id, visit.idempotency_key)}"
    answer = await _command(visit, OFFERS_HELD, said, id_, data.store)
    if answer is None:
        hold = await find_offers_hold(visit, visit.vault.hash("offers_hold", command_key(visit, id_)))
        if hold is not None and hold.state == usage.OPEN:
            return OffersHold(hold.hold_id, hold.expires_at)
        answer = await _command(visit, OFFERS_HELD, said, fresh_id("offers-hold"), data.store)
    for one in answer.beyond if answer is not None else ():
        raise Conflict(
            BEYOND[one.code], code=one.code, field=f"promotions.{one.promotion}", promotion=one.promotion
        )
    if answer is None or answer.hold is None or answer.expires_at is None:
        raise Conflict("Nothing was reserved. Ask for another quote.")
    return OffersHold(answer.hold, answer.expires_at)


async def find_offers_hold(visit: Visit, hold_id: str) -> Hold | None:
    """A hold of promotions by its id."""
    asked = {
        "workspace_id": visit.workspace_id,
        "holds": "{" + hold_id + "}",
        "until": visit.deps.clock(),
        "limit": 0,
    }
    (rows,) = await visit.api.database.ask(visit.workspace_id, Call(OFFERS.load_holds, asked))
    return hold_of(rows[0]) if rows else None


async def _command(
    visit: Visit, type_: str, said: Loyalty, id_: str, store: str | None
) -> OffersAnswer | None:
    """Do something with the use of promotions; None where the same `id_` was done before."""
    event = Event(id=id_, type=type_, occurred_at=visit.deps.clock(), store=store, loyalty=said)
    source = own_source(visit.workspace_id)
    (result,) = await visit.deps.gate.submit(source, [msgspec.json.encode(event)], door=TILL)
    if result.error is not None:
        raise Unprocessable(result.error.message, code=result.error.code, field=result.error.field)
    return result.offers
