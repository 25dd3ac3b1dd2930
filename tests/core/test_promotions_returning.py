"""A return gives back what was paid less what the kept goods cost by the promotions of the day (R8)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.capabilities.offers.basket import Answer, Basket
from regulars.capabilities.offers.compiled import Snapshot, compile_promotions
from regulars.capabilities.offers.model import Promotion
from regulars.capabilities.offers.quoting import quote
from regulars.capabilities.offers.returning import refund
from regulars.capabilities.profile.state import MICRO
from regulars.vocabulary.errors import InvalidInput
from tests.core.promotions import any_promotions, basket, baskets, bought, line, promotion

PATIENT = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))


def sale(promotions: list[Promotion], what: Basket) -> tuple[Snapshot, Answer, dict[str, int]]:
    snapshot = compile_promotions(promotions)
    answer = quote(snapshot, what)
    return snapshot, answer, {one.line_id: one.net_minor for one in answer.lines}


THREE = promotion("three", "n_for_m", buy=3, pay=2)


def test_r8_the_trigger_of_a_free_item_comes_back_and_what_is_kept_costs_its_price() -> None:
    what = bought("mug mug mug")
    snapshot, answer, paid = sale([THREE], what)
    assert answer.total_minor == 1_400
    one = refund(snapshot, what, {"0": MICRO}, paid=paid)
    assert (one.refund_minor, one.kept.total_minor) == (0, 1_400)
    assert one.withheld_minor == paid["0"]
    two = refund(snapshot, what, {"1": MICRO}, paid=paid, earlier={"0": MICRO}, refunded_minor=0)
    assert two.refund_minor == 700


def test_r8_what_no_offer_touched_comes_back_at_its_price() -> None:
    what = bought("mug mug mug tea")
    offer = promotion("three", "n_for_m", buy=3, pay=2, products={"skus": ["mug"]})
    snapshot, _, paid = sale([offer], what)
    assert refund(snapshot, what, {"3": MICRO}, paid=paid).refund_minor == 450


def test_complaint_14_a_partial_return_takes_back_only_what_its_own_goods_had() -> None:
    what = bought("coffee tea")
    promotions = [
        promotion("ten", "percentage", off_bp=1_000),
        promotion("five", "amount", off_minor=100, per="basket"),
    ]
    snapshot, answer, paid = sale(promotions, what)
    given = refund(snapshot, what, {"1": MICRO}, paid=paid)
    assert given.refund_minor == answer.total_minor - given.kept.total_minor
    assert given.lines == {"1": given.refund_minor}
    # The coupon of 1.00 stays with what is kept.
    assert given.kept.total_minor == 899 - 90 - 100


def test_more_than_was_sold_is_refused_with_what_is_left() -> None:
    what = basket(line("1", "tea", 2))
    snapshot, _, paid = sale([], what)
    with pytest.raises(InvalidInput, match="1000000 millionths are left"):
        refund(snapshot, what, {"1": 2 * MICRO}, paid=paid, earlier={"1": MICRO}, refunded_minor=450)
    with pytest.raises(InvalidInput, match="no line 'x'"):
        refund(snapshot, what, {"x": MICRO}, paid=paid)


@PATIENT
@given(any_promotions(), baskets(weighed=True), st.data())
def test_r8_any_order_of_returns_gives_back_exactly_what_was_paid(
    promotions: list[Promotion], what: Basket, data: st.DataObject
) -> None:
    snapshot, answer, paid = sale(promotions, what)
    gone: dict[str, int] = {}
    refunded = 0
    for one in data.draw(st.permutations(what.lines)):
        parts = [one.quantity_micro]
        if one.quantity_micro == 2 * MICRO:
            parts = [MICRO, MICRO]
        for part in parts:
            back = refund(
                snapshot, what, {one.line_id: part}, paid=paid, earlier=gone, refunded_minor=refunded
            )
            assert back.refund_minor >= 0
            assert sum(back.lines.values()) == back.refund_minor
            refunded += back.refund_minor
            gone[one.line_id] = gone.get(one.line_id, 0) + part
            assert refunded <= answer.total_minor
    assert refunded == answer.total_minor


@PATIENT
@given(any_promotions(), baskets(weighed=True), st.data())
def test_r8_vouchers_and_points_go_with_their_lines_in_any_order_of_returns(
    promotions: list[Promotion], what: Basket, data: st.DataObject
) -> None:
    """What is paid with points goes back with its line, and all of it together is what was paid."""
    snapshot, _, quoted = sale(promotions, what)
    paid = {name: data.draw(st.integers(0, net)) for name, net in quoted.items()}
    with_points = {name: data.draw(st.integers(0, net)) for name, net in paid.items()}
    gone: dict[str, int] = {}
    refunded = 0
    for one in data.draw(st.permutations(what.lines)):
        back = refund(
            snapshot,
            what,
            {one.line_id: one.quantity_micro},
            paid=paid,
            earlier=gone,
            refunded_minor=refunded,
            with_points=with_points,
        )
        assert back.refund_minor >= with_points[one.line_id]
        assert sum(back.lines.values()) == back.refund_minor
        refunded += back.refund_minor
        gone[one.line_id] = one.quantity_micro
        assert refunded <= sum(paid.values())
    assert refunded == sum(paid.values())
