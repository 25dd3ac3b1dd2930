"""A basket tried by a draft and by what holds, for a customer who is there or for somebody in a tier."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from regulars.capabilities.identity.kinds import LOYALTY_CARD
from regulars.capabilities.loyalty.earning import MARK
from regulars.capabilities.loyalty.programme import Programme
from regulars.capabilities.loyalty.purchase import Purchase, purchase_of
from regulars.capabilities.loyalty.simulation import Past
from regulars.capabilities.loyalty.trying import Shopper, Tried, try_basket
from regulars.store.database import Database
from regulars.store.queries import load_queries
from regulars.vocabulary.errors import InvalidInput, NotFound
from regulars.vocabulary.events import Event, Line, Sale, Tender

from .common import rows
from .programmes import Programmes

_SQL = load_queries("regulars.store", "programmes.sql")
LINES_MAX: Final = 100
_RECORDS_MAX: Final = 1_000
_JOINED_BEFORE: Final = timedelta(days=4_000)
"""So long ago somebody who is nobody in particular joined."""


class Basket(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sale to try. `customer` is a profile's id; without one it is somebody in `tier`, the first one when absent.

    Amounts in minor units; a line's `total_minor` is what it comes to after discounts. `at`: now when absent.
    """

    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    lines: Annotated[list[Line], Meta(min_length=1, max_length=LINES_MAX)]
    tenders: Annotated[list[Tender], Meta(max_length=50)] = []
    shipping_minor: Annotated[int, Meta(ge=0, le=10**12)] = 0
    store: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    channel: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    at: Annotated[datetime, Meta(tz=True)] | None = None
    customer: UUID | None = None
    tier: Annotated[str, Meta(max_length=40)] | None = None
    first_purchase: bool = False


class Trial(Struct, frozen=True):
    """What a basket gives by the draft, and by the version that holds, if one does."""

    draft: Tried
    live: Tried | None
    version: int | None


async def try_out(
    programmes: Programmes, database: Database, workspace_id: int, number: int, basket: Basket, now: datetime
) -> Trial:
    """Try a basket by programme `number`. Nothing is kept. Raises NotFound, and InvalidInput naming the field."""
    draft, live = await programmes.draft_and_live(number)
    purchase = _purchase(basket, now)
    past = None
    if basket.customer is not None:
        past = await _customer(database, workspace_id, number, basket.customer)

    def by(programme: Programme) -> Tried:
        return try_basket(programme, purchase, _shopper(programme, basket, past, purchase.occurred_at))

    meant = draft.programme
    if basket.tier and basket.tier not in [tier.code for tier in meant.tier]:
        raise InvalidInput("There is no tier %(tier)s in the draft.", field="tier", tier=basket.tier)
    return Trial(
        by(meant),
        by(live.programme) if live is not None else None,
        live.version if live is not None else None,
    )


class _Known(Struct, frozen=True):
    """A customer who is there, and what caps have counted for them."""

    past: Past
    used: dict[tuple[str, str], int]


def _purchase(basket: Basket, now: datetime) -> Purchase:
    total = sum(line.total_minor for line in basket.lines) + basket.shipping_minor
    sale = Sale(
        receipt="-",
        currency=basket.currency,
        total_minor=total,
        shipping_minor=basket.shipping_minor,
        lines=basket.lines,
        tenders=basket.tenders,
    )
    event = Event(
        id="-",
        type="sale.completed",
        occurred_at=basket.at or now,
        store=basket.store,
        channel=basket.channel,
        sale=sale,
    )
    try:
        return purchase_of(event, sale_id="-")
    except InvalidInput as error:
        place = error.field.removeprefix("sale.") if error.field else None
        raise InvalidInput(error.template, field=place, **error.values) from None


def _shopper(programme: Programme, basket: Basket, known: _Known | None, at: datetime) -> Shopper:
    if known is None:
        return Shopper(at - _JOINED_BEFORE, basket.tier or "", (), basket.first_purchase)
    past = known.past
    return Shopper(
        past.joined(programme.members),
        basket.tier,
        [(date.fromisoformat(day), credit) for day, credit in sorted(past.credits.items())],
        not past.bought,
        known.used,
    )


async def _customer(database: Database, workspace_id: int, number: int, profile_id: UUID) -> _Known:
    asked = {"workspace_id": workspace_id, "programme": number, "profile_id": profile_id}
    async with database.read(workspace_id) as conn:
        found = await rows(
            conn, _SQL.member_by_records, asked | {"card": LOYALTY_CARD, "limit": _RECORDS_MAX}
        )
    if not found:
        raise NotFound("There is no such customer.", field="customer")
    past = Past(profile_id.hex)
    used: dict[tuple[str, str], int] = defaultdict(int)
    for known, card, enrolled_at, credited, counted, first_at in found:
        past.known, past.card = past.known or known, past.card or card
        past.bought = past.bought or first_at is not None
        if enrolled_at is not None:
            past.enrolled_at = min(past.enrolled_at or enrolled_at, enrolled_at)
        for day, credit in credited.items():
            past.credits[day] = past.credits.get(day, 0) + credit
        for name, points in counted.items():
            rule, _, period = name.partition(MARK)
            used[rule, period] += points
    return _Known(past, dict(used))


def decode(data: bytes) -> Basket:
    """A basket out of JSON. Raises InvalidInput naming the field."""
    try:
        return msgspec.json.decode(data, type=Basket)
    except msgspec.MsgspecError as error:
        message, _, place = str(error).partition(" - at `$")
        raise InvalidInput("%(fault)s.", field=place.rstrip("`").lstrip(".") or None, fault=message) from None
