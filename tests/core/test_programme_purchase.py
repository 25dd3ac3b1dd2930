"""A purchase from an event: what a source may leave out or say in its own way."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from regulars.capabilities.loyalty.purchase import WHOLE_LINE, Purchase, bases, purchase_of, within
from regulars.capabilities.loyalty.terms import Exclude
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Event, Line, Sale, Tender

from .programmes import AT


def bought(*lines: Line, total: int, **more: Any) -> Purchase:
    sale = {key: more.pop(key) for key in list(more) if key not in ("tax_mode", "kinds")}
    event = Event(
        "e", "sale.completed", AT, store="S", sale=Sale("R", "EUR", total, lines=list(lines), **sale)
    )
    return purchase_of(event, sale_id="s", **more)


def test_lines_without_an_id_or_with_the_same_one_are_named_by_their_place() -> None:
    there = [Line(line_id="7", total_minor=1), Line(total_minor=1), Line(line_id="x", total_minor=1)]
    sale = bought(*there, Line(line_id="x", total_minor=1), total=4)
    assert [line.line_id for line in sale.lines] == ["7", "#2", "#3", "#4"]


def test_a_discount_on_the_whole_receipt_comes_off_its_lines() -> None:
    sale = bought(
        Line("a", total_minor=6_000), Line("b", total_minor=4_000), total=9_000, discount_minor=1_000
    )
    assert bases(sale, Exclude()) == {"a": 5_400, "b": 3_600}


def test_a_discount_that_the_lines_hold_already_is_not_taken_twice() -> None:
    sale = bought(Line("a", discount_minor=1_000, total_minor=9_000), total=9_000, discount_minor=1_000)
    assert bases(sale, Exclude()) == {"a": 9_000}


@pytest.mark.parametrize("total", [10_000, 10_500, 10_300, 10_800])
def test_a_total_with_or_without_shipping_and_tip_is_no_discount(total: int) -> None:
    more = {"shipping_minor": 500, "tip_minor": 300, "discount_minor": 2_000}
    assert bases(bought(Line("a", total_minor=10_000), total=total, **more), Exclude()) == {"a": 10_000}


def test_a_receipt_without_lines_earns_on_its_total() -> None:
    sale = bought(total=10_500, shipping_minor=500, tax_minor=1_597)
    assert bases(sale, Exclude()) == {WHOLE_LINE: 10_000}
    assert bases(sale, Exclude(tax=True)) == {WHOLE_LINE: 8_403}
    on_top = bought(total=10_500, shipping_minor=500, tax_minor=1_597, tax_mode="exclusive")
    assert bases(on_top, Exclude(tax=True)) == {WHOLE_LINE: 8_403}


def test_tax_that_only_the_receipt_states_is_shared_out_over_its_lines() -> None:
    sale = bought(Line("a", total_minor=6_000), Line("b", total_minor=4_000), total=10_000, tax_minor=1_600)
    assert bases(sale, Exclude(tax=True)) == {"a": 5_040, "b": 3_360}


def test_kinds_are_by_sku_or_by_the_nearest_category() -> None:
    kinds = {"Cards": "gift_card", "Cards > Greeting": "goods", "PFAND": "deposit"}
    lines = [
        Line("a", category="cards > Digital", total_minor=1),
        Line("b", category="Cards > Greeting > Funny", total_minor=1),
        Line("c", sku="PFAND", category="Drinks", total_minor=1),
        Line("d", category="Drinks", total_minor=1),
    ]
    sale = bought(*lines, total=4, kinds=kinds)
    assert [line.kind for line in sale.lines] == ["gift_card", "goods", "deposit", "goods"]


def test_what_comes_back_is_negative_however_a_source_writes_it() -> None:
    lines = [
        Line("a", quantity=Decimal(-1), total_minor=500),
        Line("b", quantity=Decimal(-1), total_minor=-300),
    ]
    assert bases(bought(*lines, total=-800), Exclude()) == {"a": -500, "b": -300}


def test_a_tender_of_points_larger_than_the_sale_leaves_nothing_to_earn() -> None:
    sale = bought(Line("a", total_minor=500), total=500, tenders=[Tender("voucher", 2_000)])
    assert bases(sale, Exclude()) == {"a": 0}


def test_an_event_without_a_sale_or_with_an_absurd_quantity_is_refused() -> None:
    with pytest.raises(InvalidInput):
        purchase_of(Event("e", "sale.completed", AT), sale_id="s")
    with pytest.raises(InvalidInput) as refused:
        bought(Line("a", quantity=Decimal("1e9")), total=1)
    assert refused.value.field == "sale.lines[0].quantity"


def test_a_name_that_only_begins_alike_is_another_category() -> None:
    assert within(" Drinks>Coffee ", frozenset(["drinks"]))
    assert not within("Drinks Cabinet", frozenset(["Drinks"]))
    assert not within("Drinks", frozenset(["Drinks > Coffee"]))
