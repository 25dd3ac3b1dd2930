"""Events through the engine in this process: loading, and how many a second it makes durable."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from msgspec import Struct

from regulars.intake.gate import EngineGate
from regulars.store.queries import load_queries
from regulars.vocabulary.intake import Result, Status

from .payloads import batches
from .place import BenchFailed, Home

CALLERS: Final = 64
EVENTS_PER_CALL: Final = 60
LOAD_BATCH: Final = 1_000
LOAD_IN_FLIGHT: Final = 3
_QUERIES = load_queries("regulars.bench", "baseline.sql")


class Rate(Struct, frozen=True):
    """How many events were acknowledged in how long; acknowledged means durable."""

    events: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Events a second."""
        return self.events / self.seconds


@contextmanager
def gate_of(home: Home) -> Iterator[EngineGate]:
    """The engine of a home, in this process."""
    gate = EngineGate(home.store.database, home.store.master)
    try:
        yield gate
    finally:
        gate.close()


def load(home: Home, bodies: Iterator[bytes], report: Callable[[int], None] = lambda _: None) -> Rate:
    """Send everything in the largest batches, as an import does. Raises BenchFailed when one is not applied."""
    with gate_of(home) as gate:
        return asyncio.run(_drive(gate, home, bodies, LOAD_BATCH, LOAD_IN_FLIGHT, report))


def saturate(home: Home, bodies: list[bytes], *, warm: int) -> Rate:
    """Send prepared events from many callers at once, each waiting for its answer before its next call.

    The clock starts when `warm` of the events are acknowledged.
    """
    with gate_of(home) as gate, quiet_collector():
        return asyncio.run(
            _drive(gate, home, iter(bodies), EVENTS_PER_CALL, CALLERS, lambda _: None, warm=warm)
        )


async def _drive(
    gate: EngineGate,
    home: Home,
    bodies: Iterator[bytes],
    size: int,
    callers: int,
    report: Callable[[int], None],
    *,
    warm: int = 0,
) -> Rate:
    calls = batches(bodies, size)
    done = before = 0
    began = time.perf_counter()

    async def caller() -> None:
        nonlocal done, before, began
        for batch in calls:
            check(await gate.submit(home.source, batch, door="events"), "applied")
            done += len(batch)
            if before == 0 and 0 < warm <= done:
                before, began = done, time.perf_counter()
            report(done)

    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(caller())
    return Rate(done - before, time.perf_counter() - began)


def count_sales(home: Home) -> int:
    """How many sales the home holds."""
    with home.store.database.session(home.workspace_id, read_only=True) as connection:
        row = connection.execute(_QUERIES.count_sales, {"workspace_id": home.workspace_id}).fetchone()
    return int(row[0]) if row else 0


def check(results: list[Result], wanted: Status) -> None:
    """Raise BenchFailed unless every event had the wanted end: a refused event is no work."""
    for result in results:
        if result.status != wanted:
            code = result.error.code if result.error else ""
            raise BenchFailed(f"An event was {result.status} {code} instead of {wanted}.")


@contextmanager
def quiet_collector() -> Iterator[None]:
    """Keep what the run itself holds out of the garbage collector's way; what is measured is collected as ever."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
