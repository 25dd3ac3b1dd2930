"""The combination that is found is the best there is, and what is not the best says by how much it may fall short."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from regulars.bench.every_way import best_saving
from regulars.capabilities.offers.basket import Basket
from regulars.capabilities.offers.bounds import Choice
from regulars.capabilities.offers.compiled import compile_promotions
from regulars.capabilities.offers.model import Promotion
from regulars.capabilities.offers.quoting import quote
from regulars.capabilities.offers.search import Cap, pack
from tests.core.promotions import basket, baskets, items_only, line, priced, promotion

PATIENT = settings(deadline=None, max_examples=250, suppress_health_check=list(HealthCheck))


@PATIENT
@given(items_only(), baskets())
def test_the_best_found_is_the_best_of_every_way(promotions: list[Promotion], what: Basket) -> None:
    answer = priced(promotions, what)
    assert answer.optimality == "optimal"
    assert answer.discount_minor == best_saving(promotions, what)


@PATIENT
@given(items_only(most=3, bounded=True), baskets(most=4))
def test_it_is_the_best_of_every_way_within_limits_and_budgets(
    promotions: list[Promotion], what: Basket
) -> None:
    answer = priced(promotions, what)
    assert answer.discount_minor == best_saving(promotions, what)


@PATIENT
@given(items_only(), baskets())
def test_a_search_without_a_budget_states_a_gap_that_holds(promotions: list[Promotion], what: Basket) -> None:
    best = best_saving(promotions, what)
    snapshot = compile_promotions(promotions)
    for answer in (quote(snapshot, what, nodes=nodes) for nodes in (0, 1, 3)):
        assert answer.discount_minor <= best <= answer.discount_minor + answer.gap_minor
        assert (answer.optimality == "optimal") == (answer.gap_minor == 0)


@PATIENT
@given(items_only(), baskets())
def test_more_time_never_makes_it_worse(promotions: list[Promotion], what: Basket) -> None:
    snapshot = compile_promotions(promotions)
    saved = [quote(snapshot, what, nodes=nodes).discount_minor for nodes in (0, 2, 20, 2_000)]
    assert saved == sorted(saved)


def test_greed_loses_where_looking_ahead_wins() -> None:
    choices = [Choice(10, ((0, 1), (1, 1))), Choice(9, ((0, 1),)), Choice(9, ((1, 1),))]
    assert pack([1, 1], choices, [], nodes=0).gain == 18
    odd = [Choice(11, ((0, 1), (1, 1))), Choice(8, ((0, 1), (2, 1))), Choice(8, ((1, 1), (3, 1)))]
    assert pack([1, 1, 1, 1], odd, [], nodes=0).gain == 11
    assert pack([1, 1, 1, 1], odd, [], nodes=100).gain == 16


def test_bounds_that_choices_share_hold() -> None:
    choices = [Choice(5, ((0, 1),), 0, 5), Choice(4, ((1, 1),), 0, 4)]
    assert pack([3, 3], choices, [Cap(2, 100)], nodes=100).gain == 10
    assert pack([3, 3], choices, [Cap(9, 8)], nodes=100).gain == 8


@pytest.mark.parametrize("seed", range(5))
def test_a_promotion_with_too_many_sets_to_list_is_still_solved_when_alone(seed: int) -> None:
    random = Random(seed)
    prices = [random.randint(100, 2_000) for _ in range(40)]
    offer = promotion("six", "n_for_m", buy=6, pay=4)
    answer = priced([offer], of_prices(prices))
    ordered = sorted(prices, reverse=True)
    assert answer.discount_minor == sum(sum(ordered[at + 4 : at + 6]) for at in range(0, 36, 6))
    assert answer.optimality == "optimal"


def test_many_sets_that_compete_leave_a_gap_that_is_stated() -> None:
    prices = [100 + 37 * number for number in range(40)]
    offers = [promotion("six", "n_for_m", buy=6, pay=4), promotion("five", "n_for_m", buy=5, pay=4)]
    answer = priced(offers, of_prices(prices))
    assert answer.optimality == "bounded"
    assert 0 < answer.gap_minor < answer.total_minor


def test_a_basket_of_hundreds_of_lines_that_all_compete_is_answered() -> None:
    offers = [promotion("two", "n_for_m", buy=2, pay=1), promotion("second", "cheapest", of=2, off_bp=9_000)]
    answer = priced(offers, of_prices([100 + number for number in range(900)]))
    assert answer.discount_minor + answer.gap_minor >= sum(100 + number for number in range(0, 900, 2))
    assert answer.discount_minor > 200_000


def test_a_basket_of_very_many_of_one_thing_is_answered() -> None:
    offers = [
        promotion("three", "n_for_m", buy=3, pay=2, floor_minor=10),
        promotion("some", "tier_prices", prices=[{"price_minor": 250, "from_quantity": 500}]),
    ]
    answer = priced(offers, basket(line("1", "tea", 99_999)))
    assert (answer.discount_minor, answer.optimality) == (99_999 * 200, "optimal")


def of_prices(prices: list[int]) -> Basket:
    return basket(*(line(f"{n:02}", "tea", unit_price_minor=price) for n, price in enumerate(prices)))
