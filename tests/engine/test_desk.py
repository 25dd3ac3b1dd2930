"""Large calls that wait together go to the side process as one job; each gets its own answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import pytest

from regulars.engine.lane import Limits
from regulars.engine.prepared import Item
from regulars.intake.side import Call, SideProcess
from regulars.store.vault import Hasher
from regulars.vocabulary.errors import TryLater
from tests.engine.fixtures import MakeWorld
from tests.engine.test_turn import body
from tests.engine.world import World
from tests.servers import wait_until

LARGE = 150


class Held:
    """The side process begins a job only when it may; notes how many calls each job has."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.jobs: list[int] = []
        self.go = threading.Event()
        prepare = SideProcess.prepare

        def holding(
            side: SideProcess, hasher: Hasher, zones: Mapping[str, ZoneInfo], calls: Sequence[Call]
        ) -> list[list[Item]]:
            self.jobs.append(len(calls))
            assert self.go.wait(timeout=30)
            return prepare(side, hasher, zones, calls)

        monkeypatch.setattr(SideProcess, "prepare", holding)

    def busy(self) -> None:
        """Wait until both workers have a job in hand."""
        wait_until(lambda: len(self.jobs) == 2)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    return Held(monkeypatch)


def call(place: int, size: int = LARGE) -> list[bytes]:
    """A call over the size that is prepared at once, with events of its own."""
    return [body(1_000 * place + n, n) for n in range(size)]


def test_calls_that_wait_are_one_job_and_keep_their_answers(world: World, held: Held) -> None:
    gate = world.gate()
    try:
        futures = [gate.enter(world.sources[1], call(1), "events")]
        wait_until(lambda: len(held.jobs) == 1)
        futures.append(gate.enter(world.sources[1], call(2), "events"))
        held.busy()
        futures += [gate.enter(world.sources[1 + n % 3], call(n, LARGE + n), "events") for n in range(3, 9)]
        held.go.set()
        sizes = [len(future.result(timeout=30)) for future in futures]
    finally:
        held.go.set()
        gate.close()
    assert sizes == [LARGE, LARGE, *(LARGE + n for n in range(3, 9))]
    assert held.jobs == [1, 1, 6]
    assert world.state().events == sum(sizes)


def test_a_job_has_one_workspace(make_world: MakeWorld, held: Held) -> None:
    worlds = [make_world(), make_world()]
    gate = worlds[0].gate()
    try:
        futures = [gate.enter(worlds[0].sources[1], call(1), "events")]
        wait_until(lambda: len(held.jobs) == 1)
        futures.append(gate.enter(worlds[0].sources[1], call(2), "events"))
        held.busy()
        futures += [gate.enter(worlds[n % 2].sources[1], call(n), "events") for n in range(4, 8)]
        held.go.set()
        for future in futures:
            future.result(timeout=30)
    finally:
        held.go.set()
        gate.close()
    assert [world.state().events for world in worlds] == [4 * LARGE, 2 * LARGE]
    assert sum(held.jobs) == len(futures)
    assert held.jobs[2:] == [1, 1, 1, 1]


def test_too_many_waiting_events_are_refused_and_taken_later(world: World, held: Held) -> None:
    gate = world.gate(limits=Limits(queue_events_max=2 * LARGE))
    try:
        futures = [gate.enter(world.sources[1], call(n), "events") for n in (1, 2)]
        with pytest.raises(TryLater):
            gate.enter(world.sources[1], call(3), "events")
        held.go.set()
        for future in futures:
            future.result(timeout=30)
        wait_until(lambda: gate._desk._events == 0)
        assert len(gate.enter(world.sources[1], call(3), "events").result(timeout=30)) == LARGE
    finally:
        held.go.set()
        gate.close()


def test_closing_takes_what_waits_along(world: World, held: Held) -> None:
    gate = world.gate()
    futures = [gate.enter(world.sources[1], call(n), "events") for n in (1, 2, 3)]
    closing = threading.Thread(target=gate.close)
    closing.start()
    held.go.set()
    closing.join(timeout=30)
    assert not closing.is_alive()
    assert {result.status for future in futures for result in future.result(timeout=1)} == {"applied"}
    with pytest.raises(TryLater):
        gate.enter(world.sources[1], call(4), "events")


def test_a_caller_that_goes_away_costs_nothing(world: World, held: Held) -> None:
    gate = world.gate()
    try:
        gone = gate.enter(world.sources[1], call(1), "events")
        assert gone.cancel()
        stays = gate.enter(world.sources[1], [json.dumps({"id": "x"}).encode(), *call(2)], "events")
        held.go.set()
        assert len(stays.result(timeout=30)) == LARGE + 1
    finally:
        held.go.set()
        gate.close()
    assert world.state().events == LARGE
