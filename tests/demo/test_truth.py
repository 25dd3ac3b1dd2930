"""The truth agrees with what was sent, read again by code of its own."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from regulars.demo.events import CUSTOMER_FIELDS, EventView, write_customers
from regulars.demo.retail import RecordKey, Sale
from regulars.demo.shop import Shop
from regulars.demo.truth import Figures, Truth
from regulars.vocabulary.events import Sale as OurSale
from tests.demo.conftest import DAYS, UNTIL, Month


class Sums(Struct):
    """Figures as they follow from payloads."""

    orders: int = 0
    returns: int = 0
    items: Decimal = Decimal(0)
    spend: Counter[str] = field(default_factory=Counter)


def test_figures_follow_from_square_orders_and_shopify_bodies(month: Month) -> None:
    found: dict[RecordKey | None, Sums] = defaultdict(Sums)
    _read_square(month, found)
    _read_shopify(month, found)
    truth = month.shop.truth
    expected: dict[RecordKey | None, Figures] = {None: truth.anonymous}
    expected |= truth.records.items()
    for key in expected.keys() | found.keys():
        held, sums = expected.get(key), found[key]
        if held is None:
            assert sums == Sums()
            continue
        assert (sums.orders, sums.returns, sums.items) == (
            held.orders,
            held.returns + held.exchanges,
            held.items,
        )
        assert _nonzero(sums.spend) == _nonzero(held.spend_minor)


def test_stores_and_records_come_to_the_same_totals(month: Month) -> None:
    truth = month.shop.truth
    by_record = [*truth.records.values(), truth.anonymous]
    assert sum(one.orders for one in by_record) == sum(one.orders for one in truth.stores.values())
    for currency in ("GBP", "EUR"):
        spent = [
            sum(one.spend_minor.get(currency, 0) for one in group)
            for group in (by_record, truth.stores.values())
        ]
        assert spent[0] == spent[1] > 0


def test_people_add_up_their_records(month: Month) -> None:
    truth = month.shop.truth
    people = truth.by_person()
    busy = max(people, key=lambda one: people[one].orders)
    assert people[busy] == truth.figures_of(busy)
    assert sum(one.orders for one in people.values()) == sum(one.orders for one in truth.records.values())
    several = Counter(truth.people.values())
    assert max(several.values()) > 2


def test_every_customer_that_was_told_of_is_somebody(month: Month) -> None:
    truth = month.shop.truth
    told = {("square", body["data"]["id"]) for body in month.bodies("customer.created", "customer.updated")}
    told |= {("shopify", str(body["id"])) for body in month.bodies("customers/create", "customers/update")}
    known = {(key.source, key.value) for key in truth.people if key.kind == "external_id"}
    assert told == known
    ids = {person.id for person in month.shop.world.people}
    assert set(truth.people.values()) <= ids


def test_whoever_left_only_an_address_at_the_checkout_is_somebody_too(month: Month) -> None:
    people = month.shop.truth.people
    left = {body["email"].lower() for body in month.bodies("checkouts/create") if body["customer"] is None}
    assert left
    assert all(RecordKey("shopify", "email", address) in people for address in left)


def test_the_answer_sheet_is_a_csv_of_source_id_and_person(month: Month) -> None:
    file = io.StringIO()
    month.shop.truth.write_csv(file)
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert list(rows[0]) == ["source", "external_id", "person"]
    assert len(rows) == len(month.shop.truth.people)
    assert len({(row["source"], row["external_id"]) for row in rows}) == len(rows)
    assert any(row["external_id"].startswith("payment_token:sq-1-") for row in rows)


def test_the_same_shop_as_our_own_events_has_the_same_figures() -> None:
    shop = Shop(12, people=1_500)
    view, truth = EventView(shop.world), Truth({"square": "till", "shopify": "till"})
    sales: dict[str, OurSale] = {}
    voided: set[str] = set()
    returns: list[OurSale] = []
    for happening in shop.past(DAYS, UNTIL):
        truth.take(happening)
        for event in view.events(happening):
            receipt = event.sale
            if receipt is None:
                continue
            if event.type == "sale.completed":
                sales[receipt.receipt] = receipt
            elif event.type == "sale.voided":
                voided.add(receipt.receipt)
            else:
                returns.append(receipt)
    figures = [*truth.records.values(), truth.anonymous]
    kept = [sale for receipt, sale in sales.items() if receipt not in voided]
    assert sum(one.orders for one in figures) == len(kept)
    assert sum(one.returns for one in figures) == len(returns)
    assert all(back.original_receipt is None or back.original_receipt in sales for back in returns)
    for currency in ("GBP", "EUR"):
        paid = sum(sale.total_minor for sale in kept if sale.currency == currency)
        back = sum(sale.total_minor for sale in returns if sale.currency == currency)
        assert sum(one.spend_minor.get(currency, 0) for one in figures) == paid - back
    assert {key.source for key in truth.people} == {"till"}


def test_customers_for_an_import_carry_our_field_names() -> None:
    shop, file = Shop(12, people=300), io.StringIO()
    assert write_customers(file, shop.world.people, shop.world.ids) == 300
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert tuple(rows[0]) == CUSTOMER_FIELDS
    assert [row["external_id"] for row in rows[:2]] == ["c-0", "c-1"]
    assert rows[7]["email"] == shop.world.people[7].emails[0]


def _nonzero(amounts: Mapping[str, int]) -> dict[str, int]:
    return {currency: minor for currency, minor in amounts.items() if minor}


def _read_square(month: Month, found: dict[RecordKey | None, Sums]) -> None:
    """From the orders Square would answer with at the end."""
    render, memory = month.shop.square, month.shop.memory
    ids = {body["data"]["id"] for body in month.bodies("order.created")}
    held = {id_: memory.square_orders.get(id_) for id_ in ids}
    orders = {
        id_: render.order(one) if isinstance(one, Sale) else render.return_order(one)
        for id_, one in held.items()
        if one
    }
    payments = {one["data"]["object"]["payment"]["order_id"]: one["data"]["object"]["payment"]
                for one in month.bodies("payment.created")}  # fmt: skip
    buyers = {id_: _square_buyer(order, payments.get(id_, {})) for id_, order in orders.items()}
    for id_, order in orders.items():
        if order["state"] == "COMPLETED" and "line_items" in order:
            sums = found[buyers[id_]]
            sums.orders += 1
            sums.spend[order["total_money"]["currency"]] += order["total_money"]["amount"]
            sums.items += sum(Decimal(line["quantity"]) for line in order["line_items"])
        for back in order.get("returns", []):
            sums = found[buyers[back.get("source_order_id", id_)]]
            sums.returns += 1
            given = back["return_amounts"]["total_money"]
            sums.spend[given["currency"]] -= given["amount"]
            sums.items -= sum(Decimal(line["quantity"]) for line in back["return_line_items"])


def _square_buyer(order: dict[str, Any], payment: dict[str, Any]) -> RecordKey | None:
    customer = order.get("customer_id") or payment.get("customer_id")
    if not customer:
        customer = next(
            (one["customer_id"] for one in order.get("tenders", []) if "customer_id" in one), None
        )
    if customer:
        return RecordKey("square", "external_id", customer)
    card = payment.get("card_details", {}).get("card", {}).get("fingerprint")
    cards = [
        one["card_details"]["card"]["fingerprint"]
        for one in order.get("tenders", [])
        if "card_details" in one
    ]
    if card or cards:
        return RecordKey("square", "payment_token", card or cards[0])
    email = payment.get("buyer_email_address")
    return RecordKey("square", "email", email.lower()) if email else None


def _read_shopify(month: Month, found: dict[RecordKey | None, Sums]) -> None:
    """From the last word on each order."""
    orders: dict[int, dict[str, Any]] = {}
    for order in month.bodies("orders/create", "orders/updated", "orders/cancelled"):
        held = orders.get(order["id"])
        if held is None or (held["updated_at"], held["cancelled_at"] or "") <= (
            order["updated_at"],
            order["cancelled_at"] or "",
        ):
            orders[order["id"]] = order
    for order in orders.values():
        if order["cancelled_at"]:
            continue
        customer = order["customer"]
        sums = found[RecordKey("shopify", "external_id", str(customer["id"])) if customer else None]
        sums.orders += 1
        sums.spend[order["currency"]] += int(Decimal(order["total_price"]) * 100)
        sums.items += sum(line["quantity"] for line in order["line_items"])
        for refund in order["refunds"]:
            sums.returns += 1
            sums.spend[order["currency"]] -= sum(
                int(Decimal(one["amount"]) * 100) for one in refund["transactions"]
            )
            sums.items -= sum(line["quantity"] for line in refund["refund_line_items"])
