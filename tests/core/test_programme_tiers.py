"""Tiers from dated credit: at once up, never down before the end of a cycle, and the same for any order of it."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from regulars.capabilities.loyalty.expiry import add_months
from regulars.capabilities.loyalty.programme import Programme
from regulars.capabilities.loyalty.tiers import tier_at

from .programmes import BASE, TIERS, programme

D = date
ONE = timedelta(days=1)


CLUB = programme(BASE + TIERS + "[cycle]\ngrace_days = 30\nwarn_days = 60")
YEAR = programme(BASE + TIERS + '[cycle]\nwindow = "calendar_year"\nwarn_days = 31')


def test_an_upgrade_comes_with_the_credit_that_reaches_it() -> None:
    history = [(D(2026, 1, 5), 6_000), (D(2026, 3, 1), 4_000)]
    assert tier_at(CLUB, history, D(2026, 2, 28)).tier == "base"
    standing = tier_at(CLUB, history, D(2026, 3, 1))
    assert (standing.tier, standing.since, standing.until) == ("silver", D(2026, 3, 1), D(2027, 3, 30))
    assert (standing.next_tier, standing.missing) == ("gold", 40_000)


def test_tr2_a_sale_that_reaches_a_tier_counts_for_the_next_sale() -> None:
    """The caller leaves out the sale's own credit, and the tier is the one before."""
    before = [(D(2026, 1, 5), 9_999)]
    assert tier_at(CLUB, before, D(2026, 1, 5)).tier == "base"
    assert tier_at(CLUB, [*before, (D(2026, 1, 5), 1)], D(2026, 1, 5)).tier == "silver"


def test_a_tier_is_kept_to_the_end_of_its_cycle_and_the_grace() -> None:
    history = [(D(2026, 1, 10), 10_000)]
    assert tier_at(CLUB, history, D(2027, 2, 8)).tier == "silver"
    assert tier_at(CLUB, history, D(2027, 2, 9)).tier == "base"


def test_a_purchase_at_which_the_window_still_reaches_the_tier_lengthens_it() -> None:
    history = [(D(2026, 1, 10), 10_000), (D(2026, 9, 1), 2_500)]
    held = tier_at(CLUB, history, D(2026, 12, 15))
    assert (held.since, held.until, held.warning) == (D(2026, 1, 10), D(2027, 9, 30), False)


def test_an_early_warning_says_what_is_missing_and_what_comes_after() -> None:
    history = [(D(2026, 1, 10), 12_000)]
    assert not tier_at(CLUB, history, D(2026, 12, 9)).warning
    late = tier_at(CLUB, history, D(2027, 1, 15))
    assert (late.warning, late.projected, late.keep_missing, late.credit) == (True, "base", 10_000, 0)


def test_r14_a_refund_keeps_the_tier_until_the_end_of_its_cycle_and_asks_for_a_look() -> None:
    history = [(D(2026, 1, 10), 12_000)]
    refunded = [*history, (D(2026, 2, 1), -3_000)]
    standing = tier_at(CLUB, refunded, D(2026, 2, 1))
    assert (standing.tier, standing.review, standing.until) == (
        "silver",
        True,
        tier_at(CLUB, history, D(2026, 2, 1)).until,
    )
    assert not tier_at(CLUB, [*history, (D(2026, 2, 1), -2_000)], D(2026, 2, 1)).review
    made_good = [*refunded, (D(2026, 3, 1), 1_000)]
    assert not tier_at(CLUB, made_good, D(2026, 3, 1)).review


def test_r14_a_refund_does_count_when_the_cycle_is_over() -> None:
    history = [(D(2026, 1, 10), 10_000), (D(2026, 12, 1), 10_000), (D(2026, 12, 20), -10_000)]
    assert tier_at(CLUB, history, D(2027, 6, 1)).tier == "silver"
    assert tier_at(CLUB, [*history, (D(2027, 1, 15), 1)], D(2028, 1, 1)).tier == "base"


def test_tr1_only_credit_counts_so_spent_or_expired_points_take_no_tier() -> None:
    """The history is of credit alone; nothing about points can be handed in."""
    assert tier_at(CLUB, [(D(2026, 1, 10), 50_000)], D(2026, 6, 1)).tier == "gold"


def test_a_calendar_year_counts_from_january_and_holds_through_the_next() -> None:
    history = [(D(2025, 12, 31), 9_000), (D(2026, 1, 1), 9_999), (D(2026, 12, 30), 1)]
    assert tier_at(YEAR, history, D(2026, 12, 29)).tier == "base"
    held = tier_at(YEAR, history, D(2026, 12, 30))
    assert (held.tier, held.until) == ("silver", D(2027, 12, 31))
    assert tier_at(YEAR, history, D(2027, 12, 1)).warning
    assert tier_at(YEAR, history, D(2028, 1, 1)).tier == "base"


