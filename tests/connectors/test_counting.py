"""A shop's day told in many messages is counted once, whatever their order: by the rules the engine uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import permutations
from zoneinfo import ZoneInfo

import msgspec

from regulars.capabilities.profile import sales
from regulars.capabilities.profile.receipt import row_of
from regulars.capabilities.profile.state import Figures, RecordFigures
from regulars.connectors.reading import digest
from regulars.vocabulary.events import Event
from regulars.vocabulary.intake import Source

from . import cases

SOURCE = Source(workspace_id=1, source_id=1, name="till", kind="till", till_system="till")


def hashed(*parts: str) -> str:
    """Stands for the keyed hash of the vault."""
    return digest("|".join(parts).encode())


def figures(events: Iterable[Event]) -> Figures:
    """What events come to, one turn each, a repeated id counting as a duplicate."""
    state = sales.SalesState(figures={"person": RecordFigures("person", cases.RECEIVED_AT, Figures())})
    seen: set[str] = set()
    for event in events:
        row = row_of(event, source=SOURCE, event_key=hashed(event.id), zone=ZoneInfo("UTC"), hash_=hashed)
        if row is not None and event.id not in seen:
            row.record_id = "person" if event.customer is not None else None
            sales.decide([row], state)
        seen.add(event.id)
    return state.figures["person"].figures


def told(vendor: str, name: str) -> list[Event]:
    """The events of a case."""
    return [msgspec.convert(one, Event) for one in cases.load(vendor, name).expect["events"]]


def every_order(messages: Sequence[list[Event]]) -> Iterable[list[Event]]:
    """The events of these messages in every order of the messages."""
    return ([event for message in order for event in message] for order in permutations(messages))


def test_a_shopify_order_told_by_four_topics_and_partly_refunded_counts_once() -> None:
    messages = [
        told("shopify", "order_paid_online"),
        told("shopify", "order_authorised"),
        told("shopify", "order_refunded"),
        told("shopify", "refund_created"),
        told("shopify", "fetch_refund"),
    ]
    for events in every_order(messages):
        held = figures(events)
        assert (held.orders, held.returns) == (1, 1)
        assert held.spend_minor == {"GBP": 2848 - 1049}
        assert held.items_micro == 2_000_000


def test_a_cancelled_shopify_order_counts_nothing_and_its_refund_is_not_taken_off_twice() -> None:
    messages = [
        told("shopify", "order_paid_online"),
        told("shopify", "order_cancelled"),
        told("shopify", "refund_created"),
        told("shopify", "order_refunded"),
    ]
    for events in every_order(messages):
        held = figures(events)
        assert (held.orders, held.returns, held.items_micro) == (0, 0, 0)
        assert sum(held.spend_minor.values()) == 0


def test_an_order_edited_before_paying_is_the_smaller_sale_and_no_return() -> None:
    for events in every_order(
        [
            told("shopify", "order_paid_online"),
            told("shopify", "order_edited_before_paying"),
            told("shopify", "refund_without_money"),
        ]
    ):
        held = figures(events)
        assert (held.orders, held.returns, held.items_micro) == (1, 0, 1_000_000)
        assert held.spend_minor == {"GBP": 1049}


def test_a_square_sale_and_its_return_told_by_refund_and_order_count_once() -> None:
    messages = [
        told("square", "fetch_order_sale"),
        told("square", "fetch_order_return"),
        told("square", "fetch_refund_of_a_return"),
        told("square", "payment_of_an_order"),
    ]
    for events in every_order(messages):
        held = figures(events)
        assert (held.orders, held.returns) == (1, 1)
        assert held.spend_minor == {"GBP": 2250 - 799}
        assert held.items_micro == 3_375_000 - 1_000_000


def test_a_square_order_cancelled_after_all_counts_nothing() -> None:
    for events in every_order([told("square", "fetch_order_sale"), told("square", "fetch_order_canceled")]):
        assert figures(events).orders == 0


def test_a_square_sale_moves_to_its_buyer_when_square_names_them_later() -> None:
    [named] = told("square", "fetch_order_sale")
    assert named.sale is not None
    earlier = msgspec.structs.replace(named.sale, version=named.sale.version - 1)
    unnamed = msgspec.structs.replace(named, id="order:ORDER-1:8", customer=None, sale=earlier)
    assert figures([unnamed]).orders == 0
    for events in every_order([[unnamed], [named], [unnamed]]):
        assert figures(events).orders == 1


def test_a_square_payment_without_order_and_its_refund() -> None:
    refund = told("square", "refund_without_order")
    for events in every_order([told("square", "payment_without_order"), refund, refund]):
        held = figures(events)
        assert (held.orders, held.returns, held.spend_minor) == (1, 1, {"GBP": 1750})
