"""After an erasure a member's points are gone, the books still add up, and the log gives the same state."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Any

import pytest
from msgspec.json import encode

from regulars.engine.erase import Eraser
from regulars.engine.turn import utc_now
from regulars.store.ledger_audit import audit_ledger
from regulars.store.session import Session
from regulars.vocabulary.events import ADJUSTED, CAPTURED, HELD, LINKED, Decision, Event
from tests.engine.club import BASE, TIERS, Club, at, sale
from tests.engine.world import World

FIRST = """
[[bonus]]
id = "welcome"
on = "first_purchase"
point = "points"
points = 30
"""
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
    assert world.rebuild_differences() == []
    result = club.tell(sale("bob", 0, 4, "R-9") | {"id": "v-9", "type": "sale.voided"})
    assert result.status == "applied"
    assert club.balance("bob") == 50  # what Bob's own points paid came back
    assert own_sums(world, bob) == [("points", "member", club.balance("bob"))]
    assert world.rebuild_differences() == []


def test_whatever_was_done_together_the_log_gives_the_points_of_those_who_stay(club: Club, seed: int) -> None:
    """Ann, Bob and Cat are one person in part and for a time; then one of them is erased, and life goes on."""
    world, chance = club.world, Random(seed)
    club.publish(BASE + TIERS + FIRST)
    names = ["ann", "bob", "cat"]
    ids = {name: club.enrol(name) for name in names}
    shop = _Shop(club, chance, ids)
    for hour in range(1, 26):
        shop.step(names, hour)
    for one, other in combinations(names, 2):
        decide(club, ids[one], ids[other], together=False, hour=25.5)
    gone = names.pop(chance.randrange(3))
    had = {name: club.balance(name) for name in names}
    erase(world, ids[gone])
    assert {name: club.balance(name) for name in names} == had
    assert world.rebuild_differences() == []
    for hour in range(26, 32):
        shop.step(names, hour)
    assert world.rebuild_differences() == []
    with world.database.session(world.workspace_id) as connection:
        assert audit_ledger(connection, world.workspace_id) == []


class _Shop:
    """What may happen to members, each time another of it."""

    def __init__(self, club: Club, chance: Random, ids: dict[str, str]) -> None:
        self._club, self._chance, self._ids = club, chance, ids
        self._receipts: list[tuple[str, str]] = []

    def step(self, names: list[str], hour: int) -> None:
        """One of them, to one or two of those named."""
        name, number = self._chance.choice(names), next(self._club.numbers)
        done = self._chance.choice(
            (self._sell, self._sell, self._spend, self._refund, self._void, self._decide)
        )
        done(name, f"R-{number}", hour, names)

    def _sell(self, name: str, receipt: str, hour: int, _: list[str]) -> None:
        late = hour - self._chance.choice((0, 0, 0, 5))
        self._club.sell(name, 100 * self._chance.randint(5, 90), max(1, late), receipt)
        self._receipts.append((name, receipt))

    def _spend(self, name: str, receipt: str, hour: int, _: list[str]) -> None:
        held = self._club.say(HELD, self._ids[name], hour, amount=self._chance.randint(1, 60)).hold
        if held is not None and self._chance.random() < 0.8:
            tenders = [{"kind": "points", "amount_minor": 60}, {"kind": "card", "amount_minor": 1_940}]
            self._club.sell(name, 2_000, hour, receipt, tenders=tenders, loyalty={"spends": [{"hold": held}]})
            self._receipts.append((name, receipt))

    def _refund(self, name: str, _: str, hour: int, names: list[str]) -> None:
        mine = [one for one in self._receipts if one[0] in names]
        if mine:
            whose, receipt = self._chance.choice(mine)
            self._club.refund(whose, receipt, hour, ("1", 1, 500))

    def _void(self, name: str, _: str, hour: int, names: list[str]) -> None:
        mine = [one for one in self._receipts if one[0] in names]
        if mine and self._chance.random() < 0.5:
            whose, receipt = self._chance.choice(mine)
            self._club.tell(sale(whose, 0, hour, receipt) | {"id": f"v-{receipt}", "type": "sale.voided"})

    def _decide(self, name: str, _: str, hour: int, names: list[str]) -> None:
        other = self._chance.choice([one for one in names if one != name])
        decide(self._club, self._ids[name], self._ids[other], together=self._chance.random() < 0.7, hour=hour)


def decide(club: Club, one: str, other: str, *, together: bool, hour: float | None = None) -> None:
    """Say that two records are one person, or that they are two."""
    pair = (min(one, other), max(one, other))
    decision = Decision([pair], together, "user:1", "Told.")
    when = at(hour if hour is not None else 2.5 if together else 3.5)
    event = Event(id=f"d-{next(club.numbers)}", type=LINKED, occurred_at=when, decision=decision)
    club.command(encode(event))


def test_who_was_one_with_somebody_erased_stands_as_the_log_gives_it(club: Club) -> None:
    """What Bob has depends on what Ann had while they were one: points spent together, her tier, her refusals."""
    world = club.world
    club.publish(BASE + TIERS)
    ann, bob = club.enrol("ann"), club.enrol("bob")
    club.sell("ann", 20_000, 1)
    club.sell("bob", 5_000, 2)
    decide(club, ann, bob, together=True)
    hold = club.say(HELD, bob, amount=120).hold
    tenders = [{"kind": "points", "amount_minor": 120}, {"kind": "card", "amount_minor": 880}]
    club.sell("bob", 1_000, 3, "R-9", tenders=tenders, loyalty={"spends": [{"hold": hold}]})
    decide(club, ann, bob, together=False)
    had = club.balance("bob")
    erase(world, ann)
    assert club.balance("bob") == had
    assert world.rebuild_differences() == []
    club.refund("bob", "R-9", 5, ("1", 1, 1_000))
    club.sell("bob", 3_000, 6)
    assert world.rebuild_differences() == []
    erase(world, bob)
    assert world.rebuild_differences() == []
