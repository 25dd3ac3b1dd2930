"""What points are worth in the books: the standard's own numbers, and reports that always add up."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.capabilities.loyalty.liability import (
    Curve,
    History,
    Kind,
    Movement,
    Standing,
    active_member_rate,
    allocated,
    breakage,
    cohort_redemption_rate,
    curve,
    kind_of,
    liability,
    liability_minor,
    participation,
    recognised,
    redemption_rate,
    report,
)

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


def share(text: str) -> Fraction:
    return Fraction(text)


def set_aside(price_minor: int = 10_000_000, expected: str = "0.97") -> Fraction:
    return allocated(
        price_minor=price_minor,
        goods_value_minor=price_minor,
        points=10_000,
        point_value_minor=Fraction(100),
        expected_share=share(expected),
    )


def standing(**changes: Any) -> Standing:
    """The cohort of the standard's example: 100,000.00 of sales gave 10,000 points worth 1.00 each."""
    shown: dict[str, Any] = {
        "month": MAY,
        "currency": "EUR",
        "kind": Kind.REVENUE,
        "issued": 10_000,
        "redeemed": 0,
        "expired": 0,
        "amount_minor": set_aside(),
        "expected_share": share("0.97"),
    }
    return Standing(**(shown | changes))


def adds_up(one: Movement) -> bool:
    moved = one.issued_minor + one.redeemed_minor + one.estimate_minor + one.expired_minor
    return one.opening_minor + moved == one.closing_minor


# --------------------------------------------------------------------------------- the standard's example


def test_a_sale_defers_the_stand_alone_share_of_its_points() -> None:
    assert round(set_aside()) == 884_230
    assert round(liability(standing())) == 884_230


def test_redeeming_4500_of_9700_expected_recognises_4102_10() -> None:
    assert round(recognised(standing(redeemed=4_500))) == 410_210


@pytest.mark.parametrize(("expected", "further"), [("0.99", 348_977), ("0.92", 406_741)])
def test_a_changed_estimate_is_caught_up_in_the_next_year(expected: str, further: int) -> None:
    first = standing(redeemed=4_500)
    second = standing(redeemed=8_500, expected_share=share(expected))
    (row,) = report([first], [second]).rows
    assert -(row.movement.redeemed_minor + row.movement.estimate_minor) == further
    assert row.movement.opening_minor == 884_230 - 410_210
    assert adds_up(row.movement)
    assert (row.movement.estimate_minor > 0) is (expected == "0.99")


def test_the_price_is_shared_out_where_the_goods_were_sold_below_their_value() -> None:
    part = allocated(
        price_minor=8_000,
        goods_value_minor=10_000,
        points=100,
        point_value_minor=Fraction(10),
        expected_share=Fraction(1, 2),
    )
    assert part == Fraction(8_000 * 500, 10_500)


# --------------------------------------------------------------------------------------- what ends it


def test_expired_points_release_the_rest() -> None:
    gone = standing(redeemed=6_000, expired=4_000)
    assert liability(gone) == 0
    assert recognised(gone) == set_aside()


def test_expiry_that_was_expected_releases_nothing_before_its_turn() -> None:
    assert liability(standing(redeemed=6_000, expired=300)) == liability(standing(redeemed=6_000))
    assert liability(standing(redeemed=6_000, expired=301)) < liability(standing(redeemed=6_000))


def test_redemption_that_became_remote_releases_the_rest() -> None:
    assert liability(standing(redeemed=6_000, expected_share=share("0.6"))) == 0


def test_more_redeemed_than_expected_owes_nothing_and_never_less() -> None:
    assert liability(standing(redeemed=9_900)) == 0


def test_a_cohort_clawed_back_to_nothing_owes_nothing() -> None:
    assert liability(standing(issued=0, redeemed=50, amount_minor=Fraction(0))) == 0


# -------------------------------------------------------------------------------------- revenue or cost


@pytest.mark.parametrize("reason", ["goodwill", "referral", "birthday", "adjustment", ""])
def test_points_without_a_sale_are_a_cost(reason: str) -> None:
    assert kind_of(reason) is Kind.COST
    assert kind_of("sale") is Kind.REVENUE


def test_a_cost_is_provided_for_at_what_the_expected_points_are_worth() -> None:
    given_away = standing(kind=Kind.COST, issued=1_000, amount_minor=Fraction(100_000))
    assert liability(given_away) == 97_000
    assert liability(replace(given_away, redeemed=900)) == 7_000
    assert liability(replace(given_away, redeemed=900, expired=100)) == 0


