"""Sales at the till: confirmed with the holds they spend, and voided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from msgspec.structs import replace

from regulars.capabilities.loyalty import state
from regulars.capabilities.loyalty.state import Hold as Held
from regulars.capabilities.loyalty.state import is_open
from regulars.capabilities.profile.receipt import row_of
from regulars.console.api.deps import AtVisit, Visit
from regulars.console.services import lookups
from regulars.console.services.lookups import Found
from regulars.console.services.members import Wanted
from regulars.console.services.offer_uses import SoldPromotion
from regulars.console.services.registers import REGISTERS
from regulars.console.services.till_sales import (
    KnownSale,
    describe_lines,
    find_sale,
    floor_limit,
    products_question,
    sale_question,
    told_of,
)
from regulars.store.pipeline import Call
from regulars.store.reading import Answer
from regulars.vocabulary.errors import InvalidInput, RegularsError, Unprocessable
from regulars.vocabulary.events import (
    OFFERS_PER_SALE_MAX,
    POINTS_MAX,
    Aware,
    Customer,
    Event,
    Id,
    Loyalty,
    Sale,
    Spend,
)

from .after import SaleAnswer, Sold, answer_of, effects_questions
from .holds import Amount, check_open, hold_id_in, holds_among, holds_question
from .naming import customer_of
from .promotions import name_promotions, note_beyond
from .reading import member_among, member_question
from .refusals import refused
from .telling import note, tell

HOLDS_MAX: Final = 5
UTC: Final = ZoneInfo("UTC")


class HoldUse(Struct, forbid_unknown_fields=True, kw_only=True):
    """A hold that the sale spends: `amount` of it, all where it is not said; the rest is free again."""

    id: Annotated[str, Meta(max_length=64)]
    amount: Amount | None = None


class UnheldPoints(Struct, forbid_unknown_fields=True, kw_only=True):
    """Points an offline till let be spent without asking."""

    amount: Annotated[int, Meta(ge=1, le=POINTS_MAX)]
    point: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class Confirm(Struct, forbid_unknown_fields=True, kw_only=True):
    """A sale that was paid: the parts of `sale.completed`, and the points it spends.

    Say whose it is by `member_id` as a look-up told it, or by `customer`; by neither where `holds` say it, or where
    nobody knows. `offline`: it was made without the network. Then holds whose time is over, and `unheld` points, are
    taken as far as they are there and the till's floor limit goes; what is over is the shop's loss. `promotions` are those
    it got, and `offers_hold` the hold of their quote; without `promotions` it got what the hold reserves. What is beyond
    a bound is counted, and noted for somebody to look at. `programme` and `point` say what the answer tells of.
    """

    sale: Sale
    occurred_at: Aware
    channel: Id = "store"
    store: Id | None = None
    till: Id | None = None
    staff: Id | None = None
    member_id: Annotated[str, Meta(max_length=64)] | None = None
    customer: Customer | None = None
    holds: Annotated[list[HoldUse], Meta(max_length=HOLDS_MAX)] = []
    offline: bool = False
    unheld: UnheldPoints | None = None
    promotions: Annotated[list[SoldPromotion], Meta(max_length=OFFERS_PER_SALE_MAX)] = []
    offers_hold: Annotated[str, Meta(max_length=64)] | None = None
    programme: Annotated[int, Meta(ge=1, le=32_767)] | None = None
    point: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class Void(Struct, forbid_unknown_fields=True, kw_only=True):
    """Why a sale is voided. `occurred_at` is now unless given; `business_date` for tills whose day ends after midnight."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    staff: Id | None = None
    occurred_at: Aware | None = None
    business_date: date | None = None


@post("/v1/sales", summary="Confirm a sale", status_code=200)
async def confirm_sale(visit: AtVisit, data: JSONBody[Confirm]) -> SaleAnswer:
    """Tell of a sale and spend its holds. The answer has what it earned and what its member has now.

    A receipt (till system, store, till, business day, number) of one `version` is confirmed once, whatever the
    Idempotency-Key: sent again it is told again, with `replayed`. Where the answer did not come, send the same again.
    """
    return await confirm(visit, data)


