"""The demo is never what a benchmark waits for. Floors are far below what one idle core does."""

from __future__ import annotations

import time
from random import Random

from regulars.demo.events import encoded, sale_events
from regulars.demo.shop import Shop
from regulars.demo.world import build_world
from tests.demo.conftest import UNTIL


def test_five_thousand_sale_events_a_second() -> None:
    world = build_world(1, people=5_000)
    started = time.process_time()
    count = sum(1 for _ in encoded(sale_events(world, Random(1), 10_000, start=UNTIL)))
    assert count / (time.process_time() - started) > 5_000


def test_a_thousand_webhook_deliveries_a_second() -> None:
    shop = Shop(1, people=2_000)
    started = time.process_time()
    count = sum(1 for _ in shop.history(20, UNTIL))
    assert count / (time.process_time() - started) > 1_000
