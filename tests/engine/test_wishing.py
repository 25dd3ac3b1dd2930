"""A turn wishes that vendors be told: of whom, how often, and at what cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from regulars.engine.turn import utc_now
from regulars.vocabulary.events import ADJUSTED, HELD, SWEPT
from tests.engine.club import BASE, KNOWN, Club, at
from tests.engine.test_turn import Counting, body
from tests.engine.world import World

pytestmark = pytest.mark.embedded_only  # the statements run on both in tests/delivery
SWITCH = "update source set options = %s::jsonb where workspace_id = %s and source_id = 2"
LOOK = "update workspace_state set cache_no = cache_no + 1 where workspace_id = %s"


@pytest.fixture
def clock() -> list[datetime]:
    """The last is what the engine reads."""
    return [utc_now()]


@pytest.fixture
def club(world: World, clock: list[datetime]) -> Iterator[Club]:
    """A club whose web shop is told."""
    switch(world, '{"write_back": "on"}')
    gate = world.gate(clock=lambda: clock[-1])
    yield Club(world, gate)
    gate.close()


def switch(world: World, options: str) -> None:
    """Set the web shop up, and have engines look."""
    with world.database.session(world.workspace_id) as connection:
        connection.execute(SWITCH, [options, world.workspace_id])
        connection.execute(LOOK, [world.workspace_id])


def wished(club: Club) -> dict[str, int]:
    """How often each member was wished for anew, by the member."""
    rows = club.world.rows("select body ->> 'member', wish, source_id from outbox where kind = 'write_back'")
    assert {source for _, _, source in rows} <= {2}
    return {member: wish for member, wish, _ in rows}


def web(club: Club, name: str, card: str | None = None, hour: int = 0) -> str:
    """The web shop tells of a customer; their profile."""
    event = {
        "id": f"w-{next(club.numbers)}",
        "type": "customer.updated",
        "occurred_at": at(hour).isoformat(),
        "customer": {"external_id": name, "loyalty_card": card},
    }
    profile_id = club.tell(event, source=2).profile_id
    assert profile_id is not None
    return profile_id


def test_members_that_the_shop_knows_are_wished_for_once_and_then_again(club: Club) -> None:
    club.publish(BASE + KNOWN)
    ann = web(club, "ann", "L1")
    assert wished(club) == {}, "nothing to tell yet"
    for _ in range(3):
        club.sell(None, 1_000, 1, customer={"external_id": "t1", "loyalty_card": "L1"})
    assert wished(club) == {ann: 2}
    club.sell("bob", 1_000, 1)
    assert wished(club) == {ann: 2}, "the shop does not know him"
    club.say(HELD, ann, 2, amount=5)
    assert wished(club) == {ann: 2}, "what is held is still there"
    web(club, "ann", "L2", 3)
    assert wished(club) == {ann: 3}, "the shop says something else of her"


def test_points_that_end_and_people_who_turn_out_to_be_one_are_wished_for(
    club: Club, clock: list[datetime]
) -> None:
    club.publish(BASE + KNOWN)
    ann = web(club, "ann")
    club.sell(None, 1_000, 1, customer={"external_id": "t1", "loyalty_card": "L1"})
    before = wished(club)
    assert ann == web(club, "ann", "L1", 2), "one person now"
    assert wished(club)[ann] > before.get(ann, -1)
    club.say(ADJUSTED, ann, amount=5, expires_at=clock[0] + timedelta(minutes=1))
    before = wished(club)
    clock.append(clock[0] + timedelta(minutes=2))
    club.say(SWEPT, ann)
    assert wished(club)[ann] > before.get(ann, -1)


def test_a_wish_costs_one_statement_for_one_member_and_for_a_hundred(world: World, club: Club) -> None:
    club.publish(BASE + KNOWN)
    counting = Counting(world)
    counting.source = world.sources[2]
    counting.statements([body(1, 1)])
    one = counting.statements([body(2, 2)])
    assert one == counting.statements([body(n, n) for n in range(100, 200)])
    switch(world, "{}")
    counting.statements([body(3, 3)])
    assert counting.statements([body(4, 4)]) == one - 1
    counting.turn.close()
