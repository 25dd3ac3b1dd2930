"""Earning: what counts, how it is rounded and shared out, and that only the time of the sale matters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.capabilities.loyalty.earning import Standing, birthday_in, earn, earn_for, periods, usage_of
from regulars.capabilities.loyalty.programme import Programme
from regulars.capabilities.loyalty.purchase import SHIPPING_LINE, Purchase, PurchaseLine, bases, burned

from .programmes import AT, BASE, MEMBER, TIERS, line, programme, purchase

CLUB = programme()


def points_of(club: Programme, sale: Purchase, standing: Standing) -> int:
    return sum(grant.points for grant in earn(club, sale, standing).grants)


def test_h8_what_was_paid_with_points_or_a_voucher_earns_nothing() -> None:
    sale = purchase(
        line("1", 6_000), line("2", 4_000), tenders=(("card", 7_500), ("points", 2_000), ("voucher", 500))
    )
    assert bases(sale, CLUB.exclude) == {"1": 4_500, "2": 3_000}
    assert points_of(CLUB, sale, MEMBER) == 75


def test_h8_shipping_deposits_and_tips_earn_nothing_unless_the_programme_says_so() -> None:
    sale = purchase(line("1", 2_000), line("2", 25, kind="deposit"), shipping_minor=500, tip_minor=300)
    assert points_of(CLUB, sale, MEMBER) == 20
    generous = programme("[exclude]\nshipping = false\ndeposits = false" + BASE)
    assert bases(sale, generous.exclude) == {"1": 2_000, "2": 25, SHIPPING_LINE: 500}


@pytest.mark.parametrize(
    ("mode", "with_tax", "without_tax"), [("inclusive", 11_900, 10_000), ("exclusive", 13_800, 11_900)]
)
def test_h8_tax_is_taken_out_by_the_tax_mode_of_the_sale(mode: str, with_tax: int, without_tax: int) -> None:
    sale = purchase(line("1", 11_900, tax_minor=1_900), tax_mode=mode)
    assert bases(sale, CLUB.exclude) == {"1": with_tax}
    assert bases(sale, programme("[exclude]\ntax = true").exclude) == {"1": without_tax}


def test_complaint_11_points_are_on_the_base_the_programme_states() -> None:
    """Gross against net: the same sale, with what was paid by points taken out of both before the tax is."""
    sale = purchase(line("1", 11_900, tax_minor=1_900), tenders=(("points", 5_950), ("card", 5_950)))
    assert points_of(CLUB, sale, MEMBER) == 59
    assert points_of(programme("[exclude]\ntax = true" + BASE), sale, MEMBER) == 50


def test_h9_paying_with_a_gift_card_earns_and_buying_one_does_not() -> None:
    bought = purchase(line("1", 5_000, kind="gift_card"), line("2", 1_000), tenders=(("card", 6_000),))
    paid = purchase(line("1", 5_000), tenders=(("gift_card", 5_000),))
    assert (points_of(CLUB, bought, MEMBER), points_of(CLUB, paid, MEMBER)) == (10, 50)


def test_h9_never_both_when_the_programme_turns_it_round() -> None:
    club = programme("[exclude]\ngift_cards = false" + BASE)
    bought = purchase(line("1", 5_000, kind="gift_card"), tenders=(("card", 5_000),))
    paid = purchase(line("1", 5_000), tenders=(("gift_card", 5_000),))
    assert (points_of(club, bought, MEMBER), points_of(club, paid, MEMBER)) == (50, 0)


def test_h10_points_are_rounded_down_once_for_the_sale_and_shared_out_whole() -> None:
    grant = earn(CLUB, purchase(line("1", 150), line("2", 150), line("3", 199)), MEMBER).grants[0]
    assert grant.points == 4
    assert grant.lines == (("1", 1), ("2", 1), ("3", 2))


def test_h10_a_multiplier_is_applied_before_rounding() -> None:
    club = programme(BASE + '[[multiplier]]\nid = "half-more"\npercent = 150')
    assert points_of(club, purchase(line("1", 199)), MEMBER) == 2


LINES = st.lists(
    st.tuples(st.integers(-50_000, 200_000), st.sampled_from(["A", "B", "C"]), st.integers(1, 9)),
    min_size=1,
    max_size=12,
)
RULES = programme(
    """
