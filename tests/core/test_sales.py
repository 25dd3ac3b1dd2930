"""What receipts count, and on whom, depends on the receipts alone and never on when they come in."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.capabilities.profile.figures import average_order_minor, cadence_days, round_div, total
from regulars.capabilities.profile.receipt import micro
from regulars.capabilities.profile.state import REFUND, SALE, VOID, Figures, SaleRow
from regulars.vocabulary.errors import InvalidInput
from tests.core.receipts import START, WEB, Ledger, batches, expected, receipt, stories

PATIENT = settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow])
SOAK = settings(deadline=None, max_examples=10_000, suppress_health_check=[HealthCheck.too_slow])


def play(turns: list[list[SaleRow]]) -> Ledger:
    ledger = Ledger()
    for turn in turns:
        ledger.turn(turn)
    return ledger


@PATIENT
@given(stories(), st.data())
def test_any_order_of_receipts_in_any_turns_gives_the_same_figures(
    said: list[SaleRow], data: st.DataObject
) -> None:
    assert play(data.draw(batches(said))).outcome() == expected(said)


@pytest.mark.soak
@SOAK
@given(stories(most=25), st.data())
def test_any_order_of_many_receipts_gives_the_same_figures(said: list[SaleRow], data: st.DataObject) -> None:
    assert play(data.draw(batches(said))).outcome() == expected(said)


def in_every_order(*said: SaleRow) -> dict[str, Any]:
    """Play the receipts in every order, each alone, all at once and in pairs; the figures they agree on."""
    must = expected(said)
    for order in permutations(said):
        cut = len(order) // 2
        for turns in ([[row] for row in order], [list(order)], [list(order[:cut]), list(order[cut:])]):
            assert play(turns).outcome() == must
    return must.figures


GBP = {"currency": "GBP"}
SOLD = {"total_minor": 1_000, "lines": [{"quantity": "2", "category": "Tea"}]}


def test_the_highest_version_of_a_sale_is_the_sale() -> None:
    figures = in_every_order(
        receipt(1, SALE, 0, SOLD, who="r1"),
        receipt(2, SALE, 1, SOLD | {"version": 2, "total_minor": 700}, who="r1"),
        receipt(3, SALE, 2, SOLD | {"version": 3, "total_minor": 800}, who="r1"),
    )
    assert figures["r1"]["spend_minor"] == {"GBP": 800}
    assert figures["r1"]["orders"] == 1


def test_a_sale_that_turns_out_to_be_somebody_elses_moves_with_its_refund() -> None:
    figures = in_every_order(
        receipt(1, SALE, 0, SOLD, who="r1"),
        receipt(2, SALE, 0, SOLD | {"version": 2}, who="r2"),
        receipt(3, REFUND, 5, {"receipt": "R", "original_receipt": "1", "total_minor": 300}, who="r3"),
        receipt(4, SALE, 9, SOLD | {"receipt": "2"}, who="r2"),
    )
    assert set(figures) == {"r2"}
    assert figures["r2"]["spend_minor"] == {"GBP": 1_700}
    assert figures["r2"]["first_purchase_at"] == START
    assert figures["r2"]["last_purchase_at"] == START + timedelta(hours=9)


def test_first_and_last_purchase_survive_a_sale_that_moves_over() -> None:
    """The one who gets a sale keeps the purchases that the turn did not load."""
    turns = [
        [receipt(1, SALE, 0, SOLD | {"receipt": "a"}, who="r2")],
        [receipt(2, SALE, 50, SOLD | {"receipt": "b"}, who="r2")],
        [receipt(3, SALE, 20, SOLD | {"receipt": "c"}, who="r1")],
        [receipt(4, SALE, 20, SOLD | {"receipt": "c", "version": 2}, who="r2")],
    ]
    assert play(turns).outcome() == expected([row for turn in turns for row in turn])


def test_a_refund_counts_on_the_record_of_the_sale_it_names() -> None:
    figures = in_every_order(
        receipt(1, SALE, 0, SOLD, who="r1", store="a"),
        receipt(
            2, REFUND, 5, {"receipt": "R", "original_receipt": "1", "total_minor": 400}, who="r2", store="b"
        ),
    )
    assert figures == {"r1": figures["r1"]}
    assert (figures["r1"]["returns"], figures["r1"]["spend_minor"]) == (1, {"GBP": 600})


def test_a_refund_waits_for_the_sale_it_names() -> None:
    refund = receipt(2, REFUND, 5, {"receipt": "R", "original_receipt": "1", "total_minor": 400}, who="r2")
    assert play([[refund]]).outcome().figures == {}


def test_a_refund_that_names_nothing_counts_at_once() -> None:
    figures = in_every_order(receipt(1, REFUND, 5, {"receipt": "R", "total_minor": 400}, who="r2"))
    assert figures["r2"]["spend_minor"] == {"GBP": -400}


def test_a_void_takes_a_sale_out_and_its_refund_with_it() -> None:
    figures = in_every_order(
        receipt(1, SALE, 0, SOLD, who="r1"),
        receipt(2, REFUND, 1, {"receipt": "R", "original_receipt": "1", "total_minor": 400}, who="r1"),
        receipt(3, VOID, 2, {"receipt": "1"}),
        receipt(4, SALE, 3, SOLD | {"receipt": "2"}, who="r1"),
    )
    assert figures["r1"]["spend_minor"] == {"GBP": 1_000}
    assert (figures["r1"]["orders"], figures["r1"]["returns"]) == (1, 0)
    assert (
        figures["r1"]["first_purchase_at"] == figures["r1"]["last_purchase_at"] == START + timedelta(hours=3)
    )


def test_a_void_of_a_refund_brings_the_money_back_to_the_sale() -> None:
    figures = in_every_order(
        receipt(1, SALE, 0, SOLD, who="r1"),
        receipt(2, REFUND, 1, {"receipt": "R", "original_receipt": "1", "total_minor": 400}, who="r1"),
        receipt(3, VOID, 2, {"receipt": "R"}),
    )
    assert figures["r1"]["spend_minor"] == {"GBP": 1_000}


def test_a_refund_that_changes_its_mind_leaves_a_void_sale_void() -> None:
    """A second version of a refund names another sale; the first one, void by then, must not come back."""
    turns = [
        [receipt(1, SALE, 0, SOLD | {"receipt": "1"}, who="r1")],
        [receipt(2, SALE, 0, SOLD | {"receipt": "2"}, who="r2")],
        [receipt(3, VOID, 1, {"receipt": "1"})],
        [receipt(4, REFUND, 5, {"receipt": "R", "original_receipt": "1", "total_minor": 400}, source=WEB)],
        [
            receipt(
                5,
                REFUND,
                5,
                {"receipt": "R", "original_receipt": "2", "total_minor": 400, "version": 2},
                source=WEB,
            )
        ],
    ]
    assert play(turns).outcome() == expected([row for turn in turns for row in turn])


def test_an_exchange_counts_what_was_bought_less_what_came_back() -> None:
    lines = [{"quantity": "2", "category": "Tea"}, {"quantity": "-3", "category": "Coffee"}]
    figures = in_every_order(receipt(1, SALE, 0, {"total_minor": -150, "lines": lines}, who="r1"))
    assert figures["r1"]["items_micro"] == -1_000_000
    assert figures["r1"]["categories"] == {"Tea": 2_000_000, "Coffee": -3_000_000}
    assert (figures["r1"]["orders"], figures["r1"]["spend_minor"]) == (1, {"GBP": -150})


def test_currencies_are_never_added() -> None:
    figures = in_every_order(
        receipt(1, SALE, 0, SOLD, who="r1"),
        receipt(2, SALE, 1, SOLD | {"receipt": "2", "currency": "JPY"}, who="r1"),
        receipt(3, SALE, 2, SOLD | {"receipt": "3", "currency": "KWD", "total_minor": 1_234}, who="r1"),
    )
    assert figures["r1"]["paid_minor"] == {"GBP": 1_000, "JPY": 1_000, "KWD": 1_234}


def test_numbers_that_start_again_each_day_are_told_apart() -> None:
    """A refund of an old receipt finds it among years of receipts of the same number."""
    days = [
        receipt(n, SALE, 24 * n, SOLD | {"total_minor": n}, who=f"r{n}", store="a", till="7")
        for n in range(1, 120)
    ]
    named = {
        "receipt": "R",
        "original_receipt": "1",
        "total_minor": 5,
        "original_business_date": "2026-11-08",
    }
    refund = receipt(900, REFUND, 24 * 119, named, store="a")
    void = receipt(901, VOID, 24 * 40 + 1, {"receipt": "1"}, store="a", till="7")
    late = receipt(902, SALE, 24 * 130, SOLD, who="late", store="a", till="7")
    must = expected([*days, refund, void, late])
    assert must.figures["r7"]["spend_minor"] == {"GBP": 2}
    assert "r40" not in must.figures
    for turns in (
        [days, [refund, void], [late]],
        [[refund], [void], days, [late]],
        [[row] for row in [*days, void, refund, late]],
    ):
        assert play(turns).outcome() == must


@PATIENT
@given(stories())
def test_the_figures_of_a_merged_customer_are_the_sum_of_both(said: list[SaleRow]) -> None:
    """Tracardi #850: a merge inflated counters."""
    ledger = play([said])
    parts = list(ledger.figures.values())
    merged = total(parts)
    assert merged.orders == sum(part.orders for part in parts)
    assert merged.items_micro == sum(part.items_micro for part in parts)
    for currency in merged.spend_minor:
        assert merged.spend_minor[currency] == sum(part.spend_minor.get(currency, 0) for part in parts)
    assert total([merged, Figures()]) == merged
    assert total(reversed(parts)) == merged


