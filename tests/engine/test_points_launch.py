"""Points of members whose turns overlap come out as if each had waited for the one before."""

from __future__ import annotations

import gc
import random
from concurrent.futures import Future
from typing import Any

import msgspec
import pytest

from regulars.engine.batch import Batch
from regulars.engine.flight import Flight
from regulars.engine.lane import Limits
from regulars.engine.points import Points
from regulars.store.ledger_audit import audit_ledger
from regulars.vocabulary.events import ADJUSTED, HELD, Event, Loyalty
from regulars.vocabulary.intake import TILL, Result, own_source
from tests.engine.club import BASE, KNOWN, TIERS, Club, at, sale
from tests.engine.fixtures import MakeWorld
from tests.engine.test_launch import followed
from tests.engine.world import World

pytestmark = pytest.mark.embedded_only  # the same statements run on both in test_points.py
__all__ = ["followed"]
NAMES = ["ann", "bob", "cem", "dot", "eve"]
ROUNDS = 30


def story(seed: int) -> list[list[dict[str, Any]]]:
    """Calls of a till: sales of few customers, some of which come back, some out of order, some void."""
    chance = random.Random(seed)
    told: list[dict[str, Any]] = []
    for number in range(1, 90):
        name = chance.choice(NAMES)
        hour = number if chance.random() < 0.85 else chance.randrange(1, number + 1) + 0.5
        told.append(sale(name, 1_000, hour, f"R-{number}", lines=(("1", 2, 800), ("2", 1, 200))))
        if chance.random() < 0.15:
            original = chance.randrange(1, number + 1)
            back = sale(name, 400, number + 0.25, f"B-{number}", lines=(("1", 1, 400),))
            back["type"] = "sale.refunded"
            back["sale"]["original_receipt"] = f"R-{original}"
            told.append(back)
        if chance.random() < 0.1:
            void = sale(name, 0, number + 0.75, f"R-{chance.randrange(1, number + 1)}")
            told.append(void | {"id": f"v-{number}", "type": "sale.voided"})
    size = len(told) // ROUNDS + 1
    return [told[start : start + size] for start in range(0, len(told), size)]


def standing(world: World) -> list[Any]:
    """All that is known of points, by ids that are the same in every run of one workspace."""
    names = {world.vault.hash("record", "1", "external_id", name): name for name in NAMES}
    rows = world.rows(
        """
        select a.record_id, a.credits, a.debt, a.used, a.first_at, a.last_at,
            (select coalesce(sum(remaining), 0)::int from loyalty_lot l where l.record_id = a.record_id)
        from loyalty_account a
        """
    )
    return sorted((names[row[0].hex], *row[1:]) for row in rows)


@pytest.mark.parametrize("story_seed", range(2))
def test_turns_that_overlap_leave_the_points_that_turns_in_a_row_leave(
    make_world: MakeWorld, followed: list[bool], story_seed: int
) -> None:
    found = []
    for limits in (Limits(launch_events_min=10_000), Limits(launch_events_min=1, batch_events_max=3)):
        world = make_world()
        gate = world.gate(limits=limits)
        try:
            Club(world, gate).publish(BASE.replace("[currencies]", KNOWN + "[currencies]") + TIERS)
            waiting: list[Future[list[Result]]] = []
            for call in story(story_seed):
                bodies = [msgspec.json.encode(event) for event in call]
                waiting.append(gate.enter(world.sources[1], bodies, TILL))
            for one in waiting:
                one.result(timeout=60)
        finally:
            gate.close()
        found.append(standing(world))
        with world.database.session(world.workspace_id) as connection:
            assert audit_ledger(connection, world.workspace_id) == []
        assert world.rebuild_differences() == []
    assert found[0] == found[1]
    assert any(followed)


@pytest.mark.parametrize("together", [True, False], ids=["overlapping", "in a row"])
def test_a_turn_with_points_leaves_nothing_for_the_garbage_collector(world: World, *, together: bool) -> None:
    """Collections stop tills for tens of milliseconds; see the test of the same name in test_launch.py."""
    gate = world.gate(limits=Limits(launch_events_min=1 if together else 10_000, batch_events_max=3))
    try:
        Club(world, gate).publish(BASE.replace("[currencies]", KNOWN + "[currencies]") + TIERS)
        gc.collect()
        gc.disable()
        waiting = [
            gate.enter(world.sources[1], [msgspec.json.encode(event) for event in call], TILL)
            for call in story(5)
        ]
        for one in waiting:
            one.result(timeout=60)
        left = [one for one in gc.get_objects() if isinstance(one, Batch | Flight | Points)]
    finally:
        gc.enable()
        gate.close()
    assert len(left) <= 6  # the last turn's, and the one's before


def test_holds_of_turns_in_the_air_are_seen(world: World, followed: list[bool]) -> None:
    """H3 with a till's calls on each other's heels: the points are there once."""
    gate = world.gate(limits=Limits(launch_events_min=1, batch_events_max=1))
    try:
        club = Club(world, gate)
        club.publish(BASE)
        ann = club.enrol("ann")
        waiting = []
        for number in range(20):
            type_, amount = (ADJUSTED, 10) if number < 10 else (HELD, 15)
            said = Loyalty(member=ann, amount=amount)
            event = Event(id=f"x-{number}", type=type_, occurred_at=at(number), loyalty=said)
            waiting.append(gate.enter(own_source(world.workspace_id), [msgspec.json.encode(event)], "test"))
        answers = [one.result(timeout=60)[0].loyalty[0] for one in waiting]
    finally:
        gate.close()
    assert [answer.points[0].balance for answer in answers[:10]] == list(range(10, 110, 10))
    assert [answer.refused for answer in answers[10:]] == [None] * 6 + ["insufficient_points"] * 4
    assert any(followed)
    with world.database.session(world.workspace_id) as connection:
        assert audit_ledger(connection, world.workspace_id) == []