[[earn]]
id = "spend"
point = "points"
rates = { EUR = { points = 7, per_minor = 300 } }
[[earn]]
id = "piece"
point = "points"
per = "unit"
points = 3
where = { skus = ["B"] }
[[earn]]
id = "visit"
point = "points"
per = "sale"
points = 50
[[multiplier]]
id = "double"
percent = 200
where = { skus = ["A", "B"] }
[[multiplier]]
id = "card"
percent = 150
where = { tenders = ["card"] }
""",
    top='combine = "multiply"',
)


def bought(lines: list[tuple[int, str, int]]) -> list[PurchaseLine]:
    return [line(f"l{n:02}", net, sku=sku, pieces=pieces) for n, (net, sku, pieces) in enumerate(lines)]


@given(LINES, st.randoms(use_true_random=False), st.integers(0, 100_000))
def test_the_order_of_lines_does_not_matter_and_shares_add_up(lines, random, by_points) -> None:  # type: ignore[no-untyped-def]
    tenders = (("points", by_points), ("card", 5_000), ("cash", 70_000))
    there = bought(lines)
    one = earn(RULES, purchase(*there, tenders=tenders), MEMBER)
    random.shuffle(there)
    assert earn(RULES, purchase(*there, tenders=tenders[::-1]), MEMBER) == one
    for grant in one.grants:
        assert sum(points for _line, points in grant.lines) == grant.points
    assert sum(credit for _line, credit in one.credit_lines) == one.credit


@given(LINES)
def test_h10_points_are_the_exact_sum_rounded_towards_nothing(lines) -> None:  # type: ignore[no-untyped-def]
    grants = {grant.rule: grant.points for grant in earn(RULES, purchase(*bought(lines)), MEMBER).grants}
    exact = sum(Fraction(net * 7 * (2 if sku in "AB" else 1), 300) for net, sku, _pieces in lines)
    assert grants.get("spend", 0) == int(exact)


@given(LINES, st.integers(1, 100_000))
def test_buying_more_never_earns_less(lines, more) -> None:  # type: ignore[no-untyped-def]
    there = bought(lines)
    before = points_of(CLUB, purchase(*there), MEMBER)
    assert points_of(CLUB, purchase(*there, line("more", more)), MEMBER) >= before


def test_lines_that_bring_goods_back_lower_what_earns_and_may_take_points_back() -> None:
    assert points_of(CLUB, purchase(line("1", 3_000), line("2", -1_000, pieces=-1)), MEMBER) == 20
    grant = earn(CLUB, purchase(line("1", 1_050), line("2", -3_000, pieces=-1)), MEMBER).grants[0]
    assert (grant.points, sum(points for _line, points in grant.lines)) == (-19, -19)


HAPPY = programme(
    BASE
    + TIERS
    + """
