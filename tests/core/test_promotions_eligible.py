"""Who gets a promotion, when and where; and what is said when they do not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from regulars.capabilities.offers.basket import Basket, Member, Usage
from regulars.vocabulary.errors import InvalidInput
from tests.core.promotions import applied, basket, bought, line, priced, promotion, reasons


def tenth(**parts: Any) -> Any:
    return promotion("it", "percentage", off_bp=1_000, **parts)


@pytest.mark.parametrize(
    ("parts", "basket", "reason"),
    [
        ({"window": {"starts": "2026-11-20T12:00:01Z"}}, {}, "not_in_time"),
        ({"window": {"starts": "2026-11-20T13:00:00+01:00"}}, {}, None),
        ({"window": {"ends": "2026-11-20T12:00:00Z"}}, {}, "not_in_time"),
        ({"stores": ["berlin"]}, {"store": "london"}, "other_store"),
        ({"stores": ["berlin"]}, {"store": "berlin"}, None),
        ({"channels": ["online"]}, {"channel": "store"}, "other_channel"),
        ({"currency": "GBP"}, {}, "other_currency"),
        ({"currency": ""}, {}, None),
        ({"member_only": True}, {}, "needs_member"),
        ({"member_only": True}, {"member": Member()}, None),
        ({"tiers": ["gold"]}, {}, "needs_member"),
        ({"tiers": ["gold"]}, {"member": Member(tier="silver")}, "tier"),
        ({"tiers": ["gold"]}, {"member": Member(tier="gold")}, None),
        ({"segments": ["vip", "new"]}, {"member": Member(segments=frozenset({"lapsed"}))}, "segment"),
        ({"segments": ["vip", "new"]}, {"member": Member(segments=frozenset({"new", "b"}))}, None),
        ({"limits": {"member": 1}}, {}, "needs_member"),
        ({"limits": {"member": 2}}, {"member": Member(used={"it": 1})}, None),
        ({"limits": {"member": 2}}, {"member": Member(used={"it": 2})}, "limit_reached"),
    ],
)
def test_who_gets_it(parts: dict[str, Any], basket: dict[str, Any], reason: str | None) -> None:
    answer = priced([tenth(**parts)], bought("tea", **basket))
    assert reasons(answer) == ({} if reason is None else {"it": reason})
    assert bool(answer.discount_minor) == (reason is None)


@pytest.mark.parametrize(
    ("at", "given"),
    [
        (datetime(2026, 11, 20, 16, 0, tzinfo=UTC), True),  # Friday 17:00 in Berlin
        (datetime(2026, 11, 20, 17, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 20, 18, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 19, 16, 30, tzinfo=UTC), False),  # Thursday
        (datetime(2026, 7, 17, 15, 0, tzinfo=UTC), True),  # 17:00 in summer is an hour earlier elsewhere
        (datetime(2026, 7, 17, 14, 59, tzinfo=UTC), False),
    ],
)
def test_a_happy_hour_is_one_by_the_clock_of_the_store(at: datetime, given: bool) -> None:
    offer = tenth(happy_hours=[{"days": ["fri"], "begins": "17:00", "ends": "19:00"}])
    answer = priced([offer], bought("tea", at=at, zone="Europe/Berlin"))
    assert bool(answer.discount_minor) == given
    assert reasons(answer) == ({} if given else {"it": "not_in_time"})


def test_an_hour_over_midnight_belongs_to_the_day_it_began_on() -> None:
    offer = tenth(happy_hours=[{"days": ["sun"], "begins": "22:00", "ends": "02:00"}])
    sunday, monday = 22, 23
    given = {
        (day, hour): priced(
            [offer], bought("tea", at=datetime(2026, 11, day, hour, tzinfo=UTC))
        ).discount_minor
        > 0
        for day in (sunday, monday)
        for hour in (1, 23)
    }
    assert [moment for moment, yes in given.items() if yes] == [(sunday, 23), (monday, 1)]


def test_a_time_zone_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="Mars/Olympus") as caught:
        priced([tenth()], bought("tea", zone="Mars/Olympus"))
    assert caught.value.field == "zone"


def test_two_lines_of_one_id_are_refused() -> None:
    with pytest.raises(InvalidInput, match="id '1'"):
        priced([], basket(line("1", "tea"), line("1", "mug")))


# -- complaints (section 5 of the study) ----------------------------------------------------------


def test_complaint_5_a_code_that_was_used_up_gives_nothing_and_says_so() -> None:
    offer = tenth(code_required=True, limits={"total": 1})
    what = coded("ONCE", {"ONCE": "it"})
    assert priced([offer], what).discount_minor == 45
    spent = priced([offer], what, Usage(total={"it": 1}))
    assert (spent.discount_minor, reasons(spent)) == (0, {"it": "limit_reached"})
    assert spent.skipped[0].code == "ONCE"


@pytest.mark.parametrize("usage", [Usage(total={"it": 3}), Usage(today={"it": 2})])
def test_complaint_6_limits_hold_for_a_promotion_that_needs_no_code(usage: Usage) -> None:
    answer = priced([tenth(limits={"total": 3, "day": 2})], bought("tea"), usage)
    assert (answer.discount_minor, reasons(answer)) == (0, {"it": "limit_reached"})


def test_complaint_6_a_limit_in_the_basket_and_a_budget_hold_for_it_too() -> None:
    one = priced([promotion("it", "n_for_m", buy=2, pay=1, limits={"basket": 1})], "mug mug tea tea")
    assert applied(one) == {"it": 700}
    offer = tenth(limits={"budget_minor": 1_000})
    assert applied(priced([offer], bought("mug mug mug"), Usage(spent_minor={"it": 840}))) == {"it": 140}
    spent = priced([offer], bought("mug"), Usage(spent_minor={"it": 1_000}))
    assert reasons(spent) == {"it": "budget_spent"}


def test_complaint_6_the_last_of_a_budget_is_given_on_top_and_on_the_basket() -> None:
    top = promotion("top", "percentage", off_bp=1_000, group="t", mode="stack", limits={"budget_minor": 100})
    answer = priced([top], "mug mug")
    assert (applied(answer), answer.gap_minor) == ({"top": 100}, 40)
    whole = promotion("all", "amount", off_minor=500, per="basket", limits={"budget_minor": 100})
    assert applied(priced([whole], "mug mug")) == {"all": 100}


def test_complaint_7_no_code_is_dropped_without_a_word() -> None:
    offers = [
        tenth(code_required=True),
        promotion("mugs", "percentage", off_bp=1_000, products={"skus": ["mug"]}, code_required=True),
        promotion(
            "later", "percentage", off_bp=1_000, code_required=True, window={"starts": "2027-01-01T00:00:00Z"}
        ),
    ]
    valid = {"TEN": "it", "MUGS": "mugs", "LATER": "later", "GONE": "deleted"}
    answer = priced(offers, coded("TEN TYPO MUGS LATER GONE", valid))
    assert applied(answer) == {"it": 45}
    assert {one.code: one.reason for one in answer.skipped} == {
        "TYPO": "code_unknown", "GONE": "code_unknown", "MUGS": "nothing_matches", "LATER": "not_in_time",
    }  # fmt: skip


def test_complaint_7_a_promotion_whose_code_nobody_presented_stays_unspoken() -> None:
    answer = priced([tenth(code_required=True)], "tea")
    assert (answer.discount_minor, answer.skipped) == (0, ())


def test_complaint_8_best_stack_and_exclusive_are_there_from_the_first_day() -> None:
    """The same two promotions in each mode; examples in full are among those of the documentation."""

    def off(mode: str) -> int:
        two = [
            promotion(name, "percentage", off_bp=bp, mode=mode) for name, bp in (("a", 1_000), ("b", 5_000))
        ]
        return priced(two, "mug").discount_minor

    assert {mode: off(mode) for mode in ("best", "stack", "exclusive")} == {
        "best": 350,
        "stack": 385,
        "exclusive": 350,
    }


def test_complaint_9_two_offers_of_buy_some_get_some_share_a_product() -> None:
    offers = [
        promotion("two", "n_for_m", buy=2, pay=1, products={"skus": ["mug"]}),
        promotion("three", "n_for_m", buy=3, pay=1, products={"skus": ["mug"]}),
    ]
    answer = priced(offers, "mug mug mug mug mug")
    assert applied(answer) == {"two": 700, "three": 1_400}
    assert [one.times for one in answer.applied] == [1, 1]


def test_complaint_9_the_steps_of_one_promotion_do_not_add_up() -> None:
    steps = [{"price_minor": 600, "from_quantity": 2}, {"price_minor": 500, "from_quantity": 4}]
    offer = promotion("steps", "tier_prices", prices=steps)
    assert [priced([offer], "mug " * count).total_minor for count in (1, 2, 3, 4, 5)] == [
        700,
        1_200,
        1_800,
        2_000,
        2_500,
    ]


def coded(codes: str, valid: dict[str, str]) -> Basket:
    return bought("tea", codes=tuple(codes.split()), valid_codes=valid)
