"""What points owed to customers are worth in the books, by IFRS 15 (B39–B47), and the figures beside it.

Points earned with a purchase are a promise of their own: a part of the price is put off until they are spent. Two
rules hold throughout. Every amount is an exact fraction of minor units until it is shown; then what was set aside
and what was recognised since the first day are rounded, half to even. And every balance and movement is a difference
of such figures, so that a report adds up across, down and from one period to the next.

A cohort is the points that were issued in one month, in one currency. Its liability follows from five numbers:
what was set aside, the points issued, redeemed and expired so far, and the share expected to be redeemed in the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

ISSUED_WITH_A_SALE: Final = "sale"
"""The one `issue_reason` whose points a customer has paid for."""


class Kind(StrEnum):
    """Where points stand in the books."""

    REVENUE = "revenue"
    """Given with a sale: a part of its price is deferred revenue."""
    COST = "cost"
    """Given without one, as goodwill, for a referral or a birthday: a cost, provided for when they are given."""


def kind_of(issue_reason: str) -> Kind:
    """How points issued for this reason are accounted for; whatever is no sale is a cost."""
    return Kind.REVENUE if issue_reason == ISSUED_WITH_A_SALE else Kind.COST


# ------------------------------------------------------------------------------------------ setting aside


def allocated(
    *,
    price_minor: int,
    goods_value_minor: int,
    points: int,
    point_value_minor: Fraction,
    expected_share: Fraction,
) -> Fraction:
    """The part of a price that belongs to the points, in minor units, exact.

    The price is shared out by stand-alone values: that of the goods, and that of the points, which is `points` ×
    `point_value_minor` (minor units a point) × `expected_share` (0 to 1, those expected to be redeemed when they
    were issued). It is worked out once; later estimates change when it becomes revenue, not how much of it there is.
    Sums of a month may be given for a single sale. Nothing is set aside where neither has a value.

    Raises ValueError for negative amounts or points, and for a share outside 0 to 1.
    """
    if any(one < 0 for one in (price_minor, goods_value_minor, points, point_value_minor)):
        raise ValueError("prices, values and points are zero or more")
    _check_share(expected_share)
    of_points = points * point_value_minor * expected_share
    total = goods_value_minor + of_points
    return price_minor * of_points / total if total else Fraction(0)


class Standing(Struct, frozen=True, kw_only=True):
    """One cohort at one moment; all counts are from its first day until then.

    `month` is the first day of the month of issue. `issued` is net of points clawed back, and so is `amount_minor`,
    in minor units: of revenue the sum `allocated` to these points, of cost what all of them are worth if every one
    is redeemed. `expected_share` (0 to 1) of the points issued will have been redeemed in the end, as estimated at
    this moment. Raises ValueError when a number is out of range.
    """

    month: date
    currency: str
    kind: Kind
    issued: int
    redeemed: int
    expired: int
    amount_minor: Fraction
    expected_share: Fraction

    def __post_init__(self) -> None:
        if any(one < 0 for one in (self.issued, self.redeemed, self.expired, self.amount_minor)):
            raise ValueError("points and amounts of a cohort are zero or more")
        if self.month.day != 1:
            raise ValueError("month is the first day of a month")
        _check_share(self.expected_share)

    @property
    def outstanding(self) -> int:
        """Points a customer can still redeem; none where more was clawed back than was left."""
        return max(0, self.issued - self.redeemed - self.expired)

    @property
    def expected(self) -> Fraction:
        """Points redeemed in the end: as estimated, but no fewer than have been and no more than can be."""
        most = Fraction(self.redeemed + self.outstanding)
        return min(max(self.issued * self.expected_share, Fraction(self.redeemed)), most)


def recognised(standing: Standing) -> Fraction:
    """Revenue, or provision used, from the cohort's first day until this moment, in minor units, exact.

    Of revenue: the amount × redeemed ÷ expected in the end; a changed estimate is thereby caught up at once. All
    of it once nothing more is expected, be it that the rest expired or that redeeming it has become remote.
    """
    return standing.amount_minor - liability(standing)


def liability(standing: Standing) -> Fraction:
    """What is still owed at this moment, in minor units, exact; zero once no more is expected to be redeemed."""
    to_come = standing.expected - standing.redeemed
    if not to_come:
        return Fraction(0)
    whole = standing.expected if standing.kind is Kind.REVENUE else Fraction(standing.issued)
    return standing.amount_minor * to_come / whole


def liability_minor(standing: Standing) -> int:
    """What is still owed, as it stands in the books: rounded amounts, what was set aside less what was recognised."""
    return round(standing.amount_minor) - round(recognised(standing))


# ------------------------------------------------------------------------------------------------- report


class Movement(Struct, frozen=True, kw_only=True):
    """From one balance to the next, in minor units: the opening and the four movements add up to the closing."""

    opening_minor: int
    issued_minor: int
    """Set aside for points of this period."""
    redeemed_minor: int
    """Revenue, or provision used, for points that were redeemed; negative, unless more came back by refunds."""
    estimate_minor: int
    """Catch-up because another share is now expected to be redeemed; of either sign."""
    expired_minor: int
    """Released because more expired than was expected; negative, or zero."""
    closing_minor: int


class Row(Struct, frozen=True, kw_only=True):
    """One cohort in the report; counts are points from its first day to the closing."""

    month: date
    currency: str
    kind: Kind
    issued: int
    redeemed: int
    expired: int
    outstanding: int
    expected_breakage: int
    """Outstanding points that will never be redeemed, as estimated, rounded half to even."""
    movement: Movement


class Total(Struct, frozen=True, kw_only=True):
    """The sum of the rows of one currency and kind; currencies are never added."""

    currency: str
    kind: Kind
    outstanding: int
    movement: Movement


class Report(Struct, frozen=True, kw_only=True):
    """The liability at a closing and how it came from the opening; by currency, kind and month."""

    rows: tuple[Row, ...]
    totals: tuple[Total, ...]


Key = tuple[str, Kind, date]


def report(opening: Iterable[Standing], closing: Iterable[Standing]) -> Report:
    """What is owed at the closing, cohort by cohort, and what moved it since the opening.

    Both are in any order. A cohort that the opening lacks was issued since; the closing must have every cohort that
    the opening has, be it with nothing outstanding. Raises ValueError where it has not, or one is given twice.
    """
    before, after = _by_key(opening), _by_key(closing)
    if gone := before.keys() - after.keys():
        raise ValueError(f"the closing lacks cohorts of the opening: {sorted(gone)[:3]}")
    rows = tuple(_row(before.get(key), after[key]) for key in sorted(after))
    return Report(rows=rows, totals=_totals(rows))


def _by_key(standings: Iterable[Standing]) -> Mapping[Key, Standing]:
    found: dict[Key, Standing] = {}
    for one in standings:
        key = (one.currency, one.kind, one.month)
        if key in found:
            raise ValueError(f"cohort {key} is given twice")
        found[key] = one
    return found


def _row(before: Standing | None, after: Standing) -> Row:
    return Row(
        month=after.month,
        currency=after.currency,
        kind=after.kind,
        issued=after.issued,
        redeemed=after.redeemed,
        expired=after.expired,
        outstanding=after.outstanding,
        expected_breakage=round(after.redeemed + after.outstanding - after.expected),
        movement=_movement(before or _nothing_of(after), after),
    )


def _nothing_of(cohort: Standing) -> Standing:
    return replace(cohort, issued=0, redeemed=0, expired=0, amount_minor=Fraction(0))


def _movement(before: Standing, after: Standing) -> Movement:
    """One thing changes at a time: the points issued, those redeemed, the estimate, those expired."""
    issued = replace(before, issued=after.issued, amount_minor=after.amount_minor)
    redeemed = replace(issued, redeemed=after.redeemed)
    estimate = replace(redeemed, expected_share=after.expected_share)
    steps = [liability_minor(one) for one in (before, issued, redeemed, estimate, after)]
    moved = [later - earlier for earlier, later in pairwise(steps)]
    return Movement(
        opening_minor=steps[0],
        issued_minor=moved[0],
        redeemed_minor=moved[1],
        estimate_minor=moved[2],
        expired_minor=moved[3],
        closing_minor=steps[-1],
    )


def _totals(rows: Sequence[Row]) -> tuple[Total, ...]:
    grouped: dict[tuple[str, Kind], list[Row]] = {}
    for row in rows:
        grouped.setdefault((row.currency, row.kind), []).append(row)
    return tuple(
        Total(
            currency=currency,
            kind=kind,
            outstanding=sum(row.outstanding for row in group),
            movement=_sum([row.movement for row in group]),
        )
        for (currency, kind), group in sorted(grouped.items())
    )


def _sum(movements: Sequence[Movement]) -> Movement:
    return Movement(
        **{name: sum(getattr(one, name) for one in movements) for name in Movement.__struct_fields__}
    )


# --------------------------------------------------------------------------------------------- estimating


class History(Struct, frozen=True, kw_only=True):
    """A cohort by age: `redeemed[a]` and `expired[a]` are points in the `a`-th month after that of issue.

    Age 0 is the month of issue. Both are as long as the cohort has been seen, in full months. `issued` is net of
    points clawed back. Raises ValueError for counts below zero, unequal lengths, or more gone than issued.
    """

    issued: int
    redeemed: tuple[int, ...]
    expired: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.redeemed) != len(self.expired):
            raise ValueError("redeemed and expired name the same months")
        if any(one < 0 for one in (self.issued, *self.redeemed, *self.expired)):
            raise ValueError("points of a cohort are zero or more")
        if self.outstanding < 0:
            raise ValueError("no more points go than were issued")

    @property
    def outstanding(self) -> int:
        """Points neither redeemed nor expired so far."""
        return self.issued - sum(self.redeemed) - sum(self.expired)


class Curve(Struct, frozen=True):
    """Shares of the points issued, cumulative: `redeemed[a]` and `expired[a]` by the end of age `a`, in months."""

    redeemed: tuple[Fraction, ...]
    expired: tuple[Fraction, ...]

    def expected_share(self, tail: Fraction = Fraction(1)) -> Fraction:
        """The share redeemed in the end, 0 to 1, where `tail` is that of points older than any yet seen.

        With the default every point that may still be redeemed will be, so that no revenue is taken too early;
        so it is too while there is no history.
        """
        redeemed, expired = self._by(len(self.redeemed))
        return redeemed + (1 - redeemed - expired) * tail

    def expected_of(self, cohort: History, tail: Fraction = Fraction(1)) -> Fraction:
        """The share of this cohort redeemed in the end: what was, and of the rest what points of its age still do."""
        if not cohort.issued:
            return self.expected_share(tail)
        redeemed, expired = self._by(len(cohort.redeemed))
        still_open = 1 - redeemed - expired
        of_rest = (self.expected_share(tail) - redeemed) / still_open if still_open else Fraction(0)
        return (sum(cohort.redeemed) + cohort.outstanding * of_rest) / Fraction(cohort.issued)

    def _by(self, months: int) -> tuple[Fraction, Fraction]:
        seen = min(months, len(self.redeemed))
        return (self.redeemed[seen - 1], self.expired[seen - 1]) if seen else (Fraction(0), Fraction(0))


def curve(cohorts: Iterable[History]) -> Curve:
    """How points are redeemed and expire with age, from cohorts of which the younger are only partly seen.

    The share still open is the product-limit estimate of Kaplan and Meier ("Nonparametric Estimation from
    Incomplete Observations", JASA 53, 1958): at each age, points of cohorts too young to be seen there count as
    withdrawn. Redeemed and expired are two ways to leave, so each takes its part of those who leave, after Aalen and
    Johansen ("An Empirical Transition Matrix …", Scand. J. Statist. 5, 1978); to count an expired point as
    withdrawn would say that it might still be redeemed.
    """
    known = list(cohorts)
    still_open, redeemed, expired = Fraction(1), Fraction(0), Fraction(0)
    by_age: list[tuple[Fraction, Fraction]] = []
    for age in range(max((len(one.redeemed) for one in known), default=0)):
        seen = [one for one in known if len(one.redeemed) > age]
        at_risk = sum(one.issued - sum(one.redeemed[:age]) - sum(one.expired[:age]) for one in seen)
        if at_risk:
            redeemed += still_open * sum(one.redeemed[age] for one in seen) / at_risk
            expired += still_open * sum(one.expired[age] for one in seen) / at_risk
            still_open = 1 - redeemed - expired
        by_age.append((redeemed, expired))
    return Curve(tuple(one for one, _ in by_age), tuple(one for _, one in by_age))


# ------------------------------------------------------------------------------------------------ figures


def redemption_rate(*, redeemed: int, issued: int) -> Fraction | None:
    """Points redeemed ÷ points issued in the same window; may exceed 1. None when none were issued."""
    return _share(redeemed, issued)


def cohort_redemption_rate(cohort: History, months: int) -> Fraction | None:
    """The share of a cohort redeemed within so many months, that of issue included.

    It nears 1 − breakage as months go by. None when none were issued or the cohort has not been seen so long.
    """
    return None if len(cohort.redeemed) < months else _share(sum(cohort.redeemed[:months]), cohort.issued)


def active_member_rate(*, active: int, enrolled: int, closed: int, merged: int) -> Fraction | None:
    """Members who earned or redeemed in the window (12 or 3 months) ÷ those enrolled, net of closed and merged."""
    return _share(active, enrolled - closed - merged)


def participation(*, of_members: int, of_all: int) -> Fraction | None:
    """Sales made to members ÷ all sales: both as numbers of sales, or both in minor units of one currency."""
    return _share(of_members, of_all)


def breakage(cohort: History) -> Fraction | None:
    """Realised breakage, expired ÷ issued, of a closed cohort; None while points of it are outstanding."""
    return None if cohort.outstanding else _share(sum(cohort.expired), cohort.issued)


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole > 0 else None


def _check_share(share: Fraction) -> None:
    if not 0 <= share <= 1:
        raise ValueError("a share is from 0 to 1")