[[multiplier]]
id = "friday-night"
percent = 300
where = { weekdays = ["fri"], time_from = "22:00", time_to = "02:00" }
[[multiplier]]
id = "gold"
percent = 200
where = { tiers = ["gold"] }
"""
)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 5, 8, 20, 30, tzinfo=UTC), 30),  # Friday 22:30 in Berlin
        (datetime(2026, 5, 8, 23, 59, tzinfo=UTC), 30),  # Saturday 01:59 there: still Friday's night
        (datetime(2026, 5, 9, 0, 0, tzinfo=UTC), 10),
        (datetime(2026, 5, 7, 23, 0, tzinfo=UTC), 10),  # Friday 01:00: Thursday's night
    ],
)
def test_h11_the_time_of_the_sale_selects_the_multiplier_in_the_programmes_zone(
    at: datetime, expected: int
) -> None:
    assert points_of(HAPPY, purchase(line("1", 1_000), at=at), MEMBER) == expected


def test_h11_the_tier_just_before_the_sale_selects_the_multiplier() -> None:
    assert points_of(HAPPY, purchase(line("1", 1_000)), replace(MEMBER, tier="gold")) == 20
    assert points_of(HAPPY, purchase(line("1", 1_000)), MEMBER) == 10


def test_several_multipliers_are_the_highest_or_all_multiplied() -> None:
    both = '[[multiplier]]\nid = "a"\npercent = 200\n[[multiplier]]\nid = "b"\npercent = 300\n'
    sale = purchase(line("1", 1_000))
    assert points_of(programme(BASE + both), sale, MEMBER) == 30
    assert points_of(programme(BASE + both, top='combine = "multiply"'), sale, MEMBER) == 60


def test_a_category_holds_what_is_below_it_and_an_excluded_brand_earns_nothing() -> None:
    club = programme('[exclude]\nbrands = ["Acme"]' + BASE + 'where = { categories = ["Drinks"] }')
    sale = purchase(
        line("1", 1_000, category="drinks > Coffee"),
        line("2", 1_000, category="Drinks Cabinet"),
        line("3", 1_000, category="Drinks", brand="Acme"),
    )
    assert dict(earn(club, sale, MEMBER).grants[0].lines) == {"1": 10}


def test_a_tender_counts_the_part_that_was_paid_with_it() -> None:
    club = programme(BASE + 'where = { tenders = ["store_card"] }')
    sale = purchase(line("1", 10_000), tenders=(("store_card", 2_500), ("cash", 7_500)))
    assert points_of(club, sale, MEMBER) == 25


def test_f1_caps_leave_what_is_left_of_them_and_returns_give_it_back() -> None:
    club = programme(BASE + "caps = { sale = 80, day = 100, month = 1000, lifetime = 150 }")
    sale = purchase(line("1", 6_000), line("2", 6_000))
    first = earn(club, sale, MEMBER)
    assert (first.grants[0].points, first.grants[0].capped, first.grants[0].lines) == (
        80,
        True,
        (("1", 40), ("2", 40)),
    )
    assert set(first.usage) == {("base", p) for p in periods(club, AT) if not p.startswith("year")}
    second = earn(club, sale, replace(MEMBER, used=first.usage))
    assert second.grants[0].points == 20
    back = usage_of(club, "base", AT, -50)
    left = {key: first.usage[key] + second.usage[key] + back[key] for key in first.usage}
    assert earn(club, sale, replace(MEMBER, used=left)).grants[0].points == 50
    nothing = earn(club, sale, replace(MEMBER, used={("base", "day:2026-05-06"): 100})).grants[0]
    assert (nothing.points, nothing.capped, nothing.lines) == (0, True, ())


BONUSES = programme(
    BASE
    + """
