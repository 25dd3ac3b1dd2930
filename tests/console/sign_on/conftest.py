"""Consoles with a provider to sign in by: beside passwords, and in their place."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from regulars.store.database import Database
from tests.console.factors import Clock
from tests.console.sign_on.way import chosen
from tests.console.sign_on_provider import SignOnProvider
from tests.console.stage import Stage


@pytest.fixture
def provider() -> Iterator[SignOnProvider]:
    """A provider that speaks HTTP."""
    with SignOnProvider().serving() as serving:
        yield serving


@pytest.fixture
def clock() -> Clock:
    """A clock the test turns."""
    return Clock()


@pytest.fixture
def stage(database: Database, provider: SignOnProvider, clock: Clock) -> Iterator[Stage]:
    """A console with a provider beside passwords."""
    with Stage(database, clock=clock, sign_on=chosen(provider)).serving() as served:
        served.add_account()
        yield served


@pytest.fixture
def only(database: Database, provider: SignOnProvider, clock: Clock) -> Iterator[Stage]:
    """A console where passwords let nobody in."""
    with Stage(database, clock=clock, sign_on=chosen(provider, only=True)).serving() as served:
        served.add_account()
        yield served


@pytest.fixture
def stranger(stage: Stage) -> Iterator[httpx.Client]:
    """The browser of somebody who is not signed in."""
    client = stage.client(email=None)
    yield client
    client.close()
