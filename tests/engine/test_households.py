"""Households through the engine: kept with the records, worked out again from the log, gone with an erasure."""

from __future__ import annotations

from typing import Any

from regulars.engine.erase import Eraser
from regulars.engine.turn import utc_now
from regulars.intake.rebuild import Rebuilder
from regulars.store.database import set_workspace
from regulars.store.session import Session
from tests.engine.stream import Stream
from tests.engine.test_decided import told
from tests.engine.world import World, differences

HOME: dict[str, Any] = {"family_name": "Doe", "address": {"line1": "12 High Street", "postcode": "N1 1AA"}}
ANN = {**HOME, "given_name": "Ann", "birth_date": "1980-01-02", "phone": "+44 20 7946 0018"}
BOB = {**HOME, "given_name": "Bob", "birth_date": "1979-03-04", "phone": "+44 20 7946 0018"}


def carriers(world: World) -> dict[int, set[str]]:
    """The records of each household key."""
    found: dict[int, set[str]] = {}
    for key, record in world.state().household:
        found.setdefault(key, set()).add(record)
    return found


def test_a_family_shares_keys_and_an_erased_member_leaves_none(world: World) -> None:
    gate = world.gate()
    try:
        first, second = world.tell(gate, [told("ann", **ANN), told("bob", **BOB)])
        both = {first.profile_id, second.profile_id}
        assert len(both) == 2
        assert [ids == both for ids in carriers(world).values()] == [True, True]
        session = Session(world.database)
        Eraser(session, world.vault, utc_now).erase(first.profile_id or "", actor="test")
        session.close()
        assert [ids == {second.profile_id} for ids in carriers(world).values()] == [True, True]
        assert world.rebuild_differences() == []
        world.tell(gate, [told("bob", phone="+44 20 7946 0099")])
        assert len(carriers(world)) == 2
    finally:
        gate.close()
    assert world.rebuild_differences() == []


def test_keys_do_not_depend_on_the_order_and_come_back_from_the_log(world: World, seed: int) -> None:
    stream = Stream(seed)
    events = stream.events(60)
    gate = world.gate()
    try:
        for requests in stream.scrambled(events):
            world.tell(gate, requests)
        assert differences(world.state(), world.expected(events)) == []
        connection = world.database.connect(wait_seconds=5.0)
        set_workspace(connection, world.workspace_id)
        connection.execute("delete from household_key")
        connection.commit()
        connection.close()
        assert any(line.startswith("households:") for line in world.rebuild_differences())
        Rebuilder(world.database, world.vault).replace()
    finally:
        gate.close()
    assert differences(world.state(), world.expected(events)) == []
