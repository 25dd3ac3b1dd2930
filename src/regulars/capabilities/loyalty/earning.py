"""What a sale or an event earns: points by every rule that fits, shared out over the lines, and tier credit.

Each rule multiplies exactly and rounds down once for the whole sale; its points are then shared out over the lines it
came from, so that a return takes back what those lines gave. The time of the sale alone decides: it selects rules,
multipliers and the tier, and the end of the points counts from it.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from math import lcm
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from regulars.capabilities.profile.state import MICRO

from .expiry import active_from, expires_at
from .programme import Programme
from .purchase import Purchase, bases
from .spreading import rounded_down, settle, spread
from .terms import Bonus, Caps, EarnRule, Multiplier
from .where import Moment, chosen, holds, moment, tender_share

Usage = dict[tuple[str, str], int]
"""Points by (rule or bonus, period): ever, or year:2026, month:2026-11, day:2026-11-26 in the programme's zone."""

EVER: Final = "ever"
MARK: Final = "\x1f"
"""Between rule and period in the key that an account counts points under."""


class Standing(Struct, frozen=True):
    """What is known of the customer just before. `tier`: its code, empty for the first one. `birth`: (month, day).

    `first_purchase`: nothing was bought before. `used`: points already given by a rule in a period, less those taken
    back; it needs the periods `periods` names.
    """

    tier: str = ""
    enrolled_at: datetime | None = None
    birth: tuple[int, int] | None = None
    first_purchase: bool = False
    used: Mapping[tuple[str, str], int] = field(default_factory=dict)


class Grant(Struct, frozen=True):
    """Points one rule gives. `lines`: (line id, points), adding up to `points`; none for an event without a sale.

    `expires_at` is the first instant they are gone. `points` are negative for a sale in which more came back than was
    bought, and 0 for one whose cap was used up.
    """

    rule: str
    point: str
    points: int
    lines: tuple[tuple[str, int], ...]
    active_at: datetime
    expires_at: datetime | None
    capped: bool = False
    multipliers: tuple[str, ...] = ()


class Earned(Struct, frozen=True):
    """All that was earned: grants in the order of the programme, tier credit with its lines, and what caps count."""

    grants: tuple[Grant, ...] = ()
    credit: int = 0
    credit_lines: tuple[tuple[str, int], ...] = ()
    usage: Usage = field(default_factory=dict)


def earn(programme: Programme, purchase: Purchase, standing: Standing) -> Earned:
    """What a sale earns this customer. The same values in give the same out, in whatever order the lines come."""
    if purchase.currency not in programme.currencies or not takes_part(
        programme, purchase.occurred_at, standing
    ):
        return Earned()
    base = bases(purchase, programme.exclude)
    now = _moment(programme, purchase.occurred_at, standing, purchase.store, purchase.channel)
    multiplied = _multipliers(programme, purchase, base, now)
    grants: list[Grant] = []
    usage: Usage = {}
    for rule in programme.earn:
        if holds(rule.where, now):
            grant = _by_rule(programme, rule, purchase, base, multiplied, now, standing)
            _keep(grant, _counted(rule.caps), now.day, grants, usage)
    by_rules = tuple(grants)
    for bonus in programme.bonus:
        if bonus.with_sale and holds(bonus.where, now) and _due(bonus, now.day, standing):
            grant = _bonus(programme, bonus, purchase.occurred_at, chosen(bonus.where, purchase, base))
            _keep(grant, _once(bonus), now.day, grants, usage)
    credit, lines = _credit(programme, purchase.currency, base, by_rules)
    return Earned(tuple(grants), credit, lines, usage)


def earn_for(
    programme: Programme,
    kind: str,
    occurred_at: datetime,
    standing: Standing,
    *,
    store: str | None = None,
    channel: str | None = None,
) -> Earned:
    """What an event without a sale earns: `kind` is enrolment, birthday, referral, review or custom.NAME.

    A birthday gives what is a gift on the day; bonuses with a purchase come from `earn`.
    """
    if not takes_part(programme, occurred_at, standing):
        return Earned()
    now = _moment(programme, occurred_at, standing, store, channel)
    grants: list[Grant] = []
    usage: Usage = {}
    for bonus in programme.bonus:
        meant = bonus.on == kind and not bonus.with_sale
        if meant and holds(bonus.where, now) and not _given(bonus, now.day, standing):
            _keep(_bonus(programme, bonus, occurred_at, None), _once(bonus), now.day, grants, usage)
    return Earned(tuple(grants), usage=usage)


def takes_part(programme: Programme, at: datetime, standing: Standing) -> bool:
    """Whether what happened then counts: for programmes one joins, from the day of joining, or as long before as
    the programme says. Who has a card or is known is for the caller to see."""
    if programme.members.who != "enrolled":
        return True
    if standing.enrolled_at is None:
        return False
    first = programme.day_of(standing.enrolled_at) - timedelta(days=programme.members.sales_before_days)
    return programme.day_of(at) >= first


