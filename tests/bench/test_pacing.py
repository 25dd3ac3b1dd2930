"""The open loop charges a stall to everybody who had to wait, and gives up on a server that falls behind."""

from __future__ import annotations

import asyncio

import pytest

from regulars.bench import pacing
from regulars.bench.pacing import Times, open_loop
from regulars.bench.place import BenchFailed


def run(ask: object, per_second: float = 200.0, seconds: float = 0.5) -> Times:
    return asyncio.run(open_loop(ask, per_second=per_second, seconds=seconds, warm_seconds=0.0, seed=1))  # type: ignore[arg-type]


def test_a_server_that_serves_one_after_the_other_is_charged_for_the_queue() -> None:
    async def measured() -> Times:
        turn = asyncio.Lock()

        async def ask(number: int) -> None:
            async with turn:
                await asyncio.sleep(0.1 if number == 0 else 0.0)

        return await open_loop(ask, per_second=200, seconds=0.3, warm_seconds=0.0, seed=1)

    times = asyncio.run(measured())
    waited = [one for one in times.milliseconds if one > 30]
    assert len(waited) > 8, "only the one that stalled was charged"


def test_requests_keep_their_rate_whatever_the_answers_take() -> None:
    async def ask(number: int) -> None:
        await asyncio.sleep(0.2)

    times = run(ask, per_second=200, seconds=1.0)
    assert 140 < times.sent < 260
    assert len(times.milliseconds) == times.sent


def test_the_first_error_ends_the_run() -> None:
    async def ask(number: int) -> None:
        if number == 3:
            raise BenchFailed("answered 503")

    with pytest.raises(BenchFailed, match="503"):
        run(ask, seconds=30.0)


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "WAITING_MAX", 20)
    monkeypatch.setattr(pacing, "LAST_SECONDS", 0.05)

    async def ask(number: int) -> None:
        await asyncio.Event().wait()

    with pytest.raises(BenchFailed, match="did not keep up"):
        run(ask, per_second=2_000, seconds=30.0)


def test_percentiles_are_times_that_were_measured() -> None:
    times = Times([float(n) for n in range(1, 101)], 100.0)
    assert times.percentile(0.5) == 50
    assert times.percentile(0.99) == 99
    assert Times([7.0], 1.0).percentile(0.99) == 7