# ----------------------------------------------------------------------------------------------- report


def standings(month: date, currency: str, kind: Kind) -> st.SearchStrategy[tuple[Standing, Standing]]:
    """A cohort at two moments, the second the later; points clawed back meanwhile included."""
    count = st.integers(0, 10**6)
    amount = st.fractions(0, 10**9, max_denominator=10**6)
    rate = st.fractions(0, 1, max_denominator=1_000)

    def make(numbers: tuple[Any, ...]) -> tuple[Standing, Standing]:
        issued, redeemed, expired, more, spent, gone, first, second, before, after = numbers
        named = {"month": month, "currency": currency, "kind": kind}
        opening = standing(
            **named,
            issued=issued,
            redeemed=redeemed,
            expired=expired,
            amount_minor=first,
            expected_share=before,
        )
        closing = standing(
            **named,
            issued=more,
            redeemed=redeemed + spent,
            expired=expired + gone,
            amount_minor=second,
            expected_share=after,
        )
        return opening, closing

    counts = [count] * 6
    return st.tuples(*counts, amount, amount, rate, rate).map(make)


BOOKS = st.tuples(
    *(
        standings(month, currency, kind)
        for month in (MAY, JUNE)
        for currency in ("EUR", "JPY")
        for kind in (Kind.REVENUE, Kind.COST)
    )
)


@given(BOOKS, st.randoms(use_true_random=False))
def test_a_report_adds_up_across_and_down_whatever_the_order(
    books: tuple[tuple[Standing, Standing], ...], shuffled: Any
) -> None:
    opening, closing = [one for one, _ in books], [one for _, one in books]
    made = report(opening, closing)
    shuffled.shuffle(opening)
    shuffled.shuffle(closing)
    assert report(opening, closing) == made
    movements = [row.movement for row in made.rows] + [total.movement for total in made.totals]
    assert all(adds_up(one) for one in movements)
    assert [(one.currency, one.kind) for one in made.totals] == sorted(
        {(one.currency, one.kind) for one in closing}
    )
    for total in made.totals:
        rows = [row for row in made.rows if (row.currency, row.kind) == (total.currency, total.kind)]
        assert total.movement.closing_minor == sum(row.movement.closing_minor for row in rows)
        assert total.outstanding == sum(row.outstanding for row in rows)


@given(BOOKS)
def test_the_closing_of_one_period_is_the_opening_of_the_next(
    books: tuple[tuple[Standing, Standing], ...],
) -> None:
    opening, closing = [one for one, _ in books], [one for _, one in books]
    first, second = report([], opening), report(opening, closing)
    assert [one.movement.closing_minor for one in first.totals] == [
        one.movement.opening_minor for one in second.totals
    ]


@given(BOOKS)
def test_nothing_owed_is_below_zero_or_above_what_was_set_aside(
    books: tuple[tuple[Standing, Standing], ...],
) -> None:
    for one in (one for pair in books for one in pair):
        assert 0 <= liability(one) <= one.amount_minor
        assert abs(liability(one) - liability_minor(one)) <= 1
        assert 0 <= one.expected - one.redeemed <= one.outstanding


def test_a_row_says_how_many_outstanding_points_will_never_come() -> None:
    (row,) = report([], [standing(redeemed=4_500, expired=100)]).rows
    assert (row.outstanding, row.expected_breakage) == (5_400, 200)
    assert row.movement.opening_minor == 0
    assert row.movement.issued_minor == 884_230


def test_a_cohort_that_vanished_or_came_twice_is_no_report() -> None:
    with pytest.raises(ValueError, match="lacks"):
        report([standing()], [])
    with pytest.raises(ValueError, match="twice"):
        report([], [standing(), standing()])


@pytest.mark.parametrize(
    "wrong",
    [
        {"issued": -1},
        {"amount_minor": Fraction(-1)},
        {"expected_share": Fraction(11, 10)},
        {"month": date(2026, 5, 2)},
    ],
)
def test_numbers_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"zero or more|0 to 1|first day"):
        standing(**wrong)


def test_a_negative_price_sets_nothing_aside() -> None:
    with pytest.raises(ValueError, match="zero or more"):
        set_aside(price_minor=-1)


# ------------------------------------------------------------------------------------------- estimating

