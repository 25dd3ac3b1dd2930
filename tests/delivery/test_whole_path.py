"""From a thin message to the sale: the real engine wishes, delivery fetches, the real engine takes the answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from regulars.console.services.stands import Standings
from regulars.delivery import Delivery, Poster, Teller
from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.observe import Metrics
from regulars.store.audit import write_line_async
from regulars.store.database import Database
from regulars.store.letters import Letters
from regulars.store.master import MasterKey
from regulars.store.opening import Store
from regulars.store.outbox import Figures, Outbox
from regulars.store.sources import Sources
from regulars.store.write_backs import WriteBacks
from regulars.vocabulary.events import Event, Fetch
from tests.delivery.support import NOW, Shop, open_vendor, order, until
from tests.delivery.told_town import Waker

pytestmark = pytest.mark.anyio


@pytest.fixture
async def engine(
    opened: Database, master_key: MasterKey, tmp_path: Any
) -> AsyncIterator[tuple[EngineGate, Waker]]:
    Store(opened, master_key, tmp_path, None).ensure_partitions()
    waker = Waker()
    gate = EngineGate(opened, master_key, observer=waker)
    yield gate, waker
    gate.close()


def thin(notice: str) -> bytes:
    """A message that says no more than that an order changed."""
    wished = [Fetch(kind="order", reference="o-1", version=3)]
    return msgspec.json.encode(Event(id=notice, type="source.noticed", occurred_at=NOW, fetches=wished))


async def _is_empty(outbox: Outbox, workspace: int) -> bool:
    return await outbox.figures(workspace) == Figures()


async def test_a_thin_message_becomes_a_whole_event_once(
    engine: tuple[EngineGate, Waker],
    opened: Database,
    master_key: MasterKey,
    here: int,
    sources: Sources,
    outbox: Outbox,
    letters: Letters,
) -> None:
    gate, waker = engine

    async def stumble(path: str) -> Any:
        """Fails once; the answer it gives then is fetched twice, as the message came twice."""
        return (500, {}, b"") if vendor.asked[path] == 1 else order(path)

    async with open_vendor(stumble) as vendor:
        known = await sources.create(here, "shop", kind="shop", options={"base_url": vendor.url})
        teller = Teller(letters, outbox, Poster())
        delivery = Delivery(
            outbox,
            sources,
            {"shop": Shop()},
            gate,
            Metrics(),
            teller=teller,
            standings=Standings(opened, master_key, utc_now),
            write_backs=WriteBacks(opened, audit=write_line_async),
            poll_seconds=0.2,
        )
        waker.delivery = delivery
        await delivery.start()
        try:
            for notice in ("n-1", "n-2", "n-1"):
                await gate.submit(known.source, [thin(notice)], door="hook")
            await until(lambda: _is_empty(outbox, here))
        finally:
            await delivery.close()
    assert vendor.asked["/orders/o-1"] == 3
    async with opened.read(here) as connection:
        rows = await (await connection.execute("select type, count(*) from event group by type")).fetchall()
        bodies = await (await connection.execute("select body::text from outbox")).fetchall()
    assert dict(rows) == {"source.noticed": 2, "custom.order": 1}
    assert {json.loads(body)["reference"] for (body,) in bodies} == {"o-1"}
