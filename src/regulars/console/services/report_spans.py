"""What a report is asked for: its days, what they are compared with, the currency, the steps of its plot.

All of it stands in the address, under the same names on the pages and in the API. Days are business days, those
of each store's own time zone; both ends count.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias, get_args

from msgspec import Struct

from regulars.vocabulary.errors import InvalidInput

Step: TypeAlias = Literal["day", "week", "month"]
Compare: TypeAlias = Literal["previous", "year", "none"]
SPANS: Final[Mapping[str, int]] = {"today": 1, "7d": 7, "28d": 28, "90d": 90}
"""Days of the spans that end today; `year` and `own` have no fixed length."""
SPAN: Final = "28d"
COMPARISONS: Final = get_args(Compare)
STEPS: Final = get_args(Step)
SPAN_DAYS_MAX: Final = 1_830
DAILY_DAYS_MAX: Final = 400
FIRST_DAY: Final = date(1990, 1, 1)
_DAILY_BY_ITSELF, _WEEKLY_BY_ITSELF = 45, 190
_HALF_A_YEAR = 182
_WEEK = timedelta(days=7)
_WEEKS_OF_A_YEAR = timedelta(days=364)
_TEXT_MAX: Final = 200


class Days(Struct, frozen=True):
    """Days from first to last, both included."""

    first: date
    last: date

    @property
    def count(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1


class Asked(Struct, frozen=True):
    """What a report is asked for. `was` are the days it is compared with; `store` the one store it is of."""

    span: str
    days: Days
    compare: Compare
    was: Days | None
    step: Step
    currency: str | None = None
    store: str | None = None
    sort: str = ""
    usual_sort: str = ""

    def address(self, **changes: str | None) -> dict[str, str | None]:
        """The names and values of the address, changed; what goes without saying is left out."""
        own = self.span == "own"
        values: dict[str, str | None] = {
            "store": self.store,
            "span": None if own or self.span == SPAN else self.span,
            "from": self.days.first.isoformat() if own else None,
            "to": self.days.last.isoformat() if own else None,
            "compare": None if self.compare == "previous" else self.compare,
            "step": None if self.step == _usual_step(self.days) else self.step,
            "currency": self.currency,
            "sort": None if self.sort == self.usual_sort else self.sort,
        }
        if "span" in changes:
            values |= {"from": None, "to": None, "step": None}
        return values | changes

    def bucket(self, day: date) -> int:
        """In which step of the span a day is, from 0."""
        first = self.days.first
        if self.step == "month":
            return (day.year - first.year) * 12 + day.month - first.month
        if self.step == "week":
            return (_monday(day) - _monday(first)).days // 7
        return (day - first).days

    def compared_bucket(self, day: date) -> int:
        """The step that a day of the compared span stands against."""
        assert self.was is not None, "only with a compared span"
        first, was = self.days.first, self.was.first
        if (first.month, first.day) == (was.month, was.day):
            return self.bucket(_in_year(day, day.year + first.year - was.year))
        return self.bucket(day + (first - was))

    def steps(self) -> list[Days]:
        """The steps of the span, cut to it at both ends."""
        out: list[Days] = []
        day = self.days.first
        while day <= self.days.last:
            last = min(self.days.last, _end_of(day, self.step))
            out.append(Days(day, last))
            day = last + timedelta(days=1)
        return out


def read_asked(params: Mapping[str, str], *, today: date, sorts: tuple[str, ...] = ("",)) -> Asked:
    """Out of an address. Raises InvalidInput, naming the field. The first of `sorts` is the usual one."""
    span, days = _days(params, today)
    compare = _word(params, "compare", COMPARISONS, "previous")
    step = _word(params, "step", STEPS, _usual_step(days))
    if step == "day" and days.count > DAILY_DAYS_MAX:
        raise InvalidInput("Up to %(n)s days are shown day by day.", field="step", n=DAILY_DAYS_MAX)
    sort = params.get("sort") or sorts[0]
    if sort.removeprefix("-") not in {one.removeprefix("-") for one in sorts}:
        raise InvalidInput("The list has no such order.", field="sort")
    currency = params.get("currency") or None
    if currency is not None and not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise InvalidInput("A currency has three capital letters.", field="currency")
    store = params.get("store") or None
    if store is not None and len(store) > _TEXT_MAX:
        raise InvalidInput("This is no code of a store.", field="store")
    was = _compared(span, days, compare)
    return Asked(span, days, compare, was, step, currency, store, sort, sorts[0])  # type: ignore[arg-type]


def _days(params: Mapping[str, str], today: date) -> tuple[str, Days]:
    if params.get("from") or params.get("to"):
        return "own", _own_days(params, today)
    span = _word(params, "span", (*SPANS, "year"), SPAN)
    if span == "year":
        return span, Days(today.replace(month=1, day=1), today)
    return span, Days(today - timedelta(days=SPANS[span] - 1), today)


def _own_days(params: Mapping[str, str], today: date) -> Days:
    first, last = _day(params, "from", today), _day(params, "to", today)
    if last < first:
        raise InvalidInput("The last day comes before the first.", field="to")
    days = Days(first, last)
    if days.count > SPAN_DAYS_MAX:
        raise InvalidInput("A report covers at most %(n)s days.", field="from", n=SPAN_DAYS_MAX)
    return days


def _day(params: Mapping[str, str], field: str, today: date) -> date:
    text = params.get(field)
    if not text:
        if field == "to":
            return today
        raise InvalidInput("Own dates need a first day.", field=field)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("A day is written as 2026-11-22.", field=field) from None
    if not FIRST_DAY <= day <= today + timedelta(days=366):
        raise InvalidInput("This day is too far away.", field=field)
    return day


def _word(params: Mapping[str, str], field: str, known: tuple[str, ...], usual: str) -> str:
    word = params.get(field) or usual
    if word not in known:
        raise InvalidInput("%(name)s is one of %(names)s.", field=field, name=field, names=", ".join(known))
    return word


def _usual_step(days: Days) -> Step:
    if days.count <= _DAILY_BY_ITSELF:
        return "day"
    return "week" if days.count <= _WEEKLY_BY_ITSELF else "month"


def _compared(span: str, days: Days, compare: str) -> Days | None:
    if compare == "none":
        return None
    if compare == "year":
        if span == "year" or days.count > _HALF_A_YEAR:
            return Days(_in_year(days.first, days.first.year - 1), _in_year(days.last, days.last.year - 1))
        return Days(days.first - _WEEKS_OF_A_YEAR, days.last - _WEEKS_OF_A_YEAR)
    # Shops live by the week: a few days are compared with the same days of the week before.
    back = max(timedelta(days=days.count), _WEEK)
    return Days(days.first - back, days.last - back)


def _in_year(day: date, year: int) -> date:
    """The same day of another year; the 28th for a 29 February that the year lacks."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _end_of(day: date, step: Step) -> date:
    if step == "month":
        return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return _monday(day) + timedelta(days=6) if step == "week" else day
