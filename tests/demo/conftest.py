"""A month of the demo shop, made once for all tests of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import Struct

from regulars.demo.deliveries import Delivery
from regulars.demo.retail import Happening
from regulars.demo.shop import Shop

UNTIL = datetime(2026, 7, 5, tzinfo=UTC)
DAYS = 35


class Month(Struct, frozen=True, eq=False):
    """A shop whose past is told: everything it sent, in order."""

    shop: Shop
    deliveries: list[Delivery]

    def bodies(self, *topics: str) -> list[Any]:
        """The decoded bodies of some topics, or of all."""
        wanted = [one for one in self.deliveries if not topics or one.topic in topics]
        return [json.loads(one.body) for one in wanted]


@pytest.fixture(scope="session")
def month() -> Month:
    """Enough people and days for every kind of happening."""
    shop = Shop(11, people=2_500)
    return Month(shop, list(shop.history(DAYS, UNTIL)))


@pytest.fixture(scope="session")
def happenings() -> tuple[Shop, list[Happening]]:
    """The same month as happenings; sales in it show their final state."""
    shop = Shop(11, people=2_500)
    return shop, list(shop.past(DAYS, UNTIL))


@pytest.fixture(scope="session")
def texts(month: Month) -> Callable[[str], list[tuple[str, str]]]:
    """All texts in the deliveries under keys that contain a word, with the key."""
    found: list[tuple[str, str]] = []
    for body in month.bodies():
        _collect(body, "", found)

    def under(word: str) -> list[tuple[str, str]]:
        return [(key, text) for key, text in found if word in key]

    return under


def _collect(held: Any, key: str, found: list[tuple[str, str]]) -> None:
    if isinstance(held, dict):
        for name, value in held.items():
            _collect(value, name, found)
    elif isinstance(held, list):
        for value in held:
            _collect(value, key, found)
    elif isinstance(held, str) and held:
        found.append((key, held))
