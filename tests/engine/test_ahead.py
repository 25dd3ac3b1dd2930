"""A batch that is read while the one before it is written comes out as if it had been read afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from regulars.engine.ahead import Ahead
from regulars.engine.erase import Eraser
from regulars.engine.lane import Limits
from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.store.session import Call, Session
from regulars.vocabulary.intake import Result
from tests.engine.fixtures import MakeWorld
from tests.engine.stream import Stream
from tests.engine.test_turn import body
from tests.engine.world import Told, World, differences

ALWAYS = Limits(ahead_events_min=1, batch_events_max=25)


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each turn that could have read ahead: whether it had."""
    seen: list[bool] = []
    take = Ahead.take

    def noting(self: Ahead, items: Any) -> Any:
        rows = take(self, items)
        seen.append(rows is not None)
        return rows

    monkeypatch.setattr(Ahead, "take", noting)
    return seen


def submit_all(world: World, gates: Sequence[EngineGate], requests: list[list[Told]]) -> None:
    """All requests at once, to one gate after the other; each is cut by source."""
    waiting: list[Future[list[Result]]] = []
    for number, told in enumerate(requests):
        gate = gates[number % len(gates)]
        for source_id, source in world.sources.items():
            bodies = [one for mine, one in told if mine == source_id]
            if bodies:
                waiting.append(gate._enter(source, bodies, "events"))
    for one in waiting:
        one.result(timeout=60)


@pytest.mark.parametrize("engines", [1, 2])
def test_what_was_read_ahead_changes_nothing(
    make_world: MakeWorld, seed: int, used: list[bool], engines: int
) -> None:
    stream = Stream(seed, customers=6)
    told = stream.events(250)
    for number in range(3):
        world = make_world()
        gates = [world.gate(limits=ALWAYS) for _ in range(engines)]
        try:
            submit_all(world, gates, stream.scrambled(told))
        finally:
            for gate in gates:
                gate.close()
        assert differences(world.state(), world.expected(told)) == []
        if number == 0:
            assert world.rebuild_differences() == []
    assert used.count(True) > 10


def test_an_erasure_between_reading_and_writing_is_seen(world: World, used: list[bool]) -> None:
    """The reading found the person; by the time of the turn they are erased, and must not come back."""
    gate = world.gate(limits=ALWAYS)
    jane = {"external_id": "c-jane", "given_name": "Jane"}
    session = Session(world.database)
    turn = gate._entrance(world.workspace_id).lane._turn
    prepare = gate._entrance(world.workspace_id).preparer.prepare
    try:
        first = [prepare(world.sources[1], body(1, 1, customer=jane), door="events", received_at=utc_now())]
        later = [prepare(world.sources[1], body(2, 1, customer=jane), door="events", received_at=utc_now())]
        record_id = turn.run(first)[0].profile_id
        turn.read_ahead(later)
        Eraser(session, world.vault, utc_now).erase(record_id or "", actor="test")
        assert turn.run(later)[0].profile_id is None
    finally:
        session.close()
        gate.close()
    assert used[-1]
    assert world.state().records == {}


def test_a_reading_that_fails_is_made_again_under_the_lock(
    world: World, seed: int, used: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Ahead._read

    def breaking(self: Ahead, calls: list[Call]) -> Any:
        return read(self, [Call("select 1 / 0", {})])

    monkeypatch.setattr(Ahead, "_read", breaking)
    told = Stream(seed).events(120)
    gate = world.gate(limits=ALWAYS)
    try:
        submit_all(world, [gate], [[one] for one in told])
    finally:
        gate.close()
    assert not any(used)
    assert differences(world.state(), world.expected(told)) == []