CLOSED = History(issued=100, redeemed=(20, 30, 10), expired=(0, 0, 40))


def test_the_curve_of_closed_cohorts_is_what_happened() -> None:
    made = curve([CLOSED])
    assert made.redeemed == (Fraction(1, 5), Fraction(1, 2), Fraction(3, 5))
    assert made.expected_share() == Fraction(3, 5) == 1 - (breakage(CLOSED) or 0)


def test_a_young_cohort_weighs_only_where_it_was_seen() -> None:
    young = History(issued=300, redeemed=(120,), expired=(0,))
    made = curve([CLOSED, young])
    assert made.redeemed[0] == Fraction(140, 400)
    # Of the 65 % still open, 30 of 80 went in the second month as the old cohort shows.
    assert made.redeemed[1] == Fraction(140, 400) + Fraction(260, 400) * Fraction(30, 80)


def test_what_a_cohort_did_counts_before_what_others_do() -> None:
    eager = History(issued=100, redeemed=(60,), expired=(0,))
    # After the first month 40 of the other cohort's 80 open points were still redeemed.
    assert curve([CLOSED]).expected_of(eager) == Fraction(60 + 20, 100)


def test_without_history_every_point_is_expected() -> None:
    assert curve([]).expected_share() == 1
    assert Curve((), ()).expected_of(History(issued=10, redeemed=(), expired=())) == 1


def test_points_older_than_any_seen_follow_the_tail() -> None:
    half_seen = curve([History(issued=100, redeemed=(20,), expired=(30,))])
    assert half_seen.expected_share() == Fraction(70, 100)
    assert half_seen.expected_share(tail=Fraction(1, 5)) == Fraction(30, 100)


@st.composite
def histories(draw: st.DrawFn) -> History:
    months = draw(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=5))
    gone = sum(a + b for a, b in months)
    return History(
        issued=gone + draw(st.integers(0, 100)),
        redeemed=tuple(one for one, _ in months),
        expired=tuple(one for _, one in months),
    )


@given(st.lists(histories(), max_size=6), st.randoms(use_true_random=False))
def test_a_curve_only_rises_and_does_not_depend_on_order(cohorts: list[History], shuffled: Any) -> None:
    made = curve(cohorts)
    shuffled.shuffle(cohorts)
    assert curve(cohorts) == made
    for cumulative in (made.redeemed, made.expired):
        assert list(cumulative) == sorted(cumulative)
    assert all(0 <= one + other <= 1 for one, other in zip(made.redeemed, made.expired, strict=True))
    for cohort in cohorts:
        least = Fraction(sum(cohort.redeemed), cohort.issued or 1)
        most = least + Fraction(cohort.outstanding, cohort.issued or 1)
        assert not cohort.issued or least <= made.expected_of(cohort) <= most


@pytest.mark.parametrize(
    "wrong",
    [
        {"issued": 5, "redeemed": (6,), "expired": (0,)},
        {"issued": 5, "redeemed": (1,), "expired": ()},
        {"issued": 5, "redeemed": (-1,), "expired": (0,)},
    ],
)
def test_a_history_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"point|months"):
        History(**wrong)


# ---------------------------------------------------------------------------------------------- figures


def test_rates_have_no_value_where_there_is_nothing_to_divide_by() -> None:
    assert redemption_rate(redeemed=5, issued=0) is None
    assert active_member_rate(active=0, enrolled=5, closed=3, merged=2) is None
    assert participation(of_members=0, of_all=0) is None
    assert breakage(History(issued=0, redeemed=(), expired=())) is None


def test_the_window_form_may_exceed_one_and_the_cohort_form_may_not() -> None:
    assert redemption_rate(redeemed=150, issued=100) == Fraction(3, 2)
    assert cohort_redemption_rate(CLOSED, 2) == Fraction(1, 2)
    assert cohort_redemption_rate(CLOSED, 3) == 1 - Fraction(40, 100)


def test_a_cohort_is_not_judged_before_its_time() -> None:
    assert cohort_redemption_rate(CLOSED, 4) is None
    assert breakage(History(issued=100, redeemed=(20,), expired=(79,))) is None


def test_members_who_left_or_were_merged_are_not_counted() -> None:
    assert active_member_rate(active=30, enrolled=100, closed=30, merged=10) == Fraction(1, 2)
    assert participation(of_members=450, of_all=1_000) == Fraction(9, 20)
