"""A batch that is decided while the one before it is written comes out as if it had waited for that."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from regulars.engine.batch import Batch
from regulars.engine.erase import Eraser
from regulars.engine.flight import Flight
from regulars.engine.lane import Limits
from regulars.engine.prepared import Item, Prepared
from regulars.engine.turn import Turn, utc_now
from regulars.engine.wake import Entangled
from regulars.intake.gate import EngineGate
from regulars.store.errors import StoreUnavailable
from regulars.store.session import Session
from regulars.vocabulary.intake import Result
from tests.engine.fixtures import MakeWorld
from tests.engine.stream import Stream
from tests.engine.test_turn import body
from tests.engine.world import Told, World, differences

ALWAYS = Limits(launch_events_min=1, batch_events_max=25)
SMALL = Limits(launch_events_min=1, batch_events_max=4)
JANE = {"external_id": "c-jane", "given_name": "Jane"}
ANN = {"external_id": "c-ann", "given_name": "Ann"}


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each turn that came while another was in the air: whether it was decided on that one."""
    seen: list[bool] = []
    launch = Turn.launch

    def noting(self: Turn, items: Sequence[Item], before: Any = None, *rest: Any) -> Any:
        if before is None:
            return launch(self, items, before, *rest)
        try:
            flight = launch(self, items, before, *rest)
        except Entangled:
            seen.append(False)
            raise
        seen.append(True)
        return flight

    monkeypatch.setattr(Turn, "launch", noting)
    return seen


@pytest.fixture
def turn(world: World) -> Iterator[Turn]:
    """A turn of the world's workspace, not in a lane."""
    gate = world.gate()
    lane = gate._entrance(world.workspace_id).lane
    yield lane._turn
    gate.close()


def prepared(world: World, *bodies: bytes) -> list[Item]:
    gate = world.gate()
    try:
        preparer = gate._entrance(world.workspace_id).preparer
        return [
            preparer.prepare(world.sources[1], one, door="events", received_at=utc_now()) for one in bodies
        ]
    finally:
        gate.close()


def submit_all(world: World, gates: Sequence[EngineGate], requests: list[list[Told]]) -> None:
    """All requests at once, to one gate after the other; each is cut by source."""
    waiting: list[Future[list[Result]]] = []
    for number, told in enumerate(requests):
        gate = gates[number % len(gates)]
        for source_id, source in world.sources.items():
            bodies = [one for mine, one in told if mine == source_id]
            if bodies:
                waiting.append(gate.enter(source, bodies, "events"))
    for one in waiting:
        one.result(timeout=60)


@pytest.mark.parametrize("engines", [1, 2])
@pytest.mark.parametrize(
    ("customers", "limits"), [pytest.param(6, ALWAYS, id="entangled"), pytest.param(400, SMALL, id="free")]
)
def test_turns_that_overlap_change_nothing(
    make_world: MakeWorld, seed: int, followed: list[bool], engines: int, customers: int, limits: Limits
) -> None:
    """With few customers nearly every batch is entangled with the one before, with many nearly none."""
    stream = Stream(seed, customers=customers)
    told = stream.events(250)
    for number in range(3):
        world = make_world()
        gates = [world.gate(limits=limits) for _ in range(engines)]
        try:
            submit_all(world, gates, stream.scrambled(told))
        finally:
            for gate in gates:
                gate.close()
        assert differences(world.state(), world.expected(told)) == []
        if number == 0:
            assert world.rebuild_differences() == []
    assert followed.count(limits is SMALL) > 10


