"""What holds for every set of promotions and every basket (rules P1 to P4)."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import permutations

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.capabilities.offers.basket import Basket, Usage
from regulars.capabilities.offers.compiled import compile_promotions
from regulars.capabilities.offers.model import Promotion
from regulars.capabilities.offers.quoting import quote
from tests.core.promotions import any_promotions, baskets, items_only, priced, promotion

PATIENT = settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))


@PATIENT
@given(any_promotions(), baskets(weighed=True), st.data())
def test_p1_one_more_item_never_makes_the_others_dearer(
    promotions: list[Promotion], basket: Basket, data: st.DataObject
) -> None:
    """The sum rises by the price of the item at most."""
    number = data.draw(st.integers(0, len(basket.lines) - 1))
    more = basket.lines[number]
    fewer = msgspec.structs.replace(basket, lines=(*basket.lines[:number], *basket.lines[number + 1 :]))
    with_it, without = priced(promotions, basket), priced(promotions, fewer)
    base = next(one.base_minor for one in with_it.lines if one.line_id == more.line_id)
    assert with_it.total_minor <= without.total_minor + base
    assert with_it.discount_minor >= without.discount_minor


@PATIENT
@given(any_promotions(), baskets(weighed=True))
def test_p1_no_line_gets_more_off_than_it_costs_and_everything_adds_up(
    promotions: list[Promotion], basket: Basket
) -> None:
    answer = priced(promotions, basket)
    for one in answer.lines:
        assert all(discount.amount_minor > 0 for discount in one.discounts)
        assert one.net_minor == one.base_minor - sum(discount.amount_minor for discount in one.discounts) >= 0
    assert answer.total_minor == sum(one.net_minor for one in answer.lines)
    assert answer.discount_minor == sum(one.amount_minor for one in answer.applied)
    assert answer.base_minor == answer.total_minor + answer.discount_minor


@PATIENT
@given(items_only(), baskets(), st.integers(1, 600))
def test_p1_no_promotion_takes_an_item_below_its_floor(
    promotions: list[Promotion], basket: Basket, floor: int
) -> None:
    held = [msgspec.structs.replace(one, floor_minor=floor) for one in promotions]
    for one, line in zip(priced(held, basket).lines, basket.lines, strict=True):
        units = line.quantity_micro // 1_000_000
        assert one.net_minor >= min(one.base_minor, floor * units)


@PATIENT
@given(any_promotions(), baskets(weighed=True))
def test_p2_p3_any_order_of_lines_and_promotions_gives_the_same_bytes(
    promotions: list[Promotion], basket: Basket
) -> None:
    first = msgspec.json.encode(priced(promotions, basket))
    assert msgspec.json.encode(priced(promotions, basket)) == first
    turned = msgspec.structs.replace(basket, lines=basket.lines[::-1])
    assert msgspec.json.encode(priced(promotions[::-1], turned)) == first


def test_p2_of_two_that_save_the_same_the_higher_priority_is_given_then_the_lower_id() -> None:
    two = [promotion(name, "percentage", off_bp=1_000) for name in ("b", "a")]
    for order in permutations(two):
        assert [one.promotion_id for one in priced(list(order), "tea").applied] == ["a"]
    two[0] = msgspec.structs.replace(two[0], priority=1)
    for order in permutations(two):
        answer = priced(list(order), "tea")
        assert [(one.promotion_id, one.priority) for one in answer.applied] == [("b", 1)]


def test_p3_the_quote_names_the_set_of_promotions_it_was_made_with() -> None:
    one = promotion("a", "percentage", off_bp=1_000)
    changed = msgspec.structs.replace(one, version=2)
    assert priced([one], "tea").snapshot != priced([changed], "tea").snapshot


def test_p3_another_process_gives_the_same_bytes() -> None:
    """Sets and dictionaries have another order there."""
    script = (
        "import sys, msgspec; from random import Random; from regulars.bench.promotions import *;"
        "shop = make_shop(products=600, promotions=200); ready = compile_promotions(shop.promotions);"
        "sys.stdout.buffer.write(msgspec.json.encode(quote(ready, make_basket(Random(1), shop, 40))))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(answers) == 1
    assert b'"missing_' in answers.pop()


@PATIENT
@given(any_promotions(), baskets(weighed=True), st.integers(1, 900))
def test_p4_no_budget_is_exceeded_and_no_limit_overstepped(
    promotions: list[Promotion], basket: Basket, left: int
) -> None:
    """Automatic promotions too: what is used up gives nothing, and the last of a budget is all it gives."""
    limits = msgspec.convert({"budget_minor": 1_000, "total": 5}, type(promotions[0].limits))
    bound = [msgspec.structs.replace(one, limits=limits, currency="EUR") for one in promotions]
    usage = Usage(spent_minor={one.id: 1_000 - left for one in bound})
    for one in quote(compile_promotions(bound), basket, usage).applied:
        assert one.amount_minor <= left
    spent = Usage(total={one.id: 5 for one in bound})
    answer = quote(compile_promotions(bound), basket, spent)
    assert answer.discount_minor == 0
    assert {one.reason for one in answer.skipped} <= {"limit_reached"}
