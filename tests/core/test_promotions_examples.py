"""Each kind of promotion and how they go together, as the examples of docs/explanation/promotions.md.

Prices: tea 4.50, coffee 8.99, beans 12.00, mug 7.00, cup 4.60, spoon 1.20.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from regulars.capabilities.offers.basket import Member
from tests.core.promotions import applied, basket, bought, line, priced, promotion, reasons

TEA = {"skus": ["tea"]}
KITCHEN = {"categories": ["Kitchen"]}
DRINKS = {"categories": ["Drinks"]}


@pytest.mark.parametrize(
    ("kind", "parts", "skus", "off"),
    [
        pytest.param("percentage", {"off_bp": 1_250}, "coffee", 112, id="12.5 % of 8.99 is 1.12"),
        pytest.param("amount", {"off_minor": 100}, "tea spoon tea", 300, id="1.00 off each item"),
        pytest.param("amount", {"off_minor": 500}, "spoon", 120, id="never more than the item costs"),
        pytest.param("amount", {"off_minor": 500, "per": "basket"}, "tea mug", 500, id="5.00 off the basket once"),
        pytest.param("fixed_price", {"price_minor": 400}, "tea spoon", 50, id="where it costs more"),
        pytest.param("n_for_m", {"buy": 3, "pay": 2}, "tea mug coffee", 450, id="the cheapest of three is free"),
        pytest.param("n_for_m", {"buy": 3, "pay": 2}, "mug mug mug tea", 700, id="the dearest three go together"),
        pytest.param("n_for_m", {"buy": 2, "price_minor": 1_000}, "mug tea", 150, id="any two for 10.00"),
        pytest.param("cheapest", {"of": 2, "off_bp": 5_000}, "mug tea", 225, id="the second at half price"),
        pytest.param("cheapest", {"of": 3}, "mug tea spoon", 120, id="the cheapest of three free"),
        pytest.param(
            "bundle",
            {"parts": [{"products": TEA}, {"products": {"skus": ["mug"]}}], "price_minor": 999},
            "tea mug mug", 151, id="a tea and a mug for 9.99",
        ),
        pytest.param(
            "bundle",
            {"parts": [{"products": TEA, "quantity": 2}, {"products": KITCHEN}], "off_bp": 1_000},
            "tea tea mug spoon", 160, id="two teas and something for the kitchen, 10 % off",
        ),
        pytest.param("threshold", {"spend_minor": 1_000, "off_minor": 200}, "tea mug", 200, id="from 10.00 on 2.00 off"),
        pytest.param("threshold", {"spend_minor": 1_000, "off_bp": 1_000}, "tea mug", 115, id="from 10.00 on 10 % off"),
        pytest.param("threshold", {"spend_minor": 1_000, "free": TEA}, "mug tea", 450, id="from 10.00 on a free tea"),
        pytest.param(
            "tier_prices", {"prices": [{"price_minor": 400, "from_quantity": 3}, {"price_minor": 350, "from_quantity": 5}]},
            "tea tea tea tea", 200, id="4.00 each from three on",
        ),
    ],
)  # fmt: skip
def test_what_a_kind_takes_off(kind: str, parts: dict[str, Any], skus: str, off: int) -> None:
    answer = priced([promotion("it", kind, **parts)], skus)
    assert (answer.discount_minor, answer.optimality) == (off, "optimal")


def test_prices_by_the_tier_of_the_member() -> None:
    offer = promotion("gold", "tier_prices", prices=[{"price_minor": 400, "tier": "gold"}])
    assert priced([offer], bought("tea", member=Member(tier="gold"))).discount_minor == 50
    assert priced([offer], bought("tea", member=Member(tier="silver"))).discount_minor == 0


def test_the_discount_of_a_set_is_spread_over_all_of_it() -> None:
    answer = priced([promotion("three", "n_for_m", buy=3, pay=2)], "coffee mug tea")
    assert [one.net_minor for one in answer.lines] == [899 - 197, 700 - 154, 450 - 99]


def test_weighed_goods_take_part_by_share_and_amount_only() -> None:
    weighed = basket(line("1", "tea", 0.532), line("2", "tea"), line("3", "tea"))
    assert priced([promotion("tenth", "percentage", off_bp=1_000)], weighed).lines[0].net_minor == 239 - 24
    assert priced([promotion("half", "amount", off_minor=100)], weighed).lines[0].net_minor == 239 - 53
    assert priced([promotion("three", "n_for_m", buy=3, pay=2)], weighed).discount_minor == 0
    assert priced([promotion("fixed", "fixed_price", price_minor=100)], weighed).lines[0].net_minor == 239


def test_a_category_holds_all_below_it_and_nothing_of_a_like_name() -> None:
    offer = promotion("all", "percentage", off_bp=10_000, products={"categories": ["Drinks>Coffee"]})
    rows = basket(line("1", "beans"), line("2", "tea"), line("3", "tea", category="Drinks > Coffee pods"))
    assert [one.net_minor for one in priced([offer], rows).lines] == [0, 450, 450]


def test_a_brand_within_a_category_and_products_beside_it_without_an_exception() -> None:
    chosen = {"categories": ["Kitchen"], "brands": ["Clay"], "skus": ["tea"], "except_skus": ["cup"]}
    offer = promotion("some", "percentage", off_bp=10_000, products=chosen)
    assert [one.net_minor for one in priced([offer], "mug spoon tea cup").lines] == [0, 120, 0, 460]


def test_a_line_that_takes_no_discount_is_left_alone_and_counts_for_nothing() -> None:
    card = basket(line("1", "mug", no_discount=True), line("2", "mug"), line("3", "mug"))
    offers = [
        promotion("three", "n_for_m", buy=3, pay=2),
        promotion("t", "threshold", spend_minor=1_500, off_bp=1_000),
    ]
    answer = priced(offers, card)
    assert answer.discount_minor == 0
    assert reasons(answer) == {"three": "too_few_items", "t": "below_threshold"}


# -- together -------------------------------------------------------------------------------------


def test_an_item_counts_for_one_best_promotion_and_the_best_combination_is_taken() -> None:
    offers = [
        promotion("three", "n_for_m", buy=3, pay=2),
        promotion("tea", "percentage", off_bp=5_000, products=TEA),
        promotion("mugs", "cheapest", of=2, products={"skus": ["mug"]}),
    ]
    answer = priced(offers, "tea mug mug")
    assert applied(answer) == {"mugs": 700, "tea": 225}
    assert reasons(answer) == {"three": "beaten_by_better"}


def test_greed_would_take_the_bundle_first_and_lose() -> None:
    offers = [
        promotion("pair", "bundle", parts=[{"products": TEA}, {"products": {"skus": ["mug"]}}], off_minor=500),
        promotion("teas", "bundle", parts=[{"products": TEA}, {"products": {"skus": ["cup"]}}], off_minor=400),
        promotion("mugs", "bundle", parts=[{"products": {"skus": ["mug"]}}, {"products": {"skus": ["spoon"]}}], off_minor=300),
    ]  # fmt: skip
    assert applied(priced(offers, "tea mug cup spoon")) == {"teas": 400, "mugs": 300}


def test_what_stacks_comes_on_top_by_priority_each_on_what_the_last_one_left() -> None:
    offers = [
        promotion("three", "n_for_m", buy=3, pay=2),
        promotion("staff", "percentage", off_bp=1_000, group="top", mode="stack", priority=1),
        promotion("one", "amount", off_minor=100, group="top", mode="stack"),
    ]
    answer = priced(offers, "mug mug mug")
    # 21.00 - 7.00 = 14.00: two at 4.67 and one at 4.66; 10 % and then 1.00 off each.
    assert applied(answer) == {"staff": 141, "three": 700, "one": 300}


def test_what_comes_on_top_is_looked_at_when_the_best_is_chosen() -> None:
    """Tea is free on top, so that what the bundle takes off it saves nothing; the cup alone saves more."""
    offers = [
        promotion(
            "pair", "bundle", parts=[{"products": TEA}, {"products": {"skus": ["cup"]}}], off_minor=500
        ),
        promotion("cup", "percentage", off_bp=6_000, products={"skus": ["cup"]}),
        promotion("half", "percentage", off_bp=10_000, products=TEA, group="top", mode="stack"),
    ]
    assert applied(priced(offers, "tea cup")) == {"cup": 276, "half": 450}


def test_an_exclusive_group_comes_alone_when_it_saves_more_than_all_the_rest() -> None:
    offers = [
        promotion("tenth", "percentage", off_bp=1_000),
        promotion("ten", "amount", off_minor=100, per="basket", group="vouchers"),
        promotion("big", "percentage", off_bp=4_000, group="clearance", mode="exclusive", products=TEA),
    ]
    small = priced(offers, "mug mug tea")
    assert (applied(small), reasons(small)) == ({"ten": 100, "tenth": 185}, {"big": "beaten_by_better"})
    large = priced(offers, "tea tea tea")
    assert applied(large) == {"big": 540}
    assert reasons(large) == {"ten": "excluded_by_group", "tenth": "excluded_by_group"}


def test_the_basket_gets_the_best_of_a_group_and_all_that_stack() -> None:
    offers = [
        promotion("two", "threshold", spend_minor=500, off_minor=200, group="spend"),
        promotion("five", "threshold", spend_minor=1_000, off_minor=500, group="spend"),
        promotion("ten", "threshold", spend_minor=5_000, off_minor=1_000, group="spend"),
        promotion("one", "amount", off_minor=100, per="basket", group="vouchers", mode="stack"),
    ]
    answer = priced(offers, "mug mug")
    assert applied(answer) == {"five": 500, "one": 100}
    assert reasons(answer) == {"two": "beaten_by_better", "ten": "below_threshold"}


def test_a_threshold_counts_list_prices_so_that_no_discount_takes_it_away() -> None:
    offers = [
        promotion("half", "percentage", off_bp=5_000),
        promotion("from-ten", "threshold", spend_minor=1_000, off_minor=100, group="spend"),
    ]
    assert applied(priced(offers, "mug tea")) == {"half": 575, "from-ten": 100}


def test_an_amount_on_the_basket_is_shared_out_to_the_cent() -> None:
    answer = priced([promotion("one", "amount", off_minor=100, per="basket")], "mug mug mug")
    assert [one.net_minor for one in answer.lines] == [666, 667, 667]


# -- what to add ----------------------------------------------------------------------------------


def test_the_till_hears_what_is_nearly_reached() -> None:
    offers = [
        promotion("three", "n_for_m", buy=3, pay=2, products=DRINKS, text="3 for 2 on drinks"),
        promotion("spend", "threshold", spend_minor=1_200, off_minor=100),
        promotion(
            "pair", "bundle", parts=[{"products": TEA}, {"products": {"skus": ["mug"]}}], off_minor=100
        ),
        promotion("far", "threshold", spend_minor=9_000, off_minor=100),
        promotion("steps", "tier_prices", prices=[{"price_minor": 400, "from_quantity": 3}], products=TEA),
    ]
    told = {one.promotion_id: one for one in priced(offers, "tea tea").nearly}
    assert {name: (one.missing_items, one.missing_minor) for name, one in told.items()} == {
        "three": (1, 0), "spend": (0, 300), "pair": (1, 0), "steps": (1, 0),
    }  # fmt: skip
    assert told["pair"].skus == ("mug",)
    assert told["three"].categories == ("Drinks",)
    assert told["three"].text == "3 for 2 on drinks"


def test_an_offer_that_is_beaten_or_used_up_is_not_dangled() -> None:
    offers = [
        promotion("most", "percentage", off_bp=9_000),
        promotion("pair", "n_for_m", buy=2, pay=1, limits={"basket": 1}),
    ]
    assert [one.promotion_id for one in priced(offers[1:], "tea tea mug").nearly] == []
    beaten = [
        promotion("most", "percentage", off_bp=9_000),
        promotion("two", "n_for_m", buy=2, price_minor=1_100),
    ]
    assert priced(beaten, "tea tea mug").nearly == ()


def test_an_answer_is_json_with_plain_names() -> None:
    body = msgspec.json.decode(
        msgspec.json.encode(priced([promotion("a", "percentage", off_bp=1_000)], "tea"))
    )
    assert body["lines"] == [
        {
            "line_id": "0", "base_minor": 450, "net_minor": 405, "tax_rate_bp": 0,
            "discounts": [{"promotion_id": "a", "version": 1, "amount_minor": 45}],
        }
    ]  # fmt: skip
