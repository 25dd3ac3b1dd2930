"""What a report is asked for: spans, what they are compared with, and their steps."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from regulars.console.services.report_spans import SPAN_DAYS_MAX, Days, read_asked
from regulars.console.services.reports import pieces
from regulars.vocabulary.errors import InvalidInput

TODAY = date(2026, 11, 26)


def asked(**params: str) -> Any:
    return read_asked({name.rstrip("_"): text for name, text in params.items()}, today=TODAY)


@pytest.mark.parametrize(
    ("params", "first", "was"),
    [
        ({}, date(2026, 10, 30), Days(date(2026, 10, 2), date(2026, 10, 29))),
        ({"span": "today"}, TODAY, Days(date(2026, 11, 19), date(2026, 11, 19))),
        ({"span": "7d"}, date(2026, 11, 20), Days(date(2026, 11, 13), date(2026, 11, 19))),
        ({"span": "7d", "compare": "year"}, date(2026, 11, 20), Days(date(2025, 11, 21), date(2025, 11, 27))),
        ({"span": "year", "compare": "year"}, date(2026, 1, 1), Days(date(2025, 1, 1), date(2025, 11, 26))),
        ({"span": "90d", "compare": "none"}, date(2026, 8, 29), None),
    ],
)
def test_spans_end_today_and_compare_with_like_days(
    params: dict[str, str], first: date, was: Days | None
) -> None:
    found = asked(**params)
    assert found.days == Days(first, TODAY)
    assert found.was == was
    if was is not None and params.get("span") != "year":
        assert was.first.weekday() == first.weekday()


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"span": "8d"}, "span"),
        ({"compare": "x"}, "compare"),
        ({"step": "hour"}, "step"),
        ({"from_": "2024-01-01", "step": "day"}, "step"),
        ({"from_": "26/11/2026"}, "from"),
        ({"from_": "0001-01-01"}, "from"),
        ({"from_": "2026-11-01", "to": "2026-10-01"}, "to"),
        ({"from_": "2026-11-01", "to": "9999-12-31"}, "to"),
        ({"to": "2026-11-01"}, "from"),
        ({"from_": (TODAY - timedelta(days=SPAN_DAYS_MAX)).isoformat()}, "from"),
        ({"currency": "pounds"}, "currency"),
        ({"currency": "gb1"}, "currency"),
        ({"store": "x" * 201}, "store"),
        ({"sort": "luck"}, "sort"),
    ],
)
def test_bad_input_names_the_field(params: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        asked(**params)
    assert raised.value.field == field


@pytest.mark.parametrize("compare", ["previous", "year"])
@pytest.mark.parametrize("step", ["day", "week", "month"])
@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-11-03", "2026-11-20"),
        ("2025-12-29", "2026-11-26"),
        ("2024-02-29", "2024-02-29"),
        ("2024-01-01", "2024-12-31"),
    ],
)
def test_every_day_falls_in_the_step_that_holds_it_and_compared_days_in_one_too(
    compare: str, step: str, first: str, last: str
) -> None:
    found = asked(from_=first, to=last, compare=compare, step=step)
    steps = found.steps()
    assert (steps[0].first, steps[-1].last) == (date.fromisoformat(first), date.fromisoformat(last))
    assert sum(one.count for one in steps) == found.days.count
    for number, one in enumerate(steps):
        assert found.bucket(one.first) == found.bucket(one.last) == number
    assert found.was is not None
    places = [found.compared_bucket(found.was.first + timedelta(days=n)) for n in range(found.was.count)]
    assert places == sorted(places)
    assert places[0] == 0
    assert places[-1] <= len(steps) - 1 or found.was.count > found.days.count


def test_the_address_keeps_what_is_asked_and_nothing_that_goes_without_saying() -> None:
    assert {k: v for k, v in asked().address().items() if v} == {}
    params = {"from": "2026-11-01", "to": "2026-11-20", "compare": "year", "currency": "EUR", "step": "week"}
    found = read_asked(params, today=TODAY)
    assert {k: v for k, v in found.address().items() if v} == params
    other = {k: v for k, v in found.address(span="7d").items() if v}
    assert other == {"span": "7d", "compare": "year", "currency": "EUR"}


def test_long_spans_are_read_as_days_and_whole_months_that_are_over() -> None:
    day = timedelta(days=1)
    for first, last, until in (
        (date(2025, 11, 20), date(2026, 11, 26), date(2026, 11, 1)),
        (date(2025, 11, 1), date(2026, 11, 26), date(2026, 3, 1)),
        (date(2026, 11, 2), date(2026, 11, 26), date(2026, 11, 1)),
        (date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1)),
        (date(2026, 10, 1), date(2026, 10, 30), date(2026, 11, 1)),
        (date(2026, 12, 31), date(2027, 1, 1), date.min),
    ):
        found = pieces(Days(first, last), until)
        days = [one.first + n * day for _, one in found for n in range(one.count)]
        assert sorted(days) == [first + n * day for n in range((last - first).days + 1)]
        for span, one in found:
            if span == "month":
                assert one.first.day == 1
                assert (one.last + day).day == 1
                assert one.last < until
