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
from regulars.capabilities.offers.search import Cap, greedy, pack
from tests.core.promotions import baskets, items_only, priced, promotion

PATIENT = settings(deadline=None, max_examples=250, suppress_health_check=list(HealthCheck))


@PATIENT
@given(items_only(), baskets())
def test_the_best_found_is_the_best_of_every_way(promotions: list[Promotion], basket: Basket) -> None:
    answer = priced(promotions, basket)
    assert answer.optimality == "optimal"
    assert answer.discount_minor == best_saving(promotions, basket)


@PATIENT
@given(items_only(most=3, bounded=True), baskets(most=4))
def test_it_is_the_best_of_every_way_within_limits_and_budgets(
    promotions: list[Promotion], basket: Basket
) -> None:
    answer = priced(promotions, basket)
    assert answer.discount_minor == best_saving(promotions, basket)


@PATIENT
@given(items_only(), baskets())
def test_a_search_without_a_budget_states_a_gap_that_holds(
    promotions: list[Promotion], basket: Basket
) -> None:
    best = best_saving(promotions, basket)
    snapshot = compile_promotions(promotions)
    for answer in (quote(snapshot, basket, nodes=nodes) for nodes in (0, 1, 3)):
        assert answer.discount_minor <= best <= answer.discount_minor + answer.gap_minor
        assert (answer.optimality == "optimal") == (answer.gap_minor == 0)


@PATIENT
@given(items_only(), baskets())
def test_the_quick_answer_never_saves_more(promotions: list[Promotion], basket: Basket) -> None:
    quick = quote(compile_promotions(promotions), basket, quick=True)
    assert quick.discount_minor <= best_saving(promotions, basket)


def test_greed_loses_where_looking_ahead_wins() -> None:
    choices = [Choice(10, ((0, 1), (1, 1))), Choice(9, ((0, 1),)), Choice(9, ((1, 1),))]
    assert greedy([1, 1], choices, []).gain == 18
    odd = [Choice(11, ((0, 1), (1, 1))), Choice(8, ((0, 1), (2, 1))), Choice(8, ((1, 1), (3, 1)))]
    assert greedy([1, 1, 1, 1], odd, []).gain == 11
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


def of_prices(prices: list[int]) -> Basket:
    from tests.core.promotions import basket, line

    return basket(*(line(f"{n:02}", "tea", unit_price_minor=price) for n, price in enumerate(prices)))
