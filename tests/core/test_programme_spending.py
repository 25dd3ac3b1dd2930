"""Spending: what points are worth, and how many may pay for a basket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.capabilities.loyalty.spending import Spendable, spendable, worth

from .programmes import programme

CLUB = programme("[redeem]\nminimum = 100\nstep = 50\nmax_percent = 40")


@pytest.mark.parametrize(
    ("available", "basket", "points"),
    [
        (1_000, 1_000, 400),
        (1_000, 999, 350),
        (180, 10_000, 150),
        (99, 10_000, 0),
        (1_000, 249, 0),
        (-50, 10_000, 0),
        (1_000, -5, 0),
    ],
)
def test_points_pay_from_the_minimum_in_steps_and_for_a_share_of_the_basket(
    available: int, basket: int, points: int
) -> None:
    assert spendable(CLUB, "points", available, "EUR", basket) == Spendable(points, points)


def test_points_have_the_value_of_the_currency_or_none() -> None:
    assert worth(CLUB.point[0], 25, "SEK") == 250
    assert worth(CLUB.point[0], 25, "USD") is None
    assert spendable(CLUB, "points", 1_000, "USD", 10_000) == Spendable(0, 0)


@given(st.integers(-100, 10**6), st.integers(0, 10**6), st.sampled_from(["EUR", "SEK"]))
def test_never_more_is_paid_than_there_is_or_than_may_be(available: int, basket: int, currency: str) -> None:
    most = spendable(CLUB, "points", available, currency, basket)
    assert most.points <= max(available, 0)
    assert most.minor * 100 <= basket * 40
    assert most.points % 50 == 0
    assert most.points == 0 or most.points >= 100
