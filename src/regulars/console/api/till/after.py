"""What a till is told once a sale was confirmed, voided, returned or claimed.

It is read from what the sale left in the books, so a repeat is told the same: what it gave and took, and what its member
has now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated, Literal

from msgspec import Meta, Struct

from regulars.capabilities.loyalty import state
from regulars.capabilities.loyalty.state import Earning
from regulars.capabilities.loyalty.state import Hold as Held
from regulars.capabilities.loyalty.tiers import tier_at
from regulars.capabilities.loyalty.watching import held_back
from regulars.console.api.deps import Visit
from regulars.console.api.shapes import Id as HexId
from regulars.console.services.lookups import Found
from regulars.console.services.members import Standing, Wanted, standing_questions, standings_among
from regulars.console.services.till_sales import KnownSale, earnings_among, earnings_question
from regulars.store.pipeline import Call
from regulars.store.reading import Answer

from .holds import find_holds, holds_among, holds_question
from .reading import find_member

HoldState = Literal["open", "captured", "released", "timed_out"]


class MemberAfter(Struct, frozen=True):
    """What a sale gave its member and took from them, and what they have now; `pending` points come later.

    `tier_before` is the tier they would have without this sale: another one than `tier` where it made the difference.
    """

    member_id: HexId
    programme: int
    point: str
    points_earned: Annotated[int, Meta(description="Without what returns took back.")]
    points_burned: Annotated[int, Meta(description="Without what returns gave back.")]
    balance: int
    held: int
    pending: int
    available: int
    tier: str | None
    tier_before: str | None
    waits: Annotated[
        str | None,
        Meta(
            description="Why the points of this sale are held back until a person decides; null where they are not."
        ),
    ] = None


class SaleHold(Struct, frozen=True, omit_defaults=True):
    """What became of a hold that the sale names; `reward` is the code of what it was for, left out for plain points.

    `stays`: why its points did not come back although the sale was voided, left out where they did.
    """

    id: HexId
    state: HoldState
    captured: int
    reward: str | None = None
    stays: Annotated[
        Literal["voucher_used"] | None,
        Meta(description="The voucher that these points bought is used or reserved, so they stay spent."),
    ] = None


class SaleAnswer(Struct, frozen=True):
    """A sale, and what it did to its member's points; `member` is null for anonymous sales and those of no member.

    `points_over`: points that an offline till let be spent beyond its limit or what there was; the shop's loss, for
    somebody to look at. `replayed`: this was done before, and nothing was done now.
    """

    sale_id: HexId
    receipt: str
    version: int
    void: bool
    member: MemberAfter | None
    holds: list[SaleHold]
    points_over: int
    replayed: bool


class Effects(Struct, frozen=True):
    """What a sale did, in points of the type that is told of. `spent`: holds it captured; `holds`: and those it named."""

    found: Found
    standing: Standing
    earnings: list[Earning]
    spent: dict[str, Held]
    holds: dict[str, Held]
    unheld_id: str

    @property
    def over(self) -> int:
        """Points the shop paid for."""
        unheld = self.spent.get(self.unheld_id)
        return unheld.amount - unheld.captured if unheld is not None else 0


class Sold(Struct, frozen=True):
    """A sale that was just told, whose it is where that was read, and the answers to `effects_questions` then."""

    sale: KnownSale
    found: Found | None
    told: Answer


async def effects_of(
    visit: Visit,
    sale: KnownSale,
    wanted: Wanted,
    *,
    sold: Sold | None = None,
    named: Collection[str] = (),
) -> Effects | None:
    """What a sale did; None where it counts for nobody who takes part. `sold`: where that was read already."""
    if sale.profile_id is None:
        return None
    if sold is not None and sold.found is not None:
        return _effects_among(visit, sale, sold.found, wanted, sold.told)
    found = await find_member(visit, sale.profile_id.hex)
    told = await visit.api.database.ask(visit.workspace_id, *effects_questions(visit, sale, found, named))
    return _effects_among(visit, sale, found, wanted, told)


def effects_questions(visit: Visit, sale: KnownSale, found: Found, named: Collection[str] = ()) -> list[Call]:
    """Asks what a sale did to its member, and for the holds it named."""
    sale_id, records = sale.sale_id.hex, [part.record_id.hex for part in found.parts]
    return [
        earnings_question(visit.workspace_id, records, sale_id),
        holds_question(visit, ids=named, sale_id=sale_id),
        *standing_questions(visit.workspace_id, [found]),
    ]


def _effects_among(
    visit: Visit, sale: KnownSale, found: Found, wanted: Wanted, answers: Answer
) -> Effects | None:
    told, held, *books = answers
    sale_id = sale.sale_id.hex
    standing = standings_among([found], books, wanted, visit.deps.clock())[found.profile_id]
    earnings = [one for one in earnings_among(told) if one.programme == standing.programme]
    if standing.point is None or not (standing.enrolled or earnings):
        return None
    holds = holds_among(held)
    return Effects(
        found,
        standing,
        earnings,
        {name: hold for name, hold in holds.items() if hold.sale_id == sale_id},
        holds,
        visit.vault.hash("unheld", sale_id, str(standing.programme), standing.point),
    )


def member_after(effects: Effects) -> MemberAfter:
    """What a member has, with what the sale did."""
    standing, point = effects.standing, effects.standing.point or ""
    return MemberAfter(
        member_id=effects.found.profile_id.hex,
        programme=standing.programme or 0,
        point=point,
        points_earned=sum(
            posted.given - posted.taken
            for one in effects.earnings
            for posted in one.posted
            if posted.point == point
        ),
        points_burned=sum(
            hold.captured - hold.returned
            for hold in effects.spent.values()
            if hold.point == point and hold.programme == standing.programme
        ),
        balance=standing.balance,
        held=standing.held,
        pending=standing.pending,
        available=max(0, standing.balance - standing.held),
        tier=standing.tier.tier if standing.tier is not None else None,
        tier_before=_tier_before(effects),
        waits=next((why for one in effects.earnings if (why := held_back(one, standing.at))), None),
    )


def _tier_before(effects: Effects) -> str | None:
    """The tier without the credit of this sale."""
    standing = effects.standing
    if standing.tier is None or standing.version is None:
        return None
    programme, days = standing.version.programme, dict(standing.credits)
    for one in effects.earnings:
        day, credit = programme.day_of(one.occurred_at), sum(credit for _, credit in one.credit)
        if one.counted and credit:
            days[day] = days.get(day, 0) - credit
    left = [(day, credit) for day, credit in days.items() if credit]
    return tier_at(programme, left, programme.day_of(standing.at)).tier


async def answer_of(
    visit: Visit,
    sale: KnownSale,
    wanted: Wanted,
    *,
    replayed: bool,
    sold: Sold | None = None,
    holds: Iterable[str] = (),
    unasked: int = 0,
) -> SaleAnswer:
    """What is told of a sale. `sold`: what was read of it already; `holds`: those it named; `unasked`: points it let be
    spent without asking."""
    named = set(holds)
    effects = await effects_of(visit, sale, wanted, sold=sold, named=named)
    known = effects.holds if effects is not None else {}
    if effects is None and named:
        known = await find_holds(visit, ids=named, sale_id=sale.sale_id.hex)
    return SaleAnswer(
        sale_id=sale.sale_id.hex,
        receipt=sale.receipt,
        version=sale.version,
        void=sale.void,
        member=member_after(effects) if effects is not None else None,
        holds=[
            SaleHold(
                one.hold_id,
                _state(visit, one),
                one.captured,
                one.reward.code if one.reward is not None else None,
                "voucher_used" if sale.void and one.for_voucher else None,
            )
            for one in sorted(known.values(), key=lambda one: one.hold_id)
            if one.hold_id in named or effects is None or one.hold_id != effects.unheld_id
        ],
        points_over=effects.over if effects is not None else unasked,
        replayed=replayed,
    )


def _state(visit: Visit, hold: Held) -> HoldState:
    """How a hold stands; one whose time is over is, whether that was posted already or not."""
    over = hold.state == state.OPEN and not state.is_open(hold, visit.deps.clock())
    return "timed_out" if over else hold.state  # type: ignore[return-value]
