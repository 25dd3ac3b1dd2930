"""A promotion as text: read from JSON or TOML, and refused with the place and the remedy."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from regulars.bench.promotions import make_shop
from regulars.capabilities.offers.compiled import compile_promotions
from regulars.capabilities.offers.lint import lint
from regulars.capabilities.offers.model import NForM, Promotion, PromotionError, parse
from tests.core.promotions import promotion

TOML = """
id = "coffee-3-for-2"
name = "Coffee, three for two"
text = "3 FOR 2 COFFEE"
currency = "EUR"
priority = 5
stores = ["berlin", "hamburg"]

[effect]
kind = "n_for_m"
buy = 3
pay = 2

[products]
categories = ["Drinks > Coffee"]
except_brands = ["Bean"]

[window]
starts = 2026-11-01T00:00:00+01:00
ends = 2026-12-01T00:00:00+01:00

[[happy_hours]]
days = ["mon", "fri"]
begins = "17:00"
ends = "19:00"

[limits]
member = 2
budget_minor = 500_000
"""


def test_json_and_toml_say_the_same() -> None:
    read = parse(TOML)
    assert read.effect == NForM(3, pay=2)
    assert parse(msgspec.json.encode(read)) == read
    assert lint(read) == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"effect": {"kind": "percentage", "off_bp": 10_001}}, "effect.off_bp"),
        ({"effect": {"kind": "percentage", "off_bp": 12.5}}, "effect.off_bp"),
        ({"effect": {"kind": "magic"}}, "effect.kind"),
        ({"priority": "high"}, "priority"),
        ({"colour": "red"}, None),
        ({"window": {"starts": "2026-01-01T00:00:00"}}, "window.starts"),
        ({"happy_hours": [{"begins": "25:00", "ends": "02:00"}]}, "happy_hours[0].begins"),
        ({"currency": "euro"}, "currency"),
        ({"limits": {"total": 0}}, "limits.total"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_place(changed: dict[str, Any], field: str | None) -> None:
    text = msgspec.json.encode(
        {"id": "a", "name": "a", "effect": {"kind": "percentage", "off_bp": 1}} | changed
    )
    with pytest.raises(PromotionError) as caught:
        parse(text)
    assert caught.value.field == field


@pytest.mark.parametrize("text", ["id = ", "{", b"\xff\xfe", "{]"])
def test_what_is_neither_json_nor_toml_is_refused(text: str | bytes) -> None:
    with pytest.raises(PromotionError, match="neither JSON nor TOML"):
        parse(text)


@pytest.mark.parametrize(
    ("changed", "field", "remedy"),
    [
        ({"effect": {"kind": "n_for_m", "buy": 3}}, "effect.pay", "either"),
        ({"effect": {"kind": "n_for_m", "buy": 3, "pay": 2, "price_minor": 5}}, "effect.pay", "either"),
        ({"effect": {"kind": "n_for_m", "buy": 3, "pay": 3}}, "effect.pay", "at most 2"),
        ({"effect": {"kind": "threshold", "spend_minor": 5}}, "effect.off_minor", "exactly one"),
        (
            {"effect": {"kind": "threshold", "spend_minor": 5, "off_minor": 1, "off_bp": 1}},
            "effect.off_bp",
            "exactly one",
        ),
        ({"effect": {"kind": "bundle", "parts": [{"products": {}}] * 2}}, "effect.price_minor", "exactly one"),
        (
            {"effect": {"kind": "tier_prices", "prices": [{"price_minor": 1}, {"price_minor": 2}]}},
            "effect.prices[1]",
            "leave one out",
        ),
        ({"currency": ""}, None, None),
        ({"currency": "", "floor_minor": 5}, "currency", "such as EUR"),
        ({"currency": "", "effect": {"kind": "amount", "off_minor": 5}}, "currency", "such as EUR"),
        (
            {"window": {"starts": "2026-01-02T00:00:00Z", "ends": "2026-01-01T00:00:00Z"}},
            "window.ends",
            "later end",
        ),
        ({"happy_hours": [{"begins": "10:00", "ends": "10:00"}]}, "happy_hours[0].ends", "another end"),
        ({"mode": "stack", "effect": {"kind": "cheapest", "of": 2}}, "mode", "use mode 'best'"),
        ({"mode": "stack", "limits": {"basket": 2}}, "limits.basket", "leave"),
        (
            {"effect": {"kind": "tier_prices", "prices": [{"price_minor": 1, "from_quantity": 2}]}, "limits": {"basket": 1}},
            "limits.basket",
            "leave",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_with_the_remedy(
    changed: dict[str, Any], field: str | None, remedy: str | None
) -> None:
    written = {
        "id": "a",
        "name": "a",
        "currency": "EUR",
        "effect": {"kind": "percentage", "off_bp": 1},
    } | changed
    faults = lint(msgspec.convert(written, Promotion))
    assert [fault.field for fault in faults] == ([] if field is None else [field])
    assert remedy is None or remedy in faults[0].message


def test_a_group_of_two_modes_is_told() -> None:
    one = promotion("a", "percentage", off_bp=1)
    other = promotion("b", "percentage", off_bp=1, mode="exclusive")
    assert [(fault.field, fault.values["other"]) for fault in lint(other, [one])] == [("mode", "a")]
    assert lint(msgspec.structs.replace(other, group="alone"), [one]) == []
    assert lint(msgspec.structs.replace(one, mode="stack"), [one]) == []


def test_two_promotions_of_one_id_do_not_run_together() -> None:
    one = promotion("a", "percentage", off_bp=1)
    with pytest.raises(PromotionError, match="two promotions 'a'"):
        compile_promotions([one, msgspec.structs.replace(one, version=2)])


def test_a_snapshot_finds_for_a_product_what_looking_at_all_would_find() -> None:
    shop = make_shop(products=400, promotions=200)
    snapshot = compile_promotions(shop.promotions)
    from regulars.capabilities.offers.compiled import product_of

    for shelf in shop.shelves.values():
        for one in shelf[:20]:
            product = product_of(one.sku, one.category, one.brand)
            every = [
                (ready, slot)
                for ready in snapshot.promotions
                for slot, chooser in ready.slots
                if chooser.takes(product)
            ]
            assert snapshot.hits(product) == every
