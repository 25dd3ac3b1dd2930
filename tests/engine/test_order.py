"""Any order, any repetition, any cut into requests, one engine or four: the same state, and the right one."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from regulars.intake.gate import EngineGate
from tests.engine import worker
from tests.engine.fixtures import MakeWorld
from tests.engine.stream import Stream
from tests.engine.world import Told, World, differences, statuses


def play(world: World, requests: list[list[Told]]) -> None:
    gate = world.gate()
    try:
        for told in requests:
            world.tell(gate, told)
    finally:
        gate.close()


def check(world: World, told: list[Told]) -> None:
    assert differences(world.state(), world.expected(told)) == []


@pytest.mark.parametrize("crowd", [False, True], ids=["families", "crowd"])
def test_any_order_of_a_stream_ends_in_the_state_it_must(
    make_world: MakeWorld, seed: int, crowd: bool
) -> None:
    stream = Stream(seed, crowd=crowd, customers=14 if crowd else 8)
    told = stream.events(120)
    for number in range(4):
        world = make_world()
        play(world, stream.scrambled(told))
        check(world, told)
        if number == 0:
            assert world.rebuild_differences() == []


@pytest.mark.embedded_only
def test_a_record_that_others_are_compared_with_keeps_when_it_was_last_repeated(
    make_world: MakeWorld,
) -> None:
    """It was lost where a correction counted the record's figures anew in a turn that only compared with it."""
    stream = Stream(1451673565, customers=400)
    told = stream.events(250)
    orders = [stream.scrambled(told) for _ in range(3)]
    world = make_world()
    play(world, orders[-1])
    check(world, told)


@pytest.mark.soak
@pytest.mark.parametrize("crowd", [False, True], ids=["families", "crowd"])
@pytest.mark.parametrize("size", [30, 150, 600])
def test_any_order_of_many_streams_ends_in_the_state_it_must(
    make_world: MakeWorld, seed: int, size: int, crowd: bool
) -> None:
    for number in range(25):
        stream = Stream(seed + number, crowd=crowd, customers=6 + number)
        told = stream.events(size)
        for _ in range(4):
            world = make_world()
            play(world, stream.scrambled(told))
            assert differences(world.state(), world.expected(told)) == [], f"seed {seed + number}"
            assert world.rebuild_differences() == [], f"seed {seed + number}"


def test_four_engines_at_once_end_in_the_same_state_as_one(make_world: MakeWorld, seed: int) -> None:
    stream = Stream(seed)
    told = stream.events(160)
    world = make_world()
    gates = [world.gate() for _ in range(4)]
    starting = threading.Barrier(4)

    def run(gate: EngineGate, requests: list[list[Told]]) -> int:
        starting.wait(timeout=30)
        return sum(statuses(world.tell(gate, one)).get("applied", 0) for one in requests)

    try:
        with ThreadPoolExecutor(4) as pool:
            # Each engine hears everything, in an order of its own: all but one of four tellings are repeats.
            applied = list(pool.map(run, gates, [stream.scrambled(told) for _ in gates]))
    finally:
        for gate in gates:
            gate.close()
    assert sum(applied) == len(told)
    check(world, told)


def test_four_processes_at_once_end_in_the_same_state_as_one(
    make_world: MakeWorld, seed: int, tmp_path: Path
) -> None:
    stream = Stream(seed)
    told = stream.events(80)
    world = make_world()
    engines = [worker.start(world, tmp_path / f"{n}.json", stream.scrambled(told)) for n in range(4)]
    try:
        assert [engine.communicate(timeout=90)[0] for engine in engines] == ["done\n"] * 4
    finally:
        for engine in engines:
            engine.kill()
            engine.communicate()
    check(world, told)


def test_an_engine_killed_in_its_turn_is_replaced_within_five_seconds(
    world: World, seed: int, tmp_path: Path
) -> None:
    told = Stream(seed).events(20)
    engine = worker.start(world, tmp_path / "plan.json", [told], hang=True)
    gate = world.gate()
    try:
        assert engine.stdout is not None
        assert engine.stdout.readline() == "holding\n"
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(world.tell, gate, told)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            killed_at = time.monotonic()
            engine.kill()
            results = waiting.result(timeout=30)
        assert time.monotonic() - killed_at < 5
    finally:
        engine.kill()
        engine.communicate()
        gate.close()
    assert statuses(results) == {"applied": 20}
    check(world, told)
