"""Remembering what was just loaded: bounded, shared, and never a failure."""

from __future__ import annotations

import asyncio

import pytest

from regulars.store.recent import Recent

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Loader:
    def __init__(self) -> None:
        self.loads: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None

    async def __call__(self, key: str) -> str:
        self.loads.append(key)
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return key.upper()


async def test_a_value_is_loaded_again_when_it_is_too_old() -> None:
    loader, now = Loader(), [0.0]
    recent = Recent(loader, seconds=5, clock=lambda: now[0])
    for now[0] in (0.0, 4.9, 5.0, 9.0, 10.1):
        assert await recent.get("a") == "A"
    assert len(loader.loads) == 3


async def test_those_who_ask_at_once_share_a_load_and_one_who_leaves_does_not_end_it() -> None:
    loader = Loader()
    recent = Recent(loader)
    loader.gate.clear()
    asking = [asyncio.create_task(recent.get("a")) for _ in range(5)]
    await asyncio.sleep(0)
    asking[0].cancel()
    loader.gate.set()
    assert await asyncio.gather(*asking[1:]) == ["A"] * 4
    assert loader.loads == ["a"]


async def test_a_failure_is_told_and_not_remembered() -> None:
    loader = Loader()
    recent = Recent(loader)
    loader.failure = OSError("away")
    with pytest.raises(OSError, match="away"):
        await recent.get("a")
    loader.failure = None
    assert await recent.get("a") == "A"


async def test_the_oldest_make_room_for_new_ones() -> None:
    recent = Recent(Loader(), entries_max=3)
    for key in "abcdefgh":
        await recent.get(key)
    assert len(recent) == 3


async def test_what_was_being_loaded_when_all_was_forgotten_is_not_kept() -> None:
    loader = Loader()
    recent = Recent(loader)
    loader.gate.clear()
    asking = asyncio.create_task(recent.get("a"))
    await asyncio.sleep(0)
    recent.forget()
    loader.gate.set()
    assert await asking == "A"
    await recent.get("a")
    assert loader.loads == ["a", "a"]
