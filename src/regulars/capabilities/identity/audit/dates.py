"""Read calendar dates of any usual form, and tell which part stood first."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final, Literal

from msgspec import Struct

Order = Literal["year first", "day first", "month first", "day or month first", "month by name", "day number"]

NO_DATE: Final = "is not a date"
NO_DAY: Final = "there is no such day"
FILLER: Final = "stands for an unknown date"
_EXCEL_ZERO: Final = date(1899, 12, 30)
_EXCEL_DAYS: Final = range(3_000, 60_000)
_FILLERS: Final = frozenset(
    {(1900, 1, 1), (1970, 1, 1), (1899, 12, 30), (1899, 12, 31), (1901, 1, 1), (9999, 12, 31)}
)
_TIME: Final = r"(?:[T ]\s*\d{1,2}[:.h]\d{2}.{0,24})?"
_YEAR_FIRST: Final = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}")
_YEAR_LAST: Final = re.compile(rf"(\d{{1,2}})([-/. ])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}")
_PACKED: Final = re.compile(r"(18|19|20)(\d{2})(\d{2})(\d{2})")
_NAMED: Final = re.compile(
    r"(?:(\d{1,2})[-. ]+)?([A-Za-z]{3,9})\.?[-. ]+(?:(\d{1,2}),?[-. ]+)?(\d{4}|\d{2})", re.ASCII
)
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        "jan january,feb february,mar march,apr april,may,jun june,jul july,aug august,sep sept september,"
        "oct october,nov november,dec december".split(","),
        start=1,
    )
    for name in names.split()
}


class DateRead(Struct, frozen=True):
    """A date that was read, or why it could not be. `order` is None where it is no date at all."""

    value: date | None
    order: Order | None = None
    reason: str = ""


def read_date(text: str, *, day_first: bool, today: date) -> DateRead:
    """Read a text. Where day and month could be either, `day_first` decides; two-digit years are never in the future."""
    text = text.strip()
    if found := _YEAR_FIRST.fullmatch(text):
        return _made(found[1], found[3], found[4], "year first", today)
    if found := _YEAR_LAST.fullmatch(text):
        return _year_last(int(found[1]), int(found[3]), found[4], today, day_first=day_first)
    if found := _PACKED.fullmatch(text):
        return _made(found[1] + found[2], found[3], found[4], "year first", today)
    if (found := _NAMED.fullmatch(text)) and found[2].lower() in _MONTHS and bool(found[1]) != bool(found[3]):
        return _made(found[4], str(_MONTHS[found[2].lower()]), found[1] or found[3], "month by name", today)
    if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) in _EXCEL_DAYS:
        return DateRead(_EXCEL_ZERO + timedelta(days=int(text)), "day number")
    return DateRead(None, None, NO_DATE)


def _year_last(one: int, two: int, year: str, today: date, *, day_first: bool) -> DateRead:
    if one > 12 >= two:
        return _made(year, str(two), str(one), "day first", today)
    if two > 12 >= one:
        return _made(year, str(one), str(two), "month first", today)
    day, month = (one, two) if day_first else (two, one)
    order: Order = "day or month first" if one != two else "day first" if day_first else "month first"
    return _made(year, str(month), str(day), order, today)


def _made(year: str, month: str, day: str, order: Order, today: date) -> DateRead:
    number = int(year)
    if len(year) == 2:
        number += today.year // 100 * 100
        number -= 100 if number > today.year else 0
    parts = (number, int(month), int(day))
    if parts in _FILLERS or number == 1 or parts == (0, 0, 0):
        return DateRead(None, order, FILLER)
    try:
        return DateRead(date(*parts), order)
    except ValueError:
        return DateRead(None, order, NO_DAY)