def test_averages_are_rounded_half_to_even_per_currency() -> None:
    assert [round_div(amount, 2) for amount in (1, 3, 5, -1, -3)] == [0, 2, 2, 0, -2]
    figures = Figures(paid_minor={"GBP": 1_001, "JPY": 0}, paid_orders={"GBP": 2, "JPY": 1, "EUR": 0})
    assert average_order_minor(figures) == {"GBP": 500, "JPY": 0}


def test_the_cadence_is_the_mean_of_the_days_between_purchases() -> None:
    at = [START, START + timedelta(days=2), START + timedelta(days=9)]
    gaps = [(b - a).days for a, b in pairwise(at)]
    figures = Figures(orders=3, first_purchase_at=at[0], last_purchase_at=at[-1])
    assert cadence_days(figures) == sum(gaps) / len(gaps)
    assert cadence_days(Figures(orders=1, first_purchase_at=START, last_purchase_at=START)) is None


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "1000001", "-1e400", "0.1234567"])
def test_a_quantity_that_cannot_be_kept_exactly_is_refused(text: str) -> None:
    from decimal import Decimal

    with pytest.raises(InvalidInput):
        micro(Decimal(text), "quantity")


def test_a_refund_that_no_longer_names_a_sale_counts_on_its_own() -> None:
    refund = {"receipt": "R", "total_minor": 400}
    figures = in_every_order(
        receipt(1, SALE, 0, SOLD, who="r1"),
        receipt(2, REFUND, 5, refund | {"original_receipt": "1"}, who="r2"),
        receipt(3, REFUND, 5, refund | {"version": 2}, who="r2"),
    )
    assert figures["r1"]["spend_minor"] == {"GBP": 1_000}
    assert figures["r2"]["spend_minor"] == {"GBP": -400}


def test_a_void_that_finds_a_better_receipt_lets_go_of_the_first() -> None:
    """Until the sale of that number is known the void means the refund of that number."""
    figures = in_every_order(
        receipt(1, SALE, 0, SOLD | {"receipt": "2"}, who="r1", source=WEB),
        receipt(2, REFUND, 1, {"receipt": "1", "original_receipt": "2", "total_minor": 400}, source=WEB),
        receipt(3, VOID, 2, {"receipt": "1"}, source=WEB),
        receipt(4, SALE, 0, SOLD | {"receipt": "1"}, who="r2", source=WEB),
    )
    assert figures == {"r1": figures["r1"]}
    assert figures["r1"]["spend_minor"] == {"GBP": 600}