@post("/v1/sales/{sale_id:str}/void", summary="Void a sale", status_code=200)
async def void_sale(visit: AtVisit, sale_id: FromPath[str], data: JSONBody[Void]) -> SaleAnswer:
    """Take a sale back on its business day: what it earned goes, what it spent comes back. Later, take a return."""
    sale = await own_sale(visit, sale_id)
    if sale.void:
        return await answer_of(visit, sale, Wanted(), replayed=True)
    at = data.occurred_at or visit.deps.clock()
    day = data.business_date or at.astimezone(await zone_of(visit, sale.store)).date()
    if day != sale.business_date:
        raise refused("void_too_late", field="business_date" if data.business_date else "occurred_at")
    event = Event(
        id=f"till-void-{sale.sale_id.hex}",
        type="sale.voided",
        occurred_at=max(at, sale.occurred_at),
        store=sale.store,
        till=sale.till,
        staff=data.staff,
        sale=Sale(
            receipt=sale.receipt,
            currency=sale.currency,
            total_minor=sale.total_minor,
            business_date=sale.business_date,
            original_business_date=sale.business_date,
        ),
        properties={"reason": data.reason},
    )
    (result,) = await tell(visit, [event])
    fresh = result.status == "applied"
    if fresh:
        await note(
            visit, "sale.voided", f"sale:{sale.sale_id.hex}", {"reason": data.reason, "staff": data.staff}
        )
    return await answer_of(visit, await own_sale(visit, sale_id), Wanted(), replayed=not fresh)


async def own_sale(visit: Visit, text: str, *, field: str = "sale_id") -> KnownSale:
    """A sale of the key's till system. Raises NotFound (unknown_sale)."""
    try:
        sale_id = UUID(text)
    except ValueError:
        raise refused("unknown_sale", field=field) from None
    sale = await find_sale(visit.api.database, visit.vault, sale_id)
    if sale is None or not sale.is_sale or sale.receipt_key.hex != receipt_key(visit, sale.receipt):
        raise refused("unknown_sale", field=field)
    return sale


def receipt_key(visit: Visit, receipt: str) -> str:
    """The key of a receipt number in the till system of the caller's source."""
    return visit.vault.hash("receipt", visit.caller.source.till_system, receipt)


async def zone_of(visit: Visit, store: str | None) -> ZoneInfo:
    """The time zone of a store, UTC where the register does not say it."""
    if store is None:
        return UTC
    return _zone_among((await visit.api.database.ask(visit.workspace_id, _zone_question(visit, store)))[0])


def _zone_question(visit: Visit, store: str | None) -> Call:
    return Call(REGISTERS.store, {"workspace_id": visit.workspace_id, "code": store or ""})


def _zone_among(found: Sequence[tuple[Any, ...]]) -> ZoneInfo:
    try:
        return ZoneInfo(found[0][2]) if found and found[0][2] else UTC
    except (KeyError, ValueError):
        return UTC


# -- confirming ---------------------------------------------------------------------------------------


async def confirm(visit: Visit, data: Confirm) -> SaleAnswer:
    """Do what `confirm_sale` says."""
    _check(data)
    named = await _named(visit, data)
    event, sale_id, before = named.event, named.sale_id, named.before
    key = visit.vault.hash("event", str(visit.caller.source.source_id), event.id)
    if before is not None and before.event_key.hex == key:
        await _check_same(visit, event, before)
        return await _answer(visit, data, before, replayed=True)
    spends = await _spends(visit, data, named.holds, sale_id)
    if spends:
        programme = data.programme or next((one.programme for one in named.holds.values()), 1)
        event.loyalty = Loyalty(programme=programme, spends=spends, actor=visit.actor)
    await name_promotions(visit, event, data.promotions, data.offers_hold)
    _lead(visit, event, before)
    (result,) = await tell(visit, [event])
    await note_beyond(visit, result, sale_id)
    sold = await _sold(visit, data, sale_id, result.profile_id)
    answer = await _answer(visit, data, sold.sale, sold, replayed=result.status == "duplicate")
    if answer.points_over and not answer.replayed:
        where = {"store": data.store, "till": data.till, "staff": data.staff, "points": answer.points_over}
        await note(visit, "till.points_over", f"sale:{sale_id}", where)
    return answer