def test_a_programme_says_whether_members_fall_one_level_or_to_what_they_earned() -> None:
    history = [(D(2026, 1, 1), 50_000)]
    steps = programme(BASE + TIERS + '[cycle]\ndown = "one_level"')
    tiers = [
        tier_at(steps, history, day).tier
        for day in (D(2026, 12, 31), D(2027, 1, 1), D(2027, 12, 31), D(2028, 1, 1))
    ]
    assert tiers == ["gold", "silver", "silver", "base"]
    assert tier_at(programme(BASE + TIERS), history, D(2027, 1, 1)).tier == "base"
    assert tier_at(steps, history, D(2026, 12, 31)).projected == "silver"


def test_a_leap_day_and_its_year_after() -> None:
    history = [(D(2028, 2, 29), 10_000)]
    assert tier_at(programme(BASE + TIERS), history, D(2028, 2, 29)).until == D(2029, 2, 27)
    assert tier_at(CLUB, [(D(2027, 2, 28), 6_000), (D(2028, 2, 29), 4_000)], D(2028, 2, 29)).tier == "base"


def test_a_programme_without_tiers_has_none() -> None:
    assert tier_at(programme(), [(D(2026, 1, 1), 10)], D(2026, 1, 1)).tier == ""


DAYS = st.dates(D(2024, 1, 1), D(2028, 12, 31))
NEW = st.lists(st.tuples(DAYS, st.integers(1, 30_000)), max_size=20)
ANY = st.lists(st.tuples(DAYS, st.integers(-20_000, 30_000)), max_size=20)
PROGRAMMES = st.sampled_from(
    [CLUB, YEAR, programme(BASE + TIERS + '[cycle]\nmonths = 3\ndown = "one_level"\ngrace_days = 10')]
)


def slow_level(which: Programme, history: list[tuple[date, int]], on: date) -> int:
    """The same said day by day, for programmes in which one falls to what was earned."""
    cycle, best = which.cycle, 0
    for day in {day for day, credit in history if credit > 0 and day <= on}:
        if cycle.window == "calendar_year":
            first, last = D(day.year, 1, 1), D(day.year + 1, 12, 31)
        else:
            first, last = add_months(day, -cycle.months) + ONE, add_months(day, cycle.months) - ONE
        credit = sum(amount for when, amount in history if first <= when <= day)
        if on <= last + timedelta(days=cycle.grace_days):
            best = max(best, *(n for n, tier in enumerate(which.tier) if n == 0 or credit >= tier.threshold))
    return best


@given(st.sampled_from([CLUB, YEAR]), ANY, DAYS)
def test_the_tier_is_the_one_a_count_day_by_day_gives(which, history, on) -> None:  # type: ignore[no-untyped-def]
    assert tier_at(which, history, on).level == slow_level(which, history, on)


@given(PROGRAMMES, ANY, DAYS, st.randoms(use_true_random=False))
def test_the_order_of_credit_does_not_matter(which, history, on, random) -> None:  # type: ignore[no-untyped-def]
    one = tier_at(which, history, on)
    random.shuffle(history)
    assert tier_at(which, history, on) == one


@given(PROGRAMMES, NEW, NEW, DAYS)
def test_m1_two_members_who_are_one_have_at_least_the_higher_tier(which, one, other, on) -> None:  # type: ignore[no-untyped-def]
    union = tier_at(which, one + other, on)
    assert union.level >= max(tier_at(which, one, on).level, tier_at(which, other, on).level)


@given(PROGRAMMES, ANY, NEW, DAYS)
def test_more_credit_never_gives_a_lower_tier(which, history, more, on) -> None:  # type: ignore[no-untyped-def]
    assert tier_at(which, history + more, on).level >= tier_at(which, history, on).level


@given(PROGRAMMES, ANY, DAYS, st.integers(0, 20_000))
def test_r14_no_refund_lowers_the_tier_of_its_own_day(which, history, on, amount) -> None:  # type: ignore[no-untyped-def]
    on += timedelta(days=1)
    earlier = [(day, credit) for day, credit in history if day < on]
    assert tier_at(which, [*earlier, (on, -amount)], on).level == tier_at(which, earlier, on).level


@given(PROGRAMMES, ANY, DAYS)
def test_the_tier_falls_only_on_the_day_it_was_said_to(which, history, on) -> None:  # type: ignore[no-untyped-def]
    earlier = [(day, credit) for day, credit in history if day <= on]
    now = tier_at(which, earlier, on)
    if now.until is not None:
        assert tier_at(which, earlier, now.until).level >= now.level
        after = tier_at(which, earlier, now.until + timedelta(days=1))
        assert after.level < now.level
        assert after.tier == now.projected


@given(PROGRAMMES, ANY, DAYS)
def test_the_window_holds_the_credit_of_its_days_alone(which, history, on) -> None:  # type: ignore[no-untyped-def]
    """Against a slow count of the same."""
    cycle = which.cycle
    if cycle.window == "calendar_year":
        inside = sum(credit for day, credit in history if day.year == on.year and day <= on)
    else:
        year, month = divmod(on.year * 12 + on.month - 1 - cycle.months, 12)
        inside = 0
        for day, credit in history:
            after = (day.year, day.month) > (year, month + 1) or (
                (day.year, day.month) == (year, month + 1) and day.day > on.day
            )
            inside += credit if after and day <= on else 0
    assert tier_at(which, history, on).credit == inside
