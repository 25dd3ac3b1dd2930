"""A long load on `regulars serve`, with a ceiling on memory: `python -m regulars.bench.soak MINUTES`.

Each round sends single events at a steady rate, bursts of batches, batches a second time, and look-ups between
them. At the end nothing was lost or counted twice, memory has not grown, and the log gives the live state.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from regulars.demo.world import World
from regulars.vocabulary.errors import RegularsError

from . import doors, engine, rest
from .payloads import batches, customers, sales, world_of, wrapped
from .place import BenchFailed, Server, opened, plain_environment, serving, workshop
from .wire import Client, bearer

PEOPLE: Final = 20_000
MEMORY_MB_MAX: Final = 700.0
GROWTH_MAX: Final = 1.15
"""Memory in the last third of a run ÷ in the second: a leak of any size shows in the end."""
ROUND_SECONDS: Final = 20.0
PACE: Final = doors.Pace(events_per_second=100.0, lookups_per_second=20.0)
BURST_EVENTS: Final = 5_000
REPEATED_EVENTS: Final = 1_000
_SAMPLE_SECONDS: Final = 2.0
SAMPLES_MIN: Final = 60
"""A third of a run with fewer samples says nothing: caches are still filling."""


class Soaked(Struct):
    """What a soak did: events sent once, the worst p99 of a round, and memory samples in MB."""

    rounds: int = 0
    events: int = 0
    worst_p99_ms: float = 0.0
    memory_mb: list[float] = field(default_factory=list)

    def check(self) -> None:
        """Raise BenchFailed when memory was over the ceiling or grew."""
        highest = max(self.memory_mb, default=0.0)
        if highest > MEMORY_MB_MAX:
            raise BenchFailed(f"Memory reached {highest:.0f} MB; the ceiling is {MEMORY_MB_MAX:.0f} MB.")
        third = len(self.memory_mb) // 3
        if third >= SAMPLES_MIN:
            middle, last = _mean(self.memory_mb[third : 2 * third]), _mean(self.memory_mb[-third:])
            if last > middle * GROWTH_MAX:
                raise BenchFailed(
                    f"Memory grows: {middle:.0f} MB in the middle of the run, {last:.0f} MB at its end."
                )


def soak(
    minutes: float, said: Callable[[str], None] = lambda _: None, *, people: int = PEOPLE,
    round_seconds: float = ROUND_SECONDS,
) -> Soaked:  # fmt: skip
    """Run the load for so long. Raises BenchFailed when anything is not as it must be."""
    done, world = Soaked(), world_of(people)
    with workshop() as place:
        home = place / "home"
        with opened(home) as made:
            engine.load(made, customers(world.people, world.ids))
            key = made.key
        with serving(home) as server, _watching(server, done):
            deadline = time.monotonic() + minutes * 60
            while time.monotonic() < deadline:
                asyncio.run(_round(server, key, world, done, round_seconds))
                memory = done.memory_mb[-1] if done.memory_mb else 0.0
                said(
                    f"round {done.rounds}: {done.events:,} events, worst p99 {done.worst_p99_ms:.0f} ms, {memory:.0f} MB"
                )
        done.check()
        said("comparing the log with the state")
        _verify(home, expected=done.events)
    return done


async def _round(server: Server, key: str, world: World, done: Soaked, seconds: float) -> None:
    needed = PACE.events_needed(seconds)
    single = list(sales(world, needed, first=1_000_000 + done.rounds * needed))
    first = 1_000_000_000 + done.rounds * BURST_EVENTS
    burst = list(sales(world, BURST_EVENTS, first=first))
    lookups, events = await doors.look_up(server, key, single, world, seconds, PACE)
    await doors.post_batches(server, key, burst)
    await _again(server, key, burst[:REPEATED_EVENTS])
    done.rounds += 1
    done.events += events.sent + len(burst)
    done.worst_p99_ms = max(done.worst_p99_ms, lookups.percentile(0.99), events.percentile(0.99))


async def _again(server: Server, key: str, bodies: list[bytes]) -> None:
    """What was sent before is known, in whatever batches it comes."""
    async with Client(server.host, server.port, bearer(key)) as client:
        for batch in batches(iter(bodies[::-1]), 300):
            answer = await client.post("/v1/events", wrapped(batch))
            engine.check(doors.results_of(answer), "duplicate")


@contextmanager
def _watching(server: Server, done: Soaked) -> Iterator[None]:
    """Note the memory of the whole process tree from a thread of its own."""
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(_SAMPLE_SECONDS):
            done.memory_mb.append(rest.memory_mb(server.process.pid))

    watcher = threading.Thread(target=watch, name="memory", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join(timeout=30)


def _verify(home: Path, *, expected: int) -> None:
    with opened(home) as made:
        orders = engine.count_sales(made)
    if orders != expected:
        raise BenchFailed(f"{expected:,} sales were acknowledged, {orders:,} are counted.")
    command = [sys.executable, "-m", "regulars", "rebuild", "--verify"]
    environment = {**plain_environment(), "REGULARS_HOME": str(home)}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=7_200
    )
    if done.returncode != 0:
        raise BenchFailed(
            f"The log does not give the live state: {(done.stdout + done.stderr).strip()[-500:]}"
        )


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def main() -> int:
    """Soak for the minutes of the first argument, else five; 0 when all was as it must be."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    try:
        done = soak(minutes, _tell)
    except (RegularsError, ExceptionGroup) as error:
        _tell(f"soak failed: {error}")
        return 1
    _tell(f"{done.events:,} events in {done.rounds} rounds, at most {max(done.memory_mb):.0f} MB")
    return 0


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