def _check(data: Confirm) -> None:
    """Raises InvalidInput for what contradicts itself."""
    if data.member_id is not None and data.customer is not None:
        raise InvalidInput("Say whose sale it is by member_id or by customer, not by both.", field="customer")
    if data.unheld is not None and not data.offline:
        raise InvalidInput("Hold points before they are spent; only an offline till cannot.", field="unheld")
    if data.unheld is not None and data.member_id is None and data.customer is None and not data.holds:
        raise InvalidInput("Say whose points were spent.", field="member_id")


class Named(Struct, frozen=True):
    """What a call tells of a sale, with what it names: its holds, whose it is where that is known, and the same sale as it
    was told before."""

    event: Event
    sale_id: str
    holds: dict[str, Held]
    before: KnownSale | None


async def _named(visit: Visit, data: Confirm) -> Named:
    """Read all that a sale names, in one round trip.

    Raises NotFound (unknown_hold, unknown_member), also for a hold of somebody else, and InvalidInput for a quantity out
    of range.
    """
    ids = {hold_id_in(use.id, field=f"holds[{n}].id"): n for n, use in enumerate(data.holds)}
    asked = [_zone_question(visit, data.store), holds_question(visit, ids=ids)]
    if data.member_id is not None:
        asked.append(member_question(visit, data.member_id))

    def ask_on(rows: Answer) -> tuple[tuple[Event, str, dict[str, Held], Answer], list[Call]]:
        zone, held, *people = rows
        holds = holds_among(held)
        for hold_id, place in ids.items():
            if hold_id not in holds:
                raise refused("unknown_hold", field=f"holds[{place}].id")
        event, sale_id = _event(visit, data, _zone_among(zone))
        more = [sale_question(visit.vault, UUID(sale_id)), products_question(visit.vault, data.sale)]
        if not people and data.customer is None and holds:
            more.append(member_question(visit, next(iter(holds.values())).record_id))
        return (event, sale_id, holds, people), more

    (event, sale_id, holds, people), (told, products, *owner) = await visit.api.database.ask_on(
        visit.workspace_id, asked, ask_on
    )
    for rows in people or owner:
        found = member_among(visit, rows)
        records = {part.record_id.hex for part in found.parts}
        if any(hold.record_id not in records for hold in holds.values()):
            raise refused("unknown_hold", field="holds")
        event.customer = customer_of(visit, found)
    assert event.sale is not None, "it is a sale"
    describe_lines(event.sale, products)
    return Named(event, sale_id, holds, KnownSale(*told[0]) if told else None)


def _event(visit: Visit, data: Confirm, zone: ZoneInfo) -> tuple[Event, str]:
    """The event, and the id of the sale it tells of. Raises InvalidInput for a quantity out of range."""
    source = visit.caller.source
    day = data.sale.business_date or data.occurred_at.astimezone(zone).date()
    event = Event(
        id="",
        type="sale.completed",
        occurred_at=data.occurred_at,
        channel=data.channel,
        store=data.store,
        till=data.till,
        staff=data.staff,
        customer=data.customer,
        sale=replace(data.sale, business_date=day),
    )
    told = row_of(event, source=source, event_key="0" * 32, zone=zone, hash_=visit.vault.hash)
    assert told is not None, "it is a sale"
    event.id = f"till-{told.sale_id}-{data.sale.version}"
    return event, told.sale_id


