"""Points owed to customers: the report of `capabilities.loyalty.liability` over what the ledger holds.

Everything counts by the day it was posted: a sale that comes late moves the books of the day it came, and no figure of
a day that is over changes. The age of points, from which redemption is estimated, goes by business time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from regulars.capabilities.loyalty import liability
from regulars.capabilities.loyalty.liability import Curve, History, Kind, Standing, curve
from regulars.capabilities.loyalty.programme import Version
from regulars.capabilities.loyalty.terms import PointType
from regulars.store.database import AsyncConnection
from regulars.store.queries import load_queries
from regulars.vocabulary.errors import Forbidden, InvalidInput, TooLarge

from .common import row, rows
from .member_books import load_rules
from .members import chosen, point_of

SQL: Final = load_queries("regulars.store.views", "liability.sql")
SPAN_DAYS_MAX: Final = 366
COHORTS_MAX: Final = 20_000
MONTHS_ESTIMATED: Final = 36
"""Estimates look at so many months of issue, and at so many months of age."""
ACTIVE_DAYS: Final = 365
_SHARE_PARTS: Final = 1_000_000

Key = tuple[str, Kind, date]


class Span(Struct, frozen=True):
    """Days the report is of, both included."""

    first: date
    last: date


class PointsOwed(Struct, frozen=True):
    """The report of one type of points. `off` is the ledger's outstanding points less those of lots and vouchers: 0.

    Outstanding points are owed until they are used: `in_vouchers` of them bought `vouchers` that were not used yet.

    `off` is None for a closing that is over. Rates are None where nothing can be divided; `members` and
    `active_members` are of the last 12 months, `sales` and `member_sales` of the span.
    """

    programme: int
    programme_name: str
    point: PointType
    span: Span
    report: liability.Report
    issued: int
    redeemed: int
    expired: int
    redemption_rate: Fraction | None
    members: int
    active_members: int
    active_rate: Fraction | None
    sales: int
    member_sales: int
    participation: Fraction | None
    breakage: Fraction | None
    expected_breakage: int
    outstanding: int
    off: int | None
    vouchers: int
    in_vouchers: dict[Key, int]
    """By currency, kind and month of issue."""

    @property
    def points_in_vouchers(self) -> int:
        """Of all months."""
        return sum(self.in_vouchers.values())


class _Counts(Struct):
    issued: int = 0
    redeemed: int = 0
    expired: int = 0
    given: int = 0
    price_minor: int = 0
    waits: int = 0
    vouchers: int = 0
    redeemed_at: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    expired_at: dict[int, int] = field(default_factory=lambda: defaultdict(int))


def read_span(first: str | None, last: str | None, *, today: date) -> Span:
    """The days asked for; this month so far where nothing is said. Raises InvalidInput with the field."""
    until = _day(last, "to") or today
    since = _day(first, "from") or until.replace(day=1)
    if until > today:
        raise InvalidInput("The last day is still to come.", field="to")
    if since > until:
        raise InvalidInput("The first day is after the last.", field="from")
    if (until - since).days >= SPAN_DAYS_MAX:
        raise InvalidInput("Ask for at most %(n)s days.", field="from", n=SPAN_DAYS_MAX)
    return Span(since, until)


def _day(text: str | None, name: str) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("%(name)s is a day, such as 2026-11-22.", field=name, name=name) from None
    if not date(2000, 1, 1) <= found <= date(9000, 1, 1):
        raise InvalidInput("%(name)s is a day, such as 2026-11-22.", field=name, name=name)
    return found


async def load_points_owed(
    conn: AsyncConnection,
    workspace_id: int,
    span: Span,
    *,
    programme: int | None,
    point: str | None,
    stores: frozenset[str] | None,
    now: datetime,
) -> PointsOwed | None:
    """The report; None in a workspace without a programme.

    Raises NotFound for a programme or points that are not there, and Forbidden for who is limited to stores: points
    belong to no store.
    """
    if stores is not None:
        raise Forbidden("Points belong to no store, so this report is for those who see all of them.")
    number, version = chosen(await load_rules(conn, workspace_id), programme, now)
    if version is None:
        return None
    kind = version.programme.point_type(point_of(version.programme, point))
    zone = version.programme.zone
    opening, closing = _begin(span.first, zone), _begin(span.last + timedelta(days=1), zone)
    asked: dict[str, Any] = {
        "workspace_id": workspace_id,
        "programme": number,
        "point": kind.code,
        "zone": version.programme.time_zone,
        "opening": opening,
        "closing": closing,
        "limit": COHORTS_MAX + 1,
    }
    found = await rows(conn, SQL.cohorts, asked)
    if len(found) > COHORTS_MAX:
        raise TooLarge("There are too many months of issue to add up.")
    enrolled, active = await row(
        conn,
        SQL.members,
        asked
        | {
            "since": closing - timedelta(days=ACTIVE_DAYS),
            "all": version.programme.members.who != "enrolled",
        },
    ) or (0, 0)
    sales = await row(conn, SQL.participation, asked | {"first": span.first, "last": span.last}) or (0, 0)
    lots = found[0][-1] if found and closing > now else None
    return _made(number, version, kind, span, found, (enrolled, active), sales, lots)


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def _made(
    number: int,
    version: Version,
    kind: PointType,
    span: Span,
    found: Sequence[tuple[Any, ...]],
    members: tuple[int, int],
    sales: tuple[Any, ...],
    lots: int | None,
) -> PointsOwed:
    main = next(iter(sorted(kind.value)), next(iter(sorted(version.programme.currencies))))
    before, after = _counted(found, main, opening=True), _counted(found, main, opening=False)
    end = span.last + timedelta(days=1)
    report = liability.report(_standings(before, kind, span.first), _standings(after, kind, end))
    issued, redeemed, expired = (
        _sum(after, name) - _sum(before, name) for name in ("issued", "redeemed", "expired")
    )
    outstanding = sum(one.outstanding for one in report.rows)
    closed = [one for one in after.values() if one.issued == one.redeemed + one.expired]
    over = History(issued=sum(one.issued for one in closed), redeemed=(sum(one.redeemed for one in closed),),
                   expired=(sum(one.expired for one in closed),))  # fmt: skip
    return PointsOwed(
        programme=number,
        programme_name=version.programme.name,
        point=kind,
        span=span,
        report=report,
        issued=issued,
        redeemed=redeemed,
        expired=expired,
        redemption_rate=liability.redemption_rate(redeemed=redeemed, issued=issued),
        members=members[0],
        active_members=members[1],
        active_rate=liability.active_member_rate(active=members[1], enrolled=members[0], closed=0, merged=0),
        sales=sales[0],
        member_sales=sales[1],
        participation=liability.participation(of_members=sales[1], of_all=sales[0]),
        breakage=liability.breakage(over),
        expected_breakage=sum(one.expected_breakage for one in report.rows),
        outstanding=outstanding,
        off=outstanding - _sum(after, "waits") - lots if lots is not None else None,
        vouchers=_sum(after, "vouchers"),
        in_vouchers={key: one.waits for key, one in after.items() if one.waits},
    )


def _sum(counts: Mapping[Key, _Counts], name: str) -> int:
    return sum(getattr(one, name) for one in counts.values())


def _counted(found: Sequence[tuple[Any, ...]], main: str, *, opening: bool) -> dict[Key, _Counts]:
    """What became of each cohort until the opening, or until the closing."""
    out: dict[Key, _Counts] = defaultdict(_Counts)
    for (
        month,
        reason,
        currency,
        before,
        age,
        issued,
        redeemed,
        expired,
        given,
        price,
        waits,
        vouchers,
        _,
    ) in found:
        if opening and not before:
            continue
        one = out[currency or main, liability.kind_of(reason), month]
        one.issued += issued
        one.redeemed += redeemed
        one.expired += expired
        one.given += given
        one.price_minor += price
        one.waits += waits
        one.vouchers += vouchers
        one.redeemed_at[age] += redeemed
        one.expired_at[age] += expired
    return dict(out)


def _standings(counts: Mapping[Key, _Counts], kind: PointType, end: date) -> list[Standing]:
    """Each cohort as it stands at the beginning of a day, with what was known of redemption then."""
    histories = {key: _history(one, key[2], end) for key, one in counts.items()}
    known = curve(_recent(histories, end))
    at_issue = {
        month: _short(curve(_recent(histories, month)).expected_share())
        for month in {key[2] for key in counts}
    }
    return [
        Standing(
            month=key[2],
            currency=key[0],
            kind=key[1],
            issued=max(0, one.issued),
            redeemed=max(0, one.redeemed),
            expired=max(0, one.expired),
            amount_minor=_amount(key, one, kind, at_issue[key[2]]),
            expected_share=_expected(known, histories[key]),
        )
        for key, one in sorted(counts.items())
    ]


def _recent(histories: Mapping[Key, History], end: date) -> list[History]:
    """The cohorts before a month, as far as they were seen when it began."""
    out = []
    for (_, _, month), one in histories.items():
        seen = min(_months(month, end), MONTHS_ESTIMATED)
        if 0 < _months(month, end) <= 2 * MONTHS_ESTIMATED:
            out.append(History(issued=one.issued, redeemed=one.redeemed[:seen], expired=one.expired[:seen]))
    return out


def _expected(known: Curve, cohort: History) -> Fraction:
    return min(Fraction(1), max(Fraction(0), _short(known.expected_of(cohort))))


def _short(share: Fraction) -> Fraction:
    """A share to the millionth, so that exact arithmetic stays quick."""
    return share.limit_denominator(_SHARE_PARTS)


def _history(one: _Counts, month: date, end: date) -> History:
    months = min(_months(month, end), MONTHS_ESTIMATED)
    issued = max(0, one.issued)
    redeemed = _grown(one.redeemed_at, months, issued)
    expired = _grown(one.expired_at, months, issued - sum(redeemed))
    return History(issued=issued, redeemed=redeemed, expired=expired)


def _grown(by_age: Mapping[int, int], months: int, most: int) -> tuple[int, ...]:
    """Points by age, of which none is below zero: what came back counts as never gone."""
    sums, so_far = [], 0
    for age in range(max([months - 1, *by_age], default=-1) + 1):
        so_far += by_age.get(age, 0)
        sums.append(so_far)
    least = max(0, most)
    for place in range(len(sums) - 1, -1, -1):
        least = sums[place] = max(0, min(sums[place], least))
    return tuple(later - earlier for earlier, later in zip([0, *sums], sums[:months], strict=False))


def _months(month: date, end: date) -> int:
    """Full months from the first day of a month to a day."""
    return max(0, (end.year - month.year) * 12 + end.month - month.month)


def _amount(key: Key, one: _Counts, kind: PointType, share: Fraction) -> Fraction:
    """What was set aside for the points of a cohort that were not taken back."""
    value = kind.value.get(key[0])
    issued = max(0, one.issued)
    if value is None or not issued:
        return Fraction(0)
    each = Fraction(value.minor, value.points)
    if key[1] is Kind.COST or not one.price_minor or not one.given:
        return issued * each
    whole = liability.allocated(
        price_minor=max(0, one.price_minor),
        goods_value_minor=max(0, one.price_minor),
        points=one.given,
        point_value_minor=each,
        expected_share=share,
    )
    return whole * min(Fraction(1), Fraction(issued, one.given))
