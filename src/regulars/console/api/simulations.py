"""Trying a loyalty programme: one basket for one customer, and the sales of the last days under a draft."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from litestar import get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from regulars.capabilities.loyalty.programme import Programme
from regulars.capabilities.loyalty.simulation import Tally, worth
from regulars.capabilities.loyalty.trying import Tried
from regulars.console.services.baskets import Basket, try_out
from regulars.console.services.programmes import number_of
from regulars.console.services.simulations import DAYS, Run
from regulars.engine.simulation import DAYS_MAX
from regulars.vocabulary import scopes
from regulars.vocabulary.errors import NotFound

from .deps import AtVisit
from .programmes import programmes_of

NEEDED: Final = scopes.PROFILES_READ


class PointsByLine(Struct, frozen=True):
    """Points that lie on a line of the basket."""

    line_id: str
    points: int


class BasketGrant(Struct, frozen=True):
    """Points one rule gives, with its sentences and those of the multipliers that applied; `capped` where a cap cut them."""

    rule: str
    point: str
    points: int
    lines: list[PointsByLine]
    because: list[str]
    multiplied: list[str]
    active_at: datetime
    expires_at: datetime | None
    capped: bool


class BasketTrial(Struct, frozen=True):
    """What a basket gives by one version. `silent`: rules that give nothing for it."""

    takes_part: bool
    tier: str
    tier_after: str
    grants: list[BasketGrant]
    credit: int
    silent: list[str]


class TriedBasket(Struct, frozen=True):
    """A basket by the draft and, beside it, by the version that holds; null where none does."""

    draft: BasketTrial
    live: BasketTrial | None
    version: int | None


class DaysToCount(Struct, forbid_unknown_fields=True):
    """How many of the last days to count."""

    days: Annotated[int, Meta(ge=1, le=DAYS_MAX)] = DAYS


class PointsOf(Struct, frozen=True):
    """Points of a type: given, taken back by returns, and what of them has not ended."""

    point: str
    given: int
    taken_back: int
    left: int


class PointsByRule(Struct, frozen=True):
    """Points one rule gave, less what returns took back."""

    rule: str
    points: int


class MembersInTier(Struct, frozen=True):
    """Members in a tier in the end: those who bought or have tier credit."""

    tier: str
    members: int


class Liability(Struct, frozen=True):
    """What the points left are worth if all are spent, in minor units."""

    currency: str
    amount_minor: int


class SimulatedSide(Struct, frozen=True):
    """What one version gave. `members` took part and bought something."""

    members: int
    points: list[PointsOf]
    rules: list[PointsByRule]
    tiers: list[MembersInTier]
    liability: list[Liability]


class ReallyGiven(Struct, frozen=True):
    """Points the books hold for the same days: given, and taken back by returns."""

    point: str
    given: int
    taken_back: int


class SimulatedSales(Struct, frozen=True):
    """The draft beside what holds, beside what was really given. `tier_*`: members the draft would move, or not.

    `assumed_joined`: nobody has joined yet, so every known customer was counted as if they had.
    """

    sales: int
    customers: int
    draft: SimulatedSide
    live: SimulatedSide | None
    given: list[ReallyGiven]
    tier_up: int
    tier_down: int
    tier_same: int
    assumed_joined: bool


class SalesSimulation(Struct, frozen=True):
    """A simulation on its way: `share` of the work done (0 to 1), then what was found, or in `fault` why nothing was.

    `digest` is of the draft that was counted, `version` the one that held.
    """

    number: int
    digest: str
    version: int | None
    days: int
    asked_at: datetime
    share: float
    found: SimulatedSales | None
    fault: str | None


@post("/v1/programmes/{number:str}/simulate", summary="Try a basket", status_code=200)
async def simulate_basket(visit: AtVisit, number: FromPath[str], data: JSONBody[Basket]) -> TriedBasket:
    """What a sale would give by the draft and by what holds, and why; nothing is kept. With `customer` it needs profiles:read."""
    if data.customer is not None:
        scopes.require(visit.caller.scopes, NEEDED)
    trial = await try_out(
        programmes_of(visit),
        visit.api.database,
        visit.workspace_id,
        number_of(number),
        data,
        visit.deps.clock(),
    )
    live = _trial(trial.live) if trial.live is not None else None
    return TriedBasket(_trial(trial.draft), live, trial.version)


@post("/v1/programmes/{number:str}/simulate/sales", summary="Count sales under a draft", status_code=202)
async def start_simulation(
    visit: AtVisit, number: FromPath[str], data: JSONBody[DaysToCount]
) -> SalesSimulation:
    """Begin to count the sales of the last days by the draft; read it by GET. One at a time: 409 while another draft is counted."""
    run = await visit.deps.simulations.start(
        visit.workspace_id, programmes_of(visit), number_of(number), data.days
    )
    return _shown(run)


@get("/v1/programmes/{number:str}/simulate/sales", summary="Show counted sales")
async def show_simulation(visit: AtVisit, number: FromPath[str]) -> SalesSimulation:
    """How far the count is, or what it found. It is kept until the next one or until the program ends."""
    run = visit.deps.simulations.last(visit.workspace_id, number_of(number))
    if run is None:
        raise NotFound("No sales were counted under this draft.", field="number")
    return _shown(run)


def _trial(tried: Tried) -> BasketTrial:
    grants = [
        BasketGrant(
            one.rule,
            one.point,
            one.points,
            [PointsByLine(*line) for line in one.lines],
            [sentence.text for sentence in one.because],
            [sentence.text for sentence in one.multiplied],
            one.active_at,
            one.expires_at,
            one.capped,
        )
        for one in tried.given
    ]
    return BasketTrial(
        tried.takes_part, tried.tier, tried.tier_after, grants, tried.credit, list(tried.silent)
    )


def _side(programme: Programme, tally: Tally) -> SimulatedSide:
    points = [
        PointsOf(code, one.given, one.taken_back, sum(one.left.values()))
        for code, one in sorted(tally.points.items())
    ]
    return SimulatedSide(
        tally.members,
        points,
        [PointsByRule(*one) for one in sorted(tally.rules.items())],
        [MembersInTier(tier.code, tally.tiers.get(tier.code, 0)) for tier in programme.tier],
        [Liability(*one) for one in sorted(worth(programme, tally).items())],
    )


def _shown(run: Run) -> SalesSimulation:
    found = run.found
    shown = None
    if found is not None:
        moves, outcome = found.outcome.moves, found.outcome
        shown = SimulatedSales(
            outcome.sales,
            outcome.customers,
            _side(run.draft, outcome.draft),
            _side(run.live, outcome.live) if run.live is not None and outcome.live is not None else None,
            [ReallyGiven(one.point, one.given, one.taken_back) for one in found.given],
            moves.up,
            moves.down,
            moves.same,
            found.assumed,
        )
    return SalesSimulation(
        run.number, run.digest, run.version, run.days, run.asked_at, run.share, shown, run.fault
    )