def test_figures_and_duplicates_follow_the_turn_in_the_air(world: World, turn: Turn) -> None:
    """Two sales of one known customer and a repeated event, none of it committed when the next is decided."""
    turn.run(prepared(world, body(1, 1, customer=JANE), body(2, 1, customer=ANN)))
    seen = body(9, 2, "product.viewed", customer=JANE, sale=None)
    first = turn.launch(prepared(world, body(3, 2, customer=JANE), seen))
    second = turn.launch(prepared(world, body(4, 3, customer=JANE), seen), first)
    third = turn.launch(prepared(world, body(5, 4, customer=JANE), body(6, 4, customer=ANN)), second)
    for flight in (first, second, third):
        turn.land(flight)
    assert [result.status for result in second.results] == ["applied", "duplicate"]
    assert second.results[1].profile_id == first.results[0].profile_id
    figures = world.state().figures
    assert sorted(one["orders"] for one in figures.values()) == [2, 4]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"customer": JANE}, {"customer": JANE}, id="a person it makes"),
        pytest.param(
            {"customer": {**ANN, "email": "ann@shop.example"}},
            {"customer": {"external_id": "c-2", "email": "ann@shop.example"}},
            id="a contact it makes",
        ),
        pytest.param(
            {"customer": ANN},
            {
                "kind": "sale.voided",
                "customer": JANE,
                "sale": {"receipt": "R1", "currency": "GBP", "total_minor": 0},
            },
            id="a receipt it makes",
        ),
    ],
)
def test_what_the_turn_in_the_air_changes_is_waited_for(
    world: World, turn: Turn, before: dict[str, Any], after: dict[str, Any]
) -> None:
    first = turn.launch(prepared(world, body(1, 1, **before)))
    with pytest.raises(Entangled):
        turn.launch(prepared(world, body(2, 2, **after)), first)
    turn.land(first)
    assert turn.run(prepared(world, body(2, 2, **after)))[0].status == "applied"


def test_an_erasure_between_deciding_and_writing_is_seen(world: World, turn: Turn) -> None:
    """The batch was decided on a person who is erased before it can be written: it must not bring them back."""
    record_id = turn.run(prepared(world, body(1, 1, customer=JANE)))[0].profile_id
    first = turn.launch(prepared(world, body(2, 1, customer=ANN)))
    turn.land(first)
    session = Session(world.database)
    try:
        Eraser(session, world.vault, utc_now).erase(record_id or "", actor="test")
    finally:
        session.close()
    late = turn.launch(prepared(world, body(3, 1, customer=JANE)), first)
    with pytest.raises(Entangled):
        turn.land(late)
    assert turn.run(prepared(world, body(3, 1, customer=JANE)))[0].profile_id is None


def test_a_turn_that_fails_takes_the_one_behind_it_along(world: World, turn: Turn) -> None:
    """What was decided on a turn that never happened is not written."""
    items = prepared(world, body(1, 1, customer=JANE))
    poison = prepared(world, body(2, 1, customer=ANN))
    assert isinstance(poison[0], Prepared)
    poison[0].type = "\x00"  # no text of PostgreSQL's
    first = turn.launch(poison)
    second = turn.launch(items, first)
    with pytest.raises(Exception, match="refused a value"):
        turn.land(first)
    with pytest.raises(Entangled):
        turn.land(second)
    assert world.state().records == {}
    assert turn.run(items)[0].status == "applied"


def test_a_reading_that_fails_is_made_again(
    world: World, seed: int, followed: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = threading.Event()

    def breaking(*_: Any) -> Any:
        tried.set()
        raise StoreUnavailable("not now")

    monkeypatch.setattr(Turn, "_read", breaking)
    told = Stream(seed).events(120)
    gate = world.gate(limits=ALWAYS)
    try:
        submit_all(world, [gate], [[one] for one in told])
    finally:
        gate.close()
    assert tried.is_set()
    assert differences(world.state(), world.expected(told)) == []


@pytest.mark.parametrize(
    ("customers", "limits"), [pytest.param(6, ALWAYS, id="entangled"), pytest.param(400, SMALL, id="free")]
)
def test_a_turn_that_has_landed_leaves_nothing_for_the_garbage_collector(
    world: World, seed: int, customers: int, limits: Limits
) -> None:
    """What a turn holds goes with its last answer: kept until somebody collects it, memory would grow with the pace."""
    gate = world.gate(limits=limits)
    gc.collect()
    gc.disable()
    try:
        submit_all(world, [gate], [[one] for one in Stream(seed, customers=customers).events(250)])
        left = [one for one in gc.get_objects() if isinstance(one, Flight | Batch)]
    finally:
        gc.enable()
        gate.close()
    assert len(left) <= 4  # the last turn's, and the one's before