[[bonus]]
id = "welcome"
point = "points"
on = "enrolment"
points = 100
[[bonus]]
id = "first"
point = "points"
on = "first_purchase"
points = 50
where = { minimum_minor = { EUR = 2000 } }
[[bonus]]
id = "birthday"
point = "points"
on = "birthday"
points = 200
birthday = "purchase_in_month"
[[bonus]]
id = "cake"
point = "points"
on = "birthday"
points = 10
[[bonus]]
id = "quiz"
point = "points"
on = "custom.quiz"
points = 5
once = "day"
"""
)


def test_m3_each_bonus_comes_once_in_its_period() -> None:
    born = replace(MEMBER, birth=(5, 31), first_purchase=True)
    first = earn(BONUSES, purchase(line("1", 2_000), line("2", 2_000)), born)
    assert {grant.rule: grant.points for grant in first.grants} == {"base": 40, "first": 50, "birthday": 200}
    assert first.grants[1].lines == (("1", 25), ("2", 25))
    again = earn(BONUSES, purchase(line("1", 5_000)), replace(born, used=first.usage))
    assert [grant.rule for grant in again.grants] == ["base"]
    next_year = earn(
        BONUSES, purchase(line("1", 5_000), at=AT + timedelta(days=365)), replace(born, used=first.usage)
    )
    assert [grant.rule for grant in next_year.grants] == ["base", "birthday"]


def test_m3_two_members_who_turn_out_to_be_one_get_no_third_bonus() -> None:
    """Both had theirs; usage of the merged member is the sum."""
    given_twice = {("cake", "year:2026"): 20}
    assert not earn_for(BONUSES, "birthday", AT, replace(MEMBER, used=given_twice)).grants


def test_an_event_gives_its_own_bonus_alone() -> None:
    assert [grant.rule for grant in earn_for(BONUSES, "enrolment", AT, MEMBER).grants] == ["welcome"]
    assert [grant.rule for grant in earn_for(BONUSES, "birthday", AT, MEMBER).grants] == ["cake"]
    quiz = earn_for(BONUSES, "custom.quiz", AT, MEMBER)
    assert (quiz.grants[0].points, quiz.grants[0].lines) == (5, ())
    assert not earn_for(BONUSES, "custom.quiz", AT, replace(MEMBER, used=quiz.usage)).grants
    assert not earn_for(BONUSES, "review", AT, MEMBER).grants


def test_a_first_purchase_below_its_minimum_waits_for_one_that_reaches_it() -> None:
    small = earn(BONUSES, purchase(line("1", 1_999)), replace(MEMBER, first_purchase=True))
    assert [grant.rule for grant in small.grants] == ["base"]


def test_one_born_on_29_february_has_a_birthday_every_year() -> None:
    assert [birthday_in(year, (2, 29)).isoformat() for year in (2027, 2028)] == ["2027-02-28", "2028-02-29"]


def test_only_members_earn_and_only_from_the_day_they_joined() -> None:
    at_the_till = replace(MEMBER, enrolled_at=AT + timedelta(minutes=5))
    sale = purchase(line("1", 1_000))
    assert points_of(CLUB, sale, at_the_till) == 10
    assert points_of(CLUB, replace(sale, occurred_at=AT - timedelta(days=3)), at_the_till) == 0
    late = programme("[members]\nsales_before_days = 3" + BASE)
    assert points_of(late, replace(sale, occurred_at=AT - timedelta(days=3)), at_the_till) == 10
    assert points_of(CLUB, sale, Standing()) == 0
    assert points_of(programme('[members]\nwho = "known"' + BASE), sale, Standing()) == 10


def test_each_currency_earns_at_its_own_rate_and_others_nothing() -> None:
    kronor = earn(CLUB, purchase(line("1", 25_000), currency="SEK"), MEMBER)
    assert (kronor.grants[0].points, kronor.credit) == (25, 2_500)
    assert not earn(CLUB, purchase(line("1", 25_000), currency="USD"), MEMBER).grants


def test_tier_credit_is_what_was_spent_or_the_points_of_rules() -> None:
    club = programme(
        BASE
        + '[credit]\nof = "points"'
        + '\n[[bonus]]\nid = "f"\npoint = "points"\non = "first_purchase"\npoints = 9'
    )
    sale = purchase(line("1", 1_050), line("2", 1_050))
    assert earn(CLUB, sale, MEMBER).credit == 2_100
    by_points = earn(club, sale, replace(MEMBER, first_purchase=True))
    assert (by_points.credit, by_points.credit_lines) == (21, (("1", 11), ("2", 10)))


def test_points_a_sale_was_paid_with_lie_on_its_lines_in_proportion() -> None:
    assert burned(purchase(line("1", 2_000), line("2", 1_000), line("3", -500)), 100) == {"1": 67, "2": 33}
