"""Figures, dates and small charts as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from regulars.console.charts import Point, columns, spark
from regulars.console.format import (
    ago,
    initials,
    milliseconds,
    moment,
    money,
    quantity,
    shorten,
    signed_percent,
    span,
)
from regulars.console.services.common import mask
from regulars.console.services.faults import title_of
from regulars.console.web.json_markup import json_markup

NOW = datetime(2026, 11, 22, 14, 5, 30, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (123_450, "GBP", "£1,234.50"),
        (-300, "EUR", "\u2212€3.00"),
        (1200, "JPY", "¥1,200"),
        (1234, "KWD", "KWD\u00a01.234"),
        (5, "XYZ", "XYZ\u00a00.05"),
    ],
)
def test_money_shows_the_decimals_of_its_currency(amount: int, currency: str, shown: str) -> None:
    assert money(amount, currency) == shown


def test_large_changes_are_told_as_a_multiple_and_long_ids_by_their_ends() -> None:
    assert [signed_percent(change) for change in (0.124, -0.03, 13.96)] == ["+12%", "\u22123%", "15×"]
    assert shorten("R-1001") == "R-1001"
    assert shorten("OrZNvTanT8rAKbsNl8xetLZYXW") == "OrZNvTanT8r…ZYXW"
    assert [money(amount, "GBP", grid=True) for amount in (500_000, 0, 50)] == ["£5,000", "£0", "£0.50"]


def test_large_amounts_may_drop_their_decimals() -> None:
    assert money(1_234_567, "GBP", short=True) == "£12,346"
    assert money(999_999, "GBP", short=True) == "£9,999.99"


def test_times_are_relative_within_a_day_and_dates_beyond_it() -> None:
    assert ago(NOW - timedelta(seconds=2), NOW, LONDON) == "just now"
    assert ago(NOW - timedelta(seconds=42), NOW, LONDON) == "42 s ago"
    assert ago(NOW - timedelta(minutes=90), NOW, LONDON) == "1 h ago"
    assert ago(NOW - timedelta(days=2), NOW, LONDON) == "20 Nov 2026, 14:05"
    assert ago(NOW + timedelta(minutes=10), NOW, LONDON) == "22 Nov 2026, 14:15"


def test_a_time_is_shown_in_the_zone_of_the_shop() -> None:
    assert moment(datetime(2026, 7, 1, 23, 30, tzinfo=UTC), LONDON) == "2 Jul 2026, 00:30"


def test_lengths_quantities_and_initials() -> None:
    assert [span(timedelta(seconds=s)) for s in (4, 200, 9000, 200_000)] == ["4 s", "3 min", "2 h", "2 days"]
    assert [quantity(m) for m in (1_000_000, 350_000, 1_200_500_000)] == ["1", "0.35", "1,200.5"]
    assert [milliseconds(us) for us in (0, 900, 45_300)] == ["0 ms", "0.9 ms", "45 ms"]
    assert [initials(name) for name in ("Jane Doe", "Ana Maria de Souza", "Cher", None)] == [
        "JD",
        "AS",
        "C",
        "",
    ]


def test_masked_contacts_cannot_be_used() -> None:
    assert mask("email", "jane@example.com") == "j•••@example.com"
    assert mask("phone", "+442079460018") == "•••• 0018"
    assert mask("loyalty_card", "L12") == "••••"


def test_a_line_needs_two_values_and_stays_in_its_box() -> None:
    assert spark([5]) is None
    assert spark([0, 0]) is None
    drawn = spark([3, -2, 8])
    assert drawn is not None
    assert drawn.line.startswith("M0.0 ")
    assert drawn.area.endswith("L100 34L0 34Z")


def test_columns_stand_on_round_grid_lines_and_within_the_picture() -> None:
    points = [Point(str(n), f"{n}", n * 137, 900) for n in range(24)]
    chart = columns(points, str)
    assert [line.label for line in chart.lines] == ["0", "1000", "2000", "3000", "4000"]
    assert all(0 <= bar.x < bar.x_end <= 100 and bar.height >= 0 for bar in chart.bars)
    assert sum(bar.label != "" for bar in chart.bars) <= 12


def test_a_chart_of_nothing_is_drawn_too() -> None:
    assert columns([], str).bars == []
    assert columns([Point("a", "a", 0)], str).bars[0].height == 0


def test_json_is_shown_escaped_and_cut_when_endless() -> None:
    shown = json_markup({"<b>": ["</pre>", 1, None, True, {}]})
    assert "<b>" not in shown.replace('<span class="b">', "")
    assert "</pre>" not in shown
    assert "&lt;/pre&gt;" in shown
    nested: list[object] = []
    for _ in range(200):
        nested = [nested]
    assert "…" in json_markup(nested)
    assert "500 more" in json_markup(list(range(1000)))


def test_faults_are_told_in_plain_words() -> None:
    assert title_of("invalid_event", "sale.currency", "Expected `str` matching regex '^[A-Z]{3}$'").endswith(
        "is no currency code of three capital letters, such as GBP"
    )
    assert (
        title_of("invalid_event", "sale.receipt", "Object missing required field `receipt`")
        == "sale.receipt is missing"
    )
    assert (
        title_of("invalid_event", "sale.total_minor", "Expected `int`, got `str`")
        == "sale.total_minor is of the wrong kind (text)"
    )
    assert title_of("unknown_type", "type", "unknown type 'x'") == "Unknown type 'x'"
