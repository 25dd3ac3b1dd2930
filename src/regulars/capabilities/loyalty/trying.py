"""One basket for one customer: what a programme gives, by which rules, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct, field

from .earning import Earned, Standing, takes_part
from .programme import Programme
from .purchase import Purchase, with_kinds
from .saying import Sentence
from .sentences import describe
from .tiers import tier_at
from .upgrading import earn_in_basket
from .watching import counts, uses_name, why


class Shopper(Struct, frozen=True):
    """Who buys. `tier` is taken for granted where it is given; else it follows from `credits`, of a real member.

    `enrolled_at` is None for who takes no part.
    """

    enrolled_at: datetime | None
    tier: str | None = None
    credits: Sequence[tuple[date, int]] = ()
    first_purchase: bool = False
    used: dict[tuple[str, str], int] = field(default_factory=dict)


class Given(Struct, frozen=True):
    """Points of one rule, with the sentences that say why, and those of the multipliers that applied."""

    rule: str
    point: str
    points: int
    lines: tuple[tuple[str, int], ...]
    because: tuple[Sentence, ...]
    multiplied: tuple[Sentence, ...]
    active_at: datetime
    expires_at: datetime | None
    capped: bool


class Tried(Struct, frozen=True):
    """What a basket gives. `takes_part` is false where the customer or the currency is none of the programme's.

    `tier` is the customer's at the time, `tier_after` with the basket's credit, empty without tiers; `silent` are rules
    and bonuses that give nothing for it. `waits`: why a person would have to look first, as far as the day's limits say.
    """

    takes_part: bool
    tier: str
    tier_after: str
    given: tuple[Given, ...] = ()
    credit: int = 0
    waits: str = ""
    silent: tuple[str, ...] = ()

    def total(self, point: str) -> int:
        """All points of a type."""
        return sum(one.points for one in self.given if one.point == point)


def try_basket(programme: Programme, purchase: Purchase, shopper: Shopper) -> Tried:
    """What a sale would give now, without any being kept."""
    day = programme.day_of(purchase.occurred_at)
    tier = _tier(programme, shopper, day)
    standing = Standing(tier, shopper.enrolled_at, None, shopper.first_purchase, shopper.used)
    part = purchase.currency in programme.currencies and shopper.enrolled_at is not None
    if not part or not takes_part(programme, purchase.occurred_at, standing):
        return Tried(takes_part=False, tier=tier, tier_after=tier)
    earned = earn_in_basket(programme, with_kinds(purchase, programme.kinds), standing, shopper.credits)
    counted = counts(programme, earned, day, bought=True)
    spoke = {grant.rule for grant in earned.grants}
    rules = [rule.id for rule in programme.earn] + [bonus.id for bonus in programme.bonus if bonus.with_sale]
    return Tried(
        takes_part=True,
        tier=tier,
        tier_after=_after(programme, shopper, day, earned, tier),
        given=_given(programme, earned),
        credit=earned.credit,
        waits=why(programme, earned, counted, used=shopper.used, uses=shopper.used.get(uses_name(day), 0)),
        silent=tuple(rule for rule in rules if rule not in spoke),
    )


def _tier(programme: Programme, shopper: Shopper, day: date) -> str:
    codes = [tier.code for tier in programme.tier]
    if shopper.tier is not None and shopper.tier in codes:
        return shopper.tier
    return tier_at(programme, shopper.credits, day).tier


def _after(programme: Programme, shopper: Shopper, day: date, earned: Earned, tier: str) -> str:
    """The tier with the credit of the basket; a tier taken for granted is never lost by buying."""
    codes = [one.code for one in programme.tier]
    reached = tier_at(programme, [*shopper.credits, (day, earned.credit)], day).tier
    return max((tier, reached), key=codes.index) if codes else ""


def _given(programme: Programme, earned: Earned) -> tuple[Given, ...]:
    said: dict[str, list[Sentence]] = {}
    for sentence in describe(programme):
        said.setdefault(sentence.about, []).append(sentence)
    return tuple(
        Given(
            grant.rule,
            grant.point,
            grant.points,
            grant.lines,
            tuple(said.get(f"earn.{grant.rule}") or said.get(f"bonus.{grant.rule}") or ()),
            tuple(sentence for name in grant.multipliers for sentence in said.get(f"multiplier.{name}", ())),
            grant.active_at,
            grant.expires_at,
            grant.capped,
        )
        for grant in earned.grants
    )
