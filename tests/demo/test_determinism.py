"""A seed and the times handed in decide everything."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from itertools import islice

from regulars.demo.deliveries import Delivery
from regulars.demo.events import encoded, sale_events
from regulars.demo.shop import Shop
from regulars.demo.world import build_world
from tests.demo.conftest import UNTIL


def test_the_same_seed_sends_the_same_bytes() -> None:
    one, other = _sent(7), _sent(7)
    assert one == other
    assert len(one) > 500


def test_another_seed_is_another_world() -> None:
    sent = [
        {one.body for one in Shop(seed, people=300).history(10, UNTIL) if _is_trade(one)} for seed in (7, 8)
    ]
    assert not sent[0] & sent[1]


def test_live_goes_on_from_history_in_the_same_way_every_time() -> None:
    def run() -> list[bytes]:
        shop = Shop(7, people=300)
        for _ in shop.history(10, UNTIL):
            pass
        return [one.body for one in islice(shop.live(UNTIL, 2.0), 500)]

    assert run() == run()


def test_the_global_generator_is_left_alone() -> None:
    before = random.getstate()
    _sent(3)
    assert random.getstate() == before


def test_benchmark_events_repeat_by_seed() -> None:
    world = build_world(5, people=500)

    def run(seed: int) -> list[bytes]:
        return list(encoded(sale_events(world, random.Random(seed), 200, start=UNTIL), batch=50))

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_where_history_is_cut_does_not_matter_to_what_a_day_holds() -> None:
    """The days before a moment do not depend on how much later one stops."""
    short = [body for body, _ in _sent(7)]
    shop = Shop(7, people=300)
    longer = [one.body for one in shop.history(12, UNTIL + timedelta(days=2))]
    assert len(set(short) & set(longer)) > 0.9 * len(short)


def _sent(seed: int) -> list[tuple[bytes, int]]:
    return [(one.body, one.due_ms) for one in Shop(seed, people=300).history(10, UNTIL)]


def _is_trade(delivery: Delivery) -> bool:
    """Not the shops and goods, which every chain of the demo has."""
    return not delivery.topic.startswith(("products", "locations"))


def test_a_restarted_shop_knows_its_customers_and_repeats_no_id() -> None:
    first = Shop(7, people=300)
    sent = list(first.history(20, UNTIL)) + list(islice(first.live(UNTIL, 2.0), 500))
    again = Shop(7, people=300)
    again.resume(20, UNTIL, run=1)
    more = list(islice(again.live(UNTIL, 2.0), 500))
    assert not {one.event_id for one in sent} & {one.event_id for one in more}
    assert not {_subject(one) for one in sent if _is_new(one)} & {
        _subject(one) for one in more if _is_new(one)
    }
    assert not any(one.topic.startswith(("location", "team", "catalog", "products")) for one in more)
    known = {_subject(one) for one in sent if one.topic == "customer.created"}
    buyers = {
        json.loads(one.body)["data"]["object"]["payment"].get("customer_id")
        for one in more
        if one.topic == "payment.created"
    }
    assert known & buyers


def _is_new(delivery: Delivery) -> bool:
    return delivery.topic in {
        "order.created",
        "payment.created",
        "orders/create",
        "customer.created",
        "customers/create",
    }


def _subject(delivery: Delivery) -> str:
    body = json.loads(delivery.body)
    return str(body["data"]["id"] if "data" in body else body["id"])