async def _spends(visit: Visit, data: Confirm, holds: Mapping[str, Held], sale_id: str) -> list[Spend]:
    """What the sale spends. Raises Conflict for a hold that is over, unless the sale was made offline."""
    spends: list[Spend] = []
    unheld: dict[str | None, int] = defaultdict(int)
    now = visit.deps.clock()
    for place, use in enumerate(data.holds):
        hold = holds[hold_id_in(use.id)]
        amount = hold.amount if use.amount is None else use.amount
        if amount > hold.amount:
            raise refused("above_hold", field=f"holds[{place}].amount", available=hold.amount)
        if hold.reward is not None and amount != hold.amount:
            raise refused("whole_reward", field=f"holds[{place}].amount")
        if is_open(hold, now) or (hold.state == state.CAPTURED and hold.sale_id == sale_id):
            spends.append(Spend(hold=hold.hold_id, amount=amount))
        elif data.offline and hold.state in (state.OPEN, state.TIMED_OUT):
            unheld[hold.point] += amount
        else:
            check_open(visit, hold, field=f"holds[{place}].id")
    if data.unheld is not None:
        unheld[data.unheld.point] += data.unheld.amount
    if unheld:
        limit = await floor_limit(visit.api.database, visit.workspace_id, data.store, data.till)
        for point, amount in unheld.items():
            spends.append(Spend(amount=amount, point=point, limit=limit))
            limit = max(0, limit - amount)
    return spends


def _lead(visit: Visit, event: Event, before: KnownSale | None) -> None:
    """What a till confirms leads over what another source of its till system told of the same receipt."""
    assert event.sale is not None, "it is a sale"
    other = before is not None and before.source_id != visit.caller.source.source_id
    if other and before is not None and before.version >= event.sale.version:
        event.sale.version = before.version + 1


async def _check_same(visit: Visit, event: Event, before: KnownSale) -> None:
    """Raises Unprocessable (receipt_reused) where this receipt was another sale."""
    async with visit.api.database.read(visit.workspace_id) as conn:
        told = await told_of(conn, visit.vault, before)
    if told is None or told.sale is None or event.sale is None:
        return
    if _content(told.sale) != _content(event.sale):
        raise Unprocessable(
            "This receipt was confirmed with other content. Send a correction with a higher sale.version.",
            code="receipt_reused",
            field="sale.receipt",
        )


def _content(sale: Sale) -> tuple[object, ...]:
    """What makes a sale another one."""
    lines = [(line.line_id, line.sku, line.quantity, line.total_minor) for line in sale.lines]
    return sale.currency, sale.total_minor, lines


async def _sold(visit: Visit, data: Confirm, sale_id: str, profile_id: str | None) -> Sold:
    """The sale that was just told, whose it is as the turn said, and what it did to them; one round trip."""
    asked = [sale_question(visit.vault, UUID(sale_id))]
    if profile_id is not None:
        asked.append(lookups.record_question(visit.vault, UUID(profile_id)))

    def ask_on(rows: Answer) -> tuple[tuple[KnownSale, Found | None], list[Call]]:
        sales, *people = rows
        if not sales:
            raise RegularsError("The sale that was just told is not there.")
        sale, found = KnownSale(*sales[0]), lookups.people_among(visit.vault, people[0]) if people else []
        if not found or found[0].profile_id != sale.profile_id:
            return (sale, None), []
        return (sale, found[0]), effects_questions(visit, sale, found[0], _hold_ids(data))

    (sale, found), told = await visit.api.database.ask_on(visit.workspace_id, asked, ask_on)
    return Sold(sale, found, told)


async def _answer(
    visit: Visit, data: Confirm, sale: KnownSale, sold: Sold | None = None, *, replayed: bool
) -> SaleAnswer:
    return await answer_of(
        visit,
        sale,
        Wanted(data.programme, data.point),
        replayed=replayed,
        sold=sold,
        holds=_hold_ids(data),
        unasked=data.unheld.amount if data.unheld is not None else 0,
    )


def _hold_ids(data: Confirm) -> list[str]:
    return [hold_id_in(use.id) for use in data.holds]
