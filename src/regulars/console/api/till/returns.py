"""Goods that come back: what may, what goes back for them, and what is taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, NoReturn
from uuid import UUID

from litestar import post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from regulars.capabilities.loyalty.back import Back, back_of
from regulars.capabilities.loyalty.fold import Fact, take
from regulars.capabilities.loyalty.ledger import Book
from regulars.capabilities.loyalty.purchase import Purchase
from regulars.capabilities.loyalty.returning import BackLine, Matched, Over, SoldLine, match
from regulars.capabilities.loyalty.state import Recovered, Return
from regulars.capabilities.profile.receipt import micro, row_of
from regulars.capabilities.profile.state import MICRO
from regulars.console.api.deps import AtVisit, Visit
from regulars.console.api.shapes import Id as HexId
from regulars.console.api.shapes import items_of
from regulars.console.services.members import Wanted, load_taking
from regulars.console.services.return_offers import given_back, used_offers
from regulars.console.services.till_sales import (
    KnownSale,
    after,
    find_sale,
    left_of,
    purchase_told,
    returns_of,
    sales_of_receipt,
    told_of,
)
from regulars.vocabulary.errors import InvalidInput, NotFound, Unprocessable
from regulars.vocabulary.events import LINES_PER_SALE_MAX, Aware, Event, Id, Line, Loyalty, Sale, Tender

from .after import Effects, MemberAfter, effects_of, member_after
from .alone import alone_with
from .refusals import refused
from .sales import UTC, own_sale, receipt_key, zone_of
from .telling import tell

_DRY = "0" * 32
"""Names a return that is only tried."""


class Original(Struct, forbid_unknown_fields=True, kw_only=True):
    """The sale that goods come back of: by the id of its answer, or by its receipt with what else is known of it."""

    sale_id: Annotated[str, Meta(max_length=64)] | None = None
    receipt: Id | None = None
    store: Id | None = None
    till: Id | None = None
    business_date: date | None = None


class LineBack(Struct, forbid_unknown_fields=True, kw_only=True):
    """What comes back of a line, named by its id or by its SKU.

    `total_minor` is what goes back for it, for shops that keep something; otherwise what was paid for it. What is kept is
    kept of the money: points come back with their goods.
    """

    line_id: Id | None = None
    sku: Id | None = None
    quantity: Decimal = Decimal(1)
    total_minor: Annotated[int, Meta(ge=0, le=10**15)] | None = None


class ReturnRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """A return. Without `lines` all that is left of the sale comes back. `receipt` is the number of the return itself.

    With `dry_run` it is only told what would be.
    """

    receipt: Id
    original: Original
    occurred_at: Aware
    lines: Annotated[list[LineBack], Meta(max_length=LINES_PER_SALE_MAX)] = []
    channel: Id = "store"
    store: Id | None = None
    till: Id | None = None
    staff: Id | None = None
    tenders: Annotated[list[Tender], Meta(max_length=50)] = []
    dry_run: bool = False
    programme: Annotated[int, Meta(ge=1, le=32_767)] | None = None
    point: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class ReturnedLine(Struct, frozen=True):
    """What comes back of a line, what goes back for it, and the quantity that may still come back."""

    line_id: str
    sku: str | None
    quantity: float
    amount_minor: int
    quantity_left: float


class ReturnAnswer(Struct, frozen=True):
    """A return, or what it would be.

    Of `refund_minor`, `refund_points_minor` was paid with points and goes back as points (`points_given_back`), the rest
    as money. `points_taken_back` were earned by what comes back; where they were spent the balance goes below zero, if
    the programme lets it. Where it says so, `recovered_minor` is kept of the money for `points_recovered` of them, and the
    till pays out `payout_minor`. `withheld_minor` of what was paid for these goods does not go back, since what is kept no
    longer reaches an offer of the sale. `replayed`: this was done before, and nothing was done now.
    """

    return_id: HexId | None
    sale_id: HexId
    receipt: str
    dry_run: bool
    currency: str
    lines: list[ReturnedLine]
    refund_minor: int
    refund_points_minor: int
    refund_money_minor: int
    points_taken_back: int
    points_given_back: int
    points_recovered: int
    recovered_minor: int
    payout_minor: int
    member: MemberAfter | None
    replayed: bool
    withheld_minor: int = 0


class _Plan(Struct, frozen=True):
    """A return worked out. `amounts` go back by line id, unless the till has `said` another one."""

    sale: KnownSale
    purchase: Purchase
    sold: list[SoldLine]
    coming: dict[str, int]
    said: dict[str, int]
    effects: Effects | None
    back: Back
    amounts: Mapping[str, int]

    def amount(self, name: str) -> int:
        """What goes back for a line."""
        return self.said.get(name, self.amounts.get(name, 0))

    @property
    def refund(self) -> int:
        """All that goes back, in minor units."""
        return sum(self.amount(name) for name in self.coming)

    @property
    def withheld(self) -> int:
        """What was paid for what comes back and does not go back, but for what the till says itself."""
        names = self.coming.keys() - self.said.keys()
        return max(0, sum(self.back.amounts.get(name, 0) - self.amount(name) for name in names))

    @property
    def money(self) -> int:
        """What of it goes back as money."""
        return self.refund - min(self.refund, self.back.points_minor)


@post("/v1/returns", summary="Take goods back", status_code=200)
async def take_return(visit: AtVisit, data: JSONBody[ReturnRequest]) -> ReturnAnswer:
    """Take back goods of a sale: what they earned is taken back from whoever earned it, what was spent on them goes back.

    409 `already_returned` names the quantity that is left. A return's receipt counts once, whatever the Idempotency-Key.
    """
    sale = await _original(visit, data.original)
    if data.dry_run:
        plan = await _planned(visit, data, sale)
        return _answer(data, plan, None, replayed=False, recovered=await _foreseen(visit, data, plan))
    async with alone_with(visit, sale.sale_id.hex):
        return await _take(visit, data, sale)


async def _original(visit: Visit, named: Original) -> KnownSale:
    """The sale that is meant. Raises NotFound (unknown_sale), Conflict where several may be or it was voided."""
    if (named.sale_id is None) == (named.receipt is None):
        raise InvalidInput("Name the sale by sale_id or by receipt.", field="original")
    if named.sale_id is not None:
        sale = await own_sale(visit, named.sale_id, field="original.sale_id")
    else:
        async with visit.api.database.read(visit.workspace_id) as conn:
            found = await sales_of_receipt(
                conn,
                visit.vault,
                receipt_key(visit, named.receipt or ""),
                store=named.store,
                till=named.till,
                business_date=named.business_date,
            )
        if not found:
            raise refused("unknown_sale", field="original.receipt")
        if len(found) > 1:
            raise refused("ambiguous_receipt", field="original")
        sale = found[0]
    if sale.void:
        raise refused("sale_void", field="original")
    return sale


async def _take(visit: Visit, data: ReturnRequest, sale: KnownSale) -> ReturnAnswer:
    day = data.occurred_at.astimezone(await zone_of(visit, data.store)).date()
    event = Event(
        id="",
        type="sale.refunded",
        occurred_at=data.occurred_at,
        channel=data.channel,
        store=data.store,
        till=data.till,
        staff=data.staff,
        sale=Sale(
            receipt=data.receipt,
            currency=sale.currency,
            total_minor=0,
            tenders=data.tenders,
            business_date=day,
            original_receipt=sale.receipt,
            original_store=sale.store,
            original_till=sale.till,
            original_business_date=sale.business_date,
        ),
    )
    return_id = _return_id(visit, event)
    event.id = f"till-return-{return_id}"
    before = await find_sale(visit.api.database, visit.vault, UUID(return_id))
    if before is not None:
        plan = await _planned(visit, data, sale, until=return_id)
        return _answer(data, plan, return_id, replayed=True, recovered=_kept(plan.effects, return_id))
    plan = await _planned(visit, data, sale)
    _fill(event, plan)
    if _recovers(plan):
        event.loyalty = Loyalty(programme=_programme(plan), recovers_minor=plan.money)
    await tell(visit, [event])
    effects = await effects_of(visit, sale, Wanted(data.programme, data.point))
    return _answer(
        data, plan, return_id, replayed=False, effects=effects, recovered=_kept(effects, return_id)
    )


def _recovers(plan: _Plan) -> bool:
    """Whether the programme keeps money for points that were spent already."""
    version = plan.effects.standing.version if plan.effects is not None else None
    return version is not None and version.programme.debt.recover_from_refund and plan.money > 0


def _programme(plan: _Plan) -> int:
    assert plan.effects is not None, "the caller looked"
    return plan.effects.standing.programme or 1


def _kept(effects: Effects | None, return_id: str) -> Sequence[Recovered]:
    """What was kept of the refund of a return."""
    earnings = effects.earnings if effects is not None else ()
    return [kept for one in earnings for kept in one.recovered.get(return_id, ())]


async def _foreseen(visit: Visit, data: ReturnRequest, plan: _Plan) -> Sequence[Recovered]:
    """What would be kept: the return is counted as a turn counts it, and nothing is written."""
    effects = plan.effects
    if effects is None or not effects.earnings or not _recovers(plan):
        return ()
    wanted, now = Wanted(data.programme, data.point), visit.deps.clock()
    taking = await load_taking(visit.api.database, visit.workspace_id, effects.found, wanted, now, whole=True)
    earning = effects.earnings[0]
    if taking is None or (earning.key, earning.record_id) not in taking.member.earnings:
        return ()
    taking.member.holds.update(effects.spent)
    skus = {line.line_id: line.sku for line in plan.sold}
    lines = [BackLine(name, skus[name], micro, plan.amount(name)) for name, micro in plan.coming.items()]
    back = Return(_DRY, data.occurred_at, lines)
    sold_at = plan.sale.occurred_at
    fact = Fact(
        earning.key, earning.record_id, sold_at, counted=True, returns={_DRY: back}, at=back.occurred_at
    )
    book = Book(taking.member, now=now, occurred_at=back.occurred_at, key=_DRY, new_id=visit.vault.hash)
    take(book, [fact], taking.versions, taking.person, recovers_minor=plan.money)
    return taking.member.earnings[earning.key, earning.record_id].recovered.get(_DRY, ())


def _return_id(visit: Visit, event: Event) -> str:
    told = row_of(event, source=visit.caller.source, event_key="0" * 32, zone=UTC, hash_=visit.vault.hash)
    assert told is not None, "it is a return"
    return told.sale_id


def _fill(event: Event, plan: _Plan) -> None:
    """Put in what comes back, line by line."""
    assert event.sale is not None, "it is a return"
    skus = {line.line_id: line.sku for line in plan.sold}
    event.sale.lines = [
        Line(name, skus[name], quantity=Decimal(quantity) / MICRO, total_minor=plan.amount(name))
        for name, quantity in plan.coming.items()
    ]
    event.sale.total_minor = sum(line.total_minor for line in event.sale.lines)


async def _planned(visit: Visit, data: ReturnRequest, sale: KnownSale, *, until: str | None = None) -> _Plan:
    """What a return brings back; of one that was taken (`until`), what it brought back then.

    Raises Conflict (already_returned), NotFound (unknown_line), and Unprocessable where a receipt is used again, or less
    goes back than was paid with points.
    """
    effects = await effects_of(visit, sale, Wanted(data.programme, data.point))
    # As it was counted, where it was; the event says as much of other sales.
    purchase = next((one.purchase for one in effects.earnings), None) if effects is not None else None
    async with visit.api.database.read(visit.workspace_id) as conn:
        if purchase is None:
            purchase = purchase_told(await told_of(conn, visit.vault, sale), sale)
        returns = await returns_of(conn, visit.vault, sale)
        used = await used_offers(conn, visit.vault, sale)
    ids = [one for one, _ in returns]
    place = ids.index(until) if until in ids else len(ids)
    sold = left_of(purchase, [lines for _, lines in returns[:place]])
    wanted = _back_lines(data, sold)
    matched = match(sold, wanted)
    if until is not None:
        if until not in ids or match(sold, returns[place][1]).lines != matched.lines:
            raise Unprocessable(
                "This receipt is of another return. Use a number of its own for each.",
                code="receipt_reused",
                field="receipt",
            )
    elif matched.over or not matched.lines:
        _refuse_over(data, matched)
    back = back_of(
        purchase,
        sold,
        matched.lines,
        point=effects.standing.point if effects is not None else None,
        earnings=effects.earnings if effects is not None else (),
        spent=effects.spent.values() if effects is not None else (),
    )
    amounts: Mapping[str, int] | None = None
    if until is not None:
        amounts = _gave(returns[place][1], back)
    elif used is not None:
        before = sum(line.amount_minor for _, lines in returns for line in lines)
        amounts = await asyncio.to_thread(given_back, used, sale, purchase, sold, matched.lines, before)
    plan = _Plan(
        sale,
        purchase,
        sold,
        matched.lines,
        _said(data, sold),
        effects,
        back,
        back.amounts if amounts is None else amounts,
    )
    if until is None and plan.refund < min(back.points_minor, back.total_minor):
        raise refused("below_points", field="lines", least=back.points_minor)
    return plan


def _gave(told: Sequence[BackLine], back: Back) -> dict[str, int]:
    """What a return that was taken gave back by line id, as it was told then."""
    named = {line.line_id: line.amount_minor for line in told if line.line_id is not None}
    return back.amounts | named


def _back_lines(data: ReturnRequest, sold: Sequence[SoldLine]) -> list[BackLine]:
    """What is asked to come back. Raises NotFound (unknown_line) with the line."""
    if not data.lines:
        return [BackLine(line.line_id, line.sku, line.left_micro) for line in sold if line.left_micro]
    known = {line.line_id for line in sold} | {line.sku for line in sold if line.sku is not None}
    out = []
    for place, line in enumerate(data.lines):
        quantity = micro(line.quantity, f"lines[{place}].quantity")
        if quantity <= 0:
            raise InvalidInput("A quantity that comes back is above zero.", field=f"lines[{place}].quantity")
        if line.line_id not in known and (line.sku is None or line.sku not in known):
            raise NotFound("The sale has no such line.", code="unknown_line", field=f"lines[{place}]")
        out.append(BackLine(line.line_id, line.sku, quantity))
    return out


def _said(data: ReturnRequest, sold: Sequence[SoldLine]) -> dict[str, int]:
    """The amounts the till says, by line id; of a SKU that is one line."""
    by_sku: dict[str | None, list[str]] = {}
    for bought in sold:
        by_sku.setdefault(bought.sku, []).append(bought.line_id)
    ids = {bought.line_id for bought in sold}
    out = {}
    for place, line in enumerate(data.lines):
        if line.total_minor is None:
            continue
        names = [line.line_id] if line.line_id in ids else by_sku.get(line.sku, [])
        if len(names) != 1 or names[0] is None:
            raise InvalidInput(
                "Name the line by its id where you say what goes back for it.",
                field=f"lines[{place}].line_id",
            )
        out[names[0]] = line.total_minor
    return out


def _refuse_over(data: ReturnRequest, matched: Matched) -> NoReturn:
    """Raises Conflict (already_returned) with what is left, of the line that is over."""
    over = matched.over[0] if matched.over else Over(0, 0)
    what = over.line_id or over.sku or "the sale"
    place = next(
        (
            n
            for n, line in enumerate(data.lines)
            if over.line_id in (line.line_id, None) and over.sku in (line.sku, None)
        ),
        None,
    )
    field = "original" if place is None else f"lines[{place}].quantity"
    raise refused("already_returned", field=field, left=items_of(over.left), what=what)


def _answer(
    data: ReturnRequest,
    plan: _Plan,
    return_id: str | None,
    *,
    replayed: bool,
    effects: Effects | None = None,
    recovered: Sequence[Recovered] = (),
) -> ReturnAnswer:
    now = effects or plan.effects
    left = {line.line_id: line for line in after(plan.sold, plan.coming)}
    lines = [
        ReturnedLine(
            line_id=name,
            sku=left[name].sku,
            quantity=items_of(quantity),
            amount_minor=plan.amount(name),
            quantity_left=items_of(left[name].left_micro),
        )
        for name, quantity in plan.coming.items()
    ]
    refund, kept = plan.refund, sum(one.minor for one in recovered)
    return ReturnAnswer(
        return_id=return_id,
        sale_id=plan.sale.sale_id.hex,
        receipt=data.receipt,
        dry_run=data.dry_run,
        currency=plan.sale.currency,
        lines=lines,
        refund_minor=refund,
        refund_points_minor=refund - plan.money,
        refund_money_minor=plan.money,
        points_taken_back=plan.back.taken,
        points_given_back=plan.back.given,
        points_recovered=sum(one.points for one in recovered),
        recovered_minor=kept,
        payout_minor=plan.money - kept,
        member=member_after(now) if now is not None else None,
        replayed=replayed,
        withheld_minor=plan.withheld,
    )
