"""One set of facts, one set of people: whatever the order, the size of the calls and the number of engines."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from regulars.engine.identity_memory import shipped
from regulars.intake.gate import EngineGate
from regulars.vocabulary.intake import OWN_SOURCE_ID
from tests.engine import worker
from tests.engine.fixtures import MakeWorld
from tests.engine.stream import Stream
from tests.engine.world import Told, World, differences


def facts(seed: int, count: int, world: World) -> list[Told]:
    """Events of all kinds, and what people decide of the records in them: together, apart, nothing any more."""
    stream = Stream(seed, customers=10)
    told = stream.events(count)
    ids = sorted(world.expected(told).profiles)
    for number in range(count // 12):
        pair = stream.chance.sample(ids, 2)
        decision = {
            "pairs": [pair],
            "together": stream.chance.choice([True, False, False, None]),
            "actor": "user:1",
        }
        body = stream.head() | {"id": f"d{number}", "type": "regulars.linked", "decision": decision}
        told.append((OWN_SOURCE_ID, json.dumps(body).encode()))
    return told


def calls(told: list[Told], size: int, shuffle: int) -> list[list[Told]]:
    order = list(told)
    Stream(shuffle).chance.shuffle(order)
    return [order[at : at + size] for at in range(0, len(order), size)]


def play(world: World, gates: list[EngineGate], plans: list[list[list[Told]]]) -> None:
    """Each engine hears everything, in an order of its own."""
    starting = threading.Barrier(len(gates))

    def run(gate: EngineGate, plan: list[list[Told]]) -> None:
        starting.wait(timeout=30)
        for one in plan:
            world.tell(gate, one)

    with ThreadPoolExecutor(len(gates)) as pool:
        for done in [pool.submit(run, gate, plan) for gate, plan in zip(gates, plans, strict=True)]:
            done.result(timeout=300)


def check(world: World, told: list[Told]) -> None:
    assert differences(world.state(), world.expected(told, shipped().matcher)) == []


def hold(make_world: MakeWorld, seed: int, count: int, size: int, engines: int, shuffles: int) -> None:
    for number in range(shuffles):
        world = make_world()
        told = facts(seed, count, world)
        plans = [calls(told, size, seed + 100 * number + engine) for engine in range(engines)]
        gates = [world.gate() for _ in range(engines)]
        try:
            play(world, gates, plans)
        finally:
            for gate in gates:
                gate.close()
        check(world, told)


@pytest.mark.parametrize("engines", [1, 4])
@pytest.mark.parametrize("size", [1, 50, 500])
def test_order_calls_and_engines_change_nothing(
    make_world: MakeWorld, seed: int, size: int, engines: int
) -> None:
    hold(make_world, seed, 100, size, engines, shuffles=2)


@pytest.mark.soak
@pytest.mark.parametrize("engines", [1, 4])
@pytest.mark.parametrize("size", [1, 50, 500])
def test_ten_orders_of_a_long_stream_change_nothing(
    make_world: MakeWorld, seed: int, size: int, engines: int
) -> None:
    hold(make_world, seed, 600, size, engines, shuffles=10)


def test_four_processes_change_nothing(make_world: MakeWorld, seed: int, tmp_path: Path) -> None:
    world = make_world()
    told = facts(seed, 60, world)
    plans = [calls(told, 20, seed + number) for number in range(4)]
    engines = [worker.start(world, tmp_path / f"{n}.json", plan) for n, plan in enumerate(plans)]
    try:
        assert [engine.communicate(timeout=90)[0] for engine in engines] == ["done\n"] * 4
    finally:
        for engine in engines:
            engine.kill()
            engine.communicate()
    check(world, told)
