"""After an erasure a member's points are gone, the books still add up, and the log gives the same state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.json import encode

from regulars.engine.erase import Eraser
from regulars.engine.turn import utc_now
from regulars.store.session import Session
from regulars.vocabulary.events import ADJUSTED, CAPTURED, HELD, LINKED, Decision, Event
from tests.engine.club import BASE, TIERS, Club, at, sale
from tests.engine.world import World

KEPT = ("loyalty_account", "loyalty_lot", "loyalty_hold", "loyalty_earning")


@pytest.fixture
def club(world: World) -> Iterator[Club]:
    gate = world.gate()
    try:
        yield Club(world, gate)
    finally:
        gate.close()


def erase(world: World, profile_id: str) -> dict[str, Any]:
    session = Session(world.database)
    try:
        return Eraser(session, world.vault, utc_now).erase(profile_id, actor="test").proof
    finally:
        session.close()


def own_sums(world: World, record_id: str) -> list[tuple[Any, ...]]:
    """What the books hold of a record, in the accounts that are its own."""
    return world.rows(
        f"""
        select point, own, sum(amount)::int from (
            select point, credit as own, amount from ledger_entry where record_id = '{record_id}'
            union all
            select point, debit, -amount from ledger_entry where record_id = '{record_id}'
        ) e where own in ('member', 'debt') group by 1, 2 having sum(amount) <> 0
        """
    )


def left_of(world: World, record_id: str) -> dict[str, int]:
    """Rows of loyalty's tables that are a record's."""
    return {
        table: world.rows(f"select count(*) from {table} where record_id = '{record_id}'")[0][0]
        for table in KEPT
    }


def test_points_holds_and_earnings_go_and_the_books_add_up(club: Club) -> None:
    world = club.world
    club.publish(BASE + TIERS)
    ann, bob = club.enrol("ann"), club.enrol("bob")
    for name in ("ann", "bob"):
        club.sell(name, 10_000, 1, f"R-{name}")
    club.say(ADJUSTED, ann, amount=50, reason="Sorry", actor="user:7")
    club.say(HELD, ann, amount=30)
    proof = erase(world, ann)
    assert proof["points_removed"] == 150
    assert set(left_of(world, ann).values()) == {0}
    assert own_sums(world, ann) == []
    assert world.rows("select actor, sum(amount)::int from ledger_entry join ledger_txn using (workspace_id, txn_id)"
                      " where credit = 'erased' group by 1") == [("test", 150)]  # fmt: skip
    assert club.balance("bob") == 100
    assert own_sums(world, bob) == [("points", "member", 100)]
    assert world.rebuild_differences() == []
    assert club.tell(sale("ann", 500, 3, "R-9")).loyalty == []  # they stay away
    assert world.rebuild_differences() == []


def test_what_an_erased_member_owed_is_closed_too(club: Club) -> None:
    world = club.world
    club.publish(BASE)
    ann = club.enrol("ann")
    club.sell("ann", 10_000, 1, "R-1")
    club.say(CAPTURED, ann, hold=club.say(HELD, ann, amount=80).hold)
    club.refund("ann", "R-1", 2, ("1", 1, 10_000))
    assert own_sums(world, ann) == [("points", "debt", -80)]
    assert erase(world, ann)["points_removed"] == -80
    assert own_sums(world, ann) == []
    assert world.rebuild_differences() == []


def test_a_hold_on_points_of_somebody_erased_lets_go_and_a_return_of_its_sale_goes_on(club: Club) -> None:
    """Ann and Bob were one person when Bob spent, and reserved, points of both; then they were two again."""
    world = club.world
    club.publish(BASE)
    ann, bob = club.enrol("ann"), club.enrol("bob")
    club.sell("ann", 10_000, 1)
    club.sell("bob", 5_000, 2)
    decide(club, ann, bob, together=True)
    held = club.say(HELD, bob, amount=20).hold  # Ann's points are the oldest
    spent = club.say(HELD, bob, amount=120).hold
    tenders = [{"kind": "points", "amount_minor": 120}, {"kind": "card", "amount_minor": 880}]
    club.sell("bob", 1_000, 3, "R-9", tenders=tenders, loyalty={"spends": [{"hold": spent}]})
    decide(club, ann, bob, together=False)
    erase(world, ann)
    assert set(left_of(world, ann).values()) == {0}
    assert own_sums(world, ann) == []
    assert club.say(CAPTURED, bob, hold=held).refused == "hold_ended"
    assert world.rows("select count(*) from loyalty_lot where held <> 0") == [(0,)]
    assert club.balance("bob") == 50 - 40 + 8
    result = club.tell(sale("bob", 0, 4, "R-9") | {"id": "v-9", "type": "sale.voided"})
    assert result.status == "applied"
    assert club.balance("bob") == 50  # what Bob's own points paid came back
    assert own_sums(world, bob) == [("points", "member", club.balance("bob"))]


def decide(club: Club, one: str, other: str, *, together: bool) -> None:
    """Say that two records are one person, or that they are two."""
    pair = (min(one, other), max(one, other))
    decision = Decision([pair], together, "user:1", "Told.")
    event = Event(
        id=f"d-{together}", type=LINKED, occurred_at=at(2.5 if together else 3.5), decision=decision
    )
    club.command(encode(event))
