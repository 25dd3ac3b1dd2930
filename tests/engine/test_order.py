"""Any order, any repetition, any cut into requests, one engine or four: the same state, and the right one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from regulars.intake.gate import EngineGate
from tests.engine.conftest import MakeWorld
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
    for _ in range(4):
        world = make_world()
        play(world, stream.scrambled(told))
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
