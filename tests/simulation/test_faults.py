"""Killed at any moment: nothing that was acknowledged is lost, and nothing is counted twice."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from regulars.store.database import Database
from regulars.store.embedded import EmbeddedServer
from regulars.store.master import load_master_key
from tests.engine.stream import Stream
from tests.engine.world import World, differences
from tests.simulation.faults import Client

REQUESTS_BETWEEN = 30


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


@pytest.fixture
def home(private_directory: Callable[[], Path]) -> Iterator[Path]:
    """Where the program keeps everything; no server is left in it."""
    path = private_directory() / "home"
    yield path
    if path.exists():
        server = EmbeddedServer(path)
        server.start(timeout_seconds=60)
        server.stop()


def survive(home: Path, seed: int, strikes: int, mode: str) -> None:
    """In `overlap` mode turns are decided on others that are still being written, as under full load."""
    chance = random.Random(seed)
    stream = Stream(seed, customers=20 if mode == "plain" else 60)
    told = stream.events(strikes * REQUESTS_BETWEEN * 6)
    requests = [told[n : n + 3] for n in range(0, len(told), 3)]
    # Some of it is delivered twice by the vendors themselves.
    requests += [chance.sample(told, 5) for _ in range(strikes)]
    chance.shuffle(requests)
    client = Client(home, requests, say, mode)
    try:
        for strike in range(strikes):
            client.run(chance.randrange(1, REQUESTS_BETWEEN))
            say(f"strike {strike + 1}: {client.strike(chance)}")
        client.run(len(requests))
        say(f"{client.acknowledged} requests acknowledged, {client.sent_again} sent again")
        place = client.program.place
        world = World(Database(place["dsn"]), load_master_key(None, home), place["workspace_id"])
        assert client.acknowledged == len(requests)
        assert client.sent_again
        assert differences(world.state(), world.expected(told)) == []
        assert world.rows("select 1 from quarantine") == []
        assert world.rebuild_differences() == []
        assert client.program.end() == 0
    finally:
        client.program.discard()


@pytest.mark.parametrize("mode", ["plain", "overlap"])
def test_kills_at_random_moments_lose_nothing_and_double_nothing(home: Path, seed: int, mode: str) -> None:
    survive(home, seed, 5, mode)


@pytest.mark.soak
@pytest.mark.parametrize("mode", ["plain", "overlap"])
def test_many_kills_at_random_moments_lose_nothing_and_double_nothing(
    home: Path, seed: int, mode: str
) -> None:
    survive(home, seed, int(os.environ.get("REGULARS_SOAK_STRIKES", "50")), mode)
