"""A database with a workspace per test, and a delivery that looks often."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from uuid import uuid4

import pytest

from regulars.console.services.stands import Standings
from regulars.delivery import Delivery, Poster, Teller, attempts
from regulars.delivery.telling import WAITS_SECONDS
from regulars.delivery.web import Web
from regulars.engine.turn import utc_now
from regulars.observe import Metrics
from regulars.store.audit import write_line_async
from regulars.store.database import Database
from regulars.store.letters import Letters
from regulars.store.master import MasterKey
from regulars.store.outbox import Outbox
from regulars.store.sources import Sources
from regulars.store.workspaces import add_workspace
from regulars.store.write_backs import WriteBacks
from regulars.vocabulary.connector import Connector
from tests.delivery.support import Shop, Start
from tests.delivery.told_town import both, town, vendors
from tests.intake.support import KeepingGate

__all__ = ["both", "town", "vendors"]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed attempts are repeated in milliseconds."""
    monkeypatch.setattr(attempts, "WAIT_SECONDS", 0.001)
    monkeypatch.setattr(attempts, "WAIT_SECONDS_MAX", 0.01)
    monkeypatch.setattr(attempts, "STORE_WAIT_SECONDS", 0.01)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def opened(anyio_backend: str, module_database: Database) -> AsyncIterator[Database]:
    await module_database.open()
    yield module_database
    await module_database.close()


@pytest.fixture
def here(opened: Database) -> int:
    """A workspace of the test's own."""
    return add_workspace(opened, f"w-{uuid4()}")


@pytest.fixture
def sources(opened: Database, master_key: MasterKey) -> Sources:
    return Sources(opened, master_key)


@pytest.fixture
def outbox(opened: Database) -> Outbox:
    return Outbox(opened)


@pytest.fixture
def letters(opened: Database, master_key: MasterKey) -> Letters:
    return Letters(opened, master_key, audit=write_line_async)


@pytest.fixture
def gate() -> KeepingGate:
    return KeepingGate()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def start(
    anyio_backend: str,
    opened: Database,
    master_key: MasterKey,
    outbox: Outbox,
    letters: Letters,
    sources: Sources,
    gate: KeepingGate,
    metrics: Metrics,
) -> AsyncIterator[Start]:
    """Starts deliveries, which end with the test."""
    running: list[Delivery] = []

    async def begin(
        *,
        poll_seconds: float = 0.05,
        lease_seconds: float = 60.0,
        web: Web | None = None,
        poster: Poster | None = None,
        waits_seconds: Sequence[float] = WAITS_SECONDS,
        connectors: Mapping[str, Connector] | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> Delivery:
        teller = Teller(letters, outbox, poster or Poster(loopback=True), waits_seconds=waits_seconds)
        delivery = Delivery(
            outbox,
            sources,
            {"shop": Shop()} if connectors is None else connectors,
            gate,
            metrics,
            teller=teller,
            standings=Standings(opened, master_key, clock),
            write_backs=WriteBacks(opened, audit=write_line_async),
            web=web,
            poll_seconds=poll_seconds,
            lease_seconds=lease_seconds,
        )
        running.append(delivery)
        await delivery.start()
        return delivery

    yield begin
    for delivery in running:
        await delivery.close()
