"""Consoles on stage: an empty one for each test, one with three months of trade for each module."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from regulars.cli import main
from regulars.store.database import Database
from tests.console.shop import open_shop
from tests.console.stage import Stage
from tests.console.store_floor import ASSOCIATE, open_floor
from tests.servers import TestServer


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    """A served console with an owner's account and no data."""
    with Stage(database).serving() as served:
        served.add_account()
        yield served


@pytest.fixture
def visitor(stage: Stage) -> Iterator[httpx.Client]:
    """The owner's browser, without scripts."""
    client = stage.client()
    yield client
    client.close()


@pytest.fixture(scope="module")
def quiet(server: TestServer) -> Iterator[Stage]:
    """A served console where nothing has arrived; tests that change it use `stage`."""
    name = server.create()
    with Stage(Database(server.dsn(name), connections_max=4)).serving() as served:
        served.add_account()
        yield served
    server.drop(name)


@pytest.fixture(scope="module")
def shop(server: TestServer) -> Iterator[Stage]:
    """A served console with data; tests that change it use `stage`."""
    name = server.create()
    with Stage(Database(server.dsn(name), connections_max=4), development=True).serving() as served:
        served.add_account()
        open_shop(served, datetime.now(UTC))
        yield served
    server.drop(name)


@pytest.fixture(scope="module")
def guest(shop: Stage) -> Iterator[httpx.Client]:
    """The owner's browser in the shop."""
    client = shop.client()
    yield client
    client.close()


@pytest.fixture(scope="module")
def floor(server: TestServer) -> Iterator[Stage]:
    """A served console over a store's few customers, with an associate; tests that change it use `stage`."""
    name = server.create()
    with Stage(Database(server.dsn(name), connections_max=4)).serving() as served:
        served.add_account()
        open_floor(served)
        yield served
    server.drop(name)


@pytest.fixture(scope="module")
def reader(floor: Stage) -> Iterator[httpx.Client]:
    """An associate's browser in that store, for looking."""
    client = floor.client(email=ASSOCIATE)
    yield client
    client.close()


@pytest.fixture
def sam(stage: Stage) -> Iterator[httpx.Client]:
    """An associate's browser in a store of the test's own."""
    open_floor(stage)
    client = stage.client(email=ASSOCIATE)
    yield client
    client.close()


@pytest.fixture
def regulars(
    stage: Stage,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Any:
    """Runs a command on the stage's database; its JSON, or what it complains of."""
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.dsn)
    monkeypatch.setenv("REGULARS_HOME", str(tmp_path))
    monkeypatch.setenv("REGULARS_MASTER_KEY", "bW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW0=")

    def run(*words: str, status: int = 0) -> Any:
        assert main([*words, *(["--json"] if status == 0 else [])]) == status
        told = capsys.readouterr()
        return json.loads(told.out) if status == 0 else told.err

    return run
