"""An order made with the code of a hold pays with its points: told by any source, once, late as well, and by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from regulars.capabilities.loyalty.shop_codes import shop_code
from regulars.engine.turn import utc_now
from regulars.vocabulary.events import ADJUSTED, HELD, SWEPT
from tests.engine.club import BASE, Club, sale
from tests.engine.world import World

pytestmark = pytest.mark.embedded_only  # the same statements run on both in test_points.py


@pytest.fixture
def clock() -> list[datetime]:
    """The last is what the engine reads."""
    return [utc_now()]


@pytest.fixture
def club(world: World, clock: list[datetime]) -> Iterator[Club]:
    gate = world.gate(clock=lambda: clock[-1])
    club = Club(world, gate)
    club.publish(BASE)
    yield club
    gate.close()


def reserve(club: Club, name: str, amount: int = 50) -> str:
    """A member with a hundred points who reserves some; the code."""
    member = club.enrol(name)
    club.say(ADJUSTED, member, amount=100)
    hold = club.say(HELD, member, amount=amount).hold
    assert hold is not None
    return shop_code(hold)


def order(club: Club, name: str, receipt: str, code: str, at: datetime, version: int = 1) -> None:
    """An order of nothing that earns, as a connector tells it."""
    event = sale(name, 0, 0, receipt, version=version)
    event["occurred_at"] = at.isoformat()
    event["sale"]["coupons"] = [code]
    club.tell(event, door="fetch")


def test_an_order_with_the_code_pays_once_and_its_cancelling_gives_back(
    club: Club, clock: list[datetime]
) -> None:
    code = reserve(club, "ann")
    order(club, "ann", "O-1", code, clock[0])
    order(club, "ann", "O-1", code, clock[0], version=2)
    assert club.balance("ann") == 50
    void = sale("ann", 0, 0, "O-1", version=3) | {"type": "sale.voided", "occurred_at": clock[0].isoformat()}
    club.tell(void, door="fetch")
    assert club.balance("ann") == 100


def test_an_order_of_somebody_else_pays_with_nothing(club: Club, clock: list[datetime]) -> None:
    code = reserve(club, "ann")
    club.enrol("bob")
    order(club, "bob", "O-1", code, clock[0])
    assert (club.balance("ann"), club.balance("bob")) == (100, 0)
    assert club.world.rows("select state from loyalty_hold") == [("open",)]


def test_an_order_that_is_heard_of_late_pays_with_what_is_left_and_the_shop_bears_the_rest(
    club: Club, clock: list[datetime]
) -> None:
    code = reserve(club, "ann", 80)
    clock.append(clock[0] + timedelta(seconds=1_000))
    member = club.world.vault.hash("record", "1", "external_id", "ann")
    club.say(SWEPT, member)
    club.say(ADJUSTED, member, amount=-70)
    order(club, "ann", "O-1", code, clock[0] + timedelta(seconds=600))
    order(club, "ann", "O-1", code, clock[0] + timedelta(seconds=600), version=2)
    assert club.balance("ann") == 0
    shock = "select sum(amount)::int from ledger_entry where debit = 'till_shock'"
    assert club.world.rows(shock) == [(50,)]


def test_an_order_made_after_the_time_of_the_code_pays_with_nothing(
    club: Club, clock: list[datetime]
) -> None:
    code = reserve(club, "ann")
    clock.append(clock[0] + timedelta(seconds=1_000))
    order(club, "ann", "O-1", code, clock[0] + timedelta(seconds=950))
    assert club.balance("ann") == 100