def periods(programme: Programme, at: datetime) -> tuple[str, ...]:
    """The periods an instant falls in, as usage is counted: those that `Standing.used` must hold for it."""
    day = programme.day_of(at)
    return tuple(_period(name, day) for name in ("day", "month", "year", "ever"))


def usage_of(programme: Programme, rule: str, at: datetime, points: int) -> Usage:
    """What caps count for points of a rule at the time of its sale or event; negative points give it back."""
    counted: Iterable[str] = ()
    for earning in programme.earn:
        if earning.id == rule:
            counted = _counted(earning.caps)
    for bonus in programme.bonus:
        if bonus.id == rule:
            counted = _once(bonus)
    day = programme.day_of(at)
    return {(rule, _period(name, day)): points for name in counted}


def birthday_in(year: int, birth: tuple[int, int]) -> date:
    """The birthday of a year; one of 29 February falls on the 28th where there is none."""
    month, day = birth
    return date(year, 2, 28) if (month, day) == (2, 29) and not isleap(year) else date(year, month, day)


def _moment(
    programme: Programme, at: datetime, standing: Standing, store: str | None, channel: str | None
) -> Moment:
    tier = standing.tier or (programme.tier[0].code if programme.tier else "")
    return moment(at, programme.zone, tier, store, channel)


def _period(name: str, day: date) -> str:
    match name:
        case "day":
            return f"day:{day.isoformat()}"
        case "month":
            return f"month:{day.isoformat()[:7]}"
        case "year":
            return f"year:{day.isoformat()[:4]}"
    return EVER


def _counted(caps: Caps) -> tuple[str, ...]:
    """The periods a rule's caps look at."""
    named = (("day", caps.day), ("month", caps.month), (EVER, caps.lifetime))
    return tuple(name for name, most in named if most is not None)


def _once(bonus: Bonus) -> tuple[str, ...]:
    return () if bonus.period == "always" else (bonus.period,)


def _keep(grant: Grant | None, counted: Iterable[str], day: date, grants: list[Grant], usage: Usage) -> None:
    if grant is None:
        return
    grants.append(grant)
    if grant.points:
        usage.update({(grant.rule, _period(name, day)): grant.points for name in counted})


class _Multiplied(Struct):
    """A multiplier at work: the lines it is for, and its factor as a fraction."""

    multiplier: Multiplier
    lines: Mapping[str, int]
    numerator: int
    denominator: int


def _multipliers(
    programme: Programme, purchase: Purchase, base: Mapping[str, int], now: Moment
) -> list[_Multiplied]:
    out = []
    for one in programme.multiplier:
        if not holds(one.where, now):
            continue
        lines = chosen(one.where, purchase, base)
        part, whole = tender_share(one.where, purchase, programme.exclude)
        if lines and part:
            # What was not paid by the tenders meant counts once.
            out.append(_Multiplied(one, lines, 100 * whole + (one.percent - 100) * part, 100 * whole))
    return out


def _factor(programme: Programme, at_work: list[_Multiplied], line: str) -> tuple[int, int]:
    """The factor of a line as a fraction: the highest of its multipliers, or all of them multiplied."""
    numerator, denominator = 1, 1
    for one in at_work:
        if line not in one.lines:
            continue
        if programme.combine == "multiply":
            numerator, denominator = numerator * one.numerator, denominator * one.denominator
        elif one.numerator * denominator > numerator * one.denominator:
            numerator, denominator = one.numerator, one.denominator
    return numerator, denominator


def _by_rule(
    programme: Programme,
    rule: EarnRule,
    purchase: Purchase,
    base: Mapping[str, int],
    multiplied: list[_Multiplied],
    now: Moment,
    standing: Standing,
) -> Grant | None:
    lines = chosen(rule.where, purchase, base)
    part, whole = tender_share(rule.where, purchase, programme.exclude)
    if not part or not any(lines.values()):
        return None
    at_work = [one for one in multiplied if not one.multiplier.rules or rule.id in one.multiplier.rules]
    if rule.per == "sale":
        exact, denominator, at_work = _fixed(rule, lines), 1, []
    elif rule.per == "unit":
        exact, denominator = _exact(programme, _units(purchase, lines), rule.points or 0, MICRO, at_work)
    else:
        rate = rule.rates.get(purchase.currency) if rule.rates else programme.currencies[purchase.currency]
        if rate is None:
            return None
        exact, denominator = _exact(programme, lines, rate.points * part, rate.per_minor * whole, at_work)
    points = rounded_down(list(exact.values()), denominator)
    allowed = _allowed(rule, points, now.day, standing)
    shares = settle(points, exact, denominator) if allowed == points else spread(allowed, exact)
    # An exchange may come to nothing while its lines do not: each has its share to take back.
    if allowed == points and not any(shares.values()):
        return None
    applied = tuple(one.multiplier.id for one in at_work if any(lines.get(name) for name in one.lines))
    at = purchase.occurred_at
    capped = allowed != points
    return _grant(programme, rule.id, rule.point, shares, at, capped=capped, multipliers=applied)


