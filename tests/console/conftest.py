"""A console on stage for each test."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from regulars.store.database import Database
from tests.console.stage import Stage


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    """A served console with an owner's account and no data."""
    with Stage(database, development=True).serving() as served:
        served.add_account()
        yield served


@pytest.fixture
def visitor(stage: Stage) -> Iterator[httpx.Client]:
    """The owner's browser, without scripts."""
    client = stage.client()
    yield client
    client.close()
