"""The single file into the store: callers that go away, shut doors, full queues and outages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from regulars.engine.lane import Limits, Observer
from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.store.database import Database
from regulars.store.errors import StoreUnavailable
from regulars.vocabulary.errors import TryLater
from tests.engine.stream import Stream
from tests.engine.test_turn import body
from tests.engine.world import World, differences
from tests.servers import wait_until


class Held:
    """A gate whose first turn stops in its middle until it is let go."""

    def __init__(self, world: World, limits: Limits | None = None) -> None:
        self.inside = threading.Event()
        self.go = threading.Event()
        self.source = world.sources[1]
        self.gate = world.gate(clock=self._clock, limits=limits)

    def _clock(self) -> datetime:
        if threading.current_thread().name.startswith("lane"):
            self.inside.set()
            assert self.go.wait(timeout=60)
        return utc_now()

    def enter(self, *bodies: bytes) -> Future[Any]:
        return self.gate.enter(self.source, bodies, "events")

    def close(self) -> None:
        self.go.set()
        self.gate.close()


def test_a_caller_that_goes_away_does_not_stop_the_file(world: World) -> None:
    held = Held(world)

    async def impatient() -> None:
        await asyncio.wait_for(held.gate.submit(held.source, [body(1, 1)], door="events"), timeout=0.2)

    try:
        with pytest.raises(TimeoutError):
            asyncio.run(impatient())
        assert held.inside.wait(timeout=30)
        # This one goes away before its turn has begun: nothing of it is taken, and nothing is owed.
        waiting = held.enter(body(2, 2))
        assert waiting.cancel()
        after = held.enter(body(3, 3))
        held.go.set()
        assert after.result(timeout=30)[0].status == "applied"
        wait_until(lambda: held.gate.waiting() == 0)
    finally:
        held.close()
    told = [(1, body(1, 1)), (1, body(3, 3))]
    assert differences(world.state(), world.expected(told)) == []


def test_requests_that_wait_together_are_one_turn(world: World) -> None:
    held = Held(world)
    try:
        first = held.enter(body(0, 0))
        assert held.inside.wait(timeout=30)
        others = [held.enter(body(n, n), body(n + 100, n)) for n in range(1, 30)]
        held.go.set()
        for future in [first, *others]:
            assert {result.status for result in future.result(timeout=30)} == {"applied"}
    finally:
        held.close()
    assert world.rows("select events from turn order by turn_no") == [(1,), (58,)]


def test_a_request_is_never_split_over_turns(world: World) -> None:
    held = Held(world, Limits(batch_events_max=50))
    try:
        held.enter(body(0, 0))
        assert held.inside.wait(timeout=30)
        sizes = [30, 30, 15, 60, 1]
        requests = [
            held.enter(*(body(1_000 * place + n, n) for n in range(size)))
            for place, size in enumerate(sizes, 1)
        ]
        held.go.set()
        for future in requests:
            future.result(timeout=30)
    finally:
        held.close()
    assert world.rows("select events from turn order by turn_no") == [(1,), (30,), (45,), (60,), (1,)]


def test_a_full_queue_refuses_and_takes_again_later(world: World) -> None:
    held = Held(world, Limits(queue_events_max=10))
    try:
        first = held.enter(body(0, 0))
        assert held.inside.wait(timeout=30)
        second = held.enter(*(body(n, n) for n in range(1, 10)))
        with pytest.raises(TryLater) as refused:
            held.enter(body(99, 99))
        assert refused.value.retry_after_seconds
        held.go.set()
        assert first.result(timeout=30)
        assert second.result(timeout=30)
        assert held.enter(body(99, 99)).result(timeout=30)[0].status == "applied"
    finally:
        held.close()


def test_closing_finishes_what_was_taken_and_refuses_what_comes_after(world: World) -> None:
    held = Held(world)
    taken = [held.enter(body(n, n)) for n in range(40)]
    held.close()
    assert [future.result(timeout=0)[0].status for future in taken] == ["applied"] * 40
    with pytest.raises(TryLater):
        held.enter(body(99, 99))
    held.gate.close()


def test_nobody_waits_for_ever_on_a_door_that_shuts(world: World) -> None:
    """Whoever was let in before the doors shut gets an answer, at whatever moment they do."""
    for round_ in range(5):
        gate = world.gate()
        starting = threading.Barrier(4)

        def run(
            part: int, gate: EngineGate = gate, starting: threading.Barrier = starting, round_: int = round_
        ) -> int:
            starting.wait(timeout=30)
            if part == 3:
                gate.close()
                return 0
            answered = 0
            for n in range(50):
                try:
                    entered = gate.enter(
                        world.sources[1], [body(round_ * 1_000 + part * 100 + n, n)], "events"
                    )
                except TryLater:
                    break
                answered += len(entered.result(timeout=30))
            return answered

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(run, range(4))) >= 0


class Noting(Observer):
    """Remembers what a lane tells."""

    def __init__(self) -> None:
        self.codes: list[str] = []

    def failed(self, code: str) -> None:
        self.codes.append(code)


def test_an_outage_is_told_to_every_caller_and_passes(world: World, seed: int) -> None:
    noting = Noting()
    nowhere = Database("host=/nonexistent dbname=nothing user=nobody")
    gate = EngineGate(nowhere, world.master, limits=Limits(retry_seconds=0.1), observer=noting)
    entrance = gate._entrance(world.workspace_id)
    entrance.lane._turn._session._wait_seconds = 0.1
    told = Stream(seed).events(10)
    try:
        for _ in range(2):
            with pytest.raises(StoreUnavailable) as failed:
                gate.submit_wait(world.sources[1], [told[0][1]], door="events")
            assert failed.value.retry
            assert failed.value.status == 503
        assert set(noting.codes) == {"store_unavailable"}
        assert gate.stuck_seconds(0.0) == 0.0
        assert gate.waiting() == 0
    finally:
        gate.close()


@pytest.mark.parametrize("breaks", ["begin", "run", "finish"])
def test_a_connection_that_breaks_at_any_point_is_replaced_unseen(
    world: World, seed: int, breaks: str
) -> None:
    told = [(1, one) for _, one in Stream(seed).events(25)]
    gate = world.gate()
    session = gate._entrance(world.workspace_id).lane._turn._session
    original: Callable[..., Any] = getattr(session, breaks)
    broken = [0]

    def breaking(*args: Any) -> Any:
        broken[0] += 1
        if broken[0] in (2, 4) and session._connection is not None:
            terminate(world, session._connection.info.backend_pid)
        return original(*args)

    setattr(session, breaks, breaking)
    try:
        results = [world.tell(gate, [one])[0] for one in told]
    finally:
        gate.close()
    # After a commit that nobody confirmed the repeat finds the event there already.
    assert {result.status for result in results} <= {"applied", "duplicate"}
    assert differences(world.state(), world.expected(told)) == []


def terminate(world: World, backend: int) -> None:
    """Make the server end a connection, as an administrator might."""
    owner = world.database.connect_owner()
    owner.execute("select pg_terminate_backend(%s, 5000)", (backend,))
    owner.close()


def test_an_engine_that_hangs_in_its_turn_is_taken_over_from(world: World, seed: int) -> None:
    """One that was stopped with the lock in its hand loses it; what it meant to write is written once."""
    told = [(1, one) for _, one in Stream(seed).events(5)]
    stopped, going = world.gate(), world.gate()
    go_on = threading.Event()
    turn = stopped._entrance(world.workspace_id).lane._turn
    finish = turn._session.finish

    def hanging(calls: Any) -> None:
        go_on.wait(60)
        finish(calls)

    turn._session.finish = hanging  # type: ignore[method-assign]
    try:
        late = stopped.enter(world.sources[1], [told[0][1]], "events")
        assert {result.status for result in world.tell(going, told[1:])} == {"applied"}
        assert not late.done()
        go_on.set()
        assert late.result(30)[0].status == "applied"
    finally:
        go_on.set()
        stopped.close()
        going.close()
    assert differences(world.state(), world.expected(told)) == []