def _exact(
    programme: Programme, amounts: Mapping[str, int], points: int, per: int, at_work: list[_Multiplied]
) -> tuple[dict[str, int], int]:
    """The exact points of each line over one denominator: amount x points / per x factor."""
    if not at_work:
        return {name: amount * points for name, amount in amounts.items()}, per
    factors = {name: _factor(programme, at_work, name) for name in amounts}
    common = lcm(*(denominator for _numerator, denominator in factors.values()))
    exact = {
        name: amount * points * factors[name][0] * (common // factors[name][1])
        for name, amount in amounts.items()
    }
    return exact, per * common


def _units(purchase: Purchase, lines: Mapping[str, int]) -> dict[str, int]:
    """Units in millionths of the lines that earn; those that came back count against it."""
    out = {}
    for line in purchase.lines:
        earning = lines.get(line.line_id, 0)
        if earning:
            out[line.line_id] = abs(line.quantity_micro) * (1 if earning > 0 else -1)
    return out


def _fixed(rule: EarnRule, lines: Mapping[str, int]) -> dict[str, int]:
    """Points for the sale as a whole, where something was bought: they lie on what was."""
    bought = {name: minor for name, minor in lines.items() if minor > 0}
    return spread(rule.points or 0, bought) if sum(lines.values()) > 0 else {}


def _allowed(rule: EarnRule, points: int, day: date, standing: Standing) -> int:
    """So many of the points as the caps leave; what is taken back is never capped."""
    caps = rule.caps
    allowed = points if caps.sale is None else min(points, caps.sale)
    for name, most in (("day", caps.day), ("month", caps.month), (EVER, caps.lifetime)):
        if most is not None:
            left = most - standing.used.get((rule.id, _period(name, day)), 0)
            allowed = min(allowed, max(left, 0))
    return points if points < 0 else allowed


def _grant(
    programme: Programme,
    rule: str,
    point: str,
    shares: Mapping[str, int],
    at: datetime,
    *,
    capped: bool = False,
    multipliers: tuple[str, ...] = (),
) -> Grant:
    kind, zone = programme.point_type(point), programme.zone
    active = active_from(at, kind.pending_days, zone)
    lines = tuple(sorted((name, points) for name, points in shares.items() if points))
    total = sum(shares.values())
    return Grant(
        rule, point, total, lines, active, expires_at(kind.expiry, active, zone), capped, multipliers
    )


def _given(bonus: Bonus, day: date, standing: Standing) -> bool:
    return any(standing.used.get((bonus.id, _period(name, day)), 0) > 0 for name in _once(bonus))


def _due(bonus: Bonus, day: date, standing: Standing) -> bool:
    """Whether a bonus that comes with a purchase is due on that day."""
    if _given(bonus, day, standing):
        return False
    if bonus.on == "first_purchase":
        return standing.first_purchase
    if standing.birth is None:
        return False
    if bonus.birthday == "purchase_in_month":
        return day.month == standing.birth[0]
    return day == birthday_in(day.year, standing.birth)


def _bonus(programme: Programme, bonus: Bonus, at: datetime, lines: Mapping[str, int] | None) -> Grant | None:
    """The points of a bonus, on the lines bought where it comes with a sale; None where nothing was."""
    if lines is None:
        return replace(_grant(programme, bonus.id, bonus.point, {"": bonus.points}, at), lines=())
    if sum(lines.values()) <= 0:
        return None
    shares = spread(bonus.points, {name: minor for name, minor in lines.items() if minor > 0})
    return _grant(programme, bonus.id, bonus.point, shares, at)


def _credit(
    programme: Programme, currency: str, base: Mapping[str, int], grants: tuple[Grant, ...]
) -> tuple[int, tuple[tuple[str, int], ...]]:
    """Tier credit of a sale with its lines: what was spent, or the points its rules gave; bonuses never count."""
    shares: dict[str, int] = {}
    if programme.credit.of == "points":
        for grant in grants:
            for name, points in grant.lines if grant.point == programme.credit_point else ():
                shares[name] = shares.get(name, 0) + points
    else:
        rate = programme.currencies[currency]
        exact = {name: minor * rate.credit for name, minor in base.items()}
        shares = settle(
            rounded_down(list(exact.values()), rate.credit_per_minor), exact, rate.credit_per_minor
        )
    return sum(shares.values()), tuple(sorted((name, credit) for name, credit in shares.items() if credit))
